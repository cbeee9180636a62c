package fsm

import (
	"iter"

	iradix "github.com/hashicorp/go-immutable-radix/v2"
)

// State is the whole replicated state after one command. It never changes, so
// it needs no lock, and everything read from one State belongs together.
// Records that it hands out must not be changed.
type State struct {
	index uint64
	epoch uint64

	cluster    *Cluster
	ca         *CA
	users      *tree[User]
	tokens     *tree[ServiceToken]
	members    *tree[Member]
	joinTokens *tree[JoinToken]
	removed    *tree[string] // ids of members that were removed
}

func newState() *State {
	return &State{
		users:      iradix.New[*User](),
		tokens:     iradix.New[*ServiceToken](),
		members:    iradix.New[*Member](),
		joinTokens: iradix.New[*JoinToken](),
		removed:    iradix.New[*string](),
	}
}

// Index is the log index of the last command in this state.
func (s *State) Index() uint64 { return s.index }

// Epoch grows whenever this node's state is replaced by a snapshot, which may
// be an older one. It is this node's own and not replicated.
func (s *State) Epoch() uint64 { return s.epoch }

// Cluster is what the founder decided; nil before the first command.
func (s *State) Cluster() *Cluster { return s.cluster }

// CA is the cluster's certificate authority; nil before the first command.
func (s *State) CA() *CA { return s.ca }

// User returns the user of that name.
func (s *State) User(name string) (*User, bool) { return get(s.users, name) }

// ServiceToken returns the token of that account (NAMESPACE/SERVICE) and name.
func (s *State) ServiceToken(account, name string) (*ServiceToken, bool) {
	return get(s.tokens, tokenKey(account, name))
}

// ServiceTokens yields an account's tokens in the order of their names.
func (s *State) ServiceTokens(account string) iter.Seq[*ServiceToken] {
	return walk(s.tokens, account+"/")
}

// Member returns the member of that id.
func (s *State) Member(id string) (*Member, bool) { return get(s.members, id) }

// Members yields all members in the order of their ids.
func (s *State) Members() iter.Seq[*Member] { return walk(s.members, "") }

// MemberByName returns the member of that node name.
func (s *State) MemberByName(name string) (*Member, bool) {
	for m := range s.Members() {
		if m.Name == name {
			return m, true
		}
	}
	return nil, false
}

// Removed reports whether the id belonged to a member that was removed.
func (s *State) Removed(id string) bool {
	_, yes := get(s.removed, id)
	return yes
}

// JoinToken returns the join token of that id.
func (s *State) JoinToken(id string) (*JoinToken, bool) { return get(s.joinTokens, id) }

// tree maps a key to an immutable record; to change it is to make another one
// that shares all but the path to the change.
type tree[T any] = iradix.Tree[*T]

func tokenKey(account, name string) string { return account + "/" + name }

func get[T any](t *tree[T], key string) (*T, bool) { return t.Get([]byte(key)) }

func put[T any](t *tree[T], key string, record *T) *tree[T] {
	t, _, _ = t.Insert([]byte(key), record)
	return t
}

func remove[T any](t *tree[T], key string) *tree[T] {
	t, _, _ = t.Delete([]byte(key))
	return t
}

// walk yields the records whose keys begin with prefix, in key order.
func walk[T any](t *tree[T], prefix string) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		it := t.Root().Iterator()
		it.SeekPrefix([]byte(prefix))
		for _, record, ok := it.Next(); ok; _, record, ok = it.Next() {
			if !yield(record) {
				return
			}
		}
	}
}

func all[T any](t *tree[T]) []*T {
	records := make([]*T, 0, t.Len())
	for r := range walk(t, "") {
		records = append(records, r)
	}
	return records
}
