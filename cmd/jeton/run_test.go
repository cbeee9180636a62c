package main

import (
	"bytes"
	"strings"
	"testing"
)

// outcome is what a command left behind.
type outcome struct {
	code           int
	stdout, stderr string
}

// jeton runs a command line in this process, with nothing but env around it.
func jeton(t *testing.T, env []string, stdin string, args ...string) outcome {
	t.Helper()
	return called(t, "/usr/bin/jeton", env, stdin, args...)
}

func called(t *testing.T, name string, env []string, stdin string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(append([]string{name}, args...), strings.NewReader(stdin), &stdout, &stderr, env)
	return outcome{code, stdout.String(), stderr.String()}
}

// expect fails unless the command ended so, with exactly this stdout and with
// this somewhere in stderr.
func (o outcome) expect(t *testing.T, code int, stdout, stderr string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit code %d, want %d", o.code, code)
	}
	if o.stdout != stdout {
		t.Errorf("stdout\n%s\nwant\n%s", o.stdout, stdout)
	}
	if !strings.Contains(o.stderr, stderr) || stderr == "" && o.stderr != "" {
		t.Errorf("stderr\n%s\nwant in it\n%s", o.stderr, stderr)
	}
}

func TestWrongUseIsExitCode64(t *testing.T) {
	tests := map[string]struct {
		args   []string
		stderr string
	}{
		"no command":             {nil, "jeton: a command is missing"},
		"unknown command":        {[]string{"stort"}, `jeton: unknown command "stort" for "jeton"`},
		"unknown sub-command":    {[]string{"node", "elect"}, `jeton: unknown command "elect" for "jeton node"`},
		"no sub-command":         {[]string{"token"}, "jeton: a command is missing"},
		"unknown flag":           {[]string{"node", "list", "--foo"}, "jeton: unknown flag: --foo\nusage: jeton node list [flags]\n'jeton node list --help' tells more.\n"},
		"missing argument":       {[]string{"node", "remove"}, "jeton: accepts 1 arg(s), received 0"},
		"extra argument":         {[]string{"start", "now"}, "jeton: "},
		"unknown form of output": {[]string{"node", "list", "-o", "xml"}, "must be one of table, json"},
		"account without slash":  {[]string{"token", "list", "fleet-server"}, "must have the form NAMESPACE/SERVICE"},
		"two ways to join":       {[]string{"start", "--join", "a", "--join-file", "b"}, "exclude each other"},
		"founding and joining":   {[]string{"start", "--bootstrap", "--join-file", "b"}, "exclude each other"},
		"no nodes":               {[]string{"dev", "--nodes", "0"}, "--nodes must be from 1 to 99"},
		"port out of range":      {[]string{"dev", "--http-port", "70000"}, "--http-port"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			jeton(t, nil, "", test.args...).expect(t, exitUsage, "", test.stderr)
		})
	}
}

func TestHelpIsNoFailure(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"--help"}, {"node", "list", "-h"}, {"help", "token", "create"}, {"service-tokens", "-h"}} {
		if o := jeton(t, nil, "", args...); o.code != exitOK || !strings.Contains(o.stdout, "Usage:") || o.stderr != "" {
			t.Errorf("%v: %+v", args, o)
		}
	}
}

func TestCompletionIsThereForEveryShell(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if o := jeton(t, nil, "", "completion", shell); o.code != exitOK || !strings.Contains(o.stdout, "jeton") {
			t.Errorf("%s: exit code %d, %s", shell, o.code, o.stderr)
		}
	}
}

func TestVersionIsOneLine(t *testing.T) {
	o := jeton(t, nil, "", "version")
	if o.code != exitOK || !strings.HasPrefix(o.stdout, "jeton "+jetonVersion()+" (feature level ") || strings.Count(o.stdout, "\n") != 1 {
		t.Errorf("%+v", o)
	}
}
