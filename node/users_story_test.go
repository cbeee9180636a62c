package node_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jeton/node/nodetest"
	"jeton/security/token"
	"jeton/security/userfile"
)

// quickHashing makes passwords cheap: nobody guesses them here.
const quickHashing = "xpack.security.authc.password_hashing.algorithm=bcrypt4"

func as(user, password string) nodetest.Option {
	return func(r *http.Request) { r.SetBasicAuth(user, password) }
}

// answers waits until a node answers a GET with the status.
func answers(t *testing.T, c *nodetest.Cluster, n *nodetest.Node, want int, path string, o ...nodetest.Option) nodetest.Answer {
	t.Helper()
	var a nodetest.Answer
	c.Eventually(fmt.Sprint(n.Name, " to answer ", want), func() error {
		if a = n.Do(http.MethodGet, path, "", o...); a.Status != want {
			return fmt.Errorf("status %d %s", a.Status, a.Body)
		}
		return nil
	})
	return a
}

func configOf(n *nodetest.Node, file string) string { return filepath.Join(n.Dir, "config", file) }

func quickHash(t *testing.T, password string) token.Hash {
	t.Helper()
	bcrypt4, err := token.ParseAlgorithm("bcrypt4")
	if err != nil {
		t.Fatal(err)
	}
	hash, err := bcrypt4.Hash(token.SecretFrom(password))
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// edited fails the test when an edit of user files did not go well.
func edited(t *testing.T) func([]string, error) {
	return func(warnings []string, err error) {
		t.Helper()
		if err != nil || len(warnings) > 0 {
			t.Fatal(warnings, err)
		}
	}
}

func TestAFileUserBelongsToItsNodeAlone(t *testing.T) {
	t.Parallel()
	c := nodetest.StartWith(t, 3, nodetest.Options{Settings: []string{quickHashing}})
	owner, config := c.Nodes[1], filepath.Join(c.Nodes[1].Dir, "config")
	ok := edited(t)
	ok(userfile.Add(config, "jane", quickHash(t, "first-password"), nil))
	jane := as("jane", "first-password")
	a := answers(t, c, owner, http.StatusOK, whoAmI, jane)
	if !strings.Contains(a.Body, `"authentication_realm":{"name":"default_file","type":"file"}`) {
		t.Errorf("authenticated otherwise than from the file: %s", a.Body)
	}
	for _, n := range c.Nodes {
		if n != owner {
			wantStatus(t, http.StatusUnauthorized, n.Do(http.MethodGet, whoAmI, "", jane), "the file user at "+n.Name)
		}
	}
	wantStatus(t, http.StatusForbidden, owner.Do(http.MethodGet, "/_cluster/health", "", jane), "without a role")

	// Each of the two files counts when it changes alone.
	ok(userfile.ChangeRoles(config, "jane", []string{"superuser"}, nil))
	answers(t, c, owner, http.StatusOK, "/_cluster/health", jane)
	ok(userfile.ChangeRoles(config, "jane", nil, []string{"superuser"}))
	answers(t, c, owner, http.StatusForbidden, "/_cluster/health", jane)
	ok(userfile.SetPassword(config, "jane", quickHash(t, "second-password")))
	answers(t, c, owner, http.StatusUnauthorized, whoAmI, jane)
	jane = as("jane", "second-password")
	must(t, owner, http.MethodGet, whoAmI, "", jane)
	ok(userfile.Delete(config, "jane"))
	answers(t, c, owner, http.StatusUnauthorized, whoAmI, jane)
}

// One name, in the file and in the state: both passwords are good at the file's
// node, the file's first, and a reserved name is in neither.
func TestTheFileRealmComesBeforeTheNativeOne(t *testing.T) {
	t.Parallel()
	c := nodetest.StartWith(t, 2, nodetest.Options{Settings: []string{quickHashing}})
	owner := c.Nodes[0]
	config := filepath.Join(owner.Dir, "config")
	must(t, owner, http.MethodPut, "/_security/user/jane", `{"password":"native-password","roles":[]}`)
	edited(t)(userfile.Add(config, "jane", quickHash(t, "file-password"), nil))
	if err := os.WriteFile(configOf(owner, "roles.yml"), []byte("superuser: { cluster: [ none ] }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	answers(t, c, owner, http.StatusOK, whoAmI, as("jane", "file-password"))
	for _, n := range c.Nodes {
		a := must(t, n, http.MethodGet, whoAmI, "", as("jane", "native-password"))
		if !strings.Contains(a.Body, `"authentication_realm":{"name":"default_native","type":"native"}`) {
			t.Errorf("at %s: %s", n.Name, a.Body)
		}
	}
	users, err := os.ReadFile(configOf(owner, "users"))
	if err != nil {
		t.Fatal(err)
	}
	text := "elastic:" + quickHash(t, "another-password").Text() + "\njim:" + quickHash(t, "jims-password").Text() + "\n"
	if err := os.WriteFile(configOf(owner, "users"), append(users, text...), 0o600); err != nil {
		t.Fatal(err)
	}
	answers(t, c, owner, http.StatusOK, whoAmI, as("jim", "jims-password"))
	wantStatus(t, http.StatusUnauthorized, owner.Do(http.MethodGet, whoAmI, "", as("elastic", "another-password")), "a reserved name in the file")
	must(t, owner, http.MethodGet, "/_security/user", "") // superuser is what it was
}

// A role of roles.yml counts at its node, for whoever has it: users of the file,
// native ones, and those who hold a token already.
func TestAChangedRoleFileCountsForEverybodyWhoHasTheRole(t *testing.T) {
	t.Parallel()
	c := nodetest.StartWith(t, 2, nodetest.Options{Settings: []string{tokenServiceOn, quickHashing}})
	owner, other := c.Nodes[0], c.Nodes[1]
	edited(t)(userfile.Add(filepath.Join(owner.Dir, "config"), "jane", quickHash(t, "janes-password"), []string{"watcher"}))
	must(t, other, http.MethodPut, "/_security/user/jim", `{"password":"jims-password","roles":["watcher"]}`)
	answers(t, c, owner, http.StatusOK, whoAmI, as("jane", "janes-password"))
	access := pairOf(t, must(t, owner, http.MethodPost, oauth, passwordGrant("jim", "jims-password"))).access
	callers := map[string]nodetest.Option{
		"a file user": as("jane", "janes-password"), "a native user": as("jim", "jims-password"), "a token": nodetest.Bearer(access),
	}
	roles := func(text string, want int) {
		t.Helper()
		if err := os.WriteFile(configOf(owner, "roles.yml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		answers(t, c, owner, want, "/_cluster/health", as("jane", "janes-password"))
		for who, caller := range callers {
			wantStatus(t, want, owner.Do(http.MethodGet, "/_cluster/health", "", caller), who)
		}
		for _, who := range []string{"a native user", "a token"} {
			wantStatus(t, http.StatusForbidden, other.Do(http.MethodGet, "/_cluster/health", "", callers[who]), who+" at the other node")
		}
	}
	roles("watcher: { cluster: [ monitor ] }\n", http.StatusOK)
	roles("watcher: { cluster: [ manage_token ] }\n", http.StatusForbidden)
	roles("broken\nwatcher: { cluster: [ all ] }\n", http.StatusOK)
	roles("watcher: { cluster: [ nonsense ] }\nother: {}\n", http.StatusForbidden)
	roles("---\n# by hand\nwatcher:\n  cluster: [ monitor ]\n", http.StatusOK)
	roles("", http.StatusForbidden)
}

// What one node has acknowledged every node honours, the moment it is answered.
func TestUsersAndRolesMadeAtOneNodeCountAtTheOthersAtOnce(t *testing.T) {
	t.Parallel()
	c := nodetest.StartWith(t, 3, nodetest.Options{Settings: []string{quickHashing}})
	for i := range 6 {
		n, user, role := c.Nodes[i%3], fmt.Sprint("user", i), fmt.Sprint("role", i)
		caller := as(user, "a-long-password")
		everywhere := func(what string, want int, path string) {
			t.Helper()
			for _, at := range c.Nodes {
				wantStatus(t, want, at.Do(http.MethodGet, path, "", caller), what+" at "+at.Name)
			}
		}
		must(t, n, http.MethodPut, "/_security/user/"+user, `{"password":"a-long-password","roles":["`+role+`"]}`)
		everywhere("a user that was made", http.StatusOK, whoAmI)
		everywhere("a role that nobody has made", http.StatusForbidden, "/_cluster/health")
		must(t, n, http.MethodPut, "/_security/role/"+role, `{"cluster":["monitor"]}`)
		everywhere("a role that was made", http.StatusOK, "/_cluster/health")
		for _, at := range c.Nodes {
			must(t, at, http.MethodGet, "/_security/user/"+user, "")
			must(t, at, http.MethodGet, "/_security/role/"+role, "")
		}
		must(t, n, http.MethodPut, "/_security/user/"+user+"/_password", `{"password":"another-password"}`)
		caller = as(user, "another-password")
		everywhere("a new password", http.StatusOK, "/_cluster/health")
	}
}
