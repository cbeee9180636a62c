package powerloss_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"jeton/internal/powerloss"
)

// groupMain starts a node for each line that it reads, and stops them all when
// there are no more lines. Recorded as one command, what they do has one order.
func groupMain([]string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var nodes []*exec.Cmd
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		cmd := exec.Command(self, lines.Text())
		cmd.Env = append(os.Environ(), role+"=node")
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			return err
		}
		nodes = append(nodes, cmd)
	}
	errs := make([]error, len(nodes))
	var stopping sync.WaitGroup
	for i, cmd := range nodes {
		stopping.Go(func() {
			errs[i] = errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
		})
	}
	stopping.Wait()
	return errors.Join(errs...)
}

// ownAddress are settings for a loopback address of one story and ports that stay:
// nodes that have all moved at the same time could not find each other, and on an
// address of their own nobody takes the ports while the nodes are down.
func ownAddress(t testing.TB) []string {
	t.Helper()
	host := fmt.Sprintf("127.0.0.%d", 2+rand.IntN(250))
	settings := []string{"network.host=" + host}
	for _, name := range []string{"http.port", "transport.port"} {
		l, err := net.Listen("tcp", host+":0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		settings = append(settings, fmt.Sprintf("%s=%d", name, l.Addr().(*net.TCPAddr).Port))
	}
	return settings
}

// pair is two nodes, of which the second joins the first while clients use it.
// Then both vote, and neither gets ready without the other.
func pair(t testing.TB, snapshots bool, tokens int) story {
	t.Helper()
	root := newDir(t, "pair")
	founder := start{Name: "founder", Dir: filepath.Join(root, "founder"), Settings: ownAddress(t), Snapshots: snapshots}
	joiner := start{Name: "joiner", Dir: filepath.Join(root, "joiner"), Settings: ownAddress(t), Snapshots: snapshots}
	for _, s := range []start{founder, joiner} {
		if err := os.Mkdir(s.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var h history
	rec, token := recordPair(t, root, founder, joiner, tokens, &h)
	h.find(t, rec)
	joiner.Join = token
	js := newJudges(t, 1)
	return story{rec: rec, name: t.Name(), judge: func(c powerloss.Crash, image string) verdict {
		j := job{Patience: impatience}
		for _, s := range []start{founder, joiner} {
			if s.Join == "" || c.At > began(rec, "joiner/") {
				s.Dir = filepath.Join(image, s.Name)
				j.Nodes = append(j.Nodes, s)
			}
		}
		j.Live, j.Dead = h.at(c.At)
		return js.judge(j)
	}}
}

// recordPair returns the recording and the token with which the second joined.
func recordPair(t testing.TB, root string, founder, joiner start, tokens int, h *history) (*powerloss.Recording, string) {
	t.Helper()
	cmd := as(t, "group")
	lines, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, cmd, root)
	first := s.start(lines, founder)
	h.work(t, "before", 2, tokens, first.URL)
	joiner.Join = first.Join
	second := s.start(lines, joiner)
	h.work(t, "after", 2, tokens, first.URL, second.URL)
	_ = lines.Close()
	return s.wait(), first.Join
}

// began is the first event below a directory.
func began(r *powerloss.Recording, below string) int {
	for i, e := range r.Events {
		if strings.HasPrefix(e.Path, below) {
			return i
		}
	}
	return len(r.Events)
}

// start starts a node of the group and waits until it is ready.
func (s *server) start(lines io.Writer, node start) ready {
	s.t.Helper()
	if _, err := io.WriteString(lines, node.text(s.t)+"\n"); err != nil {
		s.t.Fatal(err)
	}
	return s.ready()
}

func TestAClusterWhosePowerFailsKeepsWhatItHasAcknowledged(t *testing.T) {
	t.Parallel()
	s := pair(t, true, 8)
	s.mustHold(t, s.draws(max(*flags.images/4, 10)))
}

func TestANewcomerWhosePowerFailsCanGoOnJoining(t *testing.T) {
	t.Parallel()
	s := pair(t, true, 1)
	var crashes []powerloss.Crash
	for _, c := range s.everywhere(len(s.rec.Events)) {
		if c.At > 0 && strings.HasPrefix(s.rec.Events[c.At-1].Path, "joiner/") {
			crashes = append(crashes, c)
		}
	}
	s.mustHold(t, sample(crashes, max(*flags.images/4, 10)))
}

// Nothing keeps the leader from making a newcomer a voter before the newcomer
// has written down that it is a member. Without that, and with all the rest, it
// must not wait for a leader to let it in: there may be none without its vote.
func TestANewcomerThatVotesBeforeItIsAMemberComesBack(t *testing.T) {
	t.Parallel()
	s := pair(t, true, 1)
	last := 0 // of the syncs that keep what it says it is
	for _, e := range s.rec.Events {
		if e.Op == powerloss.Sync && e.Path == "joiner/data" {
			last++
		}
	}
	s.mustHold(t, []powerloss.Crash{{
		At:    len(s.rec.Events),
		Skips: []powerloss.Skip{{Pattern: "joiner/data", Nth: last}},
	}})
}

// impatience is how long a node that was started from an image may take.
const impatience = 30 * time.Second
