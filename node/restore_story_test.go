package node_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"jeton/internal/history"
	"jeton/node/nodetest"
)

const (
	backupPath  = "/_jeton/backup"
	restorePath = backupPath + "/_restore"
)

func savedBackup(t *testing.T, n *nodetest.Node) string {
	t.Helper()
	return must(t, n, http.MethodGet, backupPath, "").Body
}

// listing are the records of an answer to a restore that fared so.
func listing(t *testing.T, a nodetest.Answer, kind, what string) []string {
	t.Helper()
	records, _ := a.JSON(t)["records"].([]any)
	for _, r := range records {
		r := r.(map[string]any)
		if r["kind"] != kind || r["what"] != what {
			continue
		}
		var names []string
		for _, name := range r["names"].([]any) {
			names = append(names, name.(string))
		}
		return names
	}
	return nil
}

func wantNamed(t *testing.T, a nodetest.Answer, kind, what string, want ...string) {
	t.Helper()
	if got := listing(t, a, kind, what); !slices.Equal(got, want) {
		t.Errorf("%s %s: %q, want %q; %s", kind, what, got, want, a.Body)
	}
}

// atEveryNode is the answer to the very first request of a credential.
func atEveryNode(t *testing.T, c *nodetest.Cluster, what string, credential nodetest.Option, want int) {
	t.Helper()
	for _, n := range c.Running() {
		if a := n.Do(http.MethodGet, whoAmI, "", credential); a.Status != want {
			t.Errorf("%s at %s: %d, want %d; %s", what, n.Name, a.Status, want, a.Body)
		}
	}
}

const fleetTokens = "elastic/fleet-server/"

func rotated(t *testing.T, n *nodetest.Node, name string) nodetest.Option {
	t.Helper()
	return nodetest.Bearer(bearerOf(t, must(t, n, http.MethodPost, tokens+"/"+name+"/_rotate", `{"grace_period":"0"}`)))
}

// What was taken away after the backup stays so, what was made after it is gone,
// and what is in both never fails: at three nodes, while it is used.
func TestARestoreUnderTrafficTakesAwayAndKeepsWhatItSays(t *testing.T) {
	t.Parallel()
	c := withTokenService(t)
	leased(t, c)
	first, second := c.Nodes[0], c.Nodes[1]
	kept, deleted, turned := nodetest.Bearer(create(t, first, "kept")), nodetest.Bearer(create(t, first, "deleted")), nodetest.Bearer(create(t, first, "turned"))
	former, disabled, gone := user(t, first, "changes"), user(t, first, "disabled"), user(t, first, "gone")
	access := accessToken(t, first, "holder")
	backup := savedBackup(t, second)

	must(t, first, http.MethodDelete, tokens+"/deleted", "")
	anew := rotated(t, first, "turned")
	must(t, first, http.MethodPut, "/_security/user/changes/_password", `{"password":"another-password"}`)
	must(t, first, http.MethodPut, "/_security/user/disabled/_disable", "")
	must(t, first, http.MethodDelete, "/_security/user/gone", "")
	must(t, first, http.MethodDelete, oauth, `{"username":"holder"}`)
	late, lateUser := nodetest.Bearer(create(t, first, "late")), user(t, first, "late")
	must(t, first, http.MethodDelete, "/_security/role/holder", "")

	traffic := using(t, c, map[string]nodetest.Option{"kept": kept, "turned": anew, "late": late})
	var a nodetest.Answer
	traffic.takingAway("late", func() { a = must(t, second, http.MethodPost, restorePath+"?id=r1", backup) })
	atEveryNode(t, c, "made after the backup", late, http.StatusUnauthorized)
	atEveryNode(t, c, "a user made after the backup", lateUser, http.StatusUnauthorized)
	atEveryNode(t, c, "deleted since", deleted, http.StatusUnauthorized)
	atEveryNode(t, c, "the secret before a rotation", turned, http.StatusUnauthorized)
	atEveryNode(t, c, "the secret since a rotation", anew, http.StatusOK)
	atEveryNode(t, c, "a former password", former, http.StatusUnauthorized)
	atEveryNode(t, c, "the password since", as("changes", "another-password"), http.StatusOK)
	atEveryNode(t, c, "disabled since", disabled, http.StatusUnauthorized)
	atEveryNode(t, c, "a user deleted since", gone, http.StatusUnauthorized)
	atEveryNode(t, c, "invalidated since", access, http.StatusUnauthorized)
	traffic.judge()

	wantNamed(t, a, "service_token", "stays_revoked", fleetTokens+"deleted")
	wantNamed(t, a, "service_token", "stays_as_is", fleetTokens+"turned")
	wantNamed(t, a, "service_token", "dropped", fleetTokens+"late")
	wantNamed(t, a, "user", "stays_revoked", "gone")
	wantNamed(t, a, "user", "stays_as_is", "changes", "disabled")
	wantNamed(t, a, "user", "dropped", "late")
	wantNamed(t, a, "role", "returned", "holder")
	wantNamed(t, a, "role", "dropped", "late")
	if by := a.Header.Get(confirmed); by != "3/3" {
		t.Errorf("confirmed by %q", by)
	}
	if again := must(t, first, http.MethodPost, restorePath+"?id=r1", backup).Body; again == "" || !strings.Contains(again, `"id":"r1"`) {
		t.Errorf("a second time: %s", again)
	}
	if last := must(t, first, http.MethodGet, restorePath+"/r1", "").JSON(t); fmt.Sprint(last["records"]) != fmt.Sprint(a.JSON(t)["records"]) {
		t.Errorf("looked up: %v", last)
	}
}

