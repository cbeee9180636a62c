package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"jeton/node"
)

// serviceTokensTool is the name by which the program is the file-token command
// alone, as Elasticsearch's.
const serviceTokensTool = "elasticsearch-service-tokens"

// serviceTokens is the flags that all file-token commands share.
type serviceTokens struct {
	*program
	config  configFlags
	silent  bool
	verbose bool
}

// serviceTokensCommand makes the file-token command under a name. Its texts and
// exit codes are those of the Elasticsearch tool.
func (p *program) serviceTokensCommand(name string) *cobra.Command {
	t := &serviceTokens{program: p}
	cmd := &cobra.Command{
		Use:   name,
		Short: "Manage the service tokens in this node's own file",
		Long: `Manage the service tokens in the file service_tokens of a node's config directory.

They are valid on the node that has the file, within seconds and without a
restart. 'jeton token' manages those that are valid on every node.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return wrongUse(cmd, "Missing command")
			}
			return wrongUse(cmd, fmt.Sprintf("Unknown command [%s]", args[0]))
		},
	}
	cmd.AddCommand(t.createCommand(), t.listCommand(), t.deleteCommand())
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return wrongUse(cmd, err.Error()) })
	cmd.CompletionOptions.HiddenDefaultCmd = true
	flags := cmd.PersistentFlags()
	t.config.register(flags)
	flags.BoolVarP(&t.silent, "silent", "s", false, "show minimal output: no warnings")
	flags.BoolVarP(&t.verbose, "verbose", "v", false, "show verbose output")
	return cmd
}

// prepare finds the token file, and the settings that say how to hash.
func (t *serviceTokens) prepare(cmd *cobra.Command) (file string, settings node.Settings, err error) {
	if t.silent && t.verbose {
		return "", settings, wrongUse(cmd, "Options -s and -v exclude each other")
	}
	dir := t.configDir(t.config)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		if err == nil {
			err = &fs.PathError{Op: "open", Path: dir, Err: fs.ErrInvalid}
		}
		return "", settings, &toolError{code: exitIO, message: fmt.Sprintf("The config directory cannot be used, name it with --config: %v", err)}
	}
	settings, warnings, err := node.ReadSettings(dir, t.config.settings, t.environ)
	if err != nil {
		return "", settings, &toolError{code: exitConfig, message: err.Error()}
	}
	file = filepath.Join(dir, "service_tokens")
	if t.verbose {
		fmt.Fprintf(t.stderr, "The service tokens are in [%s]\n", file)
		t.warn(warnings)
	}
	return file, settings, nil
}

func (t *serviceTokens) warn(warnings []string) {
	if t.silent {
		return
	}
	for _, w := range warnings {
		fmt.Fprintf(t.stderr, "WARNING: %s\n", w)
	}
}
