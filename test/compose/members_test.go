package compose

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
)

// view is the cluster as one node sees it.
type view struct {
	Nodes []struct {
		ID, Name, Role  string
		Leader, Answers bool
	}
}

// look asks one node for the members.
func (c *cluster) look(ctx context.Context, at *node) (v view, err error) {
	return v, c.get(ctx, at, "/_jeton/nodes", &v)
}

func (c *cluster) get(ctx context.Context, at *node, path string, into any) error {
	a := c.send(ctx, request{node: at, path: path})
	if a.err != nil {
		return a.err
	}
	if a.status != http.StatusOK {
		return fmt.Errorf("%s: %d %s", at.name, a.status, a.body)
	}
	return json.Unmarshal(a.body, into)
}

// leader is the name of the node that the view takes for it, or "".
func (v view) leader() string {
	for _, n := range v.Nodes {
		if n.Leader {
			return n.Name
		}
	}
	return ""
}

// voters are the ids of the members that vote, by name.
func (v view) voters() map[string]string {
	ids := map[string]string{}
	for _, n := range v.Nodes {
		if n.Role == "voter" {
			ids[n.Name] = n.ID
		}
	}
	return ids
}

// mustLead waits until the nodes agree on a leader, and returns it and the rest.
func (c *cluster) mustLead(among ...*node) (leader *node, others []*node) {
	c.t.Helper()
	c.eventually("there is a leader", func(ctx context.Context) error {
		leader, others = nil, nil
		name := ""
		for i, n := range among {
			v, err := c.look(ctx, n)
			if err != nil {
				return err
			}
			if i > 0 && v.leader() != name {
				return fmt.Errorf("%s takes %q for the leader, others %q", n.name, v.leader(), name)
			}
			name = v.leader()
		}
		for _, n := range among {
			if n.name == name {
				leader = n
			} else {
				others = append(others, n)
			}
		}
		if leader == nil {
			return fmt.Errorf("the leader is %q", name)
		}
		return nil
	})
	return leader, others
}

// mustBeLedBy waits until those that are left have a leader among them.
func (c *cluster) mustBeLedBy(left []*node) {
	c.t.Helper()
	c.eventually("the others have a leader", func(ctx context.Context) error {
		for _, n := range left {
			v, err := c.look(ctx, n)
			if err != nil {
				return err
			}
			led := false
			for _, n := range left {
				led = led || v.leader() == n.name
			}
			if !led {
				return fmt.Errorf("%s takes %q for the leader", n.name, v.leader())
			}
		}
		return nil
	})
}

// waitWhole waits until all nodes of the project vote, all see the same members
// and no others, and all say green. It returns the members' ids by name.
func (c *cluster) waitWhole() (ids map[string]string) {
	c.t.Helper()
	c.waitHealthy(c.nodes...)
	c.eventually("the cluster is whole", func(ctx context.Context) error {
		ids = nil
		for _, n := range c.nodes {
			v, err := c.look(ctx, n)
			if err != nil {
				return err
			}
			if len(v.Nodes) != len(c.nodes) || len(v.voters()) != len(c.nodes) {
				return fmt.Errorf("%s sees %+v", n.name, v)
			}
			if ids != nil && !maps.Equal(ids, v.voters()) {
				return fmt.Errorf("%s sees %v, others %v", n.name, v.voters(), ids)
			}
			ids = v.voters()
			if err := c.green(ctx, n); err != nil {
				return err
			}
		}
		return nil
	})
	return ids
}

func (c *cluster) green(ctx context.Context, at *node) error {
	var health struct {
		Status string
		Nodes  int `json:"number_of_nodes"`
	}
	if err := c.get(ctx, at, "/_cluster/health", &health); err != nil {
		return err
	}
	if health.Status != "green" || health.Nodes != len(c.nodes) {
		return fmt.Errorf("%s says %+v", at.name, health)
	}
	return nil
}
