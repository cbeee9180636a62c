package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// liveWithin is the promise about changed files in a config directory.
const liveWithin = 5 * time.Second

// quickPasswords makes the node and the tools hash passwords cheaply.
const quickPasswords = "xpack.security.authc.password_hashing.algorithm: bcrypt4\n"

// users runs `jeton users` on the node's machine; it must succeed.
func (p *process) users(stdin string, args ...string) string {
	p.t.Helper()
	cmd := command(p.t, slices.Concat([]string{"users", "--config", filepath.Join(p.dir, "config")}, args)...)
	cmd.Stdin = strings.NewReader(stdin)
	o := finish(p.t, cmd)
	if o.code != exitOK {
		p.t.Fatalf("jeton users %s: exit code %d: %s", strings.Join(args, " "), o.code, o.stderr)
	}
	return o.stdout
}

// isLive waits until a node answers a GET of the user with the status.
func isLive(t *testing.T, url, user, password string, want int) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		status, body, err := sendAs(http.MethodGet, url, user, password, "")
		if err == nil && status == want {
			return
		}
		if time.Since(began) > liveWithin {
			t.Fatalf("%s at %s: %v %d %s after %s, want %d", user, url, err, status, body, liveWithin, want)
		}
	}
}

// startTwo starts a founder and one that joins it.
func startTwo(t *testing.T) (first, second *process) {
	t.Helper()
	first, second = newProcess(t, "node0"), newProcess(t, "node1")
	for _, p := range []*process{first, second} {
		writeFile(t, p.config("jeton.yml"), quickPasswords)
	}
	first.start("--bootstrap")
	second.start("--join", mustClient(t, first.ready(), "node", "join-token"))
	second.ready()
	waitGreen(t, first.ready(), 2)
	return first, second
}

func TestAFileUserMadeByTheToolLivesOnItsRunningNode(t *testing.T) {
	t.Parallel()
	const health = "/_cluster/health"
	p, other := startTwo(t)
	url := p.ready()
	p.users("janes-password\n", "useradd", "jane")
	isLive(t, url+authenticate, "jane", "janes-password", http.StatusOK)
	expectLogin(t, other.ready(), "jane", "janes-password", http.StatusUnauthorized)
	isLive(t, url+health, "jane", "janes-password", http.StatusForbidden)

	writeFile(t, p.config("roles.yml"), "watcher: { cluster: [ monitor ] }\n")
	p.users("", "roles", "jane", "-a", "watcher")
	isLive(t, url+health, "jane", "janes-password", http.StatusOK)
	writeFile(t, p.config("roles.yml"), "watcher: { cluster: [ manage_token ] }\n")
	isLive(t, url+health, "jane", "janes-password", http.StatusForbidden)
	p.users("", "roles", "jane", "-r", "watcher", "-a", "superuser")
	isLive(t, url+health, "jane", "janes-password", http.StatusOK)

	p.users("janes-new-password\njanes-new-password\n", "passwd", "jane")
	isLive(t, url+authenticate, "jane", "janes-new-password", http.StatusOK)
	expectLogin(t, url, "jane", "janes-password", http.StatusUnauthorized)
	if listed := p.users("", "list"); listed != "jane           : superuser\n" {
		t.Errorf("list prints %q", listed)
	}
	p.users("", "userdel", "jane")
	isLive(t, url+authenticate, "jane", "janes-new-password", http.StatusUnauthorized)
	if p.logged("janes-password") || p.logged("janes-new-password") {
		t.Error("the node's log holds a password")
	}
}

