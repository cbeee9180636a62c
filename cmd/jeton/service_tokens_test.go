package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"jeton/security/token"
	"jeton/security/tokenfile"
)

const knownAccounts = "elastic/auto-ops,elastic/fleet-server,elastic/fleet-server-remote,elastic/kibana"

// fileTool is the file-token command with a config directory of its own.
type fileTool struct {
	*testing.T
	dir string
}

func newFileTool(t *testing.T) fileTool { return fileTool{t, t.TempDir()} }

func (f fileTool) run(args ...string) outcome {
	f.Helper()
	return jeton(f.T, []string{"JETON_PATH_CONF=" + f.dir}, "", append([]string{"service-tokens"}, args...)...)
}

func (f fileTool) file() string { return filepath.Join(f.dir, "service_tokens") }

// cheap makes hashing quick.
const cheap = "-Expack.security.authc.service_token_hashing.algorithm=pbkdf2_stretch_1000"

func TestAFileTokenIsCreatedListedAndDeleted(t *testing.T) {
	f := newFileTool(t)
	created := f.run("create", "elastic/fleet-server", "my-token", cheap)
	match := regexp.MustCompile(`^SERVICE_TOKEN elastic/fleet-server/my-token = (AAEAAWVsYXN0aWM[A-Za-z0-9+/]+)\n$`).FindStringSubmatch(created.stdout)
	if match == nil || created.code != exitOK || created.stderr != "" {
		t.Fatalf("%+v", created)
	}
	bearer, ok := token.ParseBearer(match[1])
	tokens, wrong, err := tokenfile.Read(f.file())
	if err != nil || len(wrong) > 0 || !ok {
		t.Fatal(ok, wrong, err)
	}
	hash, _ := tokens.Lookup("elastic/fleet-server", "my-token")
	if !strings.HasPrefix(hash.Text(), "{PBKDF2_STRETCH}1000$") || !hash.Verify(bearer.Secret) {
		t.Error("the file does not verify the printed token by the configured algorithm")
	}
	if info, err := os.Stat(f.file()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}

	f.run("create", "elastic/fleet-server", "another-token", cheap)
	f.run("create", "elastic/kibana", "-dashed", cheap).expect(t, exitUsage, "", "ERROR: ")
	if o := f.run("create", cheap, "--", "elastic/kibana", "-dashed"); o.code != exitOK {
		t.Errorf("%+v", o)
	}
	f.run("list").expect(t, exitOK, "elastic/fleet-server/another-token\nelastic/fleet-server/my-token\nelastic/kibana/-dashed\n", "")
	f.run("list", "elastic/kibana").expect(t, exitOK, "elastic/kibana/-dashed\n", "")

	f.run("delete", "elastic/fleet-server", "my-token").expect(t, exitOK, "", "")
	f.run("list", "elastic/fleet-server").expect(t, exitOK, "elastic/fleet-server/another-token\n", "")
}

func TestFileTokenFailuresHaveTheDocumentedTextsAndCodes(t *testing.T) {
	f := newFileTool(t)
	f.run("create", "elastic/fleet-server", "there", cheap)
	badName := "invalid service token name [_x]. service account token name must have at least 1 character and at most 256 characters that are alphanumeric (A-Z, a-z, 0-9) or hyphen (-) or underscore (_). It must not begin with an underscore (_)."
	tests := []struct {
		args    string
		code    int
		message string
	}{
		{"create elastic/fleet-server there " + cheap, 70, "Service token [elastic/fleet-server/there] already exists"},
		{"delete elastic/fleet-server x", 70, "Service token [elastic/fleet-server/x] does not exist"},
		{"create elastic/foo x", 67, "Unknown service account principal: [elastic/foo]. Must be one of [" + knownAccounts + "]"},
		{"delete elastic x", 67, "Unknown service account principal: [elastic]. Must be one of [" + knownAccounts + "]"},
		{"list elastic/foo", 67, "Unknown service account principal: [elastic/foo]. Must be one of [" + knownAccounts + "]"},
		{"create elastic/fleet-server _x", 70, badName},
		{"delete elastic/fleet-server _x", 70, badName},
		{"create elastic/fleet-server x -Efoo=bar", 78, "unknown setting [foo] in -E: did you mean ["},
		{"list --config no-such-directory", 74, "The config directory cannot be used, name it with --config: "},
	}
	for _, test := range tests {
		o := f.run(strings.Fields(test.args)...)
		o.expect(t, test.code, "", "\nERROR: "+test.message)
		if !strings.HasPrefix(o.stderr, "\nERROR: ") {
			t.Errorf("%s: stderr begins %q", test.args, o.stderr)
		}
	}
}

