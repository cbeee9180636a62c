package powerloss_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"jeton/internal/powerloss"
)

// launch starts the program, asks it for tokens and stops it.
func launch(cmd *exec.Cmd, live, dead []string) verdict {
	out, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return verdict{Wrong: err.Error()}
	}
	overdue := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer overdue.Stop()
	log := new(lockedBuffer)
	url, err := readyURL(io.TeeReader(out, log))
	if err == nil {
		err = askAll("the program", url, live, dead)
	}
	err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM))
	_, _ = io.Copy(log, out)
	if err = errors.Join(err, cmd.Wait()); err != nil {
		return verdict{err.Error(), log.String()}
	}
	return verdict{}
}

func readyURL(log io.Reader) (string, error) {
	last := ""
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var line ready
		if last = lines.Text(); json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "ready" {
			return line.URL, nil
		}
	}
	return "", fmt.Errorf("it has ended before it was ready: %s", last)
}

func TestTheProgramStartsFromWhatAPowerCutHasLeft(t *testing.T) {
	t.Parallel()
	s, h := single(t, false, 4)
	bin := program(t)
	s.judge = func(c powerloss.Crash, image string) verdict {
		live, dead := h.at(c.At)
		return launch(shipped(bin, start{Name: "node", Dir: image, Settings: anyPorts()}), live, dead)
	}
	s.mustHold(t, s.draws(max(*flags.images/6, 8)))
}
