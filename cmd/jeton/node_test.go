package main

import (
	"io"
	"log"
	"testing"
)

func silent() *log.Logger { return log.New(io.Discard, "", 0) }

const members = `{"cluster_name":"jeton","level":1,"nodes":[
 {"id":"a1","name":"node0","role":"voter","leader":true,"answers":true,"version":"1.0.0","transport_address":"127.0.0.1:9300","http_address":"127.0.0.1:9200","index":42,"level":2,"state":"leader","lag":0,"last_contact_in_millis":120,"certificate_expires":"2031-01-02T03:04:05Z","later":1},
 {"id":"b2","name":"node1","role":"nonvoter","leader":false,"answers":false,"version":"","transport_address":"127.0.0.1:9301","http_address":"127.0.0.1:9201","index":0,"state":"silent","lag":null,"last_contact_in_millis":61900,"certificate_expires":null}]}`

func TestNodeListIsATableOrJSON(t *testing.T) {
	a := newAPI(t, map[string]string{"GET /_jeton/nodes": members})
	a.run(t, "node", "list").expect(t, exitOK, ""+
		"NAME   ROLE      STATE   LAG  CONTACT  VERSION  TRANSPORT       HTTP            CERTIFICATE  ID\n"+
		"node0  voter     leader  0    120ms    1.0.0    127.0.0.1:9300  127.0.0.1:9200  2031-01-02   a1\n"+
		"node1  nonvoter  silent  -    1m1s     -        127.0.0.1:9301  127.0.0.1:9201  -            b2\n", "")
	a.run(t, "node", "list", "-o", "json").expect(t, exitOK, `{
  "cluster_name": "jeton",
  "level": 1,
  "nodes": [
    {
      "id": "a1",
      "name": "node0",
      "role": "voter",
      "leader": true,
      "answers": true,
      "version": "1.0.0",
      "transport_address": "127.0.0.1:9300",
      "http_address": "127.0.0.1:9200",
      "index": 42,
      "level": 2,
      "state": "leader",
      "lag": 0,
      "last_contact_in_millis": 120,
      "certificate_expires": "2031-01-02T03:04:05Z"
    },
    {
      "id": "b2",
      "name": "node1",
      "role": "nonvoter",
      "leader": false,
      "answers": false,
      "version": "",
      "transport_address": "127.0.0.1:9301",
      "http_address": "127.0.0.1:9201",
      "index": 0,
      "level": 0,
      "state": "silent",
      "lag": null,
      "last_contact_in_millis": 61900,
      "certificate_expires": null
    }
  ]
}
`, "")
}

func TestJoinTokenIsAloneOnStdout(t *testing.T) {
	a := newAPI(t, map[string]string{"POST /_jeton/join_token": `{"join_token":"jt1.abc","expires":"2030-01-02T03:04:05Z"}`})
	a.run(t, "node", "join-token").expect(t, exitOK, "jt1.abc\n", "for one node, until 2030-01-02T")
	if got := a.lastRequest(); got != "POST /_jeton/join_token" {
		t.Errorf("asked %s", got)
	}
	a.run(t, "node", "join-token", "--ttl", "30m")
	if got := a.lastRequest(); got != `POST /_jeton/join_token {"ttl":"30m"}` {
		t.Errorf("asked %s", got)
	}
}

func TestMembersAreChangedByName(t *testing.T) {
	const ok = `{"acknowledged":true}`
	a := newAPI(t, map[string]string{
		"DELETE /_jeton/nodes/node/1 é":     ok,
		"POST /_jeton/nodes/_local/_leave":  ok,
		"POST /_jeton/nodes/node1/_promote": ok,
		"POST /_jeton/nodes/node1/_demote":  ok,
		"POST /_jeton/leadership/_transfer": ok,
		"GET /_jeton/ca":                    `{"certificate":"-----BEGIN CERTIFICATE-----\n"}`,
	})
	tests := []struct {
		args            []string
		stdout, request string
	}{
		{[]string{"remove", "node/1 é"}, "node/1 é is no member any more\n", "DELETE /_jeton/nodes/node%2F1%20%C3%A9"},
		{[]string{"promote", "node1"}, "node1 votes as soon as it has caught up\n", "POST /_jeton/nodes/node1/_promote"},
		{[]string{"demote", "node1"}, "node1 is a read replica now: it does not vote\n", "POST /_jeton/nodes/node1/_demote"},
		{[]string{"leave"}, "the node at " + a.URL + " leaves the cluster and stops\n", "POST /_jeton/nodes/_local/_leave"},
		{[]string{"transfer-leadership"}, "leadership was handed over\n", "POST /_jeton/leadership/_transfer"},
		{[]string{"transfer-leadership", "node1"}, "leadership was handed over\n", `POST /_jeton/leadership/_transfer {"node":"node1"}`},
		{[]string{"ca"}, "-----BEGIN CERTIFICATE-----\n", "GET /_jeton/ca"},
	}
	for _, test := range tests {
		a.run(t, append([]string{"node"}, test.args...)...).expect(t, exitOK, test.stdout, "")
		if got := a.lastRequest(); got != test.request {
			t.Errorf("asked %s, want %s", got, test.request)
		}
	}
}

func TestWhatIsSoAlreadyIsSaid(t *testing.T) {
	const ok = `{"acknowledged":true}`
	a := newAPI(t, map[string]string{
		"GET /_jeton/nodes":                 `{"nodes":[{"name":"node1","role":"voter","leader":true},{"name":"node2","role":"replica"}]}`,
		"POST /_jeton/nodes/node1/_promote": ok,
		"POST /_jeton/nodes/node2/_demote":  ok,
		"POST /_jeton/leadership/_transfer": ok,
	})
	a.run(t, "node", "transfer-leadership", "node1").expect(t, exitOK, "node1 leads already\n", "")
	a.run(t, "node", "transfer-leadership", "node2").expect(t, exitOK, "leadership was handed over\n", "")
	a.run(t, "node", "promote", "node1").expect(t, exitOK, "node1 is a voter already\n", "")
	a.run(t, "node", "demote", "node2").expect(t, exitOK, "node2 is a replica already\n", "")
}
