package main

import (
	"github.com/spf13/cobra"

	"jeton/security/userfile"
)

func (t *users) addCommand() *cobra.Command {
	var password passwordFlags
	var roles string
	cmd := &cobra.Command{
		Use:   "useradd NAME",
		Short: "Add a user",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.add(cmd, args, password, roles)
		},
	}
	password.register(cmd)
	cmd.Flags().StringVarP(&roles, "roles", "r", "", "the user's `roles`, with commas between them")
	return cmd
}

func (t *users) add(cmd *cobra.Command, args []string, password passwordFlags, list string) error {
	name, err := parseUsername(cmd, args)
	if err != nil {
		return err
	}
	roles, err := parseRoles(list)
	if err != nil {
		return err
	}
	dir, settings, err := t.prepare(cmd)
	if err != nil {
		return err
	}
	hash, err := t.hashNewPassword(cmd, password, settings.PasswordHashing)
	if err != nil {
		return err
	}
	if err := t.warnOfUnknown(dir, roles); err != nil {
		return err
	}
	warnings, err := userfile.Add(dir, name, hash, roles)
	t.warn(warnings)
	return userFileError(err, dir, name)
}
