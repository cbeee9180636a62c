package main

import (
	"github.com/spf13/cobra"

	"jeton/security/userfile"
)

func (t *users) passwdCommand() *cobra.Command {
	var password passwordFlags
	cmd := &cobra.Command{
		Use:   "passwd NAME",
		Short: "Change the password of a user",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.passwd(cmd, args, password)
		},
	}
	password.register(cmd)
	return cmd
}

func (t *users) passwd(cmd *cobra.Command, args []string, password passwordFlags) error {
	name, err := parseUsername(cmd, args)
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
	warnings, err := userfile.SetPassword(dir, name, hash)
	t.warn(warnings)
	return userFileError(err, dir, name)
}
