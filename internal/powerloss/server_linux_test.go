package powerloss_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"jeton/internal/powerloss"
)

// program builds the program that is shipped.
func program(t testing.TB) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "jeton")
	build := exec.Command("go", "build", "-o", bin, "jeton/cmd/jeton")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

// shipped is the command line that starts a node of the program.
func shipped(bin string, s start) *exec.Cmd {
	args := []string{"start", "--bootstrap", "--config", filepath.Join(s.Dir, "config"), "-E", "logger.format=json"}
	for _, setting := range s.settings() {
		args = append(args, "-E", setting)
	}
	cmd := exec.Command(bin, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	if !s.Random {
		cmd.Env = append(cmd.Env, "ELASTIC_PASSWORD="+password)
	}
	return cmd
}

// anyPorts are settings for free ports.
func anyPorts() []string { return []string{"http.port=0", "transport.port=0"} }

// server is a server, or several, that is recorded.
type server struct {
	t       testing.TB
	cmd     *exec.Cmd
	run     *powerloss.Run
	log     *lockedBuffer
	isReady chan ready
}

// ready is the line in a node's log with which it says that it is.
type ready struct{ Msg, URL, Join string }

// newServer starts a command that says on stderr when it is ready.
func newServer(t testing.TB, cmd *exec.Cmd, root string) *server {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = in
	s := &server{t: t, cmd: cmd, log: new(lockedBuffer), isReady: make(chan ready, 8)}
	s.run, err = powerloss.Start(cmd, root)
	_ = in.Close()
	mayRecord(t, err)
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the children too: Done waits for them
		<-s.run.Done()
	})
	go s.follow(out)
	return s
}

// follow keeps the log.
func (s *server) follow(out *os.File) {
	defer out.Close()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var line ready
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "ready" {
			s.isReady <- line
		}
		_, _ = s.log.Write(append(slices.Clone(lines.Bytes()), '\n'))
	}
}

// ready waits for the next node that is.
func (s *server) ready() ready {
	s.t.Helper()
	select {
	case r := <-s.isReady:
		return r
	case <-s.run.Done():
		s.t.Fatalf("the server has ended:\n%s", tail(s.log.String()))
	case <-time.After(patience):
		s.t.Fatalf("the server does not get ready:\n%s", tail(s.log.String()))
	}
	return ready{}
}

// stop ends the server as SIGTERM does.
func (s *server) stop() *powerloss.Recording {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	return s.wait()
}

// wait waits until the server has ended.
func (s *server) wait() *powerloss.Recording {
	s.t.Helper()
	select {
	case <-s.run.Done():
	case <-time.After(2 * patience):
		s.t.Fatalf("the server does not stop:\n%s", tail(s.log.String()))
	}
	rec, code, err := s.run.Wait()
	if err != nil || code != 0 {
		s.t.Fatalf("code %d, %v:\n%s", code, err, tail(s.log.String()))
	}
	sound(s.t, rec)
	return rec
}

// newDir is an empty directory below the test's own.
func newDir(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}
