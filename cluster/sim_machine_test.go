package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"jeton/internal/freshness"
)

// simState is the simulation's replicated state: named things, each with one
// secret. It never changes.
type simState struct {
	Idx      uint64            `json:"idx"`
	Secrets  map[string]string `json:"secrets"` // by name
	Outcomes map[string]string `json:"outcomes"`
	Retired  map[string]bool   `json:"retired"`
	Replicas map[string]bool   `json:"replicas"`
	Fresh    Freshness         `json:"fresh"`
	epoch    uint64
}

func (s *simState) Epoch() uint64        { return s.epoch }
func (s *simState) Mode() freshness.Mode { return freshness.Lease }

// simCommand is the simulation's log entry.
type simCommand struct {
	ID     string        `json:"id"`
	Op     string        `json:"op"`
	Name   string        `json:"name,omitempty"`
	Secret string        `json:"secret,omitempty"`
	Lease  time.Duration `json:"lease,omitempty"`
	Seen   uint64        `json:"seen,omitempty"` // version of the settings
	Names  []string      `json:"names,omitempty"`
}

const (
	simCreate   = "create"
	simDelete   = "delete"
	simRestore  = "restore" // keeps Names only
	simRetire   = "retire"
	simDemote   = "demote"
	simPromote  = "promote"
	simSettings = "settings"
	simSettle   = "settle"
)

const (
	simOK       = "ok"
	simConflict = "conflict"
	simNotFound = "not found"
)

func (c simCommand) entry() []byte {
	data, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	return data
}

// do returns the state after the command.
func (s *simState) do(index uint64, c simCommand) *simState {
	next := *s
	next.Idx = index
	if _, again := s.Outcomes[c.ID]; again {
		return &next
	}
	outcome := simOK
	kept, there := s.Secrets[c.Name]
	switch c.Op {
	case simCreate:
		if there {
			outcome = simConflict
			break
		}
		next.Secrets = maps.Clone(s.Secrets)
		next.Secrets[c.Name] = c.Secret
	case simDelete:
		if !there || c.Secret != "" && c.Secret != kept {
			outcome = simNotFound
			break
		}
		next.Secrets = maps.Clone(s.Secrets)
		delete(next.Secrets, c.Name)
	case simRestore:
		next.Secrets = maps.Clone(s.Secrets)
		maps.DeleteFunc(next.Secrets, func(name, _ string) bool { return !slices.Contains(c.Names, name) })
	case simRetire:
		next.Retired = maps.Clone(s.Retired)
		next.Retired[c.Name] = true
	case simDemote, simPromote:
		next.Replicas = maps.Clone(s.Replicas)
		next.Replicas[c.Name] = c.Op == simDemote
	case simSettings:
		former := max(s.Fresh.Former, s.Fresh.Lease)
		next.Fresh = Freshness{Lease: c.Lease, Former: former, Version: index}
	case simSettle:
		if s.Fresh.Version == c.Seen {
			next.Fresh.Former = 0
		}
	}
	next.Outcomes = maps.Clone(s.Outcomes)
	next.Outcomes[c.ID] = outcome
	return &next
}

// simMachine is the simulation's Machine.
type simMachine struct {
	current atomic.Pointer[simState]
	changed broadcast
	slow    func() // before each Apply
	apply   func(index uint64, id string)
	image   atomic.Pointer[[]byte]
}

func newSimMachine(lease time.Duration, slow func(), apply func(index uint64, id string)) *simMachine {
	m := &simMachine{slow: slow, apply: apply}
	m.current.Store(&simState{Secrets: map[string]string{}, Outcomes: map[string]string{}, Retired: map[string]bool{}, Replicas: simReplicas(), Fresh: Freshness{Lease: lease}})
	return m
}

// simReplicas are the members that are never to vote, at first.
func simReplicas() map[string]bool {
	replicas := map[string]bool{}
	for i := range simNonVoters {
		replicas[fmt.Sprint("n", simVoters+i)] = true
	}
	return replicas
}

func (m *simMachine) Check(entry []byte) error {
	var c simCommand
	if json.Unmarshal(entry, &c) != nil || c.ID == "" {
		return errors.New("no command")
	}
	return nil
}

func (m *simMachine) Apply(index uint64, entry []byte) error {
	var c simCommand
	if err := json.Unmarshal(entry, &c); err != nil {
		return err
	}
	m.slow()
	m.apply(index, c.ID)
	m.publish(m.current.Load().do(index, c))
	return nil
}

func (m *simMachine) publish(s *simState) {
	m.current.Store(s)
	m.changed.notify()
}

func (m *simMachine) Position() (index, epoch uint64) {
	s := m.current.Load()
	return s.Idx, s.epoch
}

func (m *simMachine) Wait(ctx context.Context, index uint64) error {
	_, err := m.at(ctx, index)
	return err
}

func (m *simMachine) at(ctx context.Context, index uint64) (*simState, error) {
	for {
		changed := m.changed.wait()
		if s := m.current.Load(); s.Idx >= index {
			return s, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (m *simMachine) Snapshot() io.WriterTo {
	data, err := json.Marshal(m.current.Load())
	if err != nil {
		panic(err)
	}
	m.image.Store(&data)
	return image(data)
}

func (m *simMachine) Restore(r io.Reader) error {
	var s simState
	if err := json.NewDecoder(r).Decode(&s); err != nil {
		return err
	}
	s.epoch = m.current.Load().epoch + 1
	m.publish(&s)
	return nil
}

// travel puts the machine back to its latest snapshot for a while, as an old one
// does that arrives late, until the log was applied again. Raft's own goroutine
// must call it: what a leader does before it is ready then waits for its end.
func (m *simMachine) travel(d time.Duration) {
	data := m.image.Load()
	var old simState
	if data == nil || json.Unmarshal(*data, &old) != nil {
		return
	}
	now := *m.current.Load()
	old.epoch = now.epoch + 1
	m.publish(&old)
	time.Sleep(d)
	now.epoch = old.epoch
	m.publish(&now)
}
