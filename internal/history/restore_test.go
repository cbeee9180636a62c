package history

import (
	"cmp"
	"strings"
	"testing"
	"time"
)

// asRecords: a name with a scope is one record, "user:password" belongs to user,
// "… may" comes back, and every other secret is a record of its own.
var asRecords = Records{
	Of: func(op Op) string {
		if op.Scope != "" {
			return op.Scope + "/" + op.Name
		}
		user, _, _ := strings.Cut(op.Key, ":")
		return cmp.Or(user, op.Name)
	},
	Returns: func(op Op) bool { return strings.HasSuffix(op.Key, " may") },
}

// A restore drops what was made after the backup, and keeps all else; what may
// have been in the backup may be either, but only until the restore was answered.
func TestARestoreIsADeleteOfWhatItDrops(t *testing.T) {
	at := func(kind Kind, start, end int, name, key string, o Outcome) Op {
		op := Op{Kind: kind, Name: name, Key: key, Start: time.Duration(start), End: time.Duration(end), Outcome: o}
		if name != "" && !strings.HasPrefix(name, "pair") {
			op.Scope = "tokens"
		}
		return op
	}
	// Saved in [20, 30], restored in [60, 70].
	save, restore := at(Save, 20, 30, "", "b", OK), at(Restore, 60, 70, "", "b", OK)
	save.Scope, restore.Scope = "", ""
	asked := func(name, key string, o Outcome) Op { return at(Authenticate, 80, 81, name, key, o) }
	for story, s := range map[string]struct {
		rule string // that is broken; "" for none
		ops  []Op
	}{
		"kept":                         {"", []Op{at(Create, 1, 2, "a", "k", OK), asked("a", "k", OK)}},
		"kept, and lost":               {"N", []Op{at(Create, 1, 2, "a", "k", OK), asked("a", "k", Refused)}},
		"dropped":                      {"", []Op{at(Create, 31, 32, "a", "k", OK), asked("a", "k", Refused)}},
		"dropped, and accepted":        {"R", []Op{at(Create, 31, 32, "a", "k", OK), asked("a", "k", OK)}},
		"made while it was saved":      {"", []Op{at(Create, 25, 32, "a", "k", OK), asked("a", "k", OK)}},
		"the same, and dropped":        {"", []Op{at(Create, 25, 32, "a", "k", OK), asked("a", "k", Refused)}},
		"made after the restore":       {"N", []Op{at(Create, 71, 72, "a", "k", OK), asked("a", "k", Refused)}},
		"made during the restore":      {"", []Op{at(Create, 65, 72, "a", "k", OK), asked("a", "k", OK), asked("a", "k", Refused)}},
		"revoked stays revoked":        {"R", []Op{at(Create, 1, 2, "a", "k", OK), at(Delete, 40, 41, "a", "", OK), asked("a", "k", OK)}},
		"rotated since, and kept":      {"N", []Op{at(Create, 1, 2, "a", "k", OK), at(Create, 40, 41, "a", "l", OK), asked("a", "l", Refused)}},
		"made again since, dropped":    {"R", []Op{at(Create, 1, 2, "a", "k", OK), at(Delete, 5, 6, "a", "", OK), at(Create, 40, 41, "a", "l", OK), asked("a", "l", OK)}},
		"a list shows what is dropped": {"L", []Op{at(Create, 31, 32, "a", "k", OK), {Kind: List, Scope: "tokens", Seen: []string{"a"}, Start: 80, End: 81, Outcome: OK}}},
		"a new password of a user":     {"N", []Op{at(Create, 1, 2, "", "jo:1", OK), at(Delete, 40, 41, "", "jo:1", OK), at(Create, 40, 41, "", "jo:2", OK), asked("", "jo:2", Refused)}},
		"a new user":                   {"R", []Op{at(Create, 31, 32, "", "jo:1", OK), asked("", "jo:1", OK)}},
		"a right that comes back":      {"", []Op{at(Create, 1, 2, "", "jo may", OK), at(Delete, 40, 41, "", "jo may", OK), asked("", "jo may", OK)}},
		"a right that was not there":   {"R", []Op{at(Create, 40, 41, "", "jo may", OK), at(Delete, 45, 46, "", "jo may", OK), asked("", "jo may", OK)}},
		"one pair kept, one dropped":   {"R", []Op{at(Create, 1, 2, "pair", "k", OK), at(Create, 40, 41, "pair", "l", OK), asked("pair", "k", OK), asked("pair", "l", OK)}},
		"a pair that nobody was told":  {"", []Op{at(Create, 1, 2, "pair", "k", OK), at(Create, 40, 41, "pair", "", Unknown), asked("pair", "k", OK)}},
		"the kept pair is refused":     {"N", []Op{at(Create, 1, 2, "pair", "k", OK), at(Create, 40, 41, "pair", "l", OK), asked("pair", "k", Refused)}},
	} {
		found := Check(Restored(append(s.ops, save, restore), asRecords))
		rules := ""
		for _, v := range found {
			rules += v.Rule
		}
		if rules != s.rule {
			t.Errorf("%s: breaks %q, want %q: %v", story, rules, s.rule, found)
		}
	}
}

// A restore that may happen yet may drop at any time; one of which nothing became
// drops nothing.
func TestARestoreOfUnknownOutcomeMayDropLate(t *testing.T) {
	made := Op{Kind: Create, Name: "a", Scope: "tokens", Key: "k", Start: 31, End: 32, Outcome: OK}
	save := Op{Kind: Save, Key: "b", Start: 20, End: 30, Outcome: OK}
	for outcome, violations := range map[Outcome]int{Unknown: 0, CannotKnow: 1} {
		restore := Op{Kind: Restore, Key: "b", Start: 60, End: 70, Outcome: outcome}
		late := Op{Kind: Authenticate, Name: "a", Scope: "tokens", Key: "k", Start: 80, End: 81, Outcome: Refused}
		if found := Check(Restored([]Op{save, made, restore, late}, asRecords)); len(found) != violations {
			t.Errorf("%s: %v", outcome, found)
		}
	}
}
