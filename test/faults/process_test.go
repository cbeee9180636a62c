//go:build linux

package faults

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The ports of every node, each on an address of its own.
const (
	httpPort      = "9200"
	transportPort = "9300" // where it listens for other nodes
	publishPort   = "9400" // where they are told to find it: the proxy
)

// process is one node.
type process struct {
	name    string
	ip      string
	dir     string // holds "data", "config" and the log
	program string
	env     []string
	args    []string // after "start"
	proxy   *proxy

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{} // closed when the present process is over
	frozen bool
	gone   bool     // taken out of the cluster: it is not started again
	doubt  bool     // it may have been taken out: nobody was told
	wiped  bool     // it has lost its disk, and has not come back as a new member
	former []string // ids under which it was a member, on disks that are lost
}

func (p *process) url() string { return "http://" + net.JoinHostPort(p.ip, httpPort) }

func (p *process) settings() []string {
	var args []string
	for _, s := range []string{
		"node.name=" + p.name, "path.data=" + filepath.Join(p.dir, "data"),
		"network.host=" + p.ip, "http.port=" + httpPort,
		"transport.port=" + transportPort, "transport.publish_port=" + publishPort,
		"logger.level=debug", "logger.format=text", "request.timeout=10s",
		"xpack.security.authc.token.enabled=true",
		"xpack.security.authc.password_hashing.algorithm=bcrypt4",
	} {
		args = append(args, "-E", s)
	}
	return args
}

// start starts the process, unless it runs or is not to.
func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone || p.wiped || p.cmd != nil && !closed(p.exited) {
		return nil
	}
	log, err := os.OpenFile(p.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	fmt.Fprintf(log, "---- %s starts at %s\n", p.name, time.Now().Format("15:04:05.000"))
	cmd := exec.Command(p.program, append([]string{"start", "--config", filepath.Join(p.dir, "config")}, append(p.settings(), p.args...)...)...)
	cmd.Env = append(withoutOurs(os.Environ()), p.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	p.cmd, p.exited, p.frozen = cmd, exited, false
	return nil
}

// withoutOurs drops the variables that would change how a node starts.
func withoutOurs(environ []string) []string {
	var others []string
	for _, e := range environ {
		if !strings.HasPrefix(e, "JETON_") && !strings.HasPrefix(e, "ELASTIC_") {
			others = append(others, e)
		}
	}
	return others
}

func (p *process) log() string { return filepath.Join(p.dir, "log") }

func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// kill ends the process as kill -9 does, and waits until it is over.
func (p *process) kill() {
	p.mu.Lock()
	cmd, exited := p.cmd, p.exited
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill()
	<-exited
}

// freeze stops the process where it is; thaw lets it go on.
func (p *process) freeze() { p.signal(syscall.SIGSTOP, true) }
func (p *process) thaw()   { p.signal(syscall.SIGCONT, false) }

func (p *process) signal(s syscall.Signal, frozen bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil || closed(p.exited) || p.frozen == frozen {
		return
	}
	_ = p.cmd.Process.Signal(s)
	p.frozen = frozen
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
