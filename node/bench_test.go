package node_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"

	"jeton/node"
	"jeton/node/nodetest"
	"jeton/security/token"
	"jeton/security/tokenfile"
)

// What these benchmarks measure, and what not, is in docs/performance.md.

// storedTokens is how many index-backed tokens there are to authenticate with.
const storedTokens = 200

func BenchmarkAuthenticate(b *testing.B) {
	c := startQuietly(b)
	bearers := createTokens(b, c, storedTokens)
	b.Run("index", func(b *testing.B) {
		b.Run("leader", func(b *testing.B) { authenticate(b, c, c.Leader(), bearers) })
		b.Run("follower", func(b *testing.B) { authenticate(b, c, c.Follower(), bearers) })
	})
	b.Run("file", func(b *testing.B) {
		leader := c.Leader()
		authenticate(b, c, leader, []string{addFileToken(b, c, leader)})
	})
}

func BenchmarkCreate(b *testing.B) {
	c := startQuietly(b)
	proveElastic(b, c)
	b.Run("leader", func(b *testing.B) { createThrough(b, c, c.Leader()) })
	b.Run("follower", func(b *testing.B) { createThrough(b, c, c.Follower()) })
}

// BenchmarkTakeAway disables a user: the log, and the word of every member.
func BenchmarkTakeAway(b *testing.B) {
	c := startQuietly(b)
	proveElastic(b, c)
	if a := c.Leader().Do(http.MethodPut, "/_security/user/bench", `{"password":"a password of the bench","roles":[]}`); a.Status != http.StatusOK {
		b.Fatalf("make the user: %d %s", a.Status, a.Body)
	}
	b.Run("leader", func(b *testing.B) { disableThrough(b, c, c.Leader()) })
	b.Run("follower", func(b *testing.B) { disableThrough(b, c, c.Follower()) })
}

func disableThrough(b *testing.B, c *nodetest.Cluster, n *nodetest.Node) {
	underOneLeader(b, c, func(b *testing.B) operation {
		conn := dial(b, n.URL())
		return func() error {
			r, err := http.NewRequest(http.MethodPut, n.URL()+"/_security/user/bench/_disable", nil)
			if err != nil {
				return err
			}
			r.SetBasicAuth("elastic", c.Password)
			return conn.do(r)
		}
	})
}

// authenticate asks who one of the bearers is.
func authenticate(b *testing.B, c *nodetest.Cluster, n *nodetest.Node, bearers []string) {
	requests := make([]*http.Request, len(bearers))
	for i, bearer := range bearers {
		requests[i] = request(b, http.MethodGet, n.URL()+whoAmI, nodetest.Bearer(bearer))
	}
	underOneLeader(b, c, func(b *testing.B) operation {
		conn := dial(b, n.URL())
		return func() error { return conn.do(requests[rand.IntN(len(requests))]) }
	})
}

// createThrough creates tokens as elastic.
func createThrough(b *testing.B, c *nodetest.Cluster, n *nodetest.Node) {
	var created atomic.Int64
	url := n.URL() + tokens + "/" + n.Name + "-"
	underOneLeader(b, c, func(b *testing.B) operation {
		conn := dial(b, n.URL())
		return func() error {
			r, err := http.NewRequest(http.MethodPost, url+fmt.Sprint(created.Add(1)), nil)
			if err != nil {
				return err
			}
			r.SetBasicAuth("elastic", c.Password)
			return conn.do(r)
		}
	})
}

// underOneLeader is byClients that fails when leadership moves meanwhile: the
// figures would not be those of a leader or of a follower.
func underOneLeader(b *testing.B, c *nodetest.Cluster, connect func(b *testing.B) operation) {
	leader := c.Leader()
	byClients(b, connect)
	if c.Leader() != leader {
		b.Error("leadership moved during the measurement: run it again")
	}
}

// startQuietly starts three nodes that log as in production, to nowhere.
func startQuietly(b *testing.B) *nodetest.Cluster {
	b.Helper()
	return nodetest.StartWith(b, 3, nodetest.Options{Tune: func(_ string, o *node.Options) {
		o.Logger = slog.New(slog.NewJSONHandler(io.Discard, nil))
	}})
}

// proveElastic has every node verify the password's slow hash, which it then
// remembers.
func proveElastic(b *testing.B, c *nodetest.Cluster) {
	b.Helper()
	for _, n := range c.Nodes {
		if a := n.Do(http.MethodGet, whoAmI, ""); a.Status != http.StatusOK {
			b.Fatalf("elastic at %s: %d %s", n.Name, a.Status, a.Body)
		}
	}
}

// createTokens creates index-backed tokens and returns their bearer values.
func createTokens(b *testing.B, c *nodetest.Cluster, count int) []string {
	b.Helper()
	bearers := make([]string, count)
	for i := range bearers {
		a := c.Leader().Do(http.MethodPost, fmt.Sprintf("%s/stored-%d", tokens, i), "")
		made, _ := a.JSON(b)["token"].(map[string]any)
		value, ok := made["value"].(string)
		if !ok {
			b.Fatalf("create: %d %s", a.Status, a.Body)
		}
		bearers[i] = value
	}
	return bearers
}

// addFileToken gives a node a file-backed token, as `jeton service-tokens
// create` does, and returns its bearer value once the node has verified it.
func addFileToken(b *testing.B, c *nodetest.Cluster, n *nodetest.Node) string {
	b.Helper()
	algorithm, err := token.ParseAlgorithm("pbkdf2_stretch") // the default
	if err != nil {
		b.Fatal(err)
	}
	made := token.Bearer{Namespace: "elastic", Service: "fleet-server", Name: "from-file", Secret: token.NewSecret()}
	hash, err := algorithm.Hash(made.Secret)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := tokenfile.Create(n.ServiceTokens(), made.Account(), made.Name, hash); err != nil {
		b.Fatal(err)
	}
	c.Eventually("the file token to work", func() error {
		a, err := n.Try(http.MethodGet, whoAmI, "", nodetest.Bearer(made.Encode()))
		if err == nil && a.Status != http.StatusOK {
			err = errors.New(a.Body)
		}
		return err
	})
	return made.Encode()
}
