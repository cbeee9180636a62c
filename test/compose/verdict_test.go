package compose

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"jeton/internal/history"
)

// conclude stops the clients, asks every node once more about every token and
// for the list of them, and fails the test for each broken promise: a token lost
// whose making was answered, or one accepted whose deletion was.
func (t *traffic) conclude() {
	c := t.c
	c.t.Helper()
	t.stop()
	c.waitWhole()
	var seen []string
	for _, n := range c.nodes {
		t.askAboutAll(n)
		if o := t.list("last", n); o != history.OK {
			c.t.Errorf("nothing is broken, and %s answers: %s", n.name, o)
		}
		ops := t.recorder.Ops()
		names := slices.Sorted(slices.Values(ops[len(ops)-1].Seen))
		if seen != nil && !slices.Equal(seen, names) {
			c.t.Errorf("%s lists %d tokens, another node %d", n.name, len(names), len(seen))
		}
		seen = names
	}
	t.judge(c.dir)
}

// askAboutAll asks a node about every token that there ever was.
func (t *traffic) askAboutAll(at *node) {
	todo := make(chan credential)
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for m := range todo {
				if o := t.authenticate("last", at, m); o != history.OK && o != history.Refused {
					t.c.t.Errorf("nothing is broken, and %s answers: %s", at.name, o)
				}
			}
		})
	}
	for _, m := range t.tokens {
		todo <- m
	}
	close(todo)
	clients.Wait()
}

func (t *traffic) judge(dir string) {
	ops := t.recorder.Ops()
	found := history.Check(ops)
	for i, v := range found {
		if i == 10 {
			t.c.t.Errorf("and %d more violations", len(found)-i)
			break
		}
		t.c.t.Error(v)
	}
	for text, n := range t.strange {
		t.c.t.Errorf("an answer that no node should give, %d times: %s", n, text)
	}
	t.write(filepath.Join(dir, "history.jsonl"), ops)
	var counts []string
	for _, what := range slices.Sorted(maps.Keys(t.counts)) {
		counts = append(counts, fmt.Sprintf("%s %d", what, t.counts[what]))
	}
	t.c.t.Logf("%d operations, %d violations: %s", len(ops), len(found), strings.Join(counts, ", "))
}

func (t *traffic) write(path string, ops []history.Op) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		t.c.t.Error(err)
		return
	}
	defer file.Close()
	if err := history.Write(file, ops); err != nil {
		t.c.t.Error(err)
	}
}
