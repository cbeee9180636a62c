package powerloss_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"jeton/internal/powerloss"
)

// options are the flags of this package's tests.
type options struct {
	images *int
	keep   *string
}

// flags are set while the test binary starts, as package testing's are.
var flags = options{
	images: flag.Int("powerloss.images", 60, "images of each story"),
	keep:   flag.String("powerloss.keep", "", "put images after which something was wrong into this directory"),
}

// story is a recording, and how an image of it is judged.
type story struct {
	rec   *powerloss.Recording
	judge func(c powerloss.Crash, image string) verdict
	name  string
}

// finding is a crash after which something is wrong.
type finding struct {
	powerloss.Crash
	verdict
	tried int
}

// run judges the images of crashes, several at a time, until enough are found
// to be wrong.
func (s story) run(t testing.TB, crashes []powerloss.Crash, enough int) []finding {
	t.Helper()
	var mu sync.Mutex
	var found []finding
	var next atomic.Int64
	var working sync.WaitGroup
	for range parallel {
		working.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				mu.Lock()
				done := len(found) >= enough
				mu.Unlock()
				if done || i >= len(crashes) {
					return
				}
				if v := s.one(crashes[i]); v.Wrong != "" {
					mu.Lock()
					found = append(found, finding{crashes[i], v, i + 1})
					mu.Unlock()
				}
			}
		})
	}
	working.Wait()
	return found
}

// parallel is how many images are judged at a time: mostly they wait.
const parallel = 4

func (s story) one(c powerloss.Crash) verdict {
	dir, err := os.MkdirTemp("", "powerloss")
	if err != nil {
		return verdict{Wrong: err.Error()}
	}
	defer os.RemoveAll(dir)
	image := filepath.Join(dir, "image")
	if err := os.Mkdir(image, 0o700); err != nil {
		return verdict{Wrong: err.Error()}
	}
	if err := s.rec.Image(c).Write(image); err != nil {
		return verdict{Wrong: "no image: " + err.Error()}
	}
	return s.judge(c, image)
}

// mustHold fails the test for each crash that breaks something.
func (s story) mustHold(t *testing.T, crashes []powerloss.Crash) {
	t.Helper()
	const enough = 5
	for _, f := range s.run(t, crashes, enough) {
		t.Errorf("%v (%s):\n%s\n%s", f.Crash, s.before(f.At), f.Wrong, tail(f.Log))
		if *flags.keep != "" {
			s.keep(t, f.Crash)
		}
	}
	t.Logf("%d crash points in the recording, %d images judged", len(s.rec.Points()), len(crashes))
}

// keep writes an image down, for somebody who starts the program from it.
func (s story) keep(t testing.TB, c powerloss.Crash) {
	t.Helper()
	dir, err := os.MkdirTemp(*flags.keep, s.name+"-")
	if err == nil {
		err = s.rec.Image(c).Write(dir)
	}
	if err != nil {
		t.Error(err)
	}
	t.Logf("the image is in %s", dir)
}

// before tells what was done last.
func (s story) before(event int) string {
	if event == 0 {
		return "before anything"
	}
	return "after: " + s.rec.Events[event-1].String()
}

// draws are crashes of seeds from 1 to n, of both models in turn.
func (s story) draws(n int, skips ...powerloss.Skip) []powerloss.Crash {
	var crashes []powerloss.Crash
	for seed := range uint64(n) {
		crashes = append(crashes, s.rec.Draw(seed+1, powerloss.Model(seed%2), skips...))
	}
	return crashes
}

// everywhere are crashes at every point up to an event, once with nothing of
// what was not synced and once with a mixture of it.
func (s story) everywhere(end int, skips ...powerloss.Skip) []powerloss.Crash {
	var crashes []powerloss.Crash
	for at := range end + 1 {
		for i, rest := range []powerloss.Rest{powerloss.None, powerloss.Mixed} {
			crashes = append(crashes, powerloss.Crash{At: at, Model: powerloss.Model((at + i) % 2), Rest: rest, Seed: uint64(at), Skips: skips})
		}
	}
	return crashes
}

// torn are crashes just after each write of several pages up to an event, with
// many ways in which a part of it is on disk.
func (s story) torn(end int) []powerloss.Crash {
	const page, ways = 4096, 24
	var crashes []powerloss.Crash
	for i, e := range s.rec.Events[:end] {
		if e.Op != powerloss.Write || len(e.Data) <= page {
			continue
		}
		for seed := range uint64(ways) {
			crashes = append(crashes, powerloss.Crash{At: i + 1, Model: powerloss.Journal, Rest: powerloss.Mixed, Seed: seed})
		}
	}
	return crashes
}

// sample takes n of the crashes, or all, evenly.
func sample(crashes []powerloss.Crash, n int) []powerloss.Crash {
	if n >= len(crashes) {
		return crashes
	}
	var some []powerloss.Crash
	for i := range n {
		some = append(some, crashes[i*len(crashes)/n])
	}
	return some
}

func tail(log string) string {
	const most = 30
	lines := strings.Split(strings.TrimSpace(log), "\n")
	if len(lines) > most {
		lines = append([]string{fmt.Sprintf("... %d lines ...", len(lines)-most)}, lines[len(lines)-most:]...)
	}
	return strings.Join(lines, "\n")
}
