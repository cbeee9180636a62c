package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"jeton/security/account"
)

// parseUsername reads the one argument of a command.
func parseUsername(cmd *cobra.Command, args []string) (string, error) {
	switch {
	case len(args) == 0:
		return "", wrongUse(cmd, "Missing username argument")
	case len(args) > 1:
		return "", wrongUse(cmd, fmt.Sprintf("Expected a single username argument, found extra: [%s]", strings.Join(args, ", ")))
	}
	name := args[0]
	if err := account.CheckName("user", name); err != nil {
		return "", invalidUsername(name, err.Error())
	}
	if _, reserved := account.LookupReservedUser(name); reserved {
		return "", invalidUsername(name, fmt.Sprintf("Username [%s] is reserved and may not be used.", name))
	}
	return name, nil
}

func invalidUsername(name, reason string) error {
	return &toolError{code: exitData, message: fmt.Sprintf("Invalid username [%s]... %s", visible(name), reason)}
}

// parseRoles reads names of roles with commas between them.
func parseRoles(list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	roles := strings.Split(list, ",")
	for _, role := range roles {
		if err := account.CheckName("role", role); err != nil {
			return nil, &toolError{code: exitData, message: fmt.Sprintf("Invalid role [%s]... %v", visible(role), err)}
		}
	}
	return roles, nil
}
