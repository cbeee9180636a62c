package history

import (
	"strings"
	"testing"
	"time"
)

func op(kind Kind, key string, start, end time.Duration, outcome Outcome) Op {
	return Op{Kind: kind, Key: key, Start: start, End: end, Outcome: outcome}
}

// rules returns the rules that the operations break, in the order of the
// answers that break them.
func rules(ops ...Op) string {
	var broken []string
	for _, v := range Check(ops) {
		broken = append(broken, v.Rule)
	}
	return strings.Join(broken, " ")
}

type story struct {
	name string
	want string
	ops  []Op
}

func judge(t *testing.T, stories []story) {
	t.Helper()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			if got := rules(s.ops...); got != s.want {
				t.Errorf("broken: %q, want %q\n%v", got, s.want, Check(s.ops))
			}
		})
	}
}

func TestWhatWasTakenAwayIsNotAccepted(t *testing.T) {
	made := op(Create, "k", 0, 10, OK)
	judge(t, []story{
		{"accepted after the delete was answered", "R", []Op{made, op(Delete, "k", 20, 30, OK), op(Authenticate, "k", 40, 50, OK)}},
		{"begun at the moment of the answer", "R", []Op{made, op(Delete, "k", 20, 30, OK), op(Authenticate, "k", 30, 50, OK)}},
		{"begun before the delete was answered", "", []Op{made, op(Delete, "k", 20, 30, OK), op(Authenticate, "k", 29, 50, OK)}},
		{"refused after it", "", []Op{made, op(Delete, "k", 20, 30, OK), op(Authenticate, "k", 40, 50, Refused)}},
		{"what was absent is gone too", "R", []Op{made, op(Delete, "k", 20, 30, NotFound), op(Authenticate, "k", 40, 50, OK)}},
		{"a delete of unknown outcome forbids nothing", "", []Op{made, op(Delete, "k", 20, 30, Unknown), op(Authenticate, "k", 40, 50, OK)}},
		{"nor does one that was not carried out", "", []Op{made, op(Delete, "k", 20, 30, CannotKnow), op(Authenticate, "k", 40, 50, OK)}},
		{"made again in between", "", []Op{made, op(Delete, "k", 20, 30, OK), op(Create, "k", 31, 35, OK), op(Authenticate, "k", 40, 50, OK)}},
		{"made again during the delete", "", []Op{made, op(Delete, "k", 20, 30, OK), op(Create, "k", 15, 21, OK), op(Authenticate, "k", 40, 50, OK)}},
		{"made again during the request", "", []Op{made, op(Delete, "k", 20, 30, OK), op(Create, "k", 45, 60, OK), op(Authenticate, "k", 40, 50, OK)}},
		{"made again too late", "R", []Op{made, op(Delete, "k", 20, 30, OK), op(Create, "k", 50, 60, OK), op(Authenticate, "k", 40, 50, OK)}},
		{"a create of unknown outcome may come late", "", []Op{op(Create, "k", 0, 10, Unknown), op(Delete, "k", 20, 30, NotFound), op(Authenticate, "k", 40, 50, OK)}},
		{"a create that was not carried out does not", "R", []Op{made, op(Create, "k", 0, 10, CannotKnow), op(Delete, "k", 20, 30, OK), op(Authenticate, "k", 40, 50, OK)}},
		{"another key", "", []Op{made, op(Delete, "other", 20, 30, OK), op(Authenticate, "k", 40, 50, OK)}},
		{"the delete that began last decides", "R", []Op{made, op(Create, "k", 25, 35, OK), op(Delete, "k", 36, 40, OK), op(Delete, "k", 20, 50, OK), op(Authenticate, "k", 60, 70, OK)}},
		{"nobody created it", "R", []Op{op(Authenticate, "k", 40, 50, OK)}},
		{"created too late", "R", []Op{op(Create, "k", 50, 60, OK), op(Authenticate, "k", 40, 50, OK)}},
	})
}

