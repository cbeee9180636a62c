package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// machines are network namespaces on one bridge: hosts with addresses of their
// own, which can be cut off.
type machines struct {
	t      *testing.T
	prefix string
}

func newMachines(t *testing.T, n int) *machines {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("network namespaces need root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("network namespaces need the command ip")
	}
	m := &machines{t: t, prefix: fmt.Sprintf("jt%d", os.Getpid()%100000)}
	if out, err := exec.Command("ip", "netns", "add", m.name(0)).CombinedOutput(); err != nil {
		t.Skipf("network namespaces cannot be made here: %s", out)
	}
	t.Cleanup(m.remove)
	// The first namespace holds the bridge; nothing outside is reachable.
	m.ip("-n", m.name(0), "link", "add", "br0", "type", "bridge")
	m.ip("-n", m.name(0), "link", "set", "br0", "up")
	for i := 1; i <= n; i++ {
		m.ip("netns", "add", m.name(i))
		port := fmt.Sprintf("p%d", i)
		m.ip("-n", m.name(0), "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", m.name(i))
		m.ip("-n", m.name(0), "link", "set", port, "master", "br0", "up")
		m.ip("-n", m.name(i), "addr", "add", m.address(i)+"/24", "dev", "eth0")
		m.ip("-n", m.name(i), "link", "set", "eth0", "up")
		m.ip("-n", m.name(i), "link", "set", "lo", "up")
	}
	return m
}

func (m *machines) name(i int) string    { return fmt.Sprintf("%sn%d", m.prefix, i) }
func (m *machines) address(i int) string { return fmt.Sprintf("10.77.0.%d", i) }

// on is what runs a command on machine i.
func (m *machines) on(i int) []string { return []string{"ip", "netns", "exec", m.name(i)} }

// cable connects machine i, or cuts it off.
func (m *machines) cable(i int, state string) {
	m.t.Helper()
	m.ip("-n", m.name(0), "link", "set", fmt.Sprintf("p%d", i), state)
}

func (m *machines) ip(args ...string) {
	m.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		m.t.Fatalf("ip %s: %s", strings.Join(args, " "), out)
	}
}

func (m *machines) remove() {
	out, _ := exec.Command("ip", "netns", "list").Output()
	for line := range strings.Lines(string(out)) {
		if name, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.HasPrefix(name, m.prefix+"n") {
			_ = exec.Command("ip", "netns", "delete", name).Run()
		}
	}
}

func TestThreeMachinesOfWhichOneIsCutOff(t *testing.T) {
	t.Parallel()
	m := newMachines(t, 3)
	nodes := make([]*process, 4) // by machine, from 1
	for i := 1; i <= 3; i++ {
		nodes[i] = newProcess(t, fmt.Sprintf("node%d", i))
		nodes[i].within = m.on(i)
		nodes[i].ports = []string{"-E", "network.host=_site_", "-E", "auth.timeout=500ms", "-E", "request.timeout=3s"}
	}
	// jeton runs a client command on machine i, against its own node, trusting
	// the cluster's CA alone.
	jeton := func(i int, args ...string) outcome {
		t.Helper()
		cmd := commandWithin(t, m.on(i), args...)
		cmd.Env = append(cmd.Env, "JETON_URL=https://"+m.address(i)+":9200", "JETON_USER=elastic", "JETON_PASSWORD="+testPassword,
			"JETON_CACERT="+filepath.Join(nodes[1].dir, "data", "ca.crt"))
		return finish(t, cmd)
	}
	must := func(i int, args ...string) string {
		t.Helper()
		o := jeton(i, args...)
		if o.code != exitOK {
			t.Fatalf("jeton %s on machine %d: %s", strings.Join(args, " "), i, o.stderr)
		}
		return strings.TrimSpace(o.stdout)
	}
	refused := nodes[1]
	refused.start()
	<-refused.gone
	if !refused.logged("say --bootstrap") {
		t.Error("off loopback a fresh directory founds without being told")
	}
	if _, err := os.Stat(filepath.Join(refused.dir, "data", "node.json")); !os.IsNotExist(err) {
		t.Errorf("a refused start leaves an identity behind, which copies would share: %v", err)
	}
	nodes[1].start("--bootstrap")
	if url := nodes[1].ready(); url != "https://10.77.0.1:9200" {
		t.Errorf("off loopback clients are served at %s", url)
	}
	for i := 2; i <= 3; i++ {
		nodes[i].start("--join", must(1, "node", "join-token"))
		nodes[i].ready()
	}
	eventually(t, "three voters", func() error {
		if list := must(2, "node", "list"); strings.Count(list, " voter ") != 3 {
			return fmt.Errorf("%s", list)
		}
		return nil
	})
	must(3, "token", "create", "elastic/fleet-server", "before")

	m.cable(3, "down")
	if o := jeton(3, "token", "create", "elastic/fleet-server", "lost"); o.code != exitFailed || !strings.Contains(o.stderr, "503") && !strings.Contains(o.stderr, "500") {
		t.Errorf("create at a node that is cut off: %d %s", o.code, o.stderr)
	}
	eventually(t, "the others to go on", func() error {
		if o := jeton(1, "token", "create", "elastic/fleet-server", "meanwhile"); o.code != exitOK && !strings.Contains(o.stderr, "already exists") {
			return fmt.Errorf("%s", o.stderr)
		}
		return nil
	})
	if o := jeton(3, "ready"); o.code != exitFailed {
		t.Error("a node that is cut off says that it is ready")
	}
	m.cable(3, "up")
	eventually(t, "the third to be back", func() error {
		if o := jeton(3, "ready"); o.code != exitOK {
			return fmt.Errorf("%s", o.stderr)
		}
		return nil
	})
	if list := must(3, "token", "list", "elastic/fleet-server"); !strings.Contains(list, "meanwhile") {
		t.Errorf("tokens at the third:\n%s", list)
	}
}
