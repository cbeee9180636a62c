package main

import (
	"github.com/spf13/cobra"

	"jeton/security/userfile"
)

func (t *users) rolesCommand() *cobra.Command {
	var add, remove string
	cmd := &cobra.Command{
		Use:   "roles NAME",
		Short: "Change the roles of a user, or show them",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.roles(cmd, args, add, remove)
		},
	}
	cmd.Flags().StringVarP(&add, "add", "a", "", "`roles` that the user gets, with commas between them")
	cmd.Flags().StringVarP(&remove, "remove", "r", "", "`roles` that the user loses, with commas between them")
	return cmd
}

func (t *users) roles(cmd *cobra.Command, args []string, addList, removeList string) error {
	name, err := parseUsername(cmd, args)
	if err != nil {
		return err
	}
	add, err := parseRoles(addList)
	if err != nil {
		return err
	}
	remove, err := parseRoles(removeList)
	if err != nil {
		return err
	}
	dir, _, err := t.prepare(cmd)
	if err != nil {
		return err
	}
	if len(add)+len(remove) == 0 {
		return t.show(dir, name)
	}
	if err := t.warnOfUnknown(dir, add); err != nil {
		return err
	}
	warnings, err := userfile.ChangeRoles(dir, name, add, remove)
	t.warn(warnings)
	return userFileError(err, dir, name)
}
