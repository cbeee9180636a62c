package history

import (
	"cmp"
	"fmt"
	"time"
)

// Kind is what a client asked for.
type Kind string

const (
	Create       Kind = "create"
	Delete       Kind = "delete" // anything that takes authority away
	Authenticate Kind = "authenticate"
	List         Kind = "list"

	// Save and Restore are of a backup of everything, which Key names. They are not
	// judged: Restored turns them into creates and deletes.
	Save    Kind = "save"
	Restore Kind = "restore"
)

// Outcome is what the client was told.
type Outcome string

const (
	OK         Outcome = "ok"
	Refused    Outcome = "refused"     // 401: definitely not
	CannotKnow Outcome = "cannot know" // 503: nothing is known, nothing has happened
	Unknown    Outcome = "unknown"     // it may have happened, or may yet happen
	Conflict   Outcome = "conflict"    // it exists already; nothing has happened
	NotFound   Outcome = "not found"   // there was nothing to take away
	Perhaps    Outcome = "perhaps"     // it may have happened, but not after the answer
)

// Op is one operation. Start was read before the request was sent and End after
// its answer was there, both from one clock that never stands still or falls.
type Op struct {
	Kind Kind `json:"kind"`

	// Key is one secret of the thing that is named Name: a thing that is made
	// again has another one. An empty Name stands for Key, where each thing has
	// one secret only. A Delete with no Key takes away whatever secrets Name has;
	// with both, that secret, and a list shows the name still.
	Key  string `json:"key,omitempty"`
	Name string `json:"name,omitempty"`

	// Scope is the list that shows the name. All operations on a name have the
	// same one.
	Scope string `json:"scope,omitempty"`

	// Seen is what a List showed: names, or keys of what has no name.
	Seen []string `json:"seen,omitempty"`

	Client  string        `json:"client,omitempty"`
	Node    string        `json:"node,omitempty"`
	Start   time.Duration `json:"start"`
	End     time.Duration `json:"end"`
	Outcome Outcome       `json:"outcome"`
}

// acknowledged says that the effect was there by End at the latest. What was
// not there to be deleted is as surely gone as what was deleted.
func (o Op) acknowledged() bool {
	return o.Outcome == OK || o.Kind == Delete && o.Outcome == NotFound
}

// possible says that there may have been an effect.
func (o Op) possible() bool {
	return o.acknowledged() || o.Outcome == Unknown || o.Outcome == Perhaps
}

// latest is when the effect was there at the latest.
func (o Op) latest() time.Duration {
	if o.acknowledged() || o.Outcome == Perhaps {
		return o.End
	}
	return 1<<63 - 1
}

// id is what an operation is about: a secret, or with no key a whole thing.
type id struct{ scope, name, key string }

func (o Op) id() id {
	if o.Name == "" {
		return id{o.Scope, o.Key, ""}
	}
	return id{o.Scope, o.Name, o.Key}
}

func (i id) thing() id { return id{i.scope, i.name, ""} }

func (o Op) String() string {
	what := cmp.Or(o.Name, o.Key)
	if o.Name != "" && o.Key != "" {
		what += " (" + o.Key + ")"
	}
	if o.Kind == List {
		what = fmt.Sprintf("%s, %d shown", o.Scope, len(o.Seen))
	}
	return fmt.Sprintf("%-12s %s by %s at %s [%v .. %v]: %s",
		o.Kind, what, cmp.Or(o.Client, "?"), cmp.Or(o.Node, "?"), o.Start, o.End, o.Outcome)
}
