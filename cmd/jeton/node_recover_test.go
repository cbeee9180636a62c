package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNothingIsRecoveredWhereNoMemberWas(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{{}, {"--confirm"}} {
		args = append([]string{"node", "recover", "--config", dir, "-E", "path.data=" + dir}, args...)
		jeton(t, nil, "", args...).expect(t, exitFailed, "", "no member of a cluster")
	}
	jeton(t, nil, "", "node", "recover", "node1").expect(t, exitUsage, "", "unknown command")
}

// recover runs `jeton node recover` on the process's directory.
func (p *process) recover(flags ...string) outcome {
	p.t.Helper()
	return finish(p.t, command(p.t, append([]string{"node", "recover",
		"--config", filepath.Join(p.dir, "config"), "-E", "path.data=" + filepath.Join(p.dir, "data")}, flags...)...))
}

func TestTwoOfThreeMachinesAreLostForGood(t *testing.T) {
	t.Parallel()
	nodes := startThree(t)
	url := nodes[0].ready()
	bearer := mustClient(t, url, "token", "create", fleetServer, "kept")
	running := nodes[0].recover()
	running.expect(t, exitFailed, "", "in use")
	for _, p := range nodes {
		p.kill()
	}

	looked := nodes[0].recover("-o", "json")
	var held recovered
	if err := json.Unmarshal([]byte(looked.stdout), &held); err != nil || held.Survivor == nil || len(held.Survivor.Members) != 3 {
		t.Fatalf("%+v: %v", looked, err)
	}
	done := nodes[0].recover("--confirm")
	if done.code != exitOK || !strings.Contains(done.stderr, "waiting") || !strings.Contains(done.stderr, "never acknowledged") {
		t.Fatalf("%+v", done)
	}
	again := nodes[0].recover("--confirm")
	if again.code != exitOK || !strings.Contains(again.stdout, "this disk was recovered already as cluster ") || strings.Contains(again.stderr, "waiting") {
		t.Errorf("a second time: %+v", again)
	}
	nodes[0].start()
	url = nodes[0].ready()
	if status, body, err := send(http.MethodGet, url+authenticate, bearer); err != nil || status != http.StatusOK {
		t.Errorf("the token that was acknowledged: %d %s %v", status, body, err)
	}
	if err := os.RemoveAll(filepath.Join(nodes[1].dir, "data")); err != nil {
		t.Fatal(err)
	}
	nodes[1].start("--join", mustClient(t, url, "node", "join-token"))
	if status, body, err := send(http.MethodGet, nodes[1].ready()+authenticate, bearer); err != nil || status != http.StatusOK {
		t.Errorf("the token at a new node: %d %s %v", status, body, err)
	}
}

func TestARecoveryAsksNoNode(t *testing.T) {
	if o := jeton(t, nil, "", "node", "recover", "--help"); o.code != exitOK || strings.Contains(o.stdout, "--password-file") || !strings.Contains(o.stdout, "--confirm") {
		t.Errorf("%+v", o)
	}
	if o := jeton(t, nil, "", "node", "list", "--help"); !strings.Contains(o.stdout, "--password-file") {
		t.Errorf("%+v", o)
	}
}
