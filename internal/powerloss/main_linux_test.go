package powerloss_test

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"jeton/internal/powerloss"
)

// role makes the test binary one of the programs of roles, for only a process
// can be recorded and only a process survives what it starts from a bad disk.
const role = "TEST_POWERLOSS_ROLE"

func roles() map[string]func(args []string) error {
	return map[string]func(args []string) error{
		"writer":   writerMain,
		"stranger": strangerMain,
		"node":     nodeMain,
		"judge":    judgeMain,
		"group":    groupMain,
	}
}

func TestMain(m *testing.M) {
	if run := roles()[os.Getenv(role)]; run != nil {
		if err := run(os.Args[1:]); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// as is a command that runs this binary in a role.
func as(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), role+"="+name)
	return cmd
}

// mayRecord fails the test, or skips it where nothing can be recorded.
func mayRecord(t testing.TB, err error) {
	t.Helper()
	switch {
	case errors.Is(err, powerloss.ErrUnsupported):
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
}

// sound fails the test when the recording lacks something.
func sound(t testing.TB, r *powerloss.Recording) {
	t.Helper()
	for _, p := range r.Problems {
		t.Error("not recorded: ", p)
	}
	if t.Failed() {
		t.FailNow()
	}
}
