package security

import (
	"context"
	"sync"
	"time"
)

// Bounds of a roll-call: anybody may cause one.
const (
	rollCallTimeout = time.Second
	rollCallLife    = time.Second // so old may be what is told
)

// RollCall is which voters have answered this node a moment ago.
type RollCall struct {
	Voters int
	Silent []string // names of the voters that did not answer, in the order of the members
}

// Needed is how many voters have to answer for a leader to be elected.
func (r RollCall) Needed() int { return r.Voters/2 + 1 }

// Answering is how many voters do answer.
func (r RollCall) Answering() int { return r.Voters - len(r.Silent) }

// rollCall is the last one. However many ask, one is under way at a time.
type rollCall struct {
	mu   sync.Mutex
	at   time.Time // zero: there was none
	last RollCall
}

// RollCall asks all voters whether they answer, for a second at most. It takes no
// identity, as Ready: it is for a /readyz that has found no leader. No voters: this
// node has no cluster yet.
func (s *Service) RollCall(ctx context.Context) RollCall {
	s.rollCall.mu.Lock()
	defer s.rollCall.mu.Unlock()
	if at := s.rollCall.at; !at.IsZero() && time.Since(at) < rollCallLife {
		return s.rollCall.last
	}
	// What is found is for others, too: it does not end with the one who asks.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollCallTimeout)
	defer cancel()
	var found RollCall
	for _, a := range s.peers.Ask(ctx, topicInfo, nil) {
		if !a.Member.Voter {
			continue
		}
		found.Voters++
		if a.Err != nil {
			found.Silent = append(found.Silent, a.Member.Name)
		}
	}
	s.rollCall.at, s.rollCall.last = time.Now(), found
	return found
}
