package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// resetNode is a stand-in for a node: it takes the helper at once, and passwords
// as change says.
type resetNode struct {
	*httptest.Server
	dir    string // its config directory
	helper string // the name that the password was changed by
	set    string // the password that was set last
}

func newResetNode(t *testing.T, change func(n *resetNode) (status int, answer string)) *resetNode {
	t.Helper()
	n := &resetNode{dir: t.TempDir()}
	writeFile(t, filepath.Join(n.dir, "jeton.yml"), quickPasswords)
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			return
		}
		n.helper, _, _ = r.BasicAuth()
		var body struct{ Password string }
		_ = json.NewDecoder(r.Body).Decode(&body)
		n.set = body.Password
		status, answer := change(n)
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(n.Close)
	return n
}

func (n *resetNode) reset(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	return jeton(t, nil, stdin, append([]string{"reset-password", "--url", n.URL, "--config", n.dir}, args...)...)
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// expectNoHelper fails when a helper was left in the files of a config directory.
func expectNoHelper(t *testing.T, dir string) {
	t.Helper()
	for _, file := range []string{"users", "users_roles"} {
		if data, _ := os.ReadFile(filepath.Join(dir, file)); strings.Contains(string(data), helperPrefix) {
			t.Errorf("a helper was left in %s", file)
		}
	}
}

func accepted(*resetNode) (int, string) { return http.StatusOK, "{}" }

func TestAResetPrintsTheNewPasswordOnly(t *testing.T) {
	n := newResetNode(t, accepted)
	o := n.reset(t, "", "-u", "elastic", "-b")
	o.expect(t, exitOK, "New value: "+n.set+"\n", "Password for the [elastic] user successfully reset.\n")
	o = n.reset(t, "", "--username", "elastic", "--auto", "--batch", "--silent")
	o.expect(t, exitOK, n.set+"\n", "")
	if len(n.set) < 20 || !strings.HasPrefix(n.helper, helperPrefix) {
		t.Errorf("%q sets a password of %d bytes", n.helper, len(n.set))
	}
	expectNoHelper(t, n.dir)
}

func TestAResetTakesThePasswordFromStdin(t *testing.T) {
	n := newResetNode(t, accepted)
	for _, stdin := range []string{"chosen-by-a-person", "chosen-by-a-person\n", "chosen-by-a-person\r\nchosen-by-a-person\r\n"} {
		n.reset(t, stdin, "-u", "elastic", "-i", "-s", "-b").expect(t, exitOK, "", "")
		if n.set != "chosen-by-a-person" {
			t.Errorf("%q sets another password", stdin)
		}
		n.set = ""
	}
	for stdin, reason := range map[string]string{
		"":                               "is empty",
		"one-password\nanother-one\n":    "the two passwords differ; nothing was changed",
		strings.Repeat("x", 1<<20):       "is larger than the 65536 bytes allowed",
		"password\npassword\npassword\n": "the two passwords differ; nothing was changed",
	} {
		n.reset(t, stdin, "-u", "elastic", "-i", "-b").expect(t, exitFailed, "", reason)
		if n.set != "" {
			t.Errorf("%.20q: a password was set", stdin)
		}
	}
}

func TestWrongUseOfAResetIsExitCode64(t *testing.T) {
	for args, reason := range map[string]string{
		"":                           "the user is missing: give --username",
		"-u elastic --auto -i":       "--auto and --interactive exclude each other",
		"-u elastic elastic":         "unknown command",
		"-u elastic --password word": "unknown flag: --password",
	} {
		jeton(t, nil, "", append([]string{"reset-password"}, strings.Fields(args)...)...).expect(t, exitUsage, "", "jeton: "+reason)
	}
}

func TestAResetNeedsTheConfigDirectoryOfTheNode(t *testing.T) {
	n := newResetNode(t, accepted)
	absent := filepath.Join(n.dir, "absent")
	n.reset(t, "", "-u", "elastic", "--config", absent).expect(t, exitFailed, "", "jeton: the config directory cannot be used, name it with --config: stat "+absent)
	n.reset(t, "", "-u", "elastic", "--config", filepath.Join(n.dir, "jeton.yml")).expect(t, exitFailed, "", "jeton.yml: is not a directory")

	stranger := newAPI(t, map[string]string{"GET " + authenticate: `401 {"error":{"reason":"unable to authenticate"}}`})
	n.reset(t, "", "-b", "-u", "elastic", "--url", stranger.URL, "--timeout", "300ms").expect(t, exitFailed, "",
		"jeton: the node at "+stranger.URL+" does not take the helper that this command has added to the users file in "+n.dir+
			": is --config the directory of that node? unable to authenticate (HTTP 401)")
	busy := newAPI(t, map[string]string{"GET " + authenticate: `503 {"error":{"reason":"no leader"}}`})
	n.reset(t, "", "-b", "-u", "elastic", "--url", busy.URL, "--timeout", "300ms").expect(t, exitFailed, "",
		"jeton: the node at "+busy.URL+" cannot change a password now: no leader (HTTP 503)")
	n.reset(t, "", "-b", "-u", "elastic", "--url", "http://127.0.0.1:1").expect(t, exitFailed, "", "nothing listens")
	expectNoHelper(t, n.dir)
}

// A message that the old password is still good must be true.
func TestAResetSaysWhatHasBecomeOfThePassword(t *testing.T) {
	for status, said := range map[int]string{
		400: "the password of [elastic] was not changed: too short",
		503: "the password of [elastic] was not changed: too short",
		500: "it is not known whether the password of [elastic] was changed, run this command again: too short",
		504: "it is not known whether the password of [elastic] was changed, run this command again: too short",
	} {
		n := newResetNode(t, func(*resetNode) (int, string) { return status, `{"error":{"reason":"too short"}}` })
		n.reset(t, "", "-u", "elastic", "-b").expect(t, exitFailed, "", said)
		expectNoHelper(t, n.dir)
	}
}

// Else the password would be one that nobody knows.
func TestANewPasswordIsPrintedAlsoWhenTheHelperCannotBeRemoved(t *testing.T) {
	n := newResetNode(t, func(n *resetNode) (int, string) {
		users := filepath.Join(n.dir, "users")
		data, _ := os.ReadFile(users)
		_ = os.WriteFile(users, append(data, "edited by hand, meanwhile\n"...), 0o600)
		return http.StatusOK, "{}"
	})
	o := n.reset(t, "", "-u", "elastic", "-s", "-b")
	o.expect(t, exitFailed, n.set+"\n", "jeton: the helper user of this command is still in "+n.dir+
		", remove it with `jeton users userdel "+n.helper+"`: nothing was changed in "+n.dir)
	if strings.Contains(o.stderr, n.set) {
		t.Error("the password is in stderr")
	}
}

func TestWhereACertificateWasGivenTheClustersCAIsNotTheOneToTrust(t *testing.T) {
	data := t.TempDir()
	writeFile(t, filepath.Join(data, "ca.crt"), "the cluster's\n")
	env := []string{"JETON_PATH_DATA=" + data, "JETON_HTTP_PORT=1", "JETON_XPACK_SECURITY_HTTP_SSL_ENABLED=true"}
	jeton(t, env, "", "ready").expect(t, exitFailed, "", "ca.crt holds no PEM certificate")
	given := append(env, "JETON_XPACK_SECURITY_HTTP_SSL_CERTIFICATE=node.crt", "JETON_XPACK_SECURITY_HTTP_SSL_KEY=node.key")
	jeton(t, given, "", "ready").expect(t, exitFailed, "", "nothing listens at https://127.0.0.1:1")
}

// As Elasticsearch's tool: a script that cannot answer has not said yes.
func TestAResetAsksAlsoWhereThereIsNoTerminal(t *testing.T) {
	n := newResetNode(t, accepted)
	for _, answer := range []string{"", "\n", "n\n", "no\ny\n"} {
		n.reset(t, answer, "-u", "elastic").expect(t, exitOK, "", "Nothing was changed: the answer was not y. --batch asks nothing.")
		if n.set != "" {
			t.Fatalf("%q: a password was set", answer)
		}
	}
	n.reset(t, strings.Repeat("y", 1<<20), "-u", "elastic").expect(t, exitFailed, "", "nothing was changed")
	if o := n.reset(t, "Y\r\n", "-u", "elastic"); o.code != exitOK || o.stdout != "New value: "+n.set+"\n" {
		t.Errorf("%+v", o)
	}
	if o := n.reset(t, "y\nchosen-by-a-person\n", "-u", "elastic", "-i"); o.code != exitOK || n.set != "chosen-by-a-person" {
		t.Errorf("%+v sets %q", o, n.set)
	}
}
