package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jeton/node"
)

func options(t *testing.T, env []string, stdin string, o startOptions) (node.Options, string, error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := &program{stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr, environ: env}
	if o.config.dir == "" {
		o.config.dir = t.TempDir()
	}
	options, err := p.nodeOptions(o)
	if stdout.Len() > 0 {
		t.Errorf("stdout %q", stdout.String())
	}
	return options, stderr.String(), err
}

func TestStartGathersWhatANodeNeeds(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte(" pass word \n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := configFlags{dir: dir, settings: []string{"node.name=n1"}}
	o, log, err := options(t, []string{"ELASTIC_PASSWORD_FILE=" + file, "JETON_SERVICE_HOST=x"}, "the-token\n", startOptions{config: config, joinFile: "-"})
	if err != nil {
		t.Fatal(err)
	}
	if o.ConfigDir != dir || o.Settings.NodeName != "n1" || o.JoinToken != "the-token" || o.Bootstrap || o.Version != jetonVersion() {
		t.Errorf("%q, %q, %q, %v, %q", o.ConfigDir, o.Settings.NodeName, o.JoinToken, o.Bootstrap, o.Version)
	}
	if o.Password != " pass word \n" {
		t.Errorf("password %q: one newline at the end is not part of it", o.Password)
	}
	if o.ShowPassword != nil {
		t.Error("a password would be shown where there is no terminal")
	}
	if !strings.HasPrefix(log, "{") || !strings.Contains(log, "JETON_SERVICE_HOST") {
		t.Errorf("a warning goes to the log, in JSON where there is no terminal; got %s", log)
	}
}

func TestTheFirstPasswordIsGivenOnce(t *testing.T) {
	tests := map[string]string{
		"ELASTIC_PASSWORD and ELASTIC_PASSWORD_FILE are both set": "ELASTIC_PASSWORD=a ELASTIC_PASSWORD_FILE=b",
		"ELASTIC_PASSWORD_FILE: open /no/such/file":               "ELASTIC_PASSWORD_FILE=/no/such/file",
		"ELASTIC_PASSWORD_FILE: " + os.DevNull + " is empty":      "ELASTIC_PASSWORD_FILE=" + os.DevNull,
	}
	for want, env := range tests {
		if _, _, err := options(t, strings.Fields(env), "", startOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", env, err)
		}
	}
	if o, _, err := options(t, []string{"ELASTIC_PASSWORD=a"}, "", startOptions{}); err != nil || o.Password != "a" {
		t.Errorf("%q, %v", o.Password, err)
	}
}

func TestWrongSettingsStopAStart(t *testing.T) {
	jeton(t, nil, "", "start", "--config", t.TempDir(), "-E", "nod.name=x").expect(t, exitFailed, "", "jeton: unknown setting [nod.name] in -E: did you mean [node.name]?\n")
}
