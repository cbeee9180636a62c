//go:build linux && (amd64 || arm64)

package powerloss

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"
)

// Run is a command that is being recorded.
type Run struct {
	cmd  *exec.Cmd
	done chan struct{}
	rec  *Recording
	code int
	err  error
}

// Start starts the command and records what it, its threads and its children do
// to the files below root. The command must not have been started. Nobody else
// may change anything below root until Wait has returned.
func Start(cmd *exec.Cmd, root string) (*Run, error) {
	files, base, err := newTree(root)
	if err != nil {
		return nil, err
	}
	r := &Run{cmd: cmd, done: make(chan struct{})}
	t := &tracer{tree: files, rec: &Recording{Base: base}, threads: map[int]*thread{}}
	t.calls = t.table()
	started := make(chan error, 1)
	go func() {
		// The kernel takes every request about the command from this thread only.
		// It is not unlocked: it ends with the goroutine, and with it what may
		// still run.
		runtime.LockOSThread()
		defer close(r.done)
		err := t.begin(cmd)
		started <- err
		if err == nil {
			r.code, r.err = t.follow(cmd.Process.Pid)
			_ = cmd.Wait() // the process is gone; this waits for its output
		}
		r.rec = t.rec
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return r, nil
}

// Wait waits until the command and its children have ended. It returns the
// recording and the command's exit code, -1 for a signal.
func (r *Run) Wait() (*Recording, int, error) {
	<-r.done
	return r.rec, r.code, r.err
}

// Done is closed when the command has ended.
func (r *Run) Done() <-chan struct{} { return r.done }

// What <linux/ptrace.h> says and package syscall does not.
const (
	requestSyscallInfo = 0x420e
	optionExitKill     = 1 << 20
	infoEntry          = 1
	infoExit           = 2
	stopOfCall         = syscall.SIGTRAP | 0x80
	waitAll            = 0x40000000 // __WALL
	waitThisThread     = 0x20000000 // __WNOTHREAD
)

// syscallInfo is struct ptrace_syscall_info, which is the same on all machines.
type syscallInfo struct {
	op     uint8
	_      [3]uint8
	_      uint32
	_      [2]uint64
	number uint64 // on exit: the result
	args   [6]uint64
	_      uint64
}

// tracer records. All of it runs in one thread.
type tracer struct {
	*tree
	rec     *Recording
	calls   map[uint64]handler
	threads map[int]*thread
}

// handler looks at a call that begins. What it returns, unless nil, is called
// with the result when the call has ended without an error.
type handler func(c call) func(result int64)

// call is a system call that begins.
type call struct {
	thread int
	begin  int // how many events there were
	args   [6]uint64
}

type thread struct{ finish func(result int64) }

// begin starts the command, which waits before its first instruction.
func (t *tracer) begin(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Ptrace = true
	// A group of its own, so that follow waits for nobody else: other children of
	// this process may happen to have been started by this very thread.
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) {
			return fmt.Errorf("%w: %w", ErrUnsupported, err)
		}
		return err
	}
	pid := cmd.Process.Pid
	err := t.prepare(pid)
	if err != nil {
		_ = cmd.Process.Kill()
		_, _ = syscall.Wait4(pid, nil, waitAll, nil)
	}
	return err
}

func (t *tracer) prepare(pid int) error {
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, waitAll, nil); err != nil {
		return err
	}
	options := syscall.PTRACE_O_TRACESYSGOOD | syscall.PTRACE_O_TRACECLONE | syscall.PTRACE_O_TRACEFORK |
		syscall.PTRACE_O_TRACEVFORK | syscall.PTRACE_O_TRACEEXEC | optionExitKill
	if err := syscall.PtraceSetOptions(pid, options); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	if _, err := infoOf(pid); err != nil {
		return fmt.Errorf("%w: this kernel tells no system calls: %w", ErrUnsupported, err)
	}
	t.threads[pid] = &thread{}
	return syscall.PtraceSyscall(pid, 0)
}

// follow lets the threads run from call to call until the last one has ended.
func (t *tracer) follow(first int) (code int, err error) {
	for {
		var status syscall.WaitStatus
		id, err := syscall.Wait4(-first, &status, waitAll|waitThisThread, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.ECHILD):
			return code, nil
		case err != nil:
			return code, err
		}
		if !status.Stopped() {
			delete(t.threads, id)
			if id == first {
				code = status.ExitStatus()
			}
			continue
		}
		// A thread that was killed meanwhile is no longer there to be let go.
		if err := syscall.PtraceSyscall(id, t.stopped(id, status)); err != nil && !errors.Is(err, syscall.ESRCH) {
			return code, err
		}
	}
}

// stopped looks at why a thread has stopped, and returns the signal that it is
// to be given.
func (t *tracer) stopped(id int, status syscall.WaitStatus) int {
	known := t.threads[id]
	if known == nil {
		known = &thread{}
		t.threads[id] = known
		if status.StopSignal() == syscall.SIGSTOP {
			return 0 // each new thread begins so
		}
	}
	switch signal := status.StopSignal(); {
	case signal == stopOfCall:
		t.atCall(id, known)
		return 0
	case signal == syscall.SIGTRAP:
		if status.TrapCause() == syscall.PTRACE_EVENT_EXEC {
			known.finish = nil
		}
		return 0
	default:
		return int(signal)
	}
}

func (t *tracer) atCall(id int, known *thread) {
	info, err := infoOf(id)
	if err != nil {
		return
	}
	switch info.op {
	case infoEntry:
		known.finish = nil
		if h := t.calls[info.number]; h != nil {
			known.finish = h(call{thread: id, begin: len(t.rec.Events), args: info.args})
		}
	case infoExit:
		if result := int64(info.number); known.finish != nil && result >= 0 {
			known.finish(result)
		}
		known.finish = nil
	}
}

func infoOf(id int) (syscallInfo, error) {
	var info syscallInfo
	_, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, requestSyscallInfo, uintptr(id), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return info, os.NewSyscallError("ptrace", errno)
	}
	return info, nil
}
