package fsm

import (
	"bytes"
	"encoding/json"
	"iter"
)

// merge says what becomes of the records of one kind. Its functions return the
// record that there is from now on, nil for none, and what is told of it, "" for
// nothing.
type merge[T any] struct {
	kind string
	name func(*T) string
	both func(present, backup *T) (*T, string)
	gone func(backup *T) (*T, string)
	// stays, if there is one, keeps a record that the backup has not.
	stays func(present *T) bool
}

// merged is the tree of what there is from now on. It shares with the present one
// all that stays: as a rule that is nearly everything.
func merged[T any](tell *teller, present, backup *tree[T], m merge[T]) *tree[T] {
	after := present.Txn()
	for key, was := range entries(backup) {
		now, there := present.Get(key)
		record, what := (*T)(nil), ""
		if there {
			record, what = m.both(now, was)
		} else {
			record, what = m.gone(was)
		}
		if what != "" {
			tell.add(m.kind, what, m.name(was))
		}
		switch {
		case record == nil:
			after.Delete(key)
		case record != now:
			after.Insert(key, record)
		}
	}
	for key, now := range entries(present) {
		if _, there := backup.Get(key); there || m.stays != nil && m.stays(now) {
			continue
		}
		tell.add(m.kind, Dropped, m.name(now))
		after.Delete(key)
	}
	return after.Commit()
}

// entries yields keys and records in key order.
func entries[T any](t *tree[T]) iter.Seq2[[]byte, *T] {
	return func(yield func([]byte, *T) bool) {
		it := t.Root().Iterator()
		for key, record, ok := it.Next(); ok; key, record, ok = it.Next() {
			if !yield(key, record) {
				return
			}
		}
	}
}

// sameRecord compares as snapshots keep records; see sameJSON.
func sameRecord[T any](a, b *T) bool {
	aText, aErr := json.Marshal(a)
	bText, bErr := json.Marshal(b)
	return aErr == nil && bErr == nil && bytes.Equal(aText, bText)
}

// ownersOf finds the tokens by their owners.
func ownersOf(tokens *tree[OAuthToken]) *tree[OAuthToken] {
	byOwner := newState().byOwner.Txn()
	for t := range walk(tokens, "") {
		byOwner.Insert([]byte(ownerKey(t)), t)
	}
	return byOwner.Commit()
}

// What a Restored lists is part of every node's state, so it is bounded: so many
// names, of so many bytes together.
const (
	maxListed      = 10_000
	maxListedBytes = 1 << 20
)

// teller gathers what is told of a restore.
type teller struct {
	// foreign: it goes without saying that everything of the backup is new here.
	foreign  bool
	listings []Listing
	names    int
	bytes    int
}

func (t *teller) add(kind, what, name string) {
	l := t.listing(kind, what)
	l.Total++
	if t.foreign && what == Returned || t.names >= maxListed || t.bytes+len(name) > maxListedBytes {
		return
	}
	l.Names = append(l.Names, name)
	t.names, t.bytes = t.names+1, t.bytes+len(name)
}

func (t *teller) listing(kind, what string) *Listing {
	for i := range t.listings {
		if l := &t.listings[i]; l.Kind == kind && l.What == what {
			return l
		}
	}
	t.listings = append(t.listings, Listing{Kind: kind, What: what})
	return &t.listings[len(t.listings)-1]
}
