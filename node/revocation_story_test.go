package node_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"jeton/node/nodetest"
)

const confirmed = "X-Jeton-Confirmed"

// call is a request that is sent again and again.
type call struct {
	method, path, body string
	options            []nodetest.Option
}

func (r call) at(n *nodetest.Node) (nodetest.Answer, error) {
	return n.Try(r.method, r.path, r.body, r.options...)
}

// authority is something that somebody may do, and how it is taken away.
type authority struct {
	use call
	// good and refused tell the two answers to use apart.
	good, refused func(nodetest.Answer) bool
	take          call
}

func status(want int) func(nodetest.Answer) bool {
	return func(a nodetest.Answer) bool { return a.Status == want }
}

// credentialOf is good until it is taken away: then it is nobody's.
func credentialOf(credential nodetest.Option, take call) authority {
	return authority{call{http.MethodGet, whoAmI, "", []nodetest.Option{credential}}, status(http.StatusOK), status(http.StatusUnauthorized), take}
}

// rightOf is that of looking at the cluster's health; who has the credential keeps
// it when the right is taken away.
func rightOf(credential nodetest.Option, take call) authority {
	return authority{call{http.MethodGet, "/_cluster/health", "", []nodetest.Option{credential}}, status(http.StatusOK), status(http.StatusForbidden), take}
}

func put(path, body string) call { return call{method: http.MethodPut, path: path, body: body} }

func remove(path, body string) call {
	return call{method: http.MethodDelete, path: path, body: body}
}

// inUse uses the authority at all nodes until it was taken away and each client
// has been refused, and not only once. What was asked after the change was answered must be refused.
func (a authority) inUse(t *testing.T, c *nodetest.Cluster, gone *atomic.Bool) *sync.WaitGroup {
	var clients sync.WaitGroup
	for _, n := range c.Nodes {
		for range 2 {
			clients.Go(func() {
				for refusals := 0; refusals < 3; {
					late := gone.Load()
					got, err := a.use.at(n)
					switch {
					case err != nil || !a.good(got) && !a.refused(got):
						t.Errorf("at %s: %d %s %v", n.Name, got.Status, got.Body, err)
						return
					case late && a.good(got):
						t.Errorf("%s accepts what was taken away (read by %s)", n.Name, got.Header.Get("X-Jeton-Read"))
						return
					case late:
						refusals++
					}
				}
			})
		}
	}
	return &clients
}

// The heart of the matter: from the moment at which the change is answered, by
// whichever node, the first request to any other node is refused.
func TestWhatIsTakenAwayWhileItIsUsedStopsOnEveryNodeForGood(t *testing.T) {
	t.Parallel()
	c := withTokenService(t)
	leased(t, c)
	for what, prepare := range takeAways() {
		for i, at := range c.Nodes {
			t.Run(what+" at "+at.Name, func(t *testing.T) {
				words := strings.NewReplacer(" ", "-", "'", "").Replace(what)
				a := prepare(t, c.Nodes[(i+1)%3], fmt.Sprint(words, i))
				for _, n := range c.Nodes {
					if got, err := a.use.at(n); err != nil || !a.good(got) {
						t.Fatalf("before the change, at %s: %d %s %v", n.Name, got.Status, got.Body, err)
					}
				}
				var gone atomic.Bool
				clients := a.inUse(t, c, &gone)
				answer, err := a.take.at(at)
				gone.Store(true)
				for _, n := range []*nodetest.Node{c.Nodes[(i+1)%3], c.Nodes[(i+2)%3], at} {
					if got, err := a.use.at(n); err != nil || !a.refused(got) {
						t.Errorf("the first request to %s: %d %s %v", n.Name, got.Status, got.Body, err)
					}
				}
				clients.Wait()
				if err != nil || answer.Status != http.StatusOK {
					t.Errorf("the change: %d %s %v", answer.Status, answer.Body, err)
				}
				if by := answer.Header.Get(confirmed); by != "3/3" {
					t.Errorf("confirmed by %q, want 3/3", by)
				}
			})
		}
	}
}

// Of two deletes at once one finds nothing any more. That answer, too, means that
// the token is good nowhere.
func TestADeleteThatFindsNothingAnyMoreIsAsGoodAsTheOther(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	leased(t, c)
	for i := range 10 {
		name := fmt.Sprint("twice", i)
		a := credentialOf(nodetest.Bearer(create(t, c.Nodes[i%3], name)), remove(tokens+"/"+name, ""))
		var gone atomic.Bool
		clients := a.inUse(t, c, &gone)
		var deletes sync.WaitGroup
		var found atomic.Int32
		for k := range 2 {
			at, other := c.Nodes[(i+k)%3], c.Nodes[(i+k+1)%3]
			deletes.Go(func() {
				got, err := a.take.at(at)
				gone.Store(true)
				if used, useErr := a.use.at(other); useErr != nil || !a.refused(used) {
					t.Errorf("after %d of %s, %s says %d %v", got.Status, at.Name, other.Name, used.Status, useErr)
				}
				if err != nil || got.Status != http.StatusOK && got.Status != http.StatusNotFound || got.Header.Get(confirmed) != "3/3" {
					t.Errorf("delete at %s: %d %s %v, confirmed by %q", at.Name, got.Status, got.Body, err, got.Header.Get(confirmed))
				}
				if got.Status == http.StatusOK {
					found.Add(1)
				}
			})
		}
		deletes.Wait()
		clients.Wait()
		if found.Load() != 1 {
			t.Errorf("%d of two deletes have found the token", found.Load())
		}
	}
}
