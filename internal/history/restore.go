package history

import (
	"cmp"
	"maps"
	"slices"
)

// Records says how a backup holds what a history is about.
type Records struct {
	// Of is the record that what is created belongs to. A restore keeps or drops a
	// record as a whole. What is revoked in a record that it keeps stays revoked.
	Of func(create Op) string
	// Returns says that what was created comes back with its record, though it was
	// taken away since.
	Returns func(create Op) bool
}

// Restored returns the operations and, for each restore among them, what it has
// done: a delete of all that it dropped, in the restore's interval and by its
// client. A record that was in the backup is kept, one that was not is dropped;
// where the history does not tell, it may have been either.
func Restored(ops []Op, rec Records) []Op {
	restores := slices.DeleteFunc(slices.Clone(ops), func(o Op) bool { return o.Kind != Restore || !o.possible() })
	slices.SortStableFunc(restores, func(x, y Op) int { return cmp.Compare(x.Start, y.Start) })
	for _, r := range restores {
		i := slices.IndexFunc(ops, func(o Op) bool { return o.Kind == Save && o.Key == r.Key })
		if i < 0 {
			continue
		}
		ops = slices.Concat(ops, newBackup(ops, ops[i], rec).restored(r))
	}
	return ops
}

// backup is what a save may hold: a save is a look at everything in its interval.
type backup struct {
	Records
	book    *book
	save    Op
	creates map[string][]Op        // by record, of each secret one
	records map[id]map[string]bool // by thing
}

func newBackup(ops []Op, save Op, rec Records) *backup {
	b := &backup{Records: rec, book: newBook(ops), save: save, creates: map[string][]Op{}, records: map[id]map[string]bool{}}
	seen := map[id]bool{}
	for _, op := range ops {
		if op.Kind != Create || !op.possible() || seen[op.id()] {
			continue
		}
		seen[op.id()] = true
		record, thing := rec.Of(op), op.id().thing()
		b.creates[record] = append(b.creates[record], op)
		if b.records[thing] == nil {
			b.records[thing] = map[string]bool{}
		}
		b.records[thing][record] = true
	}
	return b
}

// holds says whether the record is in the backup: surely, surely not, or neither.
func (b *backup) holds(record string) (in, out bool) {
	out = true
	for _, op := range b.creates[record] {
		_, must := b.book.demanded(op.id(), b.save.Start, b.save.End)
		_, mustNot := b.book.forbidden(op.id(), b.save.Start, b.save.End)
		in, out = in || must, out && mustNot
	}
	return in, out
}

// restored is what a restore of the backup has done.
func (b *backup) restored(r Op) []Op {
	var effects []Op
	for _, record := range slices.Sorted(maps.Keys(b.creates)) {
		in, out := b.holds(record)
		effect := Op{Client: r.Client, Node: r.Node, Start: r.Start, End: r.End, Outcome: r.Outcome}
		if r.Outcome == OK && !out {
			effect.Outcome = Perhaps
		}
		for _, op := range b.creates[record] {
			effect.Scope, effect.Name, effect.Key = op.Scope, op.Name, op.Key
			if drop, ok := b.drop(effect); ok && !in {
				effects = append(effects, drop)
			}
			if !out && b.Returns(op) {
				effect.Kind = Create
				effects = append(effects, effect)
			}
		}
	}
	return effects
}

// drop takes the secret away, or the whole thing, where that is one record. It is
// false for a secret that nobody was told, of which a thing has others.
func (b *backup) drop(effect Op) (Op, bool) {
	effect.Kind = Delete
	switch alone := len(b.records[effect.id().thing()]) == 1; {
	case effect.Name == "":
		return effect, true
	case alone:
		effect.Key = ""
		return effect, true
	default:
		return effect, effect.Key != ""
	}
}