func TestWrongUseOfTheFileToolShowsItsHelp(t *testing.T) {
	f := newFileTool(t)
	tests := map[string]string{
		"":                         "Missing command",
		"remove":                   "Unknown command [remove]",
		"create":                   "Missing service-account-principal and token-name arguments",
		"create elastic/x":         "Missing token-name argument",
		"create a b c":             "Expected two arguments, service-account-principal and token-name, found extra: [a,b,c]",
		"delete":                   "Missing service-account-principal and token-name arguments",
		"delete a":                 "Missing token-name argument",
		"list a b":                 "Expected at most one argument, service-account-principal, found extra: [a,b]",
		"list --foo":               "unknown flag: --foo",
		"list -s -v":               "Options -s and -v exclude each other",
		"create elastic/x y -E":    "flag needs an argument: 'E' in -E",
		"-v list elastic/x extra":  "Expected at most one argument, service-account-principal, found extra: [elastic/x,extra]",
		"delete elastic/x y extra": "Expected two arguments, service-account-principal and token-name, found extra: [elastic/x,y,extra]",
	}
	for args, message := range tests {
		o := f.run(strings.Fields(args)...)
		o.expect(t, exitUsage, "", "\nERROR: "+message+", with exit code 64\n")
		if !strings.Contains(o.stderr, "Usage:") {
			t.Errorf("%q shows no help:\n%s", args, o.stderr)
		}
	}
}

func TestAnEmptyFileListsNothing(t *testing.T) {
	newFileTool(t).run("list").expect(t, exitOK, "", "")
}

func TestAMalformedFileIsListedWithAWarningAndNotEdited(t *testing.T) {
	f := newFileTool(t)
	f.run("create", "elastic/kibana", "good", cheap)
	data, err := os.ReadFile(f.file())
	if err != nil {
		t.Fatal(err)
	}
	data = append([]byte("no colon here\n"), data...)
	if err := os.WriteFile(f.file(), data, 0o600); err != nil {
		t.Fatal(err)
	}
	f.run("list").expect(t, exitOK, "elastic/kibana/good\n", "WARNING: ["+f.file()+"] ")
	f.run("list", "-s").expect(t, exitOK, "elastic/kibana/good\n", "")
	f.run("create", "elastic/kibana", "new", cheap).expect(t, exitData, "", "was not changed")
	if after, _ := os.ReadFile(f.file()); string(after) != string(data) {
		t.Error("the file was changed")
	}
}

func TestTheLinkIsTheFileToolAlone(t *testing.T) {
	dir := t.TempDir()
	const name = "/usr/share/elasticsearch/bin/elasticsearch-service-tokens"
	o := called(t, name, nil, "", "create", "elastic/fleet-server", "t", "--config", dir, cheap)
	if o.code != exitOK || !strings.HasPrefix(o.stdout, "SERVICE_TOKEN elastic/fleet-server/t = ") {
		t.Errorf("%+v", o)
	}
	called(t, name, nil, "", "--config", dir, "list").expect(t, exitOK, "elastic/fleet-server/t\n", "")
	called(t, name, nil, "", "node").expect(t, exitUsage, "", "ERROR: Unknown command [node]")
	if o := called(t, name, nil, "", "--help"); o.code != exitOK || !strings.Contains(o.stdout, "elasticsearch-service-tokens [command]") {
		t.Errorf("%+v", o)
	}
}

func TestTheHashingAlgorithmComesFromTheSettingsFile(t *testing.T) {
	f := newFileTool(t)
	settings := "xpack.security.authc:\n  service_token_hashing.algorithm: bcrypt4\n"
	if err := os.WriteFile(filepath.Join(f.dir, "jeton.yml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	f.run("create", "elastic/fleet-server", "t")
	if data, _ := os.ReadFile(f.file()); !strings.HasPrefix(string(data), "elastic/fleet-server/t:$2") {
		t.Errorf("the file holds another hash than bcrypt's, or none (%d bytes)", len(data))
	}
}
