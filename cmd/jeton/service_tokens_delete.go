package main

import (
	"github.com/spf13/cobra"

	"jeton/security/tokenfile"
)

func (t *serviceTokens) deleteCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "delete NAMESPACE/SERVICE NAME",
		Short: "Delete a token from the file",
		Args:  cobra.ArbitraryArgs,
		RunE:  t.delete,
	}
}

func (t *serviceTokens) delete(cmd *cobra.Command, args []string) error {
	a, name, err := parseAccountAndName(cmd, args)
	if err != nil {
		return err
	}
	file, _, err := t.prepare(cmd)
	if err != nil {
		return err
	}
	warnings, err := tokenfile.Delete(file, a.Principal(), name)
	t.warn(warnings)
	if err != nil {
		return fileError(err, a.Principal()+"/"+name)
	}
	return nil
}
