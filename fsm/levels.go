package fsm

import (
	"errors"
	"fmt"
)

// Level is the newest feature level of this release. A command of a level is
// proposed only in a cluster that has reached it, and a cluster reaches it when
// every member runs a release that knows it (see RaiseLevel). A release that adds
// command types adds a level for them.
const Level = 2

// firstLevel is that of clusters whose level was never raised, and of every
// command of the release 0.4. It is closed.
const firstLevel = 1

// levels has the level of every command type that is not of the first.
var levels = map[string]int{
	"raise_level": 2,

	"set_member_voting":      2,
	"put_autopilot_settings": 2,
	"recover_cluster":        2,
	"begin_ca_rotation":      2,
	"release_ca_rotation":    2,
	"switch_ca":              2,
	"finish_ca_rotation":     2,
	"stage_restore":          2,
	"drop_restore":           2,
	"commit_restore":         2,
	"admit_seeded_member":    2,
}

// ErrAboveLevel: a command is of a level that the cluster has not reached.
var ErrAboveLevel = errors.New("not every member of the cluster runs a release that knows this change, and nothing was changed: upgrade those of older releases first; `jeton node list` shows the versions")

// LevelOf is the level that a cluster must have reached for the command.
func LevelOf(c Command) int {
	level := max(firstLevel, levels[c.Type()])
	if r, raises := c.(*RaiseLevel); raises {
		return max(level, r.Level)
	}
	return level
}

// RaiseLevel makes the cluster's level a higher one. Its maker has asked every
// server that was in the cluster for its release's own.
type RaiseLevel struct {
	Level int `json:"level"`
	// Members are the ids of all whom the maker knew. Who was admitted meanwhile
	// was let in by the former level.
	Members []string `json:"members"`
}

// Type implements Command.
func (*RaiseLevel) Type() string { return "raise_level" }

func (c *RaiseLevel) apply(next *State) Code {
	if c.Level <= next.Level() {
		return Unchanged
	}
	known := map[string]bool{}
	for _, id := range c.Members {
		known[id] = true
	}
	for m := range next.Members() {
		if !known[m.ID] {
			return Changed
		}
	}
	next.level = c.Level
	return OK
}

// Level is the cluster's feature level. It never falls.
func (s *State) Level() int { return max(firstLevel, s.level) }

// Level is the newest level that this machine knows.
func (m *Machine) Level() int { return m.level }

// decode reads an entry that this machine can apply. Its errors wrap
// ErrUnreadable.
func (m *Machine) decode(data []byte) (Proposal, error) {
	p, err := Decode(data)
	if err == nil && LevelOf(p.Command) > m.level {
		err = fmt.Errorf("%w: command type %q of feature level %d; this release knows up to %d: run a newer release", ErrUnreadable, p.Command.Type(), LevelOf(p.Command), m.level)
	}
	return p, err
}

// reached refuses a command that not every member knows. The level itself is
// raised on the members' own word.
func (s *State) reached(c Command) error {
	if _, raises := c.(*RaiseLevel); raises || LevelOf(c) <= s.Level() {
		return nil
	}
	return fmt.Errorf("%w (%s needs feature level %d, and the cluster is at %d)", ErrAboveLevel, c.Type(), LevelOf(c), s.Level())
}
