package clients

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	v8 "github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v9"

	"jeton/node/nodetest"
)

// A client that knows all nodes, with the pool and the repetitions that it has by
// default, goes through a restart of one node after the other without an error.
func TestARollingRestartIsNoErrorToAnOfficialClient(t *testing.T) {
	for _, s := range []struct {
		name, tls string
		connect   func(*testing.T, *nodetest.Cluster) client
	}{
		{"v8", "false", poolV8},
		{"v8 with HTTP/2", "true", poolV8},
		{"v9", "false", poolV9},
		{"v9 with HTTP/2", "true", poolV9},
	} {
		t.Run(s.name, func(t *testing.T) {
			c := nodetest.StartWith(t, 3, nodetest.Options{Settings: []string{"xpack.security.http.ssl.enabled=" + s.tls}})
			u := use(t, s.connect(t, c))
			for _, n := range c.Nodes {
				u.more(c)
				n.Stop()
				n.RestartAtSameAddress()
				c.WaitReady()
			}
			u.more(c)
			t.Logf("%d lives of a token without an error", u.stop())
		})
	}
}

func addresses(c *nodetest.Cluster) (all []string) {
	for _, n := range c.Nodes {
		all = append(all, n.URL())
	}
	return all
}

func poolV8(t *testing.T, c *nodetest.Cluster) client {
	t.Helper()
	config := v8.Config{Addresses: addresses(c), CACert: c.CACert(), Username: "elastic", Password: c.Password}
	return clientV8{typed(t, config), t}
}

func poolV9(t *testing.T, c *nodetest.Cluster) client {
	t.Helper()
	typed, err := elasticsearch.NewTyped(
		elasticsearch.WithAddresses(addresses(c)...),
		elasticsearch.WithCACert(c.CACert()),
		elasticsearch.WithBasicAuth("elastic", c.Password),
	)
	if err != nil {
		t.Fatal(err)
	}
	return clientV9{typed, t}
}

// users are some who share one client until they are stopped.
type users struct {
	t      *testing.T
	client client
	lives  atomic.Int64
	ctx    context.Context
	cancel context.CancelFunc
	all    sync.WaitGroup
}

func use(t *testing.T, c client) *users {
	u := &users{t: t, client: c}
	u.ctx, u.cancel = context.WithCancel(t.Context())
	t.Cleanup(func() { u.stop() })
	for i := range 8 {
		u.all.Go(func() {
			for n := 0; u.ctx.Err() == nil; n++ {
				if err := u.life(fmt.Sprintf("user%d-%d", i, n)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	return u
}

// life makes a token, uses it, deletes it, and is refused.
func (u *users) life(name string) error {
	made := u.client.createServiceToken(namespace, service, name)
	if made.err != nil {
		return fmt.Errorf("create: %w", made.err)
	}
	for range 3 {
		if err := u.authenticate(made.answer.Token.Value, http.StatusOK); err != nil {
			return err
		}
	}
	if gone := u.client.deleteServiceToken(namespace, service, name); gone.err != nil || !gone.answer.Found {
		return fmt.Errorf("delete: %+v", gone)
	}
	u.lives.Add(1)
	return u.authenticate(made.answer.Token.Value, http.StatusUnauthorized)
}

func (u *users) authenticate(token string, want int) error {
	r, err := http.NewRequest(http.MethodGet, "/_security/_authenticate", strings.NewReader(""))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := u.client.Perform(r)
	if err != nil {
		return fmt.Errorf("authenticate: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != want {
		return fmt.Errorf("authenticate: %s, want %d", response.Status, want)
	}
	return nil
}

// more waits until the users have gone on for a while.
func (u *users) more(c *nodetest.Cluster) {
	enough := u.lives.Load() + 30
	c.Eventually("clients are served", func() error {
		if n := u.lives.Load(); n < enough && !u.t.Failed() {
			return fmt.Errorf("%d lives", n)
		}
		return nil
	})
}

func (u *users) stop() int64 {
	u.cancel()
	u.all.Wait()
	return u.lives.Load()
}
