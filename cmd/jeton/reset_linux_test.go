package main

import (
	"bytes"
	"os"
	"syscall"
	"testing"
	"time"
)

// While it waits for a person, nothing is there that had to be undone.
func TestCtrlCEndsAResetThatWaitsForThePassword(t *testing.T) {
	const setPipeSize = 1031 // F_SETPIPE_SZ
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, in.Fd(), setPipeSize, 4096); errno != 0 {
		t.Skip(errno)
	}
	cmd := command(t, "reset-password", "-b", "-u", "elastic", "-i", "--config", t.TempDir())
	cmd.Stdin = out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = out.Close()
	overdue := time.AfterFunc(patience/4, func() { _ = cmd.Process.Kill() })
	defer overdue.Stop()
	// More than the pipe holds: when this returns, the command is reading.
	if _, err := in.Write(bytes.Repeat([]byte("x"), 8192)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("it ends with %v", cmd.ProcessState)
	}
}
