package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"jeton/node"
)

// localTool is a command that edits files of a config directory. Its texts and
// exit codes are those of the Elasticsearch tool that it copies; its flags are
// shared by all commands below it.
type localTool struct {
	*program
	config  configFlags
	silent  bool
	verbose bool
}

// complete gives the tool its flags and the commands below it.
func (t *localTool) complete(cmd *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return wrongUse(cmd, "Missing command")
		}
		return wrongUse(cmd, fmt.Sprintf("Unknown command [%s]", args[0]))
	}
	cmd.AddCommand(commands...)
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return wrongUse(cmd, err.Error()) })
	cmd.CompletionOptions.HiddenDefaultCmd = true
	flags := cmd.PersistentFlags()
	t.config.register(flags)
	flags.BoolVarP(&t.silent, "silent", "s", false, "show minimal output: no warnings")
	flags.BoolVarP(&t.verbose, "verbose", "v", false, "show verbose output")
	return cmd
}

// prepare finds the config directory, and reads its settings. noDir is the exit
// code when there is no such directory.
func (t *localTool) prepare(cmd *cobra.Command, noDir int) (dir string, settings node.Settings, err error) {
	if t.silent && t.verbose {
		return "", settings, wrongUse(cmd, "Options -s and -v exclude each other")
	}
	dir = t.configDir(t.config)
	if err := checkConfigDir(dir); err != nil {
		return "", settings, &toolError{code: noDir, message: fmt.Sprintf("The config directory cannot be used, name it with --config: %v", err)}
	}
	settings, warnings, err := node.ReadSettings(dir, t.config.settings, t.environ)
	if err != nil {
		return "", settings, &toolError{code: exitConfig, message: err.Error()}
	}
	if t.verbose {
		t.warn(warnings)
	}
	return dir, settings, nil
}

func (t *localTool) warn(warnings []string) {
	if !t.silent {
		t.program.warn(warnings)
	}
}

// checkConfigDir returns nil for a directory that is there.
func checkConfigDir(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return &fs.PathError{Op: "open", Path: dir, Err: errors.New("is not a directory")}
	}
	return err
}

// warn tells a person what the editing of a file could not keep.
func (p *program) warn(warnings []string) {
	for _, w := range warnings {
		fmt.Fprintf(p.stderr, "WARNING: %s\n", w)
	}
}
