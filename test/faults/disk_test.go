//go:build linux

package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"jeton/internal/history"
)

// smallDisk gives the node a disk of its own of so many megabytes, for its data.
func smallDisk(t *testing.T, p *process, megabytes int) (dir string) {
	t.Helper()
	dir = filepath.Join(p.dir, "data")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=0700", megabytes))
	if err != nil {
		t.Skipf("only root can give a node a disk that is full: %v", err)
	}
	t.Cleanup(func() {
		p.kill()
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill leaves no room on the disk.
func fill(t *testing.T, dir string) (ballast string) {
	t.Helper()
	ballast = filepath.Join(dir, "ballast")
	file, err := os.OpenFile(ballast, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, size := range []int{1 << 20, 4096, 1} { // to the last byte
		piece := make([]byte, size)
		for err = nil; err == nil; {
			_, err = file.Write(piece)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	return ballast
}

// A node whose disk is full may die or refuse; the others go on, nothing that
// was acknowledged is lost, and with room again the node comes back.
func TestFaultsADiskIsFull(t *testing.T) {
	c := startCluster(t, 3, mustBuild(t, programs.failing), "JETON_SNAPSHOT_ENTRIES=50")
	c.setLease("2s")
	p := c.add()
	disk := smallDisk(t, p, 24)
	if err := c.launch(p); err != nil {
		t.Fatal(err)
	}
	c.waitReady(p)
	c.waitVoters(4)
	tr := startTraffic(c)
	ballast := fill(t, disk)
	tr.mustAcknowledge(40)
	if err := os.Remove(ballast); err != nil {
		t.Error(err)
	}
	p.kill() // it may have given up, or hang on what it could not write
	conclude(t, tr)
}

// failSyncs makes every sync of the process's files fail, until it is undone.
func failSyncs(t *testing.T, p *process) (undo func()) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("only strace can make a healthy disk fail, and it is not installed")
	}
	report := filepath.Join(p.dir, "strace")
	cmd := exec.Command(strace, "-f", "-q", "-o", report, "-e", "trace=fsync,fdatasync",
		"-e", "inject=fsync,fdatasync:error=EIO", "-p", strconv.Itoa(p.pid()))
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	undo = func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		<-ended
	}
	for !injected(report) {
		if closed(ended) {
			t.Skip("strace may not look at other processes here")
		}
		pause(t.Context(), 10*time.Millisecond)
	}
	return undo
}

func injected(report string) bool {
	data, err := os.ReadFile(report)
	return err == nil && strings.Contains(string(data), "(INJECTED)")
}

// What a leader could not write to its disk does not count as written there.
func TestFaultsTheLeadersDiskFails(t *testing.T) {
	c := threeNodes(t)
	tr := startTraffic(c)
	leader := c.mustLead()
	undo := failSyncs(t, leader)
	tr.mustAcknowledge(20)
	undo()
	leader.kill()
	conclude(t, tr)
}

// mustAcknowledge waits for so many more creates.
func (t *traffic) mustAcknowledge(creates int) {
	t.c.t.Helper()
	done := t.acknowledged()
	t.c.eventually("the others go on", func(context.Context) error {
		if n := t.acknowledged() - done; n < creates {
			return fmt.Errorf("%d creates were acknowledged", n)
		}
		return nil
	})
}

// acknowledged is how many creates were.
func (t *traffic) acknowledged() int {
	n := 0
	for _, op := range t.recorder.Ops() {
		if op.Kind == history.Create && op.Outcome == history.OK {
			n++
		}
	}
	return n
}
