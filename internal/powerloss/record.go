package powerloss

import (
	"errors"
	"os/exec"
)

// ErrUnsupported says that no command can be recorded here: another system than
// Linux, an old kernel, or one that does not let a process trace another.
var ErrUnsupported = errors.New("powerloss: no command can be recorded on this machine")

// Record runs the command to its end; Start is for those that are to be talked to
// meanwhile.
func Record(cmd *exec.Cmd, root string) (*Recording, int, error) {
	run, err := Start(cmd, root)
	if err != nil {
		return nil, 0, err
	}
	return run.Wait()
}
