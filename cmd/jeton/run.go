package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes of all commands but service-tokens and users.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 64
)

// program is one run of jeton, with what it gets from its surroundings.
type program struct {
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	environ []string // as os.Environ has it

	// accepted is set once the command line was found to be well-formed.
	accepted bool
}

// run runs the command line and returns the exit code. args[0] is the name that
// the program was called by.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer, environ []string) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr, environ: environ}
	root := p.rootCommand()
	switch strings.TrimSuffix(filepath.Base(args[0]), ".exe") {
	case serviceTokensTool:
		root = p.serviceTokensCommand(serviceTokensTool)
	case usersTool:
		root = p.usersCommand(usersTool)
	}
	root.SilenceErrors, root.SilenceUsage = true, true
	root.PersistentPreRun = func(*cobra.Command, []string) { p.accepted = true }
	root.SetArgs(args[1:])
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(context.Background())
	return p.report(cmd, err)
}

// getenv returns the variable's value, "" when it is not set.
func (p *program) getenv(name string) string {
	value := ""
	for _, e := range p.environ {
		if text, ok := strings.CutPrefix(e, name+"="); ok {
			value = text
		}
	}
	return value
}

// usageError is a command line that cannot be carried out as it stands.
type usageError struct{ reason string }

func (e *usageError) Error() string { return e.reason }

func usageErrorf(format string, a ...any) error {
	return &usageError{fmt.Sprintf(format, a...)}
}

// report tells stderr why a command failed, and returns the exit code.
func (p *program) report(cmd *cobra.Command, err error) int {
	var usage *usageError
	var tool *toolError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &tool):
		return tool.report(p.stderr)
	case errors.As(err, &usage) || !p.accepted:
		fmt.Fprintf(p.stderr, "jeton: %v\nusage: %s\n'%s --help' tells more.\n", err, cmd.UseLine(), cmd.CommandPath())
		return exitUsage
	default:
		fmt.Fprintf(p.stderr, "jeton: %v\n", err)
		return exitFailed
	}
}
