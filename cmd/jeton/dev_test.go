package main

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"jeton/node"
)

// anyPorts are flags that ask for free ports.
func anyPorts(nodes int) devOptions {
	return devOptions{
		nodes:     nodes,
		http:      devPorts{flag: "http-port", given: true},
		transport: devPorts{flag: "transport-port", given: true},
	}
}

func TestNodesOfADevClusterShareNothing(t *testing.T) {
	dir := t.TempDir()
	plan, err := planDev(dir, anyPorts(0))
	if err != nil || len(plan) != 3 {
		t.Fatalf("%d nodes, %v", len(plan), err)
	}
	ports := map[int]bool{}
	for i, n := range plan {
		home := filepath.Join(dir, "node"+strconv.Itoa(i))
		if n.name != filepath.Base(home) || n.settings.NodeName != n.name || n.known {
			t.Errorf("%+v", n)
		}
		if n.settings.PathData != filepath.Join(home, "data") || n.configDir != filepath.Join(home, "config") {
			t.Errorf("%s is in %s and %s", n.name, n.settings.PathData, n.configDir)
		}
		if info, err := os.Stat(n.configDir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("config directory: %v, %v", info.Mode(), err)
		}
		if !n.settings.HTTPLoopback() || !n.settings.TransportLoopback() {
			t.Errorf("%s is reachable from outside", n.name)
		}
		ports[n.settings.HTTPPort], ports[n.settings.TransportPort] = true, true
	}
	if len(ports) != 6 || ports[0] {
		t.Errorf("ports %v", ports)
	}
}

func TestADevClusterIsFoundAgainInItsDirectory(t *testing.T) {
	before := filepath.Join(t.TempDir(), "before")
	first, err := planDev(before, anyPorts(2))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(first[1].settings.PathData, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(first[1].settings.PathData, "ca.crt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	after := before + "-moved"
	if err := os.Rename(before, after); err != nil {
		t.Fatal(err)
	}
	o := anyPorts(0)
	o.http.given, o.transport.given = false, false
	again, err := planDev(after, o)
	if err != nil || len(again) != 2 {
		t.Fatalf("%d nodes, %v", len(again), err)
	}
	for i, n := range again {
		if n.settings.HTTPPort != first[i].settings.HTTPPort || n.settings.TransportPort != first[i].settings.TransportPort {
			t.Errorf("%s has other ports than before", n.name)
		}
		if !strings.HasPrefix(n.settings.PathData, after) {
			t.Errorf("%s looks for its data in %s", n.name, n.settings.PathData)
		}
	}
	if again[0].known || !again[1].known {
		t.Error("a node is known by what is in its data directory")
	}
	if more, err := planDev(after, anyPorts(3)); err != nil || len(more) != 3 {
		t.Errorf("%d nodes, %v", len(more), err)
	}
	if _, err := planDev(after, anyPorts(1)); err == nil || !strings.Contains(err.Error(), "holds a cluster of 3 nodes") {
		t.Errorf("fewer nodes: %v", err)
	}
}

// A directory of an earlier release says nothing of the token service.
func TestADevClusterHasTheTokenServiceUnlessItsSettingsSayOtherwise(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Dir(devSettings(dir, 0)), 0o700); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]bool{
		"":                                 true,
		"node.name: node0\nhttp.port: 0\n": true,
		"xpack.security.authc.token.enabled: false\nhttp.port: 0\n": false,
	} {
		if file != "" {
			writeFile(t, devSettings(dir, 0), file)
		}
		plan, err := planDev(dir, anyPorts(1))
		if err != nil {
			t.Fatal(err)
		}
		if got := plan[0].settings.TokenService(); got != want {
			t.Errorf("%q: token service %v", file, got)
		}
		if err := os.Remove(devSettings(dir, 0)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestANodeOfADevClusterCanBeStartedByItself(t *testing.T) {
	plan, err := planDev(t.TempDir(), anyPorts(1))
	if err != nil {
		t.Fatal(err)
	}
	alone, warnings, err := node.LoadSettings(plan[0].configDir, nil, nil)
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	if alone.NodeName != "node0" || alone.PathData != plan[0].settings.PathData || alone.HTTPBind() != plan[0].settings.HTTPBind() {
		t.Errorf("%+v", alone)
	}
}

func TestAPortInUseNamesTheFlagToChange(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o := anyPorts(1)
	o.http.first = uint16(l.Addr().(*net.TCPAddr).Port)
	dir := t.TempDir()
	if _, err := planDev(dir, o); err == nil || !strings.Contains(err.Error(), "for node0 is in use: give another first port with --http-port, or 0") {
		t.Errorf("got %v", err)
	}
	if exists(filepath.Join(dir, "node0")) {
		t.Error("a failed plan leaves something behind")
	}
}

func TestPortsAreTheUsersThenTheFormerThenCountedFromTheDefault(t *testing.T) {
	tests := []struct {
		ports           devPorts
		i, former, want int
	}{
		{devPorts{first: 9200}, 2, 0, 9202},
		{devPorts{first: 9200}, 2, 9502, 9502},
		{devPorts{first: 9600, given: true}, 2, 9502, 9602},
		{devPorts{first: 0, given: true}, 2, 9502, 9502},
		{devPorts{first: 0, given: true}, 2, 0, 0},
	}
	for _, test := range tests {
		if got := test.ports.of(test.i, test.former); got != test.want {
			t.Errorf("%+v: port %d", test, got)
		}
	}
}

func TestTheWelcomeHasLinesToCopy(t *testing.T) {
	var out strings.Builder
	w := welcome{
		Nodes:    []welcomeNode{{"node0", "http://127.0.0.1:9200"}, {"node1", "http://127.0.0.1:9201"}},
		Password: "it's", Curl: "curl", Auth: "-u " + shellQuote("elastic:it's"), Account: "/_security/service/elastic/fleet-server",
	}
	if err := w.write(&out); err != nil {
		t.Fatal(err)
	}
	const want = `Jeton runs: 2 nodes, one cluster, on this machine. Ctrl-C stops it.

  node0  http://127.0.0.1:9200
  node1  http://127.0.0.1:9201

  user      elastic
  password  it's

Create a token, use it, list it, delete it, each on any node:

  TOKEN=$(curl -s -u 'elastic:it'\''s' -X POST 'http://127.0.0.1:9200/_security/service/elastic/fleet-server/credential/token/token1' | sed 's/.*"value":"\([^"]*\)".*/\1/')
  curl -H "Authorization: Bearer $TOKEN" 'http://127.0.0.1:9201/_security/_authenticate?pretty'
  curl -u 'elastic:it'\''s' 'http://127.0.0.1:9200/_security/service/elastic/fleet-server/credential?pretty'
  curl -u 'elastic:it'\''s' -X DELETE 'http://127.0.0.1:9200/_security/service/elastic/fleet-server/credential/token/token1'
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}

func TestAWelcomeBackTellsWhereThePasswordIs(t *testing.T) {
	var out strings.Builder
	w := welcome{Nodes: []welcomeNode{{"node0", "http://127.0.0.1:9200"}}, File: "/d/initial_password", Curl: "curl", Auth: "-u elastic"}
	if err := w.write(&out); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"Jeton runs: 1 node, ", "the one shown when this cluster was first started, in /d/initial_password\n", "curl -s -u elastic -X POST 'http://127.0.0.1:9200"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("no %q in\n%s", part, out.String())
		}
	}
}
