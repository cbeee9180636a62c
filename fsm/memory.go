package fsm

// Remembered is how many proposals' outcomes are kept. At 5,000 commands a
// second this is under two seconds, which an election may outlast: that is
// what the horizon is for. All nodes must hold the same number, or they would
// refuse different proposals.
const Remembered = 8192

// Outcome is what became of a proposal.
type Outcome struct {
	ID    string `json:"id"`
	Index uint64 `json:"index"` // at which it was first applied
	Code  Code   `json:"code"`
}

// memory keeps the outcomes of the latest proposals, so that one that is
// proposed again is not applied again. It is part of the replicated state.
type memory struct {
	outcomes map[string]Outcome
	order    []string // ids, a ring once it is full
	next     int      // where the ring is overwritten next
	// horizon is the index of the latest outcome that was dropped. A proposal
	// whose maker had seen at least this index was first applied, if ever,
	// after it, and is therefore still remembered.
	horizon uint64
}

func newMemory() *memory { return &memory{outcomes: make(map[string]Outcome, Remembered)} }

func (m *memory) put(o Outcome) {
	if len(m.order) < Remembered {
		m.order = append(m.order, o.ID)
	} else {
		oldest := m.order[m.next]
		m.horizon = m.outcomes[oldest].Index
		delete(m.outcomes, oldest)
		m.order[m.next] = o.ID
		m.next = (m.next + 1) % Remembered
	}
	m.outcomes[o.ID] = o
}

// list returns the outcomes, oldest first.
func (m *memory) list() []Outcome {
	outcomes := make([]Outcome, 0, len(m.order))
	for i := range m.order {
		outcomes = append(outcomes, m.outcomes[m.order[(m.next+i)%len(m.order)]])
	}
	return outcomes
}
