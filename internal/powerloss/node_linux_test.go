package powerloss_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"jeton/cluster"
	"jeton/node"
)

const (
	patience = time.Minute // for what must happen
	password = "correct-horse-battery"
)

// start is how one node is started; as JSON it is an argument of its program.
type start struct {
	Name      string
	Dir       string   // holds "data" and "config"
	Settings  []string // name=value
	Join      string
	Snapshots bool // after every few entries
	Random    bool // the founder makes up the first password
}

// password is that of elastic.
func (s start) password() (string, error) {
	if !s.Random {
		return password, nil
	}
	text, err := os.ReadFile(filepath.Join(s.Dir, "data", "initial_password"))
	return strings.TrimSpace(string(text)), err
}

// cheap makes what is hashed quick.
const cheap = "xpack.security.authc.password_hashing.algorithm=bcrypt4"

func (s start) settings() []string {
	return slices.Concat([]string{"node.name=" + s.Name, "path.data=" + filepath.Join(s.Dir, "data"), cheap}, s.Settings)
}

// run starts the node in this process.
func (s start) run(ctx context.Context, log io.Writer) (*node.Node, error) {
	config := filepath.Join(s.Dir, "config")
	if err := os.MkdirAll(config, 0o700); err != nil {
		return nil, err
	}
	settings, _, err := node.LoadSettings(config, s.settings(), nil)
	if err != nil {
		return nil, err
	}
	timing := cluster.Timing{Heartbeat: 250 * time.Millisecond, Attempt: 5 * time.Second}
	// A newcomer votes as soon as it can: until it does, the cluster needs nothing
	// of what it has written down.
	timing.Tick, timing.Survey, timing.Stabilization = 2*time.Millisecond, 10*time.Millisecond, time.Millisecond
	if s.Snapshots {
		timing.SnapshotThreshold, timing.TrailingLogs, timing.SnapshotInterval = 8, 2, 10*time.Millisecond
	}
	given := password
	if s.Random {
		given = ""
	}
	return node.Start(ctx, node.Options{
		Settings:  settings,
		ConfigDir: config,
		Bootstrap: s.Join == "",
		JoinToken: s.Join,
		Password:  given,
		Version:   "test",
		Logger:    slog.New(slog.NewTextHandler(log, nil)),
		Timing:    timing,
	})
}

// nodeMain runs a node until SIGTERM. It says on stderr, as the program does,
// when it is ready, and votes as all the others do.
func nodeMain(args []string) error {
	var s start
	if err := json.Unmarshal([]byte(args[0]), &s); err != nil {
		return err
	}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	n, err := s.run(stop, os.Stderr)
	if err != nil {
		return err
	}
	if err := until(stop, n, readyNow); err != nil {
		return err
	}
	if err := until(stop, n, allVote); err != nil {
		return err
	}
	join, err := n.CreateJoinToken(stop)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, `{"msg":"ready","url":%q,"join":%q}`+"\n", n.URL(), join)
	select {
	case <-stop.Done():
	case <-n.Done():
		return n.Err()
	}
	return n.Stop(context.Background())
}

// readyNow is whether the node is.
func readyNow(ctx context.Context, n *node.Node) error {
	attempt, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return n.Ready(attempt)
}

// allVote is whether every member does, as far as the node knows.
func allVote(_ context.Context, n *node.Node) error {
	if voters, members := n.Voters(); voters != members {
		return fmt.Errorf("%d of %d members vote", voters, members)
	}
	return nil
}

// until waits for what the node is to be.
func until(ctx context.Context, n *node.Node, holds func(context.Context, *node.Node) error) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := holds(ctx, n)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("never ready: %w", err)
		case <-n.Done():
			return errors.Join(errors.New("the node has stopped by itself"), n.Err())
		case <-tick.C:
		}
	}
}