// traffic is the use of credentials at all nodes, kept for the promises R and N to
// be judged by.
type traffic struct {
	t       *testing.T
	log     *history.Recorder
	stop    chan struct{}
	clients sync.WaitGroup
	seen    sync.Map // a client's name, once it has been answered
}

// using begins to use the credentials, which were created before.
func using(t *testing.T, c *nodetest.Cluster, credentials map[string]nodetest.Option) *traffic {
	began := time.Now()
	r := &traffic{t: t, log: history.NewRecorder(func() time.Duration { return time.Since(began) }), stop: make(chan struct{})}
	for key, credential := range credentials {
		r.log.Begin(history.Op{Kind: history.Create, Key: key}).Finish(history.OK)
		for _, n := range c.Nodes {
			r.clients.Go(func() { r.use(n, key, credential) })
		}
	}
	c.Eventually("an answer to each client", func() error {
		for key := range credentials {
			for _, n := range c.Nodes {
				if _, answered := r.seen.Load(key + n.Name); !answered {
					return fmt.Errorf("none for %s at %s", key, n.Name)
				}
			}
		}
		return nil
	})
	return r
}

func (r *traffic) use(n *nodetest.Node, key string, credential nodetest.Option) {
	for {
		select {
		case <-r.stop:
			return
		default:
		}
		call := r.log.Begin(history.Op{Kind: history.Authenticate, Key: key, Node: n.Name})
		a, err := n.Try(http.MethodGet, whoAmI, "", credential)
		switch {
		case err == nil && a.Status == http.StatusOK:
			call.Finish(history.OK)
		case err == nil && a.Status == http.StatusUnauthorized:
			call.Finish(history.Refused)
		default:
			r.t.Errorf("%s at %s: %d %s %v", key, n.Name, a.Status, a.Body, err)
			call.Finish(history.CannotKnow)
		}
		r.seen.Store(key+n.Name, true)
	}
}

// takingAway is a call that counts as the deletion of a key.
func (r *traffic) takingAway(key string, call func()) {
	op := r.log.Begin(history.Op{Kind: history.Delete, Key: key})
	call()
	op.Finish(history.OK)
}

func (r *traffic) judge() {
	r.t.Helper()
	close(r.stop)
	r.clients.Wait()
	for _, v := range history.Check(r.log.Ops()) {
		r.t.Error(v)
	}
}

func TestWithTheWishWhatWasTakenAwayComesBackAndIsNamed(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 1)
	n := c.Nodes[0]
	deleted, turned := nodetest.Bearer(create(t, n, "deleted")), nodetest.Bearer(create(t, n, "turned"))
	gone := user(t, n, "gone")
	backup := savedBackup(t, n)
	must(t, n, http.MethodDelete, tokens+"/deleted", "")
	anew := rotated(t, n, "turned")
	must(t, n, http.MethodDelete, "/_security/user/gone", "")
	elastic := "/_security/user/elastic/_password"
	must(t, n, http.MethodPut, elastic, `{"password":"another-password"}`)

	dry := must(t, n, http.MethodPost, restorePath+"?bring_back&dry_run", backup, as("elastic", "another-password"))
	atEveryNode(t, c, "deleted, before", deleted, http.StatusUnauthorized)
	a := must(t, n, http.MethodPost, restorePath+"?bring_back", backup, as("elastic", "another-password"))
	for _, told := range []nodetest.Answer{dry, a} {
		wantNamed(t, told, "service_token", "returned", fleetTokens+"deleted")
		wantNamed(t, told, "service_token", "overwritten", fleetTokens+"turned")
		wantNamed(t, told, "user", "returned", "gone")
		wantNamed(t, told, "user", "overwritten", "elastic")
	}
	if got := a.JSON(t)["elastic_password"]; got != "from_backup" {
		t.Errorf("the password of elastic: %v", got)
	}
	atEveryNode(t, c, "deleted", deleted, http.StatusOK)
	atEveryNode(t, c, "the secret before the rotation", turned, http.StatusOK)
	atEveryNode(t, c, "the secret since the rotation", anew, http.StatusUnauthorized)
	atEveryNode(t, c, "the user", gone, http.StatusOK)
	atEveryNode(t, c, "elastic's password since", as("elastic", "another-password"), http.StatusUnauthorized)
}

// Into a new cluster everything comes, because it cannot know better, and says so.
// From then on it does know.
func TestABackupOfAnotherClusterIsRestoredWholeOnce(t *testing.T) {
	t.Parallel()
	old := nodetest.Start(t, 1)
	kept, deleted := nodetest.Bearer(create(t, old.Nodes[0], "kept")), nodetest.Bearer(create(t, old.Nodes[0], "deleted"))
	backup := savedBackup(t, old.Nodes[0])

	c := nodetest.Start(t, 3)
	leased(t, c)
	first := must(t, c.Follower(), http.MethodPost, restorePath, backup).JSON(t)
	if first["foreign"] != true || first["ca"] != "kept" {
		t.Errorf("%v", first)
	}
	atEveryNode(t, c, "a token of the other cluster", kept, http.StatusOK)
	atEveryNode(t, c, "one more", deleted, http.StatusOK)

	must(t, c.Nodes[0], http.MethodDelete, tokens+"/deleted", "")
	second := must(t, c.Nodes[1], http.MethodPost, restorePath, backup)
	wantNamed(t, second, "service_token", "stays_revoked", fleetTokens+"deleted")
	if second.JSON(t)["foreign"] != false {
		t.Errorf("%s", second.Body)
	}
	atEveryNode(t, c, "deleted since", deleted, http.StatusUnauthorized)
	atEveryNode(t, c, "the other", kept, http.StatusOK)
}
