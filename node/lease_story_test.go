package node_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jeton/node/nodetest"
	"jeton/security/userfile"
)

const readBy = "X-Jeton-Read"

// leased waits until every node has a lease.
func leased(t *testing.T, c *nodetest.Cluster) {
	t.Helper()
	leasedFor(t, c, time.Hour)
}

// leasedFor waits until every node has a lease, and none that is longer.
func leasedFor(t *testing.T, c *nodetest.Cluster, most time.Duration) {
	t.Helper()
	for _, n := range c.Running() {
		c.Eventually("a lease at "+n.Name, func() error {
			if left := numbers(t, n)["jeton_lease_remaining_seconds"]; left <= 0 || left > most.Seconds() {
				return fmt.Errorf("%v s are left of it", left)
			}
			return nil
		})
	}
}

// withGates starts three nodes that can be cut off, with a lease of that length.
func withGates(t *testing.T, lease time.Duration) *nodetest.Cluster {
	t.Helper()
	c := nodetest.StartWith(t, 3, nodetest.Options{Gates: true, Settings: []string{"auth.timeout=300ms", quickHashing}})
	must(t, c.Nodes[0], http.MethodPut, clusterSettings, fmt.Sprintf(`{"persistent":{"auth.lease":"%dms"}}`, lease.Milliseconds()))
	leasedFor(t, c, lease)
	return c
}

// fileToken is one of a node's own file, which elastic/fleet-server has.
func fileToken(t *testing.T, c *nodetest.Cluster, n *nodetest.Node) nodetest.Option {
	t.Helper()
	const line = "elastic/fleet-server/token1:{PBKDF2_STRETCH}10000$8QN+eThJEaCd18sCP0nfzxJq2D9yhmSZgI20TDooYcE=$+0ELfqW4D2+/SlHvm/885dzv67qO2SMJg32Mv/9epXk=\n"
	const bearer = "AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3Rva2VuMTpyNXdkYmRib1FTZTl2R09Ld2FKR0F3"
	if err := os.WriteFile(n.ServiceTokens(), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	answers(t, c, n, http.StatusOK, whoAmI, nodetest.Bearer(bearer))
	return nodetest.Bearer(bearer)
}

// seen is what a client saw of one credential at one node: whether an answer was
// good, how it was reached, and when its request began.
type seen struct {
	status int
	read   string
	began  time.Time
	late   bool // it began after the credential was taken away
}

// watch uses a credential at a node, again and again, until enough has been seen.
func watch(t *testing.T, n *nodetest.Node, credential nodetest.Option, gone *atomic.Bool, enough func(seen) bool) []seen {
	var all []seen
	for deadline := time.Now().Add(nodetest.Patience); time.Now().Before(deadline); {
		s := seen{began: time.Now(), late: gone.Load()}
		a, err := n.Try(http.MethodGet, whoAmI, "", credential)
		if err != nil {
			t.Errorf("at %s: %v", n.Name, err)
			return all
		}
		s.status, s.read = a.Status, a.Header.Get(readBy)
		all = append(all, s)
		if enough(s) {
			return all
		}
	}
	t.Errorf("at %s there was never enough to see", n.Name)
	return all
}

// cutOffAndRevoke cuts a node off, deletes a token at the leader, and holds that the
// node accepts the token no longer than its lease, and never after the delete was
// answered.
func cutOffAndRevoke(t *testing.T, c *nodetest.Cluster, lease time.Duration, name string) {
	t.Helper()
	n := c.Follower()
	token := nodetest.Bearer(create(t, n, name))
	must(t, n, http.MethodGet, whoAmI, "", token)
	leader := c.CutOff(n)
	cut := time.Now()
	defer c.Heal()
	var gone atomic.Bool
	var deleting sync.WaitGroup
	deleting.Go(func() {
		a, err := leader.Try(http.MethodDelete, tokens+"/"+name, "")
		gone.Store(true)
		if err != nil || a.Status != http.StatusOK || a.Header.Get(confirmed) != "2/3" {
			t.Errorf("the delete: %d %s %v, confirmed by %q, want 2/3", a.Status, a.Body, err, a.Header.Get(confirmed))
		}
	})
	all := watch(t, n, token, &gone, func(s seen) bool { return s.late && s.began.Sub(cut) > lease })
	deleting.Wait()
	for _, s := range all {
		after := s.began.Sub(cut)
		switch {
		case s.status == http.StatusOK && (s.late || after > lease):
			t.Errorf("accepted %s after the cut, by %s; after the delete was answered: %v", after, s.read, s.late)
		case s.status == http.StatusOK && s.read != "lease":
			t.Errorf("accepted %s after the cut, by %s", after, s.read)
		case s.status != http.StatusOK && s.status != http.StatusServiceUnavailable:
			t.Errorf("status %d %s after the cut: the node cannot know that", s.status, after)
		}
	}
	if all[0].status != http.StatusOK {
		t.Errorf("a node that was cut off a moment ago says %d", all[0].status)
	}
	c.Heal()
	healed := watch(t, n, token, &gone, func(s seen) bool { return s.status != http.StatusServiceUnavailable })
	if last := healed[len(healed)-1]; last.status != http.StatusUnauthorized {
		t.Errorf("the first answer after the cut is %d", last.status)
	}
}

func TestANodeThatIsCutOffGoesOnForItsLeaseAndNeverAfterADelete(t *testing.T) {
	t.Parallel()
	c := withGates(t, 1500*time.Millisecond)
	for i := range 2 {
		cutOffAndRevoke(t, c, 1500*time.Millisecond, fmt.Sprint("t", i))
		c.WaitReady()
		leased(t, c)
	}
}

// The node says that it cannot know, and what to do. What its files decide goes on.
func TestWithoutALeaseANodeGoesOnWithWhatItsFilesDecide(t *testing.T) {
	t.Parallel()
	c := withGates(t, time.Second)
	n := c.Follower()
	must(t, n, http.MethodPut, "/_security/role/watcher", `{"cluster":["monitor"]}`)
	must(t, n, http.MethodPut, "/_security/user/joe", `{"password":"joes-password","roles":["watcher"]}`)
	edited(t)(userfile.Add(filepath.Join(n.Dir, "config"), "jane", quickHash(t, "janes-password"), []string{"superuser"}))
	edited(t)(userfile.Add(filepath.Join(n.Dir, "config"), "jim", quickHash(t, "jims-password"), []string{"watcher"}))
	jane, jim, joe := as("jane", "janes-password"), as("jim", "jims-password"), as("joe", "joes-password")
	answers(t, c, n, http.StatusOK, "/_cluster/health", jane)
	answers(t, c, n, http.StatusOK, "/_cluster/health", jim)
	token, onFile := nodetest.Bearer(create(t, n, "indexed")), fileToken(t, c, n)

	c.CutOff(n)
	defer c.Heal()
	for who, credential := range map[string]nodetest.Option{"a token": token, "a user": joe, "elastic": as("elastic", c.Password)} {
		a := answers(t, c, n, http.StatusServiceUnavailable, whoAmI, credential)
		if a.Header.Get(readBy) != "" || !strings.Contains(a.Body, "retry") {
			t.Errorf("%s, read by %q: %s", who, a.Header.Get(readBy), a.Body)
		}
	}
	for who, credential := range map[string]nodetest.Option{"a token of the file": onFile, "a user of the file": jane, "another": jim} {
		a := must(t, n, http.MethodGet, whoAmI, "", credential)
		if a.Header.Get(readBy) != "file" || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", who, a.Header)
		}
	}
	must(t, n, http.MethodGet, "/_cluster/health", "", jane)
	// The role is not the file's: it may have been taken away meanwhile.
	wantStatus(t, http.StatusServiceUnavailable, n.Do(http.MethodGet, "/_cluster/health", "", jim), "a role of the state")

	c.Heal()
	answers(t, c, n, http.StatusOK, whoAmI, token)
	answers(t, c, n, http.StatusOK, "/_cluster/health", jim)
}

