package node

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const thirtyTwo = "0123456789abcdef0123456789abcdef"

func TestAClusterIsDeclaredByListsAndASecret(t *testing.T) {
	yaml := "cluster.initial_master_nodes: [node0, node1]\ndiscovery:\n  seed_hosts:\n    - node0\n    - 10.0.0.7:9400\n    - ::1\ncluster.join_secret: \"  " + thirtyTwo + "\\n\"\n"
	for about, s := range map[string]Settings{
		"YAML": mustLoad(t, yaml, nil, nil),
		"text": mustLoad(t, "", []string{"cluster.initial_master_nodes=node0, node1", "discovery.seed_hosts=node0,10.0.0.7:9400,[::1]"}, []string{"JETON_CLUSTER_JOIN_SECRET=" + thirtyTwo}),
	} {
		if !slices.Equal(s.InitialMasterNodes, []string{"node0", "node1"}) || !slices.Equal(s.SeedHosts, []string{"node0:9300", "10.0.0.7:9400", "[::1]:9300"}) {
			t.Errorf("%s: %q, %q", about, s.InitialMasterNodes, s.SeedHosts)
		}
		if secret, err := s.joinSecret(); err != nil || secret.Reveal() != thirtyTwo || !s.Declared() {
			t.Errorf("%s: %d characters, %v", about, len(secret.Reveal()), err)
		}
	}
}

func TestAHostWithoutAPortHasThisNodes(t *testing.T) {
	for port, want := range map[string]string{"9400": "node0:9400", "0": "node0:9300"} {
		s := mustLoad(t, "", []string{"transport.port=" + port, "discovery.seed_hosts=node0", "cluster.join_secret=" + thirtyTwo}, nil)
		if s.SeedHosts[0] != want {
			t.Errorf("transport.port %s: %s", port, s.SeedHosts[0])
		}
	}
}

func TestDeclarationsThatCannotBeMeant(t *testing.T) {
	secret := "cluster.join_secret=" + thirtyTwo
	for about, c := range map[string]struct {
		flags []string
		says  string
	}{
		"a list without hosts":   {[]string{"cluster.initial_master_nodes=a", secret}, "[cluster.initial_master_nodes] needs [discovery.seed_hosts]"},
		"hosts without a secret": {[]string{"discovery.seed_hosts=a"}, "[discovery.seed_hosts] needs [cluster.join_secret_file]"},
		"two secrets":            {[]string{secret, "cluster.join_secret_file=f"}, "exclude each other"},
		"a name twice":           {[]string{"cluster.initial_master_nodes=a,b,a"}, "each once"},
		"a host twice":           {[]string{"discovery.seed_hosts=a,a"}, "each once"},
		"an empty name":          {[]string{"cluster.initial_master_nodes=a,,b"}, "each once"},
		"port 0":                 {[]string{"discovery.seed_hosts=a:0"}, "host or host:port"},
		"a URL":                  {[]string{"discovery.seed_hosts=https://a:9300"}, "host or host:port"},
		"a short secret":         {[]string{"cluster.join_secret=" + thirtyTwo[1:]}, "32 characters or more"},
	} {
		_, _, err := load(t, "", c.flags, nil, fakeMachine())
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", about, err)
		}
		if err != nil && strings.Contains(err.Error(), thirtyTwo[1:]) {
			t.Errorf("%s: the error holds the secret: %v", about, err)
		}
	}
}

func TestASecretsFileIsForTheNodeAlone(t *testing.T) {
	write := func(text string, mode os.FileMode) string {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write(thirtyTwo+"\n", 0o440)
	for about, c := range map[string]struct{ path, says string }{
		"missing":       {good + "x", "no such file"},
		"too short":     {write("short\n", 0o600), "32 characters or more"},
		"for everybody": {write(thirtyTwo, 0o644), "chmod 600"},
	} {
		s := mustLoad(t, "", []string{"cluster.join_secret_file=" + c.path}, nil)
		if _, err := s.joinSecret(); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "[cluster.join_secret_file]") {
			t.Errorf("%s: %v", about, err)
		}
	}
	s := mustLoad(t, "", []string{"cluster.join_secret_file=" + good}, nil)
	if secret, err := s.joinSecret(); err != nil || secret.Reveal() != thirtyTwo {
		t.Errorf("%d characters, %v", len(secret.Reveal()), err)
	}
}

func TestSettingsDoNotPrintTheSecret(t *testing.T) {
	s := mustLoad(t, "", []string{"cluster.join_secret=" + thirtyTwo}, nil)
	if text := fmt.Sprintf("%+v %#v", s, s); strings.Contains(text, thirtyTwo) {
		t.Error(text)
	}
}
