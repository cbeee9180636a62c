package freshness

import (
	"context"
	"errors"

	"jeton/internal/mutant"
)

// Mode is what the cluster promises: the setting auth.consistency.
type Mode uint8

// The modes.
const (
	Lease     Mode = iota // yes from this node's state under a lease only; the default
	Quorum                // every answer after a round
	Available             // yes from the last known state, up to an age
)

// Permit says from which state a node may answer at this moment.
type Permit struct {
	Epoch uint64 // of the state; another one is not covered
	Lease bool   // a lease holds
	Stale bool   // the age that the mode Available allows is not reached
}

// State is one immutable state.
type State interface {
	Epoch() uint64
	Mode() Mode
}

// Source is a node's state and what keeps it fresh.
type Source[S State] interface {
	// Permit is to be taken before Current.
	Permit() Permit
	Current() S
	// CatchUp returns a state that holds everything that anybody had
	// acknowledged before the call.
	CatchUp(ctx context.Context) (S, error)
}

// Read tells how an answer came about.
type Read string

// The ways to an answer.
const (
	ByLease Read = "lease" // from this node's state, under a lease
	ByRound Read = "round" // after a round with the leader
	ByStale Read = "stale" // from the last known state: mode Available
)

// ErrMiss is a no that rests on a fresh state.
var ErrMiss = errors.New("freshness: not in a fresh state")

// Decide looks until it may say yes or no. A yes under a permit is given at
// once. Everything else is looked at again in a state that is fresh: a no may
// mean only that this node is behind. Errors: ErrMiss, what CatchUp returns when
// the node cannot know, or look's own, which ends it.
func Decide[S State](ctx context.Context, from Source[S], look func(S) (bool, error)) (Read, error) {
	if how, yes, err := decideHere(from, look); yes || err != nil {
		return how, err
	}
	state, err := from.CatchUp(ctx)
	if err != nil {
		return "", err
	}
	yes, err := look(state)
	if err == nil && !yes {
		err = ErrMiss
	}
	return ByRound, err
}

// decideHere looks in this node's state, if it may. The permit comes first: one
// that holds after the look-up proves nothing about the state that was looked at
// before.
func decideHere[S State](from Source[S], look func(S) (bool, error)) (how Read, yes bool, err error) {
	if mutant.Is(mutant.LookBeforeLease) {
		return lookFirst(from, look)
	}
	permit := from.Permit()
	state := from.Current()
	if how = permit.covers(state); how == "" {
		return "", false, nil
	}
	yes, err = look(state)
	if mutant.Is(mutant.MissUnderLease) && err == nil && !yes {
		err = ErrMiss
	}
	return how, yes, err
}

// covers says how the state may be used under the permit, "" for not at all.
func (p Permit) covers(state State) Read {
	sameEpoch := p.Epoch == state.Epoch() || mutant.Is(mutant.EpochNotCompared) || mutant.Is(mutant.NoEpoch)
	switch mode := state.Mode(); {
	case !sameEpoch || mode == Quorum:
		return ""
	case p.Lease:
		return ByLease
	case p.Stale && mode == Available:
		return ByStale
	}
	return ""
}

// lookFirst is a wrong variant of decideHere.
func lookFirst[S State](from Source[S], look func(S) (bool, error)) (Read, bool, error) {
	state := from.Current()
	yes, err := look(state)
	how := from.Permit().covers(state)
	return how, yes && how != "", err
}