// A member that holds no lease is not waited for: what is down costs a delete
// nothing once its lease is over.
func TestAMemberThatIsDownIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	leased(t, c)
	for i := range 3 {
		create(t, c.Nodes[i], fmt.Sprint("t", i))
	}
	a := must(t, c.Nodes[0], http.MethodDelete, tokens+"/t0", "")
	if by := a.Header.Get(confirmed); by != "3/3" {
		t.Errorf("with all alive confirmed by %q, want 3/3", by)
	}
	c.Follower().Drop()
	leader := c.Leader()
	spent := func(i int) (barriers, seconds float64) {
		t.Helper()
		before := numbers(t, leader)
		a := must(t, c.Running()[i], http.MethodDelete, tokens+"/t"+fmt.Sprint(i+1), "")
		if by := a.Header.Get(confirmed); by != "2/3" {
			t.Errorf("with one down confirmed by %q, want 2/3", by)
		}
		after := numbers(t, leader)
		grown := func(name string) float64 { return after[name] - before[name] }
		return grown("jeton_barriers_total"), grown("jeton_barrier_seconds_total")
	}
	_, first := spent(0)
	barriers, second := spent(1)
	if barriers != 1 || second > first/2 {
		t.Errorf("the first delete has waited %v s for the lease; the one after it %v s, at %v barriers", first, second, barriers)
	}
}

// An election is over before the leases are.
func TestHitsGoOnWithoutAGapWhenTheLeaderIsGone(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	leased(t, c)
	leader := c.Leader()
	token := nodetest.Bearer(create(t, leader, "t"))
	for _, n := range c.Nodes {
		must(t, n, http.MethodGet, whoAmI, "", token)
	}
	var elected, none atomic.Bool
	var clients sync.WaitGroup
	for _, n := range c.Nodes {
		if n == leader {
			continue
		}
		clients.Go(func() {
			for _, s := range watch(t, n, token, &none, func(seen) bool { return elected.Load() }) {
				if s.status != http.StatusOK || s.read != "lease" {
					t.Errorf("at %s: %d, read by %q", n.Name, s.status, s.read)
				}
			}
		})
	}
	leader.Drop()
	create(t, c.Leader(), "by-the-next-leader")
	leased(t, c)
	elected.Store(true)
	clients.Wait()
	leader.Restart()
	c.WaitReady()
}