// Two people, or a person and a script, at the same directory.
func TestUserCommandsAtTheSameTimeLoseNothing(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "node0")
	writeFile(t, p.config("jeton.yml"), quickPasswords)
	const commands = 8
	outcomes := make([]outcome, commands)
	var all sync.WaitGroup
	for i := range commands {
		cmd := command(t, "users", "useradd", fmt.Sprint("user", i), "-r", "superuser", "--config", filepath.Join(p.dir, "config"))
		cmd.Stdin = strings.NewReader("a-long-password\n")
		all.Go(func() { outcomes[i] = finish(t, cmd) })
	}
	all.Wait()
	for _, o := range outcomes {
		o.expect(t, exitOK, "", "")
	}
	if roles := readFile(t, p.config("users_roles")); strings.Count(roles, ",") != commands-1 || !strings.HasPrefix(roles, "superuser:user") {
		t.Errorf("users_roles is %q", roles)
	}
	if listed := p.users("", "list"); strings.Count(listed, ": superuser\n") != commands {
		t.Errorf("list prints\n%s", listed)
	}
}

func TestTheTokensOfAnAccountOfOnesOwnAreManagedAsAnyOther(t *testing.T) {
	t.Parallel()
	const worker = "apps/worker"
	p, other := startTwo(t)
	url := p.ready()
	if status, body, err := sendAs(http.MethodPut, url+"/_security/service/apps/worker", "elastic", testPassword, `{"roles":["viewer"]}`); err != nil || status != http.StatusOK {
		t.Fatalf("put an account: %v %d %s", err, status, body)
	}
	if list := mustClient(t, url, "token", "list", worker, "-o", "json"); !strings.Contains(list, `"tokens": []`) {
		t.Errorf("list before there is one: %s", list)
	}
	bearer := mustClient(t, url, "token", "create", worker, "ci")
	for _, at := range []*process{p, other} {
		if status, body, err := send(http.MethodGet, at.ready()+authenticate, bearer); err != nil || status != http.StatusOK || !strings.Contains(body, `"username":"apps/worker"`) {
			t.Errorf("the token at %s: %v %d %s", at.name, err, status, body)
		}
		if list := mustClient(t, at.ready(), "token", "list", worker); list != "NAME  TYPE   NODES\nci    index  all" {
			t.Errorf("list at %s:\n%s", at.name, list)
		}
	}
	if seen := mustClient(t, other.ready(), "token", "inspect", worker, "--all-nodes"); seen != "TOKEN  TYPE   node0  node1\nci     index  yes    yes" {
		t.Errorf("inspect of all nodes:\n%s", seen)
	}
	var one inspection
	if err := json.Unmarshal([]byte(mustClient(t, url, "token", "inspect", worker, "-o", "json")), &one); err != nil {
		t.Fatal(err)
	}
	if len(one.Nodes) != 1 || one.ServiceAccount != worker || !slices.Equal(one.Nodes[0].Tokens, []string{"ci"}) || len(one.Nodes[0].FileTokens) != 0 {
		t.Errorf("inspect of one node: %+v", one)
	}
	mustClient(t, other.ready(), "token", "revoke", worker, "ci")
	if status, _, err := send(http.MethodGet, url+authenticate, bearer); err != nil || status != http.StatusUnauthorized {
		t.Errorf("the revoked token: %v %d", err, status)
	}
}

func TestDevHasTheTokenService(t *testing.T) {
	t.Parallel()
	cmd := command(t, "dev", "--nodes", "1", "--http-port", "0", "--transport-port", "0", "--data", t.TempDir())
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	url := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(readUntil(t, stdout, "-X DELETE"))
	status, body, err := sendAs(http.MethodPost, url+"/_security/oauth2/token", "elastic", testPassword, `{"grant_type":"client_credentials"}`)
	if err != nil || status != http.StatusOK {
		t.Fatalf("a token of elastic's: %v %d %s", err, status, body)
	}
	var granted struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &granted); err != nil {
		t.Fatal(err)
	}
	if status, body, err := send(http.MethodGet, url+authenticate, granted.Token); err != nil || status != http.StatusOK {
		t.Errorf("the token: %v %d %s", err, status, body)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("Ctrl-C: %v", err)
	}
}
