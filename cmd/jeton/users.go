package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"jeton/node"
)

// usersTool is the name by which the program is the file-user command alone, as
// Elasticsearch's.
const usersTool = "elasticsearch-users"

type users struct{ localTool }

// usersCommand makes the file-user command under a name.
func (p *program) usersCommand(name string) *cobra.Command {
	t := &users{localTool{program: p}}
	return t.complete(&cobra.Command{
		Use:   name,
		Short: "Manage the users in this node's own files",
		Long: `Manage the users in the files users and users_roles of a node's config directory.

They are valid on the node that has the files, within seconds and without a
restart. Users that are valid on every node are made by the API.`,
	}, t.addCommand(), t.passwdCommand(), t.rolesCommand(), t.listCommand(), t.deleteCommand())
}

// prepare finds the config directory, and the settings that say how to hash.
func (t *users) prepare(cmd *cobra.Command) (dir string, settings node.Settings, err error) {
	dir, settings, err = t.localTool.prepare(cmd, exitConfig)
	if err == nil && t.verbose {
		fmt.Fprintf(t.stderr, "The users are in [%s], and their roles in [%s]\n", filepath.Join(dir, "users"), filepath.Join(dir, "users_roles"))
	}
	return dir, settings, err
}
