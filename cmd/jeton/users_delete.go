package main

import (
	"github.com/spf13/cobra"

	"jeton/security/userfile"
)

func (t *users) deleteCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "userdel NAME",
		Short: "Delete a user",
		Args:  cobra.ArbitraryArgs,
		RunE:  t.delete,
	}
}

func (t *users) delete(cmd *cobra.Command, args []string) error {
	name, err := parseUsername(cmd, args)
	if err != nil {
		return err
	}
	dir, _, err := t.prepare(cmd)
	if err != nil {
		return err
	}
	warnings, err := userfile.Delete(dir, name)
	t.warn(warnings)
	return userFileError(err, dir, name)
}
