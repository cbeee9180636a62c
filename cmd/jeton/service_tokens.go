package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"jeton/node"
)

// serviceTokensTool is the name by which the program is the file-token command
// alone, as Elasticsearch's.
const serviceTokensTool = "elasticsearch-service-tokens"

type serviceTokens struct{ localTool }

// serviceTokensCommand makes the file-token command under a name.
func (p *program) serviceTokensCommand(name string) *cobra.Command {
	t := &serviceTokens{localTool{program: p}}
	return t.complete(&cobra.Command{
		Use:   name,
		Short: "Manage the service tokens in this node's own file",
		Long: `Manage the service tokens in the file service_tokens of a node's config directory.

They are valid on the node that has the file, within seconds and without a
restart. 'jeton token' manages those that are valid on every node.`,
	}, t.createCommand(), t.listCommand(), t.deleteCommand())
}

// prepare finds the token file, and the settings that say how to hash.
func (t *serviceTokens) prepare(cmd *cobra.Command) (file string, settings node.Settings, err error) {
	dir, settings, err := t.localTool.prepare(cmd, exitIO)
	if err != nil {
		return "", settings, err
	}
	file = filepath.Join(dir, "service_tokens")
	if t.verbose {
		fmt.Fprintf(t.stderr, "The service tokens are in [%s]\n", file)
	}
	return file, settings, nil
}
