package packaging_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// formation are the settings by which nodes find each other; each node has them.
var formation = []string{
	"JETON_CLUSTER_INITIAL_MASTER_NODES", "JETON_DISCOVERY_SEED_HOSTS", "JETON_CLUSTER_JOIN_SECRET_FILE",
}

func compose(t *testing.T) object {
	t.Helper()
	return documents(t, read(t, "..", "docker-compose.yml"))[0]
}

// composeService is a service of the file.
func composeService(t *testing.T, name string) object {
	t.Helper()
	s, ok := compose(t).at("services", name).(object)
	if !ok {
		t.Fatalf("there is no service %s", name)
	}
	return s
}

var variable = regexp.MustCompile(`\$\{\w+:-([^}]*)\}`)

// composeEnvironment is what the process of a service has, but for the image's.
func composeEnvironment(t *testing.T, name string) map[string]string {
	t.Helper()
	set := map[string]string{}
	values, _ := composeService(t, name).at("environment").(object)
	for key, value := range values {
		set[key] = variable.ReplaceAllString(fmt.Sprint(value), "$1")
	}
	return set
}

func composeNodes(t *testing.T) []string {
	t.Helper()
	services, _ := compose(t)["services"].(object)
	var names []string
	for name := range services {
		if strings.HasPrefix(name, "node") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// environ are variables as a process has them.
func environ(set map[string]string) []string {
	var list []string
	for key, value := range set {
		list = append(list, key+"="+value)
	}
	return list
}

func TestEveryVariableOfComposeIsASetting(t *testing.T) {
	for _, name := range composeNodes(t) {
		set := composeEnvironment(t, name)
		for key := range set {
			if strings.HasPrefix(key, "JETON_") || strings.HasPrefix(key, "ELASTIC_") || key == "GOMEMLIMIT" {
				continue
			}
			t.Errorf("%s: nobody reads %s", name, key)
		}
		s := settings(t, "", environ(set)) // fails on a warning
		if s.NodeName != name || s.HTTPPublish() != name || s.TransportPublish() != name || !s.HTTPTLS() {
			t.Errorf("%s is %s, reached at %s and %s, TLS %v", name, s.NodeName, s.HTTPPublish(), s.TransportPublish(), s.HTTPTLS())
		}
		for _, path := range []string{s.PathData, set["JETON_PATH_CONF"]} {
			if filepath.Dir(path) != dataDir {
				t.Errorf("%s: %s is not in the volume at %s", name, path, dataDir)
			}
		}
		if set["JETON_CACERT"] != filepath.Join(s.PathData, "ca.crt") {
			t.Errorf("%s: the commands trust %s", name, set["JETON_CACERT"])
		}
	}
}

func TestComposeFoundsByListAndTheLaterNodeIsNotOnIt(t *testing.T) {
	first := composeEnvironment(t, "node0")
	for _, name := range composeNodes(t) {
		set := composeEnvironment(t, name)
		for _, key := range formation {
			if set[key] == "" || set[key] != first[key] {
				t.Errorf("%s: %s is %q, and at node0 %q", name, key, set[key], first[key])
			}
		}
		founds := slices.Contains(strings.Split(first[formation[0]], ","), name)
		if later := composeService(t, name)["profiles"] != nil; founds == later {
			t.Errorf("%s founds: %v, is started later: %v", name, founds, later)
		}
	}
}

// The secret is made on the machine, and nobody starts before it is there.
func TestNoSecretIsInTheComposeFile(t *testing.T) {
	maker := composeService(t, "join-secret")
	file := composeEnvironment(t, "node0")["JETON_CLUSTER_JOIN_SECRET_FILE"]
	if got := maker.texts("command"); !slices.Equal(got, []string{"join-secret", file}) {
		t.Errorf("command %s, and nodes read %s", got, file)
	}
	volume := "join-secret:" + filepath.Dir(file)
	if got := maker.texts("volumes"); !slices.Equal(got, []string{volume}) {
		t.Errorf("volumes %s", got)
	}
	for _, name := range composeNodes(t) {
		s := composeService(t, name)
		if got := s.texts("volumes"); !slices.Equal(got, []string{name + ":" + dataDir, volume + ":ro"}) {
			t.Errorf("%s: volumes %s", name, got)
		}
		if s.at("depends_on", "join-secret", "condition") != "service_completed_successfully" {
			t.Errorf("%s does not wait for the secret: %v", name, s["depends_on"])
		}
		for key, value := range composeEnvironment(t, name) {
			if strings.Contains(key, "PASSWORD") && value != "" {
				t.Errorf("%s has a %s that everybody knows", name, key)
			}
		}
	}
}

func TestComposeServesThisMachineOnly(t *testing.T) {
	seen := map[string]bool{}
	for i, name := range composeNodes(t) {
		ports := composeService(t, name).texts("ports")
		want := fmt.Sprintf("127.0.0.1:${NODE%d_PORT:-%d}:9200", i, 9200+i)
		if !slices.Equal(ports, []string{want}) || seen[want] {
			t.Errorf("%s: ports %s, want %s", name, ports, want)
		}
		seen[want] = true
	}
}

func TestServicesOfComposeMayDoNoMoreThanTheyNeed(t *testing.T) {
	for _, name := range append(composeNodes(t), "join-secret") {
		s := composeService(t, name)
		if s["read_only"] != true || !slices.Equal(s.texts("cap_drop"), []string{"ALL"}) || !slices.Contains(s.texts("security_opt"), "no-new-privileges:true") {
			t.Errorf("%s may do more than it needs", name)
		}
		if s["user"] != nil {
			t.Errorf("%s runs as %v, and not as the image's user", name, s["user"])
		}
		if s["mem_limit"] == nil || s["pids_limit"] == nil || s.at("logging", "options", "max-size") == nil {
			t.Errorf("%s may use up the machine", name)
		}
	}
}

func TestComposeLetsANodeStopInOrderAndComeBack(t *testing.T) {
	const orderly = 25 * time.Second // as cmd/jeton has it
	for _, name := range composeNodes(t) {
		s := composeService(t, name)
		text, _ := s["stop_grace_period"].(string)
		if d, err := time.ParseDuration(text); err != nil || d <= orderly {
			t.Errorf("%s: stop_grace_period %s, an orderly stop takes up to %v", name, text, orderly)
		}
		if s["restart"] != "unless-stopped" {
			t.Errorf("%s: restart %v", name, s["restart"])
		}
		if got := s.texts("healthcheck", "test"); !slices.Equal(got, []string{"CMD", binary, "ready"}) {
			t.Errorf("%s: health check %s", name, got)
		}
	}
}
