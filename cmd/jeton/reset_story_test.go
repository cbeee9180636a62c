package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sendAs sends a request once, as a user.
func sendAs(method, url, user, password, body string) (status int, answer string, err error) {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.SetBasicAuth(user, password)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := testClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return res.StatusCode, string(data), err
}

// expectLogin fails unless the node answers the user so.
func expectLogin(t *testing.T, url, user, password string, want int) {
	t.Helper()
	if status, body, err := sendAs(http.MethodGet, url+authenticate, user, password, ""); err != nil || status != want {
		t.Errorf("%s logs in at %s: %v %d %s, want %d", user, url, err, status, body, want)
	}
}

func (p *process) config(file string) string { return filepath.Join(p.dir, "config", file) }

// reset runs reset-password on the node's machine.
func (p *process) reset(stdin string, args ...string) outcome {
	p.t.Helper()
	cmd := command(p.t, slices.Concat([]string{"reset-password", "--config", filepath.Join(p.dir, "config")}, p.ports, args)...)
	cmd.Stdin = strings.NewReader(stdin)
	return finish(p.t, cmd)
}

func TestWhoMayWriteTheConfigDirectoryResetsPasswords(t *testing.T) {
	t.Parallel()
	const (
		hash  = "$2a$04$4SnBiW7IrYlEbKZIjOm6MOVdUfIHXOuvI3RfsQ7RtEgyHTi9pCrEO"
		users = "# by hand\njane:" + hash + "\n\n"
		roles = "# by hand\nsuperuser:jane\nviewer:jane\n"
	)
	p := newProcess(t, "node0")
	writeFile(t, p.config("jeton.yml"), quickPasswords)
	writeFile(t, p.config("users"), users)
	writeFile(t, p.config("users_roles"), roles)
	p.start()
	url := p.ready()
	asBefore := func(what string) {
		t.Helper()
		if readFile(t, p.config("users")) != users || readFile(t, p.config("users_roles")) != roles {
			t.Errorf("after %s the files hold something else than before", what)
		}
	}

	o := p.reset("", "-u", "elastic", "-b", "-s")
	password := strings.TrimSuffix(o.stdout, "\n")
	if o.code != exitOK || o.stderr != "" || password == "" || strings.ContainsAny(password, " \n") {
		t.Fatalf("exit code %d, stdout of %d bytes, stderr %s", o.code, len(o.stdout), o.stderr)
	}
	expectLogin(t, url, "elastic", password, http.StatusOK)
	expectLogin(t, url, "elastic", testPassword, http.StatusUnauthorized)
	asBefore("a reset")

	p.reset("chosen-by-a-person\n", "-u", "elastic", "--interactive", "-b").expect(t, exitOK, "", "Password for the [elastic] user successfully reset.\n")
	expectLogin(t, url, "elastic", "chosen-by-a-person", http.StatusOK)
	if status, body, err := sendAs(http.MethodPut, url+"/_security/user/bob", "elastic", "chosen-by-a-person", `{"password":"bobs-password","roles":[]}`); err != nil || status != http.StatusOK {
		t.Fatalf("put a user: %v %d %s", err, status, body)
	}
	p.reset("bobs-new-password\n", "-u", "bob", "-i", "-s", "-b").expect(t, exitOK, "", "")
	expectLogin(t, url, "bob", "bobs-new-password", http.StatusOK)
	asBefore("resets from stdin")

	p.reset("", "-u", "nobody", "-b").expect(t, exitFailed, "", "the password of [nobody] was not changed: Validation Failed: 1: user must exist in order to change password;")
	p.reset("", "-u", "jane", "-b").expect(t, exitFailed, "", "`jeton users passwd`")
	p.reset("short\n", "-u", "elastic", "-i", "-b").expect(t, exitFailed, "", "passwords must be at least [6] characters long")
	expectLogin(t, url, "elastic", "chosen-by-a-person", http.StatusOK)
	asBefore("resets that failed")
	for _, secret := range []string{password, "chosen-by-a-person", "bobs-new-password", hash} {
		if p.logged(secret) {
			t.Error("the node's log holds a secret")
		}
	}
}

// A terminal that is closed, a Ctrl-C and an orchestrator end a reset, and none
// of them leaves a superuser behind.
func TestAResetThatIsInterruptedRemovesItsHelper(t *testing.T) {
	t.Parallel()
	stranger := newAPI(t, map[string]string{"GET " + authenticate: "401 {}"})
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		dir := t.TempDir()
		cmd := command(t, "reset-password", "-b", "-u", "elastic", "--config", dir, "--url", stranger.URL, "--timeout", "10m")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		overdue := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		defer overdue.Stop()
		eventually(t, "the helper", func() error {
			if all, err := filepath.Glob(filepath.Join(dir, "users")); err != nil || len(all) == 0 {
				return fmt.Errorf("no users file: %v", err)
			}
			return nil
		})
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(stderr.String(), "interrupted; nothing was changed") {
			t.Errorf("%v: exit code %d, %s", signal, code, stderr.String())
		}
		expectNoHelper(t, dir)
	}
}
