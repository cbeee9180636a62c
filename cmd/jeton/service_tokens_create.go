package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"jeton/security/token"
	"jeton/security/tokenfile"
)

func (t *serviceTokens) createCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "create NAMESPACE/SERVICE NAME",
		Short: "Create a token in the file, and print its bearer value",
		Args:  cobra.ArbitraryArgs,
		RunE:  t.create,
	}
}

func (t *serviceTokens) create(cmd *cobra.Command, args []string) error {
	a, name, err := parseAccountAndName(cmd, args)
	if err != nil {
		return err
	}
	file, settings, err := t.prepare(cmd)
	if err != nil {
		return err
	}
	algorithm, err := token.ParseAlgorithm(settings.ServiceTokenHashing)
	if err != nil {
		return &toolError{code: exitConfig, message: err.Error()}
	}
	bearer := token.Bearer{Namespace: a.Namespace, Service: a.Service, Name: name, Secret: token.NewSecret()}
	hash, err := algorithm.Hash(bearer.Secret)
	if err != nil {
		return &toolError{code: exitCode, message: err.Error()}
	}
	warnings, err := tokenfile.Create(file, a.Principal(), name, hash)
	t.warn(warnings)
	if err != nil {
		return fileError(err, bearer.QualifiedName())
	}
	if _, err = fmt.Fprintf(t.stdout, "SERVICE_TOKEN %s = %s\n", bearer.QualifiedName(), bearer.Encode()); err != nil {
		return &toolError{code: exitIO, message: err.Error()}
	}
	return nil
}
