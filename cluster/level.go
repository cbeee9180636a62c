package cluster

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// firstLevel is the feature level of a node that does not tell one: its release is
// from before there were levels.
const firstLevel = 1

// raiseLevel makes the cluster's feature level the lowest of its servers', once
// that is higher. Each of them must say it now: one that is silent may come back
// as an older release.
func (c *Cluster) raiseLevel() {
	if _, ok := c.reigning(); !ok || c.cfg.Level <= c.cfg.Registry.Level() || c.lowestLevel() <= c.cfg.Registry.Level() {
		return
	}
	// Once more, while nobody is let in. Others were not kept waiting for the silent.
	leave, err := c.enterMembership(c.ctx)
	if err != nil {
		return
	}
	defer leave()
	asked := map[string]bool{}
	for _, n := range c.cfg.Registry.Nodes() {
		asked[n.ID] = true // one that is half-way in goes on by the level of then
	}
	for _, s := range c.configuration() {
		asked[string(s.ID)] = true
	}
	lowest := c.lowestLevel()
	if lowest <= c.cfg.Registry.Level() {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.timing.Attempt)
	defer cancel()
	if err := c.cfg.Registry.Raise(ctx, lowest, slices.Sorted(maps.Keys(asked))); err != nil {
		c.log.Warn("every member knows a higher feature level, and it could not be raised yet; trying again", "level", lowest, "error", err)
	}
}

// lowestLevel is the lowest that a server knows, and the first if one is silent.
func (c *Cluster) lowestLevel() int {
	lowest := c.cfg.Level
	for _, s := range c.configuration() {
		if string(s.ID) == c.cfg.Self.ID {
			continue
		}
		status, err := c.statusOf(c.ctx, string(s.ID))
		if err != nil {
			return firstLevel
		}
		lowest = min(lowest, max(firstLevel, status.Level))
	}
	return lowest
}

// checkLevel refuses a newcomer that could not read this cluster's log.
func (c *Cluster) checkLevel(r JoinRequest) error {
	if knows, needed := max(firstLevel, r.Level), c.cfg.Registry.Level(); knows < needed {
		return &Refusal{fmt.Sprintf("this cluster is at feature level %d, and the release of this node knows up to %d: start it with the release that the members run, or a newer one; `jeton node list` shows theirs", needed, knows)}
	}
	return nil
}
