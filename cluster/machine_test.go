package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
)

// command is the tests' log entry. As the contract wants, a machine that sees
// an id again changes nothing.
type command struct {
	ID    string    `json:"id"`
	Op    string    `json:"op,omitempty"` // "" only counts as applied
	Node  Node      `json:"node,omitzero"`
	Token string    `json:"token,omitempty"`
	Fresh Freshness `json:"fresh,omitzero"`
	Level int       `json:"level,omitempty"`
	Fill  []byte    `json:"fill,omitempty"` // makes an entry as long as wanted
}

func (c command) entry() []byte {
	data, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	return data
}

// The commands' operations.
const (
	opAdmit    = "admit"
	opUpdate   = "update"
	opRetire   = "retire"
	opDemote   = "demote"
	opPromote  = "promote"
	opSettings = "settings"
	opSettle   = "settle"
	opRaise    = "raise"
	opPoison   = "poison" // passes Check everywhere; Apply refuses it where told to
)

// ledger is the tests' replicated state.
type ledger struct {
	Index    uint64            `json:"index"`
	Fresh    Freshness         `json:"fresh"`
	Level    int               `json:"level"`
	Applied  []string          `json:"applied"` // ids, in the order in which they took effect
	Outcomes map[string]string `json:"outcomes"`
	Nodes    map[string]Node   `json:"nodes"`
	Retired  map[string]bool   `json:"retired"`
	Replicas map[string]bool   `json:"replicas"`
	Tokens   map[string]string `json:"tokens"` // join token → the node that it let in
}

func (l *ledger) do(c command) (refusal string) {
	switch c.Op {
	case opAdmit:
		if user, used := l.Tokens[c.Token]; used && user != c.Node.ID {
			return "the join token was used"
		}
		if l.Retired[c.Node.ID] {
			return "the node was removed"
		}
		l.Tokens[c.Token] = c.Node.ID
		l.Nodes[c.Node.ID] = c.Node
	case opUpdate:
		for id, n := range l.Nodes {
			if n.Name == c.Node.Name && id != c.Node.ID {
				return "the name is taken"
			}
		}
		if l.Retired[c.Node.ID] {
			return "the node was removed"
		}
		if _, ok := l.Nodes[c.Node.ID]; ok {
			l.Nodes[c.Node.ID] = c.Node
		}
	case opSettings:
		former := max(l.Fresh.Former, l.Fresh.Lease, l.Fresh.Stale)
		l.Fresh = c.Fresh
		l.Fresh.Former = former
		l.Fresh.Version++
	case opSettle:
		if l.Fresh.Version == c.Fresh.Version {
			l.Fresh.Former = 0
		}
	case opRaise:
		l.Level = max(l.Level, c.Level)
	case opDemote:
		l.Replicas[c.Node.ID] = true
	case opPromote:
		delete(l.Replicas, c.Node.ID)
	case opRetire:
		delete(l.Nodes, c.Node.ID)
		l.Retired[c.Node.ID] = true
	}
	return ""
}

// machine is a small Machine: it remembers what it applied.
type machine struct {
	mu       sync.Mutex
	ledger   ledger
	restores int
	changed  broadcast
	held     chan struct{} // while open, Apply waits
	fails    error         // what Apply says to a poison
	checks   error         // what Check says to everything
}

func newMachine() *machine {
	return &machine{ledger: ledger{Outcomes: map[string]string{}, Nodes: map[string]Node{}, Retired: map[string]bool{}, Replicas: map[string]bool{}, Tokens: map[string]string{}}}
}

func (m *machine) Check(entry []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.checks != nil {
		return m.checks
	}
	var c command
	if err := json.Unmarshal(entry, &c); err != nil || c.ID == "" {
		return errors.New("no command")
	}
	return nil
}

func (m *machine) Apply(index uint64, entry []byte) error {
	var c command
	if err := json.Unmarshal(entry, &c); err != nil {
		return err
	}
	m.mu.Lock()
	held := m.held
	m.mu.Unlock()
	if held != nil {
		<-held
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.Op == opPoison && m.fails != nil {
		return m.fails
	}
	if _, again := m.ledger.Outcomes[c.ID]; !again {
		m.ledger.Outcomes[c.ID] = m.ledger.do(c)
		m.ledger.Applied = append(m.ledger.Applied, c.ID)
	}
	m.ledger.Index = index
	m.changed.notify()
	return nil
}

func (m *machine) Index() uint64 {
	index, _ := m.Position()
	return index
}

func (m *machine) Position() (index, epoch uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ledger.Index, uint64(m.restores)
}

func (m *machine) level() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(1, m.ledger.Level)
}

func (m *machine) freshness() Freshness {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ledger.Fresh
}

func (m *machine) Wait(ctx context.Context, index uint64) error {
	for {
		changed := m.changed.wait()
		if m.Index() >= index {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *machine) Snapshot() io.WriterTo {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, err := json.Marshal(m.ledger)
	if err != nil {
		panic(err)
	}
	return image(data)
}

type image []byte

func (i image) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(i)
	return int64(n), err
}

func (m *machine) Restore(r io.Reader) error {
	var l ledger
	if err := json.NewDecoder(r).Decode(&l); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ledger = l
	m.restores++
	m.changed.notify()
	return nil
}

// do carries a command out without a log.
func (m *machine) do(c command) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ledger.do(c)
}

// restoreFrom is Restore of a snapshot that can be read.
func (m *machine) restoreFrom(snapshot []byte) {
	if err := m.Restore(bytes.NewReader(snapshot)); err != nil {
		panic(err)
	}
}

// hold makes Apply wait until the returned func is called.
func (m *machine) hold() (release func()) {
	held := make(chan struct{})
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held = held
	return sync.OnceFunc(func() {
		m.mu.Lock()
		m.held = nil
		m.mu.Unlock()
		close(held)
	})
}

// failOn makes Apply refuse poison.
func (m *machine) failOn(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fails = err
}

// checkWith makes Check refuse everything.
func (m *machine) checkWith(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.checks = err
}

func (m *machine) applied() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.ledger.Applied)
}

func (m *machine) has(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.ledger.Outcomes[id]
	return ok
}

func (m *machine) outcome(id string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ledger.Outcomes[id]
}

func (m *machine) restored() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.restores
}

func (m *machine) nodes() []Node {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.ledger.Nodes))
}

func (m *machine) replica(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ledger.Replicas[id]
}

func (m *machine) retired(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ledger.Retired[id]
}
