//go:build linux

package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
)

// spare says that the cluster can do without a disk, as one of the members sees it:
// no other one is being replaced, and there are voters enough.
func (c *cluster) spare(ctx context.Context) bool {
	members := c.members()
	for _, p := range members {
		if v, err := look(ctx, p); err == nil {
			return v.voters() >= fewest && v.count("nonvoter") == 0 && len(v.Nodes) == len(members) && !c.mourns(v)
		}
	}
	return false
}

// mourns says that a member is listed still whose disk is lost.
func (c *cluster) mourns(v view) bool {
	return slices.ContainsFunc(c.members(), func(p *process) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.wiped || slices.ContainsFunc(v.Nodes, func(n member) bool { return slices.Contains(p.former, n.ID) })
	})
}

// wipe kills a node and takes its disk away, and with it what it was known by.
func (c *cluster) wipe(p *process) error {
	p.kill()
	data := filepath.Join(p.dir, "data")
	var identity struct{ ID string }
	text, err := os.ReadFile(filepath.Join(data, "node.json"))
	if err == nil {
		err = json.Unmarshal(text, &identity)
	}
	if err != nil || identity.ID == "" {
		return fmt.Errorf("who was %s: %q %w", p.name, identity.ID, err)
	}
	p.mu.Lock()
	p.wiped, p.former = true, append(p.former, identity.ID)
	p.mu.Unlock()
	return os.RemoveAll(data)
}

// replaceWiped lets the nodes that lost their disks come back as new members, of
// the same names. After an error it has to be tried again.
func (c *cluster) replaceWiped(ctx context.Context, say func(format string, args ...any)) error {
	for _, p := range c.members() {
		p.mu.Lock()
		wiped := p.wiped
		p.mu.Unlock()
		if !wiped {
			continue
		}
		err := c.comeAnew(ctx, p)
		say("  %s comes back as a new member: %v", p.name, err)
		if err != nil {
			return err
		}
	}
	return nil
}

// comeAnew starts a node as a newcomer, once the member that it was is removed:
// where nodes find each other by themselves, they see to that too.
func (c *cluster) comeAnew(ctx context.Context, p *process) error {
	if c.declared == nil {
		if err := c.removed(ctx, p); err != nil {
			return err
		}
	}
	if err := c.entrance(p); err != nil {
		return err
	}
	p.mu.Lock()
	p.wiped = false
	p.mu.Unlock()
	return p.start()
}

func (c *cluster) removed(ctx context.Context, p *process) error {
	a := request{node: c.others(p)[0], method: http.MethodDelete, path: "/_jeton/nodes/" + p.name}.send(ctx)
	if a.err == nil && a.status != http.StatusOK && a.status != http.StatusNotFound {
		return fmt.Errorf("remove: %d %s", a.status, a.body)
	}
	return a.err
}
