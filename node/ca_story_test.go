package node_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jeton/fsm"
	"jeton/node"
	"jeton/node/nodetest"
)

// caView is GET /_jeton/ca.
type caView struct {
	PEM   string `json:"certificate"`
	Stage string
	CAs   []struct{ Role, Fingerprint string }
	Nodes []struct {
		Name, Issuer string
		Waits        string `json:"waits_for"`
	}
}

func caOf(t *testing.T, n *nodetest.Node) caView {
	t.Helper()
	a := n.Do(http.MethodGet, "/_jeton/ca", "")
	var view caView
	if err := json.Unmarshal([]byte(a.Body), &view); err != nil || a.Status != http.StatusOK {
		t.Fatalf("%d %s: %v", a.Status, a.Body, err)
	}
	return view
}

func rotate(t *testing.T, c *nodetest.Cluster, n *nodetest.Node, body string) {
	t.Helper()
	waitLevel(c, fsm.Level)
	wantStatus(t, http.StatusOK, n.Do(http.MethodPost, "/_jeton/ca/_rotate", body), "a rotation")
}

func untilStage(t *testing.T, c *nodetest.Cluster, n *nodetest.Node, stage string) caView {
	t.Helper()
	var view caView
	c.Eventually("the stage "+stage, func() error {
		if view = caOf(t, n); view.Stage != stage {
			return fmt.Errorf("%+v", view)
		}
		return nil
	})
	return view
}

// signer is the fingerprint of the CA that signs.
func (v caView) signer() string { return v.CAs[0].Fingerprint }

func onDisk(t *testing.T, n *nodetest.Node, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(n.Dir, "data", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// wantOneCA checks what must hold after a rotation.
func wantOneCA(t *testing.T, c *nodetest.Cluster, former caView) {
	t.Helper()
	for _, n := range c.Running() {
		view := untilStage(t, c, n, "idle")
		if view.signer() == former.signer() || len(view.CAs) != 1 {
			t.Errorf("%s knows the CAs %v", n.Name, view.CAs)
		}
		for _, other := range view.Nodes {
			if other.Issuer != view.signer() {
				t.Errorf("%s has a certificate of %q", other.Name, other.Issuer)
			}
		}
		c.Eventually("the former CA to be gone from the disk of "+n.Name, func() error {
			if onDisk(t, n, "ca.crt") != view.PEM {
				return fmt.Errorf("ca.crt is another one")
			}
			return nil
		})
	}
}

// client uses one node over TLS.
type client struct {
	http *http.Client
	base string
}

func trusting(n *nodetest.Node, roots *x509.CertPool) client {
	return client{base: n.URL(), http: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots},
		DisableKeepAlives: true, // each request is a new connection
	}}}
}

func (c client) do(method, path string) error {
	r, err := http.NewRequest(method, c.base+path, nil)
	if err != nil {
		return err
	}
	r.SetBasicAuth("elastic", nodetest.Password)
	res, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", res.Status)
	}
	return nil
}

// freshConnections creates tokens and authenticates at each node, over new connections,
// until it is stopped.
func freshConnections(t *testing.T, c *nodetest.Cluster, roots *x509.CertPool) (stop func() int64) {
	ctx, cancel := context.WithCancel(t.Context())
	var working sync.WaitGroup
	var done atomic.Int64
	for i, n := range c.Running() {
		use := trusting(n, roots)
		working.Go(func() {
			for j := 0; ctx.Err() == nil; j++ {
				path := fmt.Sprintf("/_security/service/elastic/fleet-server/credential/token/t%d-%d", i, j)
				if err := use.do(http.MethodPost, path); err != nil {
					t.Errorf("a create at node%d: %v", i, err)
				}
				if err := use.do(http.MethodGet, "/_security/_authenticate"); err != nil {
					t.Errorf("an authentication at node%d: %v", i, err)
				}
				done.Add(2)
			}
		})
	}
	stop = sync.OnceValue(func() int64 {
		cancel()
		working.Wait()
		return done.Load()
	})
	t.Cleanup(func() { stop() })
	return stop
}

func TestTheCAIsReplacedUnderTraffic(t *testing.T) {
	t.Parallel()
	var log logBook
	c := nodetest.StartWith(t, 3, nodetest.Options{Settings: []string{"xpack.security.http.ssl.enabled=true"}, Tune: log.tune})
	c.Trust(c.CACert())
	leader, follower := c.Leader(), c.Follower()
	formerToken := c.JoinToken()
	text := node.StateText(leader.Node)
	formerKey := text[strings.Index(text, "BEGIN PRIVATE KEY"):][:120]
	former := caOf(t, follower)

	// Clients are told of the next CA before any node shows a certificate of it.
	rotate(t, c, follower, `{"prepare":true}`)
	prepared := untilStage(t, c, follower, "prepared")
	if strings.Count(prepared.PEM, "BEGIN CERTIFICATE") != 2 {
		t.Fatalf("the API tells of the CAs\n%s", prepared.PEM)
	}
	for _, n := range c.Nodes {
		c.Eventually("both CAs on the disk of "+n.Name, func() error {
			if onDisk(t, n, "ca.crt") != prepared.PEM {
				return fmt.Errorf("they are not there yet")
			}
			return nil
		})
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(prepared.PEM))
	c.Trust([]byte(prepared.PEM))
	term := numbers(t, leader)["jeton_cluster_term"]
	stop := freshConnections(t, c, roots)
	rotate(t, c, follower, "")
	wantOneCA(t, c, former)
	if n := stop(); n < 10 {
		t.Errorf("only %d requests were made meanwhile", n)
	}
	if now := numbers(t, leader)["jeton_cluster_term"]; now != term {
		t.Errorf("an election: term %v after %v", now, term)
	}
	if strings.Contains(node.StateText(leader.Node), formerKey) {
		t.Error("the former CA's key is in the state still")
	}

	for _, n := range c.Nodes {
		n.Stop()
		n.RestartAtSameAddress()
		c.WaitReady()
	}
	c.Add()
	c.WaitReady()
	late := c.Prepare("late")
	if err := late.TryStartFor(5*time.Second, formerToken); err == nil {
		t.Error("a token of the former CA lets a node in")
	}
	const told = "CA has been replaced since the token was made: make a new token with `jeton node join-token`"
	if log.count(told) == 0 {
		t.Error("nothing was told of the token of the former CA")
	}
}

