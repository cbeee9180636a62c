package powerloss_test

import (
	"encoding/json"
	"strings"
	"testing"

	"jeton/internal/powerloss"
)

// single is a node alone: what it did, and what it was asked to do.
func single(t testing.TB, snapshots bool, tokens int) (story, *history) {
	t.Helper()
	root := newDir(t, "node")
	s := start{Name: "node", Dir: root, Settings: anyPorts(), Snapshots: snapshots}
	var h history
	cmd := shipped(program(t), s)
	if snapshots {
		cmd = as(t, "node", s.text(t))
	}
	server := newServer(t, cmd, root)
	h.work(t, "the", 3, tokens, server.ready().URL)
	rec := server.stop()
	h.find(t, rec)
	js := newJudges(t, parallel)
	return story{rec: rec, name: t.Name(), judge: func(c powerloss.Crash, image string) verdict {
		from := s
		from.Dir = image
		live, dead := h.at(c.At)
		return js.judge(job{Nodes: []start{from}, Live: live, Dead: dead, Patience: impatience})
	}}, &h
}

// text is the argument of the node's program.
func (s start) text(t testing.TB) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestANodeKeepsWhatItHasAcknowledged(t *testing.T) {
	t.Parallel()
	s, _ := single(t, false, 8)
	s.mustHold(t, s.draws(*flags.images))
}

func TestANodeWithSnapshotsKeepsWhatItHasAcknowledged(t *testing.T) {
	t.Parallel()
	s, _ := single(t, true, 24)
	snapshots := 0
	for _, e := range s.rec.Events {
		if e.Op == powerloss.Rename && strings.Contains(e.To, "snapshots") {
			snapshots++
		}
	}
	if snapshots < 3 {
		t.Fatalf("%d snapshots were taken", snapshots)
	}
	s.mustHold(t, s.draws(*flags.images))
}

func TestAFounderWhosePowerFailsCanGoOnFounding(t *testing.T) {
	t.Parallel()
	s, h := single(t, false, 1)
	founded := h.ops[0].acked
	s.mustHold(t, append(s.everywhere(founded), s.torn(founded)...))
}

func TestAFounderThatMakesUpThePasswordIsNeverLockedOut(t *testing.T) {
	t.Parallel()
	root := newDir(t, "node")
	s := start{Name: "node", Dir: root, Settings: anyPorts(), Random: true}
	server := newServer(t, shipped(program(t), s), root)
	server.ready()
	rec := server.stop()
	js := newJudges(t, parallel)
	founding := story{rec: rec, name: t.Name(), judge: func(_ powerloss.Crash, image string) verdict {
		from := s
		from.Dir = image
		return js.judge(job{Nodes: []start{from}, Patience: impatience})
	}}
	founding.mustHold(t, sample(founding.everywhere(len(rec.Events)), 2**flags.images))
}
