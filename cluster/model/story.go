package model

import (
	"fmt"
	"strings"
)

// doing is what a step does.
type doing byte

const (
	didTick doing = iota
	didElect
	didReplicate
	didAppend
	didApply
	didRestore
	didBump
	didSwap
	didAsk
	didReceive
	didBegin
	didAnswer
	didGrant
	didComplete
	didSeeIndex
	didInstall
	didFreeze
	didConfirm
	didDeny
	didPass
	didArrive
	didTest
	didLookFirst
	didMiss
	brokeR
	brokeN
)

// act is one step as it is told.
type act struct {
	what doing
	a, b int // servers
	n    int
	set  byte
}

// tell writes a way as a numbered story.
func tell(acts []act) string {
	var b strings.Builder
	for i, a := range acts {
		fmt.Fprintf(&b, "%3d. %s\n", i+1, a)
	}
	return b.String()
}

func (a act) String() string {
	switch a.what {
	case didTick:
		return "A tick passes" + a.clocks() + "."
	case didElect:
		return fmt.Sprintf("%s is elected leader of term %d by %s.", name(a.a), a.n, names(a.set))
	case didAppend:
		return fmt.Sprintf("%s, who leads, appends: %s.", name(a.a), kind(a.n))
	case didApply:
		return fmt.Sprintf("%s applies: %s.", name(a.a), kind(a.n))
	case didReplicate:
		return fmt.Sprintf("%s's log reaches %s.", name(a.a), name(a.b))
	case didRestore, didBump, didSwap:
		return a.restore()
	case didFreeze, didConfirm, didDeny, didPass:
		return a.barrier()
	case didArrive, didTest, didLookFirst, didMiss, brokeR, brokeN:
		return a.request()
	}
	return a.round()
}

func (a act) clocks() string {
	var b strings.Builder
	if a.a >= 0 {
		fmt.Fprintf(&b, ", but not on %s's clock", name(a.a))
	}
	if a.b >= 0 {
		fmt.Fprintf(&b, ", and two on %s's clock", name(a.b))
	}
	return b.String()
}

func (a act) restore() string {
	switch a.what {
	case didBump:
		return fmt.Sprintf("%s begins to restore a snapshot: its epoch grows.", name(a.a))
	case didSwap:
		return fmt.Sprintf("%s's state is now the snapshot's, at index %d.", name(a.a), a.n)
	}
	return fmt.Sprintf("%s restores a snapshot: its state is that of index %d, in a new epoch.", name(a.a), a.n)
}

func (a act) round() string {
	who := name(a.a)
	switch a.what {
	case didAsk:
		return who + " asks for an index and a lease."
	case didReceive:
		return fmt.Sprintf("%s receives %s's question, and records the grant.", who, name(a.b))
	case didBegin:
		return fmt.Sprintf("%s reads its index, %d, and begins a round.", who, a.n)
	case didAnswer:
		return fmt.Sprintf("%s tells %s its term, which is none later.", who, name(a.b))
	case didGrant:
		return fmt.Sprintf("%s records the grant to %s.", who, name(a.b))
	case didComplete:
		return fmt.Sprintf("%s ends the round, and answers with index %d.", who, a.n)
	case didSeeIndex:
		return who + "'s handle holds the index."
	}
	return fmt.Sprintf("%s takes the lease on, for %d more.", who, a.n)
}

func (a act) barrier() string {
	who := name(a.a)
	what := [...]string{"the delete", "the retirement"}
	switch a.what {
	case didFreeze:
		return fmt.Sprintf("%s notes who may hold a lease, and asks them for %s.", who, what[a.n])
	case didConfirm:
		return fmt.Sprintf("%s says that it holds %s.", who, what[a.n])
	case didDeny:
		return who + " denies the token from now on, and says so."
	}
	return fmt.Sprintf("%s answers: %s is done.", who, what[a.n])
}

func (a act) request() string {
	who := name(a.a)
	switch a.what {
	case didArrive:
		return fmt.Sprintf("A request arrives at %s, which holds no lease.", who)
	case didTest:
		return fmt.Sprintf("A request arrives at %s, whose lease holds.", who)
	case didLookFirst:
		return fmt.Sprintf("A request arrives at %s, which finds the token.", who)
	case didMiss:
		return who + " may not say yes to the request from its state; a round will tell."
	case brokeR:
		return fmt.Sprintf("%s accepts the token, which was deleted before the request began.", who)
	}
	return fmt.Sprintf("%s says 401, though the token was created before the request began.", who)
}

func (k kind) String() string {
	return [...]string{"", "a term's first entry", "the create", "the delete", "the retirement",
		"a configuration without the server", "a configuration with the server", "a shorter lease",
		"that the longer leases are over"}[k]
}

func name(v int) string { return string(rune('A' + v)) }

func names(set byte) string {
	list := []string{}
	for v := range maxServers {
		if has(set, v) {
			list = append(list, name(v))
		}
	}
	return strings.Join(list, " and ")
}
