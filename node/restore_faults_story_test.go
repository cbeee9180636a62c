package node_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"jeton/node"
	"jeton/node/nodetest"
)

// manyTokens makes a backup large enough for several entries of the log.
func manyTokens(t *testing.T, n *nodetest.Node) {
	t.Helper()
	metadata := strings.Repeat("m", 16000)
	for i := range 50 {
		must(t, n, http.MethodPost, tokens+"/"+fmt.Sprint("t", i), `{"metadata":{"m":"`+metadata+`"}}`)
	}
}

// slowly sends a backup of which the end is kept back until the test wants it.
type slowly struct {
	answer chan nodetest.Answer
	err    chan error
	rest   string
	pipe   *io.PipeWriter
}

func restoreSlowly(t *testing.T, n *nodetest.Node, id, backup string) *slowly {
	t.Helper()
	body, pipe := io.Pipe()
	s := &slowly{answer: make(chan nodetest.Answer, 1), err: make(chan error, 1), rest: backup[len(backup)-100:], pipe: pipe}
	go func() {
		a, err := n.Try(http.MethodPost, restorePath+"?id="+id, "", func(r *http.Request) {
			r.Body, r.ContentLength = body, -1
		})
		_ = body.CloseWithError(io.ErrClosedPipe) // a node that is gone reads no more
		s.answer <- a
		s.err <- err
	}()
	if _, err := io.WriteString(pipe, backup[:len(backup)-100]); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *slowly) finish() (nodetest.Answer, error) {
	_, _ = io.WriteString(s.pipe, s.rest)
	_ = s.pipe.Close()
	return <-s.answer, <-s.err
}

// settled is a cluster with a backup, a token that was deleted since and one that
// was made since.
func settled(t *testing.T) (c *nodetest.Cluster, backup string, deleted, late nodetest.Option) {
	t.Helper()
	c = nodetest.StartWith(t, 3, nodetest.Options{Tune: func(_ string, o *node.Options) {
		// Snapshots so often that one holds half of what is staged.
		o.Timing.SnapshotThreshold, o.Timing.TrailingLogs, o.Timing.SnapshotInterval = 2, 1, 20*time.Millisecond
	}})
	manyTokens(t, c.Nodes[0])
	deleted = nodetest.Bearer(create(t, c.Nodes[0], "deleted"))
	backup = savedBackup(t, c.Nodes[0])
	must(t, c.Nodes[0], http.MethodDelete, tokens+"/deleted", "")
	late = nodetest.Bearer(create(t, c.Nodes[0], "late"))
	return c, backup, deleted, late
}

func TestARestoreOutlivesTheLeader(t *testing.T) {
	t.Parallel()
	c, backup, deleted, late := settled(t)
	leader, other := c.Leader(), c.Follower()
	restore := restoreSlowly(t, other, "r1", backup)
	leader.Drop()
	a, err := restore.finish()
	if err != nil || a.Status != http.StatusOK {
		t.Fatalf("%d %s %v", a.Status, a.Body, err)
	}
	leader.Restart()
	c.WaitReady()
	atEveryNode(t, c, "made after the backup", late, http.StatusUnauthorized)
	atEveryNode(t, c, "deleted since", deleted, http.StatusUnauthorized)
}

// What the node had staged is left in the log, and the restore is begun anew at
// another one, by the same name.
func TestARestoreWhoseNodeIsGoneCanBeRepeated(t *testing.T) {
	t.Parallel()
	c, backup, deleted, late := settled(t)
	n, other := c.Follower(), c.Leader()
	restore := restoreSlowly(t, n, "r1", backup)
	n.Drop()
	if a, err := restore.finish(); err == nil && a.Status == http.StatusOK {
		t.Fatalf("a node that is gone has answered: %s", a.Body)
	}
	if a := other.Do(http.MethodGet, restorePath+"/r1", ""); a.Status != http.StatusNotFound {
		t.Fatalf("half of it counts: %d %s", a.Status, a.Body)
	}
	atEveryNode(t, c, "made after the backup", late, http.StatusOK)
	n.Restart() // with the stage in its log
	c.WaitReady()
	wantNamed(t, must(t, other, http.MethodPost, restorePath+"?id=r1", backup), "service_token", "stays_revoked", fleetTokens+"deleted")
	atEveryNode(t, c, "made after the backup", late, http.StatusUnauthorized)
	atEveryNode(t, c, "deleted since", deleted, http.StatusUnauthorized)
	must(t, n, http.MethodGet, restorePath+"/r1", "")
}

func TestABackupThatIsNotWholeChangesNothing(t *testing.T) {
	t.Parallel()
	c, backup, _, late := settled(t)
	n := c.Follower()
	for what, text := range map[string]string{
		"cut short": backup[:len(backup)-1], "flipped": strings.Replace(backup, `"name":"t19"`, `"name":"t91"`, 1),
		"no backup": "hello\n", "another version": "jeton-backup 2\n", "half": backup[:len(backup)/2],
	} {
		if a := n.Do(http.MethodPost, restorePath, text); a.Status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", what, a.Status, a.Body)
		}
	}
	if a := n.Do(http.MethodGet, restorePath, ""); a.Status != http.StatusNotFound {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	atEveryNode(t, c, "made after the backup", late, http.StatusOK)
}

func TestTheKeyOfTheCAIsInABackupOnlyBehindItsPassphrase(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 1)
	n := c.Nodes[0]
	const asked = `{"passphrase":"correct horse battery"}`
	sealed := must(t, n, http.MethodPost, backupPath, asked).Body
	for _, text := range []string{sealed, savedBackup(t, n)} {
		if strings.Contains(text, "PRIVATE KEY") || strings.Contains(text, "correct horse") {
			t.Error("a secret is in the backup")
		}
	}
	if a := n.Do(http.MethodPost, backupPath, `{"passphrase":"short"}`); a.Status != http.StatusBadRequest {
		t.Errorf("a short one: %d %s", a.Status, a.Body)
	}
	if a := n.Do(http.MethodPost, restorePath, `{"passphrase":"another passphrase"}`+"\n"+sealed); a.Status != http.StatusBadRequest || !strings.Contains(a.Body, "not the one that sealed") {
		t.Errorf("a wrong one: %d %s", a.Status, a.Body)
	}
	if a := must(t, n, http.MethodPost, restorePath, asked+"\n"+sealed); a.JSON(t)["ca"] != "same" {
		t.Errorf("%s", a.Body)
	}
}
