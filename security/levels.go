package security

import (
	"context"
	"encoding/json"
	"strings"

	"jeton/fsm"
)

// UpgradeError refuses a change that not every member would know: in the log it
// would stop those that do not. Nothing happened. It is an ErrUpgradeFirst.
type UpgradeError struct {
	Older  []string // names of the members that run an older release
	Silent []string // names of those that did not answer, and may be old
}

func (e *UpgradeError) Error() string {
	switch {
	case len(e.Older) > 0:
		return "this change is not known to all members of the cluster, and nothing was changed: upgrade the members that run an older release first, [" + strings.Join(e.Older, ", ") + "]; `jeton node list` shows the versions"
	case len(e.Silent) > 0:
		return "this change may not be known to all members of the cluster, and nothing was changed: the members [" + strings.Join(e.Silent, ", ") + "] do not answer, and count as of an older release until they do: start them, or take those that are gone for good out with `jeton node remove`"
	default:
		return "all members of the cluster were upgraded a moment ago, and nothing was changed: retry once `jeton node list -o json` shows the cluster at the level of its nodes"
	}
}

// Is reports whether target is ErrUpgradeFirst.
func (e *UpgradeError) Is(target error) bool { return target == ErrUpgradeFirst }

// knownToAll refuses a command above the cluster's feature level. The leader's state
// refuses it too; here it can be said whom it is about. Errors: *UpgradeError,
// ErrNoLeader, ErrOverloaded, ErrNotMember.
func (s *Service) knownToAll(ctx context.Context, c fsm.Command) error {
	if _, raises := c.(*fsm.RaiseLevel); raises {
		return nil // by the members' own word
	}
	needed := fsm.LevelOf(c)
	if needed <= s.state.Current().Level() {
		return nil
	}
	if state, err := s.fresh(ctx); err != nil || needed <= state.Level() {
		return err
	}
	return s.olderThan(ctx, needed)
}

func (s *Service) olderThan(ctx context.Context, level int) *UpgradeError {
	e := &UpgradeError{}
	h := s.ask(ctx, topicInfo, nil, func(m Member, body []byte) error {
		var n nodeInfo
		if err := json.Unmarshal(body, &n); err != nil {
			return err
		}
		if n.Level < level {
			e.Older = append(e.Older, m.Name)
		}
		return nil
	})
	for _, f := range h.Failures {
		e.Silent = append(e.Silent, f.Name)
	}
	return e
}

// RaiseLevel records that every member of the cluster knows the feature level. The
// leader calls it when each has told so; members are the ids of all that there
// are. If another one was let in meanwhile, nothing changes. Errors: ErrNoLeader,
// ErrOutcomeUnknown, ErrNotMember.
func (s *Service) RaiseLevel(ctx context.Context, level int, members []string) error {
	if level <= s.state.Current().Level() {
		return nil
	}
	code, _, err := s.propose(ctx, &fsm.RaiseLevel{Level: level, Members: members})
	if code == fsm.OK {
		s.logger.Info("every member knows a new feature level, and the cluster goes on with it", "level", level)
	}
	return err
}
