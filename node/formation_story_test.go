package node_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jeton/cluster"
	"jeton/node"
	"jeton/node/nodetest"
)

// uuid is the cluster's, as the node answers it.
func uuid(t *testing.T, n *nodetest.Node) string {
	t.Helper()
	text, _ := n.Do(http.MethodGet, "/", "").JSON(t)["cluster_uuid"].(string)
	return text
}

// wantOneCluster waits until the nodes are ready and all members vote, and returns
// the cluster's uuid.
func wantOneCluster(t *testing.T, c *nodetest.Cluster, members int) string {
	t.Helper()
	c.WaitReady()
	first := uuid(t, c.Running()[0])
	for _, n := range c.Running() {
		if got := uuid(t, n); got != first || first == "" {
			t.Errorf("%s is of cluster %q, %s of %q", n.Name, got, c.Running()[0].Name, first)
		}
		c.Eventually("all members at "+n.Name, func() error {
			if voters, all := n.Voters(); voters != members || all != members {
				return fmt.Errorf("%d of %d vote, of %d", voters, all, members)
			}
			return nil
		})
	}
	return first
}

// waits returns what the node says that it waits for.
func waits(c *nodetest.Cluster, s *nodetest.Starting, for_ string) string {
	var said string
	c.Eventually("a node to wait for "+for_, func() error {
		status, text := s.Readiness()
		said = text
		if s.Started() || status != http.StatusServiceUnavailable || !strings.Contains(text, for_) {
			return fmt.Errorf("%d %s", status, text)
		}
		return nil
	})
	return said
}

func TestNodesWithTheSameSettingsFormOneCluster(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			t.Parallel()
			c := nodetest.Declare(t, 3, nodetest.Options{})
			var starting []*nodetest.Starting
			for _, i := range order {
				starting = append(starting, c.Nodes[i].Begin())
			}
			for _, s := range starting {
				s.Wait()
			}
			wantOneCluster(t, c, 3)
		})
	}
}

func TestAMajorityOfTheListFoundsAndTheRestJoinsLater(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{})
	c.StartAll(c.Nodes[2], c.Nodes[1]) // without the first of the list
	before := wantOneCluster(t, c, 2)
	c.StartAll(c.Nodes[0])
	if after := wantOneCluster(t, c, 3); after != before {
		t.Errorf("the cluster was %s and is %s", before, after)
	}
}

func TestOneOfThreeDoesNotFoundAndSaysWhy(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{})
	s := c.Nodes[0].Begin()
	said := waits(c, s, "waiting for a majority of cluster.initial_master_nodes: node1, node2 do not answer")
	if !s.Alive() {
		t.Error("a node that waits is not alive")
	}
	for _, host := range strings.Split(strings.TrimPrefix(c.Declared()[1], "discovery.seed_hosts="), ",")[1:] {
		if !strings.Contains(said, host) {
			t.Errorf("%s is not named in: %s", host, said)
		}
	}
	s.End()
	if s.Err() == nil {
		t.Error("it has founded")
	}
}

// Probes verify no certificate, and a node that waits has none that could be.
func TestProbesAreAnsweredOverTLSWhileANodeWaits(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{Settings: []string{"xpack.security.http.ssl.enabled=true"}})
	c.Nodes[0].Begin()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	for path, want := range map[string]int{"/livez": http.StatusOK, "/readyz": http.StatusServiceUnavailable} {
		c.Eventually(path+" to answer", func() error {
			res, err := client.Get("https://" + c.Nodes[0].ClientAddress() + path)
			if err != nil {
				return err
			}
			if res.StatusCode != want {
				err = fmt.Errorf("%s", res.Status)
			}
			return errors.Join(err, res.Body.Close())
		})
	}
}

func TestADeclaredClusterComesBackByTheSameSettings(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{})
	c.StartAll(c.Nodes...)
	before := wantOneCluster(t, c, 3)
	for _, n := range c.Nodes {
		n.Stop()
	}
	c.StartAll(c.Nodes...)
	if after := wantOneCluster(t, c, 3); after != before {
		t.Errorf("the cluster was %s and is %s", before, after)
	}
}

func TestALaterNodeJoinsByHostsAndSecret(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{})
	c.StartAll(c.Nodes...)
	before := wantOneCluster(t, c, 3)
	c.StartAll(c.PrepareDeclared("node3")) // the same list, which does not have it
	fifth := c.PrepareDeclared("node4").Begin("cluster.initial_master_nodes=")
	fifth.Wait()
	if after := wantOneCluster(t, c, 5); after != before {
		t.Errorf("the cluster was %s and is %s", before, after)
	}
}

func TestAWrongSecretIsNotLetIn(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{})
	c.StartAll(c.Nodes...)
	wantOneCluster(t, c, 3)
	stranger := c.PrepareDeclared("node3")
	s := stranger.Begin("cluster.join_secret=" + strings.Repeat("another", 6))
	waits(c, s, "did not prove the join secret")
	s.End()
	for _, file := range []string{"ca.crt", "node.crt", "raft"} {
		if _, err := os.Stat(filepath.Join(stranger.Dir, "data", file)); err == nil {
			t.Errorf("it was given %s", file)
		}
	}
	if _, members := c.Leader().Voters(); members != 3 {
		t.Errorf("%d members", members)
	}
}

// A machine's disk is lost and its node comes back by the same settings.
func TestANodeThatLostItsDiskTakesItsNameOver(t *testing.T) {
	t.Parallel()
	for name, pick := range map[string]func(c *nodetest.Cluster) *nodetest.Node{
		"the first of the list": func(c *nodetest.Cluster) *nodetest.Node { return c.Nodes[0] },
		"the leader":            func(c *nodetest.Cluster) *nodetest.Node { return c.Leader() },
		"a follower":            func(c *nodetest.Cluster) *nodetest.Node { return c.Follower() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := nodetest.Declare(t, 3, nodetest.Options{})
			c.StartAll(c.Nodes...)
			before := wantOneCluster(t, c, 3)
			lost := pick(c)
			former := lost.ID()
			lost.Drop()
			lost.LoseDisk()
			c.StartAll(lost)
			if after := wantOneCluster(t, c, 3); after != before {
				t.Errorf("the cluster was %s and is %s", before, after)
			}
			if lost.ID() == former {
				t.Error("it has its former id")
			}
			for _, n := range c.Running() {
				nodes := n.Do(http.MethodGet, "/_nodes", "").Body
				if strings.Contains(nodes, former) || !strings.Contains(nodes, lost.ID()) {
					t.Errorf("%s lists %s", n.Name, nodes)
				}
				if a := n.Do(http.MethodGet, "/_security/_authenticate", ""); a.Status != http.StatusOK {
					t.Errorf("%s: %d %s", n.Name, a.Status, a.Body)
				}
			}
		})
	}
}

func TestANameThatALivingNodeHoldsIsNotTakenOver(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{Tune: func(_ string, o *node.Options) { o.Timing = cluster.Timing{Silence: 1} }})
	c.StartAll(c.Nodes...)
	wantOneCluster(t, c, 3)
	second := c.PrepareDeclared("node1")
	s := second.Begin()
	waits(c, s, "the name [node1] is held by a node that answers")
	s.End()
	wantOneCluster(t, c, 3)
}

func TestAStartThatWasBrokenOffGoesOn(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{})
	for range 3 { // alone, again and again
		s := c.Nodes[1].Begin()
		waits(c, s, "waiting for a majority")
		s.End()
	}
	c.StartAll(c.Nodes...)
	wantOneCluster(t, c, 3)
}
