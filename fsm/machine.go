package fsm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// Machine is one node's copy of the replicated state.
//
// Apply and Restore must come from one goroutine at a time and in log order;
// everything else is safe at any time.
type Machine struct {
	current atomic.Pointer[State]
	level   int // the newest that it knows

	mu      sync.RWMutex // guards memory and waiters
	memory  *memory
	waiters waiters
}

// New returns a machine before its first command.
func New() *Machine { return NewOfLevel(Level) }

// NewOfLevel is New for a machine that knows no more than an older release did.
func NewOfLevel(level int) *Machine {
	m := &Machine{level: level, memory: newMemory()}
	m.current.Store(newState())
	return m
}

// Current is the latest state.
func (m *Machine) Current() *State { return m.current.Load() }

// Index is the log index of the last command in the current state.
func (m *Machine) Index() uint64 { return m.Current().index }

// Position is the index of the current state and its epoch, both of one state.
func (m *Machine) Position() (index, epoch uint64) {
	s := m.Current()
	return s.index, s.epoch
}

// Check reports why an entry could not be applied, here or by a member of an older
// release (ErrAboveLevel). A leader must refuse such an entry before it is in the
// log, because in the log it would stop every node that cannot apply it.
func (m *Machine) Check(data []byte) error {
	p, err := m.decode(data)
	if err != nil {
		return err
	}
	return m.Current().reached(p.Command)
}

// Apply applies the entry at the given log index and publishes the next state.
// An error (ErrUnreadable) means that the node must stop: the state is as it
// was and can no longer follow the log.
func (m *Machine) Apply(index uint64, data []byte) error {
	p, err := m.decode(data)
	if err != nil {
		return fmt.Errorf("log index %d: %w", index, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	next := *m.Current()
	next.index = index
	if _, again := m.memory.outcomes[p.ID]; !again {
		code := Forgotten
		if p.Seen >= m.memory.horizon {
			code = p.Command.apply(&next)
		}
		m.memory.put(Outcome{ID: p.ID, Index: index, Code: code})
	}
	m.publish(&next)
	return nil
}

// Outcome is what became of a proposal that this machine has applied and not
// yet forgotten.
func (m *Machine) Outcome(id string) (Outcome, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	o, ok := m.memory.outcomes[id]
	return o, ok
}

// Wait returns once the current state has reached the log index, or with the
// context's error.
func (m *Machine) Wait(ctx context.Context, index uint64) error {
	m.mu.Lock()
	if m.Index() >= index {
		m.mu.Unlock()
		return nil
	}
	w := m.waiters.add(index)
	m.mu.Unlock()
	select {
	case <-w.reached:
		return nil
	case <-ctx.Done():
		m.mu.Lock()
		m.waiters.drop(w)
		m.mu.Unlock()
		return ctx.Err()
	}
}

// At returns a state that holds the entry at the log index, once there is one, or
// the context's error.
func (m *Machine) At(ctx context.Context, index uint64) (*State, error) {
	for {
		if err := m.Wait(ctx, index); err != nil {
			return nil, err
		}
		// A snapshot may have been restored since, and be an older one.
		if s := m.Current(); s.index >= index {
			return s, nil
		}
	}
}

// publish makes next the current state; m.mu is held.
func (m *Machine) publish(next *State) {
	m.current.Store(next)
	m.waiters.release(next.index)
}

// Snapshot captures the state as it is now; it may be written while later
// entries are applied.
func (m *Machine) Snapshot() io.WriterTo { return m.snapshot() }

func (m *Machine) snapshot() *snapshot {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return &snapshot{state: m.Current(), outcomes: m.memory.list(), horizon: m.memory.horizon}
}

// Restore replaces the whole state by a snapshot, which may be older than the
// state it replaces. On an error the state is as it was.
func (m *Machine) Restore(r io.Reader) error {
	state, memory, err := readSnapshot(r)
	if err != nil {
		return err
	}
	if state.Level() > m.level {
		return fmt.Errorf("%w: of a cluster of feature level %d; this release knows up to %d: run a newer release", errSnapshot, state.Level(), m.level)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	state.epoch = m.Current().epoch + 1
	m.memory = memory
	m.publish(state)
	return nil
}

// Fingerprint is a digest of the replicated state with the index that it stands
// at: equal on all nodes at equal index, or the nodes have diverged.
func (m *Machine) Fingerprint() (index uint64, digest string) {
	s := m.snapshot()
	d := sha256.New()
	_, _ = s.WriteTo(d) // a hash never fails, and the records have been JSON before
	return s.state.index, hex.EncodeToString(d.Sum(nil))
}
