package compose

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

var runFlag = flag.Bool("compose", false, "start docker-compose.yml on the Docker engine of this machine: minutes")

// root is the repository's.
const root = "../.."

// needEngine skips the test where there is nothing to run it on, and says in one
// line why. It returns the Compose program: version 2 is a plugin of docker,
// version 1 a program of its own.
func needEngine(t *testing.T) (compose []string) {
	t.Helper()
	if !*runFlag {
		t.Skip("make compose-test runs it")
	}
	const not = "docker-compose.yml was NOT tried: "
	if err := answers("docker", "version", "--format", "{{.Server.Version}}"); err != nil {
		t.Skipf(not+"no Docker engine answers here: %v", err)
	}
	for _, compose := range [][]string{{"docker", "compose"}, {"docker-compose"}} {
		if answers(append(compose, "version")...) == nil {
			return compose
		}
	}
	t.Skip(not + "neither `docker compose` nor `docker-compose` is here")
	return nil
}

func answers(command ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err := run(ctx, nil, "", command...)
	if err != nil { // in one line: the last, which says why
		text := strings.TrimSpace(err.Error())
		return errors.New(text[strings.LastIndex(text, "\n")+1:])
	}
	return nil
}

// run runs a command of the machine, in the repository's root, with more
// environment and with that stdin. An error has what the command said.
func run(ctx context.Context, env []string, stdin string, command ...string) (stdout string, err error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var out, said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Stdin = root, &out, &said, strings.NewReader(stdin)
	cmd.Env = append(cmd.Environ(), env...)
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, last(said.String()+out.String(), 2000))
	}
	return out.String(), nil
}

// last is the end of a text.
func last(text string, most int) string {
	return strings.TrimSpace(text[max(0, len(text)-most):])
}
