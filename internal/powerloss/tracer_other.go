//go:build !(linux && (amd64 || arm64))

package powerloss

import "os/exec"

// Run is a command that is being recorded.
type Run struct{}

// Start is for Linux on amd64 and arm64.
func Start(*exec.Cmd, string) (*Run, error) { return nil, ErrUnsupported }

// Wait is for Linux on amd64 and arm64.
func (*Run) Wait() (*Recording, int, error) { return nil, 0, ErrUnsupported }

// Done is for Linux on amd64 and arm64.
func (*Run) Done() <-chan struct{} { return nil }
