package node_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"jeton/node"
	"jeton/node/nodetest"
)

const (
	members       = "/_jeton/nodes"
	clusterHealth = "/_cluster/health"
)

// listed is a member as a node lists it.
type listed struct {
	Name               string
	Role               string
	State              string
	Lag                *int64
	LastContactMillis  *int64  `json:"last_contact_in_millis"`
	CertificateExpires *string `json:"certificate_expires"`
	Version            string
}

func list(t *testing.T, at *nodetest.Node) map[string]listed {
	t.Helper()
	a := at.Do(http.MethodGet, members, "")
	wantStatus(t, http.StatusOK, a, "the list of members")
	var body struct{ Nodes []listed }
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil {
		t.Fatal(err)
	}
	byName := map[string]listed{}
	for _, n := range body.Nodes {
		byName[n.Name] = n
	}
	return byName
}

// healthy waits until every running node tells the status and the tolerance.
func healthy(t *testing.T, c *nodetest.Cluster, status string, tolerance int) {
	t.Helper()
	for _, n := range c.Running() {
		c.Eventually(fmt.Sprintf("%s with a tolerance of %d at %s", status, tolerance, n.Name), func() error {
			a := n.Do(http.MethodGet, clusterHealth, "")
			if h := a.JSON(t); h["status"] != status || h["failure_tolerance"] != float64(tolerance) {
				return fmt.Errorf("%s", a.Body)
			}
			return nil
		})
	}
}

// listedAs waits until the member is listed so everywhere.
func listedAs(t *testing.T, c *nodetest.Cluster, name, role string, states ...string) {
	t.Helper()
	for _, at := range c.Running() {
		c.Eventually(fmt.Sprintf("%s to be listed as %s, %v, by %s", name, role, states, at.Name), func() error {
			m := list(t, at)[name]
			for _, state := range states {
				if m.Role == role && m.State == state {
					return nil
				}
			}
			return fmt.Errorf("%+v", m)
		})
	}
}

func vote(t *testing.T, at *nodetest.Node, name, action string) {
	t.Helper()
	wantStatus(t, http.StatusOK, at.Do(http.MethodPost, members+"/"+name+"/"+action, ""), action+" of "+name)
}

func TestAReadReplicaServesAndNeverVotes(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 4)
	leader := c.Leader()
	replica := c.Follower()
	healthy(t, c, "green", 1)
	vote(t, replica, replica.Name, "_demote")
	vote(t, leader, replica.Name, "_demote") // once more is the same
	listedAs(t, c, replica.Name, "replica", "ok")
	healthy(t, c, "green", 1) // three voters: one may fail, as of four
	m := list(t, replica)[replica.Name]
	if m.Lag == nil || m.LastContactMillis == nil || m.CertificateExpires == nil || m.Version != "test" {
		t.Errorf("the replica is listed as %+v", m)
	}

	// It decides under a lease of its own, and a take-away waits for it.
	leased(t, c)
	token := create(t, leader, "token1")
	wantStatus(t, http.StatusOK, replica.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(token)), "the token at the replica")
	deleted := leader.Do(http.MethodDelete, tokens+"/token1", "")
	wantStatus(t, http.StatusOK, deleted, "the delete")
	if got := deleted.Header.Get("X-Jeton-Confirmed"); !strings.HasSuffix(got, "/4") {
		t.Errorf("the delete was confirmed by %s, not by one of four members", got)
	}
	wantStatus(t, http.StatusUnauthorized, replica.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(token)), "the deleted token at the replica")

	// A voter dies: two of three go on, and the replica makes no third.
	dead := c.Nodes[0]
	for _, n := range c.Nodes {
		if n != replica && n != c.Leader() {
			dead = n
		}
	}
	dead.Drop()
	healthy(t, c, "yellow", 0)
	listedAs(t, c, dead.Name, "voter", "silent")
	create(t, replica, "token2")
	refused := replica.Do(http.MethodPost, members+"/"+c.Leader().Name+"/_demote", "")
	wantStatus(t, http.StatusConflict, refused, "the demotion of one of two voters that answer")
	dead.RestartAtSameAddress()
	healthy(t, c, "green", 1)

	vote(t, leader, replica.Name, "_promote")
	listedAs(t, c, replica.Name, "voter", "ok", "leader")
	c.WaitReady()

	former := c.Leader()
	vote(t, former, former.Name, "_demote")
	listedAs(t, c, former.Name, "replica", "ok")
	if c.Leader() == former {
		t.Error("a replica leads")
	}
}

func TestHealthWaitsForTheReturnOfAMember(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	healthy(t, c, "green", 1)
	lost, at := c.Follower(), c.Leader()
	lost.Drop()
	dropped := time.Now()
	healthy(t, c, "yellow", 0)
	t.Logf("the tolerance was known to be lost after %s", time.Since(dropped).Round(10*time.Millisecond))
	a := at.Do(http.MethodGet, clusterHealth+"?wait_for_status=green&timeout=200ms", "")
	if a.Status != http.StatusRequestTimeout || a.JSON(t)["timed_out"] != true {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	green := make(chan nodetest.Answer, 1)
	go func() {
		a, _ := at.Try(http.MethodGet, clusterHealth+"?wait_for_status=green&wait_for_nodes=ge(3)&timeout=40s", "")
		green <- a
	}()
	lost.RestartAtSameAddress()
	if a := <-green; a.Status != http.StatusOK || a.JSON(t)["status"] != "green" || a.JSON(t)["timed_out"] != false {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	healthy(t, c, "green", 1)
}

func TestADeadMemberIsCleanedUpWhenThatIsAllowed(t *testing.T) {
	t.Parallel()
	c := nodetest.StartWith(t, 4, nodetest.Options{Tune: func(_ string, o *node.Options) { o.Timing.DeadAfter = 2 * time.Second }})
	dead := c.Follower()
	dead.Drop()
	healthy(t, c, "yellow", 0)
	at := c.Leader()
	refused := at.Do(http.MethodPut, clusterSettings, `{"persistent":{"autopilot.min_quorum":2}}`)
	wantStatus(t, http.StatusBadRequest, refused, "a quorum that can lose nobody")
	must(t, at, http.MethodPut, clusterSettings, `{"persistent":{"autopilot":{"cleanup_dead_servers":true}}}`)
	for _, n := range c.Running() {
		c.Eventually("the dead member to be gone from the list of "+n.Name, func() error {
			if found := list(t, n); len(found) != 3 {
				return fmt.Errorf("%+v", found)
			}
			return nil
		})
	}
	healthy(t, c, "green", 1)

	// Of three none is taken, however long it is dead.
	second := c.Follower()
	second.Drop()
	c.Eventually("it to be dead for long", func() error {
		m := list(t, c.Leader())[second.Name]
		if m.LastContactMillis == nil || *m.LastContactMillis < 4000 {
			return fmt.Errorf("%+v", m)
		}
		return nil
	})
	if found := list(t, c.Leader()); len(found) != 3 {
		t.Errorf("of three members %d are left", len(found))
	}
}
