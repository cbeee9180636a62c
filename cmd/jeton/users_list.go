package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"jeton/security/userfile"
)

func (t *users) listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list [NAME]",
		Short: "List the users, or one of them, with their roles",
		Args:  cobra.ArbitraryArgs,
		RunE:  t.list,
	}
}

func (t *users) list(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return wrongUse(cmd, fmt.Sprintf("Expected at most one argument, username, found extra: [%s]", strings.Join(args, ", ")))
	}
	dir, _, err := t.prepare(cmd)
	if err != nil {
		return err
	}
	return t.show(dir, args...)
}

// show prints the named users, all when none is named, and what marks mean.
func (t *users) show(dir string, names ...string) error {
	all, wrong, err := userfile.Read(dir)
	if err != nil {
		return userFileError(err, dir, "")
	}
	for _, e := range wrong {
		t.warn([]string{fmt.Sprintf("[%s] %v", dir, e)})
	}
	known, err := t.knownRoles(dir)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		names = all.Names()
	}
	text := "No users found\n"
	if len(names) > 0 {
		text, err = describe(all, names, known, roleFile(dir))
	}
	if err != nil {
		return userFileError(err, dir, names[0])
	}
	if _, err := fmt.Fprint(t.stdout, text); err != nil {
		return &toolError{code: exitIO, message: err.Error()}
	}
	return nil
}

// describe is a line for each user. A star marks a role that is not known.
func describe(all *userfile.Users, names []string, known func(role string) bool, rolesPath string) (string, error) {
	var b strings.Builder
	marked := false
	for _, name := range names {
		user, ok := all.Lookup(name)
		if !ok {
			return "", userfile.ErrNotFound
		}
		shown := make([]string, len(user.Roles))
		for i, role := range user.Roles {
			if shown[i] = role; !known(role) {
				shown[i], marked = role+"*", true
			}
		}
		if len(shown) == 0 {
			shown = []string{"-"}
		}
		fmt.Fprintf(&b, "%-15s: %s\n", name, strings.Join(shown, ","))
	}
	if marked {
		fmt.Fprintf(&b, "\n [*]   Role is not in the [%s] file. If the role has been created using the API, please disregard this message.\n", rolesPath)
	}
	return b.String(), nil
}
