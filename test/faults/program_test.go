//go:build linux

package faults

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// The flags of this package.
var (
	seedFlag    = flag.Int64("faults.seed", 0, "the random mixture's first `seed`; 0 is one of the moment's")
	runsFlag    = flag.Int("faults.runs", 0, "how many `runs` of the random mixture, each with the next seed")
	timeFlag    = flag.Duration("faults.time", defaultTime, "how long each run breaks things")
	trialsFlag  = flag.Int("faults.trials", 0, "how many `trials` of the time that a leader's death costs")
	programFlag = flag.String("faults.program", "", "judge this `program` instead of the working copy's; it must have the tag failpoints where a story needs it")
	againFlag   = flag.String("faults.history", "", "judge the history in this `file` again: history.jsonl of a run that failed")
	keepFlag    = flag.Bool("faults.keep", false, "keep logs and history of what went well too")
)

// built are the programs that were built for this run of the tests, by tags.
type built struct {
	dir     string
	plain   func() (string, error)
	failing func() (string, error) // with failpoints
}

var programs built

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "jeton-program-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	programs = built{
		dir:     dir,
		plain:   sync.OnceValues(func() (string, error) { return build(filepath.Join(dir, "jeton"), "") }),
		failing: sync.OnceValues(func() (string, error) { return build(filepath.Join(dir, "jeton-failpoints"), "failpoints") }),
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func build(into, tags string) (string, error) {
	if *programFlag != "" {
		return filepath.Abs(*programFlag)
	}
	cmd := exec.Command("go", "build", "-buildvcs=false", "-tags="+tags, "-o", into, "./cmd/jeton")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return into, nil
}