func TestWhatWasCreatedIsNotRefused(t *testing.T) {
	made := op(Create, "k", 0, 10, OK)
	judge(t, []story{
		{"refused after the create was answered", "N", []Op{made, op(Authenticate, "k", 10, 20, Refused)}},
		{"begun before the create was answered", "", []Op{made, op(Authenticate, "k", 9, 20, Refused)}},
		{"nothing known is no refusal", "", []Op{made, op(Authenticate, "k", 10, 20, CannotKnow)}},
		{"a delete has begun", "", []Op{made, op(Delete, "k", 19, 30, OK), op(Authenticate, "k", 10, 20, Refused)}},
		{"a delete has begun, its outcome is unknown", "", []Op{made, op(Delete, "k", 12, 13, Unknown), op(Authenticate, "k", 40, 50, Refused)}},
		{"a delete was not carried out", "N", []Op{made, op(Delete, "k", 12, 13, CannotKnow), op(Authenticate, "k", 40, 50, Refused)}},
		{"a delete begins after the answer", "N", []Op{made, op(Delete, "k", 20, 30, OK), op(Authenticate, "k", 10, 20, Refused)}},
		{"a delete before the create is over", "N", []Op{op(Delete, "k", 0, 5, NotFound), op(Create, "k", 5, 10, OK), op(Authenticate, "k", 10, 20, Refused)}},
		{"a delete of unknown outcome is never over", "", []Op{op(Delete, "k", 0, 5, Unknown), op(Create, "k", 5, 10, OK), op(Authenticate, "k", 10, 20, Refused)}},
		{"an unknown create demands nothing", "", []Op{op(Create, "k", 0, 10, Unknown), op(Authenticate, "k", 10, 20, Refused)}},
		{"nor does a conflict", "", []Op{op(Create, "k", 0, 10, Conflict), op(Authenticate, "k", 10, 20, Refused)}},
	})
}

func TestASecretOfANameThatWasMadeAgainIsAnotherOne(t *testing.T) {
	of := func(key string, o Op) Op {
		o.Name, o.Key = "n", key
		return o
	}
	first, second := of("1", op(Create, "", 0, 10, OK)), of("2", op(Create, "", 31, 40, OK))
	gone := of("", op(Delete, "", 20, 30, OK))
	judge(t, []story{
		{"the first one is over", "R", []Op{first, gone, second, of("1", op(Authenticate, "", 50, 60, OK))}},
		{"the second one is not", "N", []Op{first, gone, second, of("2", op(Authenticate, "", 50, 60, Refused))}},
		{"one secret is taken away, the other stays", "R N", []Op{
			first, second, of("1", op(Delete, "", 41, 42, OK)),
			of("1", op(Authenticate, "", 50, 60, OK)), of("2", op(Authenticate, "", 51, 60, Refused)),
		}},
		{"and the name stays", "L", []Op{
			first, second, of("1", op(Delete, "", 41, 42, OK)), {Kind: List, Start: 50, End: 60, Outcome: OK},
		}},
	})
}

func TestListsShowWhatIsThere(t *testing.T) {
	made := op(Create, "k", 0, 10, OK)
	list := func(start, end time.Duration, seen ...string) Op {
		return Op{Kind: List, Seen: seen, Start: start, End: end, Outcome: OK}
	}
	elsewhere := list(40, 50)
	elsewhere.Scope = "elsewhere"
	failed := list(40, 50)
	failed.Outcome = CannotKnow
	judge(t, []story{
		{"it shows what was created", "", []Op{made, list(10, 20, "k")}},
		{"it lacks what was created", "L", []Op{made, list(10, 20)}},
		{"it lacks what is being created", "", []Op{made, list(9, 20)}},
		{"it lacks what is being deleted", "", []Op{made, op(Delete, "k", 19, 30, OK), list(10, 20)}},
		{"it shows what is being deleted", "", []Op{made, op(Delete, "k", 19, 30, OK), list(29, 40, "k")}},
		{"it shows what was deleted", "L", []Op{made, op(Delete, "k", 19, 30, OK), list(30, 40, "k")}},
		{"it shows what nobody created", "L", []Op{list(30, 40, "k")}},
		{"it lacks what was made again", "L", []Op{made, op(Delete, "k", 20, 30, OK), op(Create, "k", 30, 35, OK), list(40, 50)}},
		{"another list", "", []Op{made, elsewhere}},
		{"no list", "", []Op{made, failed}},
	})
}

func TestAViolationTellsBothOperations(t *testing.T) {
	del := Op{Kind: Delete, Key: "k", Client: "c1", Node: "n2", Start: 20, End: 30, Outcome: OK}
	found := Check([]Op{op(Create, "k", 0, 10, OK), del, {Kind: Authenticate, Key: "k", Client: "c3", Node: "n4", Start: 40, End: 50, Outcome: OK}})
	if len(found) != 1 {
		t.Fatalf("found %v", found)
	}
	text := found[0].String()
	for _, want := range []string{"R: accepted 10ns after", "delete       k by c1 at n2 [20ns .. 30ns]: ok", "authenticate k by c3 at n4 [40ns .. 50ns]: ok"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}
