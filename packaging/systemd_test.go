package packaging_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// unit is a systemd unit: the values of each key of each section.
type unit map[string]map[string][]string

func parseUnit(t *testing.T, text string) unit {
	t.Helper()
	u, section := unit{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[' && strings.HasSuffix(line, "]"):
			section = strings.Trim(line, "[]")
			u[section] = map[string][]string{}
		default:
			key, value, ok := strings.Cut(line, "=")
			if !ok || section == "" {
				t.Fatalf("no key=value of a section: %s", line)
			}
			u[section][key] = append(u[section][key], value)
		}
	}
	return u
}

// one is the only value of a key of the service.
func (u unit) one(t *testing.T, key string) string {
	t.Helper()
	values := u["Service"][key]
	if len(values) != 1 {
		t.Fatalf("%s is there %d times", key, len(values))
	}
	return values[0]
}

func TestTheUnitStartsTheNodeWithThePackagesFiles(t *testing.T) {
	u := parseUnit(t, read(t, "systemd", "jeton.service"))
	for key, want := range map[string]string{
		"ExecStart":              binary + " start --config " + configDir + " $START_OPTIONS",
		"EnvironmentFile":        "-/etc/default/jeton",
		"User":                   "jeton",
		"StateDirectory":         filepath.Base(dataDir),
		"StateDirectoryMode":     "0700",
		"ConfigurationDirectory": filepath.Base(configDir),
		"WorkingDirectory":       dataDir,
	} {
		if got := u.one(t, key); got != want {
			t.Errorf("%s=%s, want %s", key, got, want)
		}
	}
	if got := settings(t, read(t, "jeton.yml"), nil).PathData; got != dataDir {
		t.Errorf("path.data is %s, and the unit lets the node write only to %s", got, dataDir)
	}
}

func TestANodeThatEndsItselfIsStartedAgain(t *testing.T) {
	u := parseUnit(t, read(t, "systemd", "jeton.service"))
	if got := u.one(t, "Restart"); got != "on-failure" {
		t.Errorf("Restart=%s", got)
	}
	if got := u["Unit"]["StartLimitIntervalSec"]; len(got) != 1 || got[0] != "0" {
		t.Errorf("StartLimitIntervalSec=%s: systemd gives up after some starts", got)
	}
	const orderly = 25 * time.Second // as cmd/jeton has it
	if d, err := time.ParseDuration(u.one(t, "TimeoutStopSec")); err != nil || d <= orderly {
		t.Errorf("TimeoutStopSec=%v, %v: an orderly stop takes up to %v", d, err, orderly)
	}
}

func TestTheServiceMayDoNoMoreThanItNeeds(t *testing.T) {
	u := parseUnit(t, read(t, "systemd", "jeton.service"))
	for key, want := range map[string]string{
		"NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
		"PrivateDevices": "yes", "MemoryDenyWriteExecute": "yes", "CapabilityBoundingSet": "", "UMask": "0077", "LimitCORE": "0",
	} {
		if got := u.one(t, key); got != want {
			t.Errorf("%s=%s, want %s", key, got, want)
		}
	}
}

func TestTheServiceMayWriteWhereOperationsSaysThatBackupsGo(t *testing.T) {
	writable := strings.Fields(parseUnit(t, read(t, "systemd", "jeton.service")).one(t, "ReadWritePaths"))
	_, after, found := strings.Cut(read(t, "..", "docs", "operations.md"), "\nbackup.path: ")
	path, _, _ := strings.Cut(after, "\n")
	// With the "-" a machine that has no such directory starts the node too.
	if !found || !slices.Contains(writable, "-"+path) {
		t.Errorf("backup.path is %q, and the service may write to %s", path, writable)
	}
}

func TestThePackageMakesTheServicesUserAndItsDirectory(t *testing.T) {
	if got := read(t, "systemd", "jeton.sysusers"); !strings.HasPrefix(got, "u jeton ") || !strings.Contains(got, dataDir) {
		t.Error(got)
	}
	// The mode is the one that the unit names: systemd warns of another.
	mode := parseUnit(t, read(t, "systemd", "jeton.service")).one(t, "ConfigurationDirectoryMode")
	if want := "\nd " + configDir + " " + mode + " jeton jeton\n"; !strings.Contains(read(t, "systemd", "jeton.tmpfiles"), want) {
		t.Errorf("no line %q", want)
	}
}

func TestSystemdHasNothingToSayAboutTheUnit(t *testing.T) {
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	// It looks for the program; this test is one that is there.
	here, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "jeton.service")
	text := strings.ReplaceAll(read(t, "systemd", "jeton.service"), binary, here)
	if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(verify, "verify", "--man=no", copied).CombinedOutput()
	if strings.Contains(string(out), "sysinit.target not found") {
		t.Skip("systemd's own units are not installed")
	}
	// What it says of other units is not ours to mend.
	if strings.Contains(string(out), "jeton.service") {
		t.Errorf("%v\n%s", err, out)
	}
}
