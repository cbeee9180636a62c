package main

import (
	"io"
	"log"
	"testing"
)

func silent() *log.Logger { return log.New(io.Discard, "", 0) }

const members = `{"cluster_name":"jeton","nodes":[
 {"id":"a1","name":"node0","role":"voter","leader":true,"answers":true,"version":"1.0.0","transport_address":"127.0.0.1:9300","http_address":"127.0.0.1:9200","index":42,"later":1},
 {"id":"b2","name":"node1","role":"nonvoter","leader":false,"answers":false,"version":"","transport_address":"127.0.0.1:9301","http_address":"127.0.0.1:9201","index":0}]}`

func TestNodeListIsATableOrJSON(t *testing.T) {
	a := newAPI(t, map[string]string{"GET /_jeton/nodes": members})
	a.run(t, "node", "list").expect(t, exitOK, ""+
		"NAME   ROLE      LEADER  ANSWERS  VERSION  TRANSPORT       HTTP            INDEX  ID\n"+
		"node0  voter     yes     yes      1.0.0    127.0.0.1:9300  127.0.0.1:9200  42     a1\n"+
		"node1  nonvoter  no      no       -        127.0.0.1:9301  127.0.0.1:9201  0      b2\n", "")
	a.run(t, "node", "list", "-o", "json").expect(t, exitOK, `{
  "cluster_name": "jeton",
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
      "index": 42
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
      "index": 0
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
		"POST /_jeton/leadership/_transfer": ok,
		"GET /_jeton/ca":                    `{"certificate":"-----BEGIN CERTIFICATE-----\n"}`,
	})
	tests := []struct {
		args            []string
		stdout, request string
	}{
		{[]string{"remove", "node/1 é"}, "node/1 é is no member any more\n", "DELETE /_jeton/nodes/node%2F1%20%C3%A9"},
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
