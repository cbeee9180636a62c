package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"jeton/security/account"
	"jeton/security/rolefile"
)

func roleFile(dir string) string { return filepath.Join(dir, "roles.yml") }

// knownRoles tells of a role whether it is reserved or in the role file. Those
// that were made by the API are not known here.
func (t *users) knownRoles(dir string) (known func(role string) bool, err error) {
	path := roleFile(dir)
	roles, wrong, err := rolefile.Read(path)
	if err != nil {
		return nil, &toolError{code: exitIO, message: err.Error()}
	}
	for _, e := range wrong {
		t.warn([]string{fmt.Sprintf("[%s] %v", path, e)})
	}
	return func(role string) bool {
		_, reserved := account.ReservedRole(role)
		_, ok := roles.Lookup(role)
		return reserved || ok
	}, nil
}

// warnOfUnknown tells which of the roles may be mistyped.
func (t *users) warnOfUnknown(dir string, roles []string) error {
	known, err := t.knownRoles(dir)
	if err != nil {
		return err
	}
	var unknown []string
	for _, role := range roles {
		if !known(role) {
			unknown = append(unknown, role)
		}
	}
	if len(unknown) > 0 {
		t.warn([]string{fmt.Sprintf("The following roles [%s] are not in the [%s] file. The user gets them all the same; "+
			"make sure that the names are correct, unless the roles are made by the API", strings.Join(unknown, ","), roleFile(dir))})
	}
	return nil
}
