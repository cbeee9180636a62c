package security

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"jeton/fsm"
)

const (
	// maxPendingUses bounds the tokens whose use is remembered; a further one is
	// remembered when it is used again, later.
	maxPendingUses = 100_000
	// maxNotedUses bounds one proposal. That many longest names fit one entry of
	// the log.
	maxNotedUses = 1000
)

// uses remembers which tokens were used on this node in an hour that the state
// does not know of.
type uses struct {
	mu      sync.RWMutex
	pending map[fsm.TokenKey]use
}

type use struct {
	id   string // of the token
	hour int64  // its beginning, in Unix milliseconds
}

// note is called for each authentication: for a token whose hour is known it
// compares two numbers, and it allocates only once for each token and hour.
func (u *uses) note(t *fsm.ServiceToken, now time.Time) {
	hour := now.Truncate(time.Hour).UnixMilli()
	if t.LastUsed >= hour {
		return
	}
	key := fsm.TokenKey{Account: t.Account, Name: t.Name}
	u.mu.RLock()
	known, there := u.pending[key]
	u.mu.RUnlock()
	if there && known.id == t.ID && known.hour >= hour {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !there && len(u.pending) >= maxPendingUses {
		return
	}
	if u.pending == nil {
		u.pending = map[fsm.TokenKey]use{}
	}
	u.pending[key] = use{t.ID, hour}
}

// unknownTo returns a bounded number of uses that the state does not know, and
// forgets those that it does, or whose token it has no more.
func (u *uses) unknownTo(state *fsm.State) []fsm.TokenUse {
	u.mu.Lock()
	defer u.mu.Unlock()
	var list []fsm.TokenUse
	for key, use := range u.pending {
		t, ok := state.ServiceToken(key.Account, key.Name)
		switch {
		case !ok || t.ID != use.id || t.LastUsed >= use.hour:
			delete(u.pending, key)
		case len(list) < maxNotedUses:
			list = append(list, fsm.TokenUse{Account: key.Account, Name: key.Name, ID: use.id, At: use.hour})
		}
	}
	slices.SortFunc(list, func(a, b fsm.TokenUse) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// NoteUses proposes what this node has seen of tokens' uses and the state does
// not know yet: at most 1000 tokens in one entry, and none when there is nothing
// new. What was not recorded is proposed again by the next call.
// Errors: ErrNoLeader, ErrOutcomeUnknown, ErrNotMember.
func (s *Service) NoteUses(ctx context.Context) error {
	for {
		unknown := s.uses.unknownTo(s.state.Current())
		if len(unknown) == 0 {
			return nil
		}
		if _, _, err := s.propose(ctx, &fsm.NoteTokenUses{Uses: unknown}); err != nil {
			return err
		}
	}
}
