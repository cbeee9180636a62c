package node_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"jeton/node"
	"jeton/node/nodetest"
)

const account = "/_security/service/apps/worker"

// withUpkeep starts nodes whose upkeep comes round at an interval.
func withUpkeep(t *testing.T, nodes int, every time.Duration) *nodetest.Cluster {
	t.Helper()
	return nodetest.StartWith(t, nodes, nodetest.Options{
		Settings: []string{tokenServiceOn},
		Tune:     func(_ string, o *node.Options) { o.UpkeepInterval = every },
	})
}

// lastUsed is what a node tells of a token's last use, in Unix milliseconds; 0
// is never.
func lastUsed(t *testing.T, n *nodetest.Node, credentials, name string) int64 {
	t.Helper()
	a := must(t, n, http.MethodGet, credentials+"?detail=true", "")
	tokens, _ := a.JSON(t)["tokens"].(map[string]any)
	detail, ok := tokens[name].(map[string]any)
	if !ok {
		t.Fatalf("no token %s in %s", name, a.Body)
	}
	at, _ := detail["last_used"].(float64)
	return int64(at)
}

// waitUsed waits until a node tells of a use in this hour.
func waitUsed(t *testing.T, c *nodetest.Cluster, n *nodetest.Node, credentials, name string, since time.Time) {
	t.Helper()
	c.Eventually("the use to be told at "+n.Name, func() error {
		if at := lastUsed(t, n, credentials, name); at < since.Truncate(time.Hour).UnixMilli() || at > time.Now().UnixMilli() {
			return fmt.Errorf("last used %s", time.UnixMilli(at))
		}
		return nil
	})
}

func TestTheLastUseAtOneNodeIsToldAtEveryNode(t *testing.T) {
	t.Parallel()
	c := withUpkeep(t, 3, 50*time.Millisecond)
	began := time.Now()
	must(t, c.Nodes[0], http.MethodPut, account, `{"roles":["viewer"]}`)
	own := bearerOf(t, must(t, c.Nodes[0], http.MethodPost, account+"/credential/token/own", ""))
	builtIn := create(t, c.Nodes[0], "built-in")
	create(t, c.Nodes[0], "unused")
	for _, n := range c.Nodes {
		if lastUsed(t, n, credentials, "built-in") != 0 || lastUsed(t, n, account+"/credential", "own") != 0 {
			t.Errorf("%s tells of a use before there was one", n.Name)
		}
	}
	user := c.Follower()
	must(t, user, http.MethodGet, whoAmI, "", nodetest.Bearer(builtIn))
	must(t, user, http.MethodGet, whoAmI, "", nodetest.Bearer(own))
	for _, n := range c.Nodes {
		waitUsed(t, c, n, credentials, "built-in", began)
		waitUsed(t, c, n, account+"/credential", "own", began)
		if lastUsed(t, n, credentials, "unused") != 0 {
			t.Errorf("%s tells of a use that was none", n.Name)
		}
	}
}

// The upkeep of a minute has not come round when the node stops.
func TestAStopSavesTheLastUses(t *testing.T) {
	t.Parallel()
	c := withUpkeep(t, 3, time.Hour)
	began := time.Now()
	bearer := create(t, c.Nodes[0], "t")
	stopped := c.Follower()
	must(t, stopped, http.MethodGet, whoAmI, "", nodetest.Bearer(bearer))
	stopped.Stop()
	waitUsed(t, c, c.Running()[0], credentials, "t", began)
	stopped.Restart()
	c.WaitReady()
}

// The log grows by one entry for all uses in an hour, and not by requests.
func TestAThousandAuthenticationsMakeOneEntry(t *testing.T) {
	t.Parallel()
	c := withUpkeep(t, 3, time.Hour)
	bearer := create(t, c.Nodes[0], "t")
	n := c.Follower()
	for _, at := range c.Nodes {
		must(t, at, http.MethodGet, whoAmI, "", nodetest.Bearer(bearer)) // caught up
	}
	before, _ := n.Fingerprint()
	for range 1000 {
		must(t, n, http.MethodGet, whoAmI, "", nodetest.Bearer(bearer))
	}
	if after, _ := n.Fingerprint(); after != before {
		t.Errorf("1000 authentications have made %d entries", after-before)
	}
	n.Stop() // which saves them
	other := c.Running()[0]
	c.Eventually("the entry", func() error {
		if lastUsed(t, other, credentials, "t") == 0 {
			return errors.New("it has not come")
		}
		return nil
	})
	if after, _ := other.Fingerprint(); after > before+2 { // one may be the handover's
		t.Errorf("1000 authentications and a stop have made %d entries", after-before)
	}
	n.Restart()
	c.WaitReady()
}

// An upkeep that has nothing to do leaves the log alone.
func TestAnIdleClusterWritesNothing(t *testing.T) {
	t.Parallel()
	c := withUpkeep(t, 3, 20*time.Millisecond)
	bearer := create(t, c.Nodes[0], "t")
	began := time.Now()
	for _, n := range c.Nodes {
		must(t, n, http.MethodGet, whoAmI, "", nodetest.Bearer(bearer))
	}
	waitUsed(t, c, c.Nodes[0], credentials, "t", began)
	quiet, _ := c.Nodes[0].Fingerprint()
	since := time.Now()
	c.Eventually("a second without an entry", func() error {
		if index, _ := c.Nodes[0].Fingerprint(); index != quiet {
			quiet, since = index, time.Now()
		}
		if time.Since(since) < time.Second {
			return fmt.Errorf("the latest entry is of %s", since)
		}
		return nil
	})
}

// What a token was granted for ends with its time, at every node, and its record
// goes when no refresh can come any more: one without a refresh token at once.
func TestExpiredTokensArePurgedByTheLeader(t *testing.T) {
	t.Parallel()
	c := nodetest.StartWith(t, 3, nodetest.Options{
		Settings: []string{tokenServiceOn, "xpack.security.authc.token.timeout=1s"},
		Tune:     func(_ string, o *node.Options) { o.UpkeepInterval = 50 * time.Millisecond },
	})
	n := c.Follower()
	refreshable := pairOf(t, must(t, n, http.MethodPost, oauth, passwordGrant("elastic", c.Password)))
	short := pairOf(t, must(t, n, http.MethodPost, oauth, `{"grant_type":"client_credentials"}`))
	for _, token := range []string{refreshable.access, short.access} {
		for _, at := range c.Nodes {
			c.Eventually("the token to expire", func() error {
				if a := at.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(token)); a.Status != http.StatusUnauthorized {
					return fmt.Errorf("status %d", a.Status)
				}
				return nil
			})
		}
	}
	// The record of the short one is gone: it is not even known as expired.
	for _, at := range c.Nodes {
		c.Eventually("the record to go at "+at.Name, func() error {
			if a := at.Do(http.MethodDelete, oauth, `{"token":"`+short.access+`"}`); a.Status != http.StatusNotFound {
				return fmt.Errorf("status %d %s", a.Status, a.Body)
			}
			return nil
		})
	}
	// A refresh token outlives its access token.
	pairOf(t, n.Do(http.MethodPost, oauth, refreshGrant(refreshable.refresh)))
}
