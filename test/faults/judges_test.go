//go:build linux

package faults

import (
	"net"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"jeton/internal/history"
)

// The judges can say no: what they let pass is worth something.

func TestANameHasOneOrder(t *testing.T) {
	op := func(kind history.Kind, start, end int, o history.Outcome, seen ...string) history.Op {
		return history.Op{Kind: kind, Name: "shared-0", Scope: accounts[0], Start: time.Duration(start), End: time.Duration(end), Outcome: o, Seen: seen}
	}
	list := func(start, end int, seen ...string) history.Op {
		o := op(history.List, start, end, history.OK, seen...)
		o.Name = ""
		return o
	}
	for name, s := range map[string]struct {
		legal bool
		ops   []history.Op
	}{
		"created twice":                   {false, []history.Op{op(history.Create, 0, 1, history.OK), op(history.Create, 2, 3, history.OK)}},
		"created twice at once":           {false, []history.Op{op(history.Create, 0, 3, history.OK), op(history.Create, 1, 2, history.OK)}},
		"created, and in conflict":        {true, []history.Op{op(history.Create, 0, 3, history.OK), op(history.Create, 1, 2, history.Conflict)}},
		"a conflict with nothing":         {false, []history.Op{op(history.Create, 1, 2, history.Conflict)}},
		"a conflict with what may be":     {true, []history.Op{op(history.Create, 0, 1, history.Unknown), op(history.Create, 2, 3, history.Conflict)}},
		"what may be may come late":       {true, []history.Op{op(history.Create, 0, 1, history.Unknown), op(history.Delete, 2, 3, history.NotFound), list(4, 5, "shared-0")}},
		"deleted twice":                   {false, []history.Op{op(history.Create, 0, 1, history.OK), op(history.Delete, 2, 3, history.OK), op(history.Delete, 4, 5, history.OK)}},
		"listed, then not, with no cause": {false, []history.Op{op(history.Create, 0, 9, history.OK), list(1, 2, "shared-0"), list(3, 4)}},
	} {
		ops := nameOps(s.ops)[accounts[0]+"/shared-0"]
		if got := porcupine.CheckOperations(nameModel, ops); got != s.legal {
			t.Errorf("%s: legal %v, want %v", name, got, s.legal)
		}
	}
}

func TestARefreshTokenIsSpentOnce(t *testing.T) {
	use := func(start, end int, o history.Outcome, pair string) refreshOp {
		return refreshOp{token: "t", outcome: o, pair: pair, start: time.Duration(start), end: time.Duration(end)}
	}
	ends := refreshOp{token: "t", ends: true, outcome: history.OK, start: 4, end: 5}
	for name, s := range map[string]struct {
		legal bool
		ops   []refreshOp
	}{
		"the same pair twice":           {true, []refreshOp{use(0, 3, history.OK, "a"), use(1, 2, history.OK, "a")}},
		"two pairs":                     {false, []refreshOp{use(0, 3, history.OK, "a"), use(1, 2, history.OK, "b")}},
		"a pair that nobody was told":   {true, []refreshOp{use(0, 1, history.Unknown, ""), use(2, 3, history.OK, "a")}},
		"refused for no cause":          {false, []refreshOp{use(0, 1, history.Refused, "")}},
		"refused once it was ended":     {true, []refreshOp{ends, use(6, 7, history.Refused, "")}},
		"spent after it was ended":      {false, []refreshOp{ends, use(6, 7, history.OK, "a")}},
		"spent while it is being ended": {true, []refreshOp{ends, use(3, 7, history.OK, "a")}},
	} {
		var r refreshes
		for _, op := range s.ops {
			r.add(op)
		}
		if got := porcupine.CheckOperations(refreshModel, r.byToken()["t"]); got != s.legal {
			t.Errorf("%s: legal %v, want %v", name, got, s.legal)
		}
	}
}

// What goes one way is held while that way is cut, and the other way is open.
func TestALinkIsCutInOneDirection(t *testing.T) {
	node, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer node.Close()
	n := newNetwork()
	p, err := n.listen("b", "127.0.0.1:0", node.Addr().String(), func(net.Conn) string { return "a" })
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	a, err := net.Dial("tcp", p.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := node.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	n.set(link{cut: true}, pair{"a", "b"})
	send(t, a, "question")
	send(t, b, "answer")
	if got := receive(a, 5*time.Second); got != "answer" {
		t.Errorf("the open way carried %q", got)
	}
	if got := receive(b, 50*time.Millisecond); got != "" {
		t.Errorf("the way that is cut carried %q", got)
	}
	n.heal(false)
	if got := receive(b, 5*time.Second); got != "question" {
		t.Errorf("after it was healed it carried %q", got)
	}
	n.heal(true)
	if got := receive(b, 5*time.Second); got != "" {
		t.Errorf("a reset connection carried %q", got)
	}
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// receive is what arrives within that time.
func receive(conn net.Conn, within time.Duration) string {
	buffer := make([]byte, 100)
	_ = conn.SetReadDeadline(time.Now().Add(within))
	size, _ := conn.Read(buffer)
	return string(buffer[:size])
}
