//go:build linux

package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// view is the cluster as one node sees it.
type view struct{ Nodes []member }

type member struct {
	ID     string
	Name   string
	Role   string
	Leader bool
}

func look(ctx context.Context, at *process) (view, error) {
	a := request{node: at, path: "/_jeton/nodes"}.send(ctx)
	var v view
	if a.err != nil {
		return v, a.err
	}
	if a.status != http.StatusOK {
		return v, fmt.Errorf("%d %s", a.status, a.body)
	}
	return v, json.Unmarshal(a.body, &v)
}

func (v view) leader() string {
	for _, n := range v.Nodes {
		if n.Leader {
			return n.Name
		}
	}
	return ""
}

func (v view) voters() int { return v.count("voter") }

func (v view) count(role string) int {
	n := 0
	for _, m := range v.Nodes {
		if m.Role == role {
			n++
		}
	}
	return n
}

// leader is the node that more than half of the members take for it, or nil. A
// node that waits for others before it answers takes two seconds.
func (c *cluster) leader(ctx context.Context) *process {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	members := c.members()
	said := make(chan string, len(members))
	for _, p := range members {
		go func() {
			v, _ := look(ctx, p)
			said <- v.leader()
		}()
	}
	votes := map[string]int{}
	for range members {
		name := <-said
		if votes[name]++; name == "" || votes[name] <= len(members)/2 {
			continue
		}
		return members[slices.IndexFunc(members, func(p *process) bool { return p.name == name })]
	}
	return nil
}

// mustLead waits for a leader.
func (c *cluster) mustLead() *process {
	c.t.Helper()
	var leader *process
	c.eventually("there is a leader", func(ctx context.Context) error {
		if leader = c.leader(ctx); leader == nil {
			return fmt.Errorf("nobody leads")
		}
		return nil
	})
	return leader
}

// others are the members but one.
func (c *cluster) others(one *process) []*process {
	return slices.DeleteFunc(c.members(), func(p *process) bool { return p == one })
}

// waitVoters waits until the cluster has so many voters, and no other members.
func (c *cluster) waitVoters(n int) {
	c.t.Helper()
	c.eventually(fmt.Sprintf("%d nodes vote", n), func(ctx context.Context) error {
		for _, p := range c.members() {
			v, err := look(ctx, p)
			if err != nil {
				return err
			}
			if v.voters() != n || len(v.Nodes) != n {
				return fmt.Errorf("%s sees %+v", p.name, v)
			}
		}
		return nil
	})
}

// joinToken asks any member for one.
func (c *cluster) joinToken() (string, error) {
	var err error
	for _, p := range c.members() {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		a := request{node: p, method: http.MethodPost, path: "/_jeton/join_token"}.send(ctx)
		cancel()
		if err = a.err; err != nil {
			continue
		}
		var made struct {
			Token string `json:"join_token"`
		}
		if err = json.Unmarshal(a.body, &made); err == nil && made.Token != "" {
			return made.Token, nil
		}
		err = fmt.Errorf("%d %s", a.status, a.body)
	}
	return "", fmt.Errorf("make a join token: %w", err)
}

// waitWhole waits until all members are ready and vote. Who was taken out though
// nobody was told is none.
func (c *cluster) waitWhole() {
	c.t.Helper()
	c.eventually("the cluster is whole", func(ctx context.Context) error {
		c.settleDoubts(ctx)
		members := c.members()
		for _, p := range members {
			if a := (request{node: p, path: "/readyz"}).send(ctx); a.err != nil || a.status != http.StatusOK {
				return fmt.Errorf("%s: %d %s %v", p.name, a.status, a.body, a.err)
			}
		}
		v, err := look(ctx, members[0])
		if err == nil && (v.voters() != len(members) || len(v.Nodes) != len(members)) {
			err = fmt.Errorf("%s sees %+v", members[0].name, v)
		}
		return err
	})
}

// settleDoubts forgets whom the others do not list any more.
func (c *cluster) settleDoubts(ctx context.Context) {
	for _, p := range c.members() {
		p.mu.Lock()
		doubt := p.doubt
		p.mu.Unlock()
		if !doubt {
			continue
		}
		for _, at := range c.others(p) {
			v, err := look(ctx, at)
			if err == nil && !slices.ContainsFunc(v.Nodes, func(n member) bool { return n.Name == p.name }) {
				c.forget(p)
			}
		}
	}
}

// doubt says that a node may be no member any more.
func (c *cluster) doubt(p *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doubt = true
}

// forget says that a node is no member any more. Its process may go on for a
// while, and clients may still ask it.
func (c *cluster) forget(p *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
}
