//go:build linux

package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"jeton/internal/history"
)

// verdict is what the clients were told, judged.
type verdict struct {
	counts     map[string]int // by kind and outcome
	violations []string
	undecided  int // orders that were not found in time, nor ruled out
	reads      map[string]int
	ops        int
}

// judgeAll judges the whole traffic and writes its history down.
func (t *traffic) judgeAll() verdict {
	ops := t.recorder.Ops()
	v := verdict{counts: map[string]int{}, reads: t.reads, ops: len(ops)}
	for _, op := range ops {
		v.counts[fmt.Sprintf("%s: %s", op.Kind, op.Outcome)]++
	}
	v.judge(ops)
	v.linear("one use of the refresh token", refreshModel, t.refresh.byToken())
	for text, n := range t.strange {
		v.violations = append(v.violations, fmt.Sprintf("an answer that no node should give, %d times: %s", n, text))
	}
	t.write(ops)
	return v
}

// judge judges a history, and what restores in it have done.
func (v *verdict) judge(ops []history.Op) {
	ops = history.Restored(ops, inBackups)
	for _, found := range history.Check(ops) {
		v.violations = append(v.violations, found.String())
	}
	v.linear("the outcomes and lists of the name", nameModel, nameOps(ops))
}

func (v *verdict) linear(what string, m porcupine.Model, parts map[string][]porcupine.Operation) {
	for name, ops := range parts {
		switch porcupine.CheckOperationsTimeout(m, ops, 20*time.Second) {
		case porcupine.Unknown:
			v.undecided++
		case porcupine.Illegal:
			text := fmt.Sprintf("%s %s have no order:", what, name)
			for _, op := range ops {
				text += fmt.Sprintf("\n    [%v .. %v] %s", time.Duration(op.Call), time.Duration(op.Return), m.DescribeOperation(op.Input, op.Output))
			}
			v.violations = append(v.violations, text)
		}
	}
}

// write keeps the history beside the logs.
func (t *traffic) write(ops []history.Op) {
	file, err := os.OpenFile(filepath.Join(t.c.dir, "history.jsonl"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		t.c.t.Error(err)
		return
	}
	defer file.Close()
	if err := history.Write(file, ops); err != nil {
		t.c.t.Error(err)
	}
}

// TestJudgeAgain judges what an earlier run has kept, but for refresh tokens.
func TestJudgeAgain(t *testing.T) {
	if *againFlag == "" {
		t.Skip("give it -faults.history=FILE")
	}
	file, err := os.Open(*againFlag)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	ops, err := history.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	var v verdict
	v.judge(ops)
	for _, text := range v.violations {
		t.Error(text)
	}
	t.Logf("%d operations, %d violations", len(ops), len(v.violations))
}

func (v verdict) String() string {
	text := fmt.Sprintf("%d operations: %s", v.ops, listed(v.counts))
	if len(v.reads) > 0 {
		text += "; yeses known by " + listed(v.reads)
	}
	if v.undecided > 0 {
		text += fmt.Sprintf("; %d orders undecided", v.undecided)
	}
	return text + fmt.Sprintf("; %d violations", len(v.violations))
}

func listed(counts map[string]int) string {
	var parts []string
	for name, n := range counts {
		parts = append(parts, fmt.Sprintf("%s %d", name, n))
	}
	sort.Strings(parts)
	return strings.Join(parts, ", ")
}

// conclude repairs everything, looks at every node once more when nothing is
// broken, stops the clients, and fails the test for each violation.
func (t *traffic) conclude() verdict {
	c := t.c
	c.t.Helper()
	c.repair()
	t.stop()
	c.waitWhole()
	for _, p := range c.members() {
		for _, account := range accounts {
			t.mustKnow(p, t.list("last", p, account))
		}
		for _, one := range t.recent.all() {
			t.mustKnow(p, t.authenticate("last", p, one))
		}
	}
	v := t.judgeAll()
	for i, text := range v.violations {
		if i == 10 {
			c.t.Errorf("and %d more violations", len(v.violations)-i)
			break
		}
		c.t.Error(text)
	}
	return v
}

// mustKnow fails the test where a healthy node cannot say yes or no.
func (t *traffic) mustKnow(at *process, o history.Outcome) {
	if o != history.OK && o != history.Refused {
		t.c.t.Errorf("nothing is broken, and %s answers: %s", at.name, o)
	}
}