func TestAMemberThatIsDownHoldsARotationUp(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	leader := c.Leader()
	former := caOf(t, leader)
	down := c.Follower()
	down.Stop()
	rotate(t, c, leader, "")
	c.Eventually("it to be named", func() error {
		view := caOf(t, leader)
		for _, n := range view.Nodes {
			if (n.Waits != "") != (n.Name == down.Name) {
				return fmt.Errorf("%s: %q", n.Name, n.Waits)
			}
		}
		if view.Stage != "trusting" {
			t.Fatalf("it has gone on to %s", view.Stage)
		}
		return nil
	})
	down.Restart()
	wantOneCA(t, c, former)

	// And once more, with one that never comes back.
	second := caOf(t, leader)
	down.Stop()
	rotate(t, c, leader, "")
	untilStage(t, c, leader, "trusting")
	wantStatus(t, http.StatusOK, leader.Do(http.MethodDelete, "/_jeton/nodes/"+down.Name, ""), "a removal")
	wantOneCA(t, c, second)
}

// Each stage is held by a node that cannot write down what it has learnt.
func TestARotationGoesOnAfterItsLeaderDied(t *testing.T) {
	t.Parallel()
	for file, stage := range map[string]string{"ca.crt": "trusting", "node.crt": "renewing"} {
		t.Run(stage, func(t *testing.T) {
			c := nodetest.Start(t, 3)
			former := caOf(t, c.Nodes[0])
			leader, stuck := c.Leader(), c.Follower()
			mend := obstruct(t, filepath.Join(stuck.Dir, "data", file))
			rotate(t, c, leader, "")
			untilStage(t, c, stuck, stage)
			leader.Drop()
			c.Leader()
			leader.Restart()
			c.WaitReady()
			if view := caOf(t, leader); view.Stage != stage {
				t.Errorf("it has gone on to %s", view.Stage)
			}
			stuck.Stop()
			mend()
			stuck.Restart()
			c.WaitReady()
			wantOneCA(t, c, former)
		})
	}
}

// obstruct puts a directory in a file's place, over which nothing can be written.
func obstruct(t *testing.T, path string) (mend func()) {
	t.Helper()
	if err := os.Rename(path, path+".aside"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".aside", path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestANodeJoinsInTheMiddleOfARotation(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 2)
	former := caOf(t, c.Nodes[0])
	rotate(t, c, c.Nodes[0], `{"prepare":true}`)
	untilStage(t, c, c.Nodes[0], "prepared")
	token := c.JoinToken() // of both CAs
	joined := c.Add()
	c.WaitReady()
	if got := onDisk(t, joined, "ca.crt"); strings.Count(got, "BEGIN CERTIFICATE") != 2 {
		t.Errorf("the newcomer trusts\n%s", got)
	}
	rotate(t, c, c.Nodes[0], "")
	wantOneCA(t, c, former)
	later := c.Prepare("later")
	if err := later.TryStart(token); err != nil {
		t.Errorf("a token from the middle: %v", err)
	}
	c.WaitReady()
}

// After a rotation a certificate of the former CA opens no new connection of the
// cluster port.
func TestACertificateOfTheFormerCAIsRefused(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 1)
	n := c.Nodes[0]
	pair, err := tls.X509KeyPair([]byte(onDisk(t, n, "node.crt")), []byte(onDisk(t, n, "node.key")))
	if err != nil {
		t.Fatal(err)
	}
	if err := greet(n, pair); err != nil {
		t.Fatalf("before: %v", err)
	}
	former := caOf(t, n)
	rotate(t, c, n, "")
	wantOneCA(t, c, former)
	if err := greet(n, pair); err == nil {
		t.Error("the former certificate is accepted")
	}
	pair, err = tls.X509KeyPair([]byte(onDisk(t, n, "node.crt")), []byte(onDisk(t, n, "node.key")))
	if err != nil {
		t.Fatal(err)
	}
	if err := greet(n, pair); err != nil {
		t.Errorf("its present certificate: %v", err)
	}
}

// greet opens a connection to the cluster port as a member does. In TLS 1.3 the
// refusal of a client's certificate comes with the first read.
func greet(n *nodetest.Node, pair tls.Certificate) error {
	config := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"jeton-peer/1"}, Certificates: []tls.Certificate{pair}}
	conn, err := (&tls.Dialer{Config: config}).DialContext(context.Background(), "tcp", n.TransportAddress())
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("POST /status HTTP/1.1\r\nHost: cluster\r\nContent-Length: 0\r\n\r\n")); err != nil {
		return err
	}
	_, err = conn.Read(make([]byte, 1))
	return err
}
