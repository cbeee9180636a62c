//go:build unix

package node_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"jeton/node"
	"jeton/node/nodetest"
)

// The audit log is a pipe whose reader has stopped: a disk that hangs. Every
// request is answered all the same; afterwards the log says what is missing.
func TestRequestsGoOnWhileTheAuditLogHangs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "jeton_audit.json")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	const room = 64
	c := nodetest.StartWith(t, 1, nodetest.Options{
		Settings: []string{auditOn, "path.logs=" + dir},
		Tune:     func(_ string, o *node.Options) { o.AuditRoom = room },
	})
	n := c.Nodes[0]
	reader, err := os.OpenFile(pipe, os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	// A pipe holds 64 KiB, and the queue some more.
	dropped := func() float64 { return numbers(t, n)["jeton_audit_dropped_total"] }
	for dropped() < 100 {
		for range 50 {
			wantStatus(t, http.StatusOK, n.Do(http.MethodGet, whoAmI, ""), "a request while nobody reads")
		}
	}
	if queued := numbers(t, n)["jeton_audit_queued_events"]; queued < room {
		t.Errorf("%v events wait", queued)
	}
	lines := make(chan string, 1<<20)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(reader); scan.Scan(); {
			lines <- scan.Text()
		}
	}()
	missing := 0.0
	for missing == 0 {
		missing = droppedBy(t, <-lines)
	}
	if missing < 100 {
		t.Errorf("%v events are told to be missing", missing)
	}
	wantStatus(t, http.StatusOK, n.Do(http.MethodGet, whoAmI, "", named("afterwards")), "a request afterwards")
	for line := range lines {
		if lineWith(line, `"request.id":"afterwards"`) {
			return
		}
	}
	t.Error(errors.New("what came afterwards is not in the log"))
}

// droppedBy is how many events a line says are missing.
func droppedBy(t *testing.T, line string) float64 {
	t.Helper()
	var record struct {
		Type    string  `json:"type"`
		Dropped float64 `json:"dropped.count"`
	}
	if err := json.Unmarshal([]byte(line), &record); err != nil || record.Type != "audit" {
		t.Fatalf("%q: %v", line, err)
	}
	return record.Dropped
}
