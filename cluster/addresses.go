package cluster

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// addressBook is where this node last knew the others to be. It is on disk
// because a node that starts must reach the others before it can learn
// anything from them. It is a hint only: certificates prove who answers.
type addressBook struct {
	path string
	mu   sync.Mutex
	book
}

type book struct {
	Nodes map[string]whereabouts `json:"nodes"` // by node id
	// Index is where the registry stood when it was last looked at. After a
	// start the registry is a snapshot's until a leader calls, and who believed
	// its addresses then could have no leader ever call.
	Index uint64 `json:"index"`
}

type whereabouts struct {
	Address string `json:"address"` // host:port, the newest knowledge
	// Registered is the registry's address when it was last looked at. Kept, it
	// tells what is new in the registry from what a member has said since.
	Registered string `json:"registered,omitempty"`
}

func openAddressBook(dir string) (*addressBook, error) {
	b := &addressBook{path: filepath.Join(dir, "peers.json")}
	data, err := os.ReadFile(b.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	// A damaged book is an empty one: it can be learnt again.
	if json.Unmarshal(data, &b.book) != nil || b.Nodes == nil {
		b.book = book{Nodes: map[string]whereabouts{}}
	}
	return b, nil
}

// lookup returns where the node may be, likeliest first.
func (b *addressBook) lookup(id string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []string
	for _, a := range []string{b.Nodes[id].Address, b.Nodes[id].Registered} {
		if a != "" && !slices.Contains(found, a) {
			found = append(found, a)
		}
	}
	return found
}

// learn takes over what members say of themselves.
func (b *addressBook) learn(nodes ...Node) error {
	return b.change(func() (changed bool) {
		for _, n := range nodes {
			w := b.Nodes[n.ID]
			if n.TransportAddress != "" && w.Address != n.TransportAddress {
				w.Address, changed = n.TransportAddress, true
				b.Nodes[n.ID] = w
			}
		}
		return changed
	})
}

// sync takes over what is new in the registry, which stands at index, and
// forgets the nodes that were removed. An unchanged entry of the registry does
// not overrule what a member has said since.
func (b *addressBook) sync(nodes []Node, index uint64, removed func(id string) bool) error {
	return b.change(func() (changed bool) {
		if index < b.Index {
			return false
		}
		for _, n := range nodes {
			if b.Nodes[n.ID].Registered != n.TransportAddress {
				b.Nodes[n.ID] = whereabouts{Address: n.TransportAddress, Registered: n.TransportAddress}
				changed = true
			}
		}
		before := len(b.Nodes)
		maps.DeleteFunc(b.Nodes, func(id string, _ whereabouts) bool { return removed(id) })
		changed = changed || len(b.Nodes) != before
		if changed {
			b.Index = index
		}
		return changed
	})
}

func (b *addressBook) change(edit func() bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !edit() {
		return nil
	}
	data, err := json.Marshal(b.book)
	if err != nil {
		return err
	}
	// Synced before it is renamed: if power fails everywhere at once, the books
	// are all that the nodes have to find each other by.
	temporary := b.path + ".new"
	if err := writeSynced(temporary, data); err != nil {
		return err
	}
	if err := os.Rename(temporary, b.path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(b.path))
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// ids are all nodes in the book.
func (b *addressBook) ids() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.Nodes))
}
