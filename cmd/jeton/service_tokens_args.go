package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"jeton/security/account"
	"jeton/security/token"
)

// parseAccountAndName reads the arguments of create and delete.
func parseAccountAndName(cmd *cobra.Command, args []string) (*account.Account, string, error) {
	switch {
	case len(args) == 0:
		return nil, "", wrongUse(cmd, "Missing service-account-principal and token-name arguments")
	case len(args) == 1:
		return nil, "", wrongUse(cmd, "Missing token-name argument")
	case len(args) > 2:
		return nil, "", wrongUse(cmd, fmt.Sprintf("Expected two arguments, service-account-principal and token-name, found extra: [%s]", strings.Join(args, ",")))
	}
	a, err := parsePrincipal(args[0])
	if err != nil {
		return nil, "", err
	}
	if !token.ValidName(args[1]) {
		return nil, "", &toolError{code: exitCode, message: fmt.Sprintf("invalid service token name [%s]. %s", args[1], token.NameRule)}
	}
	return a, args[1], nil
}

// parsePrincipal finds the account NAMESPACE/SERVICE.
func parsePrincipal(principal string) (*account.Account, error) {
	namespace, service, _ := strings.Cut(principal, "/")
	if a, ok := account.Lookup(namespace, service); ok {
		return a, nil
	}
	var known []string
	for _, a := range account.All() {
		known = append(known, a.Principal())
	}
	return nil, &toolError{code: exitNoUser, message: fmt.Sprintf("Unknown service account principal: [%s]. Must be one of [%s]", principal, strings.Join(known, ","))}
}
