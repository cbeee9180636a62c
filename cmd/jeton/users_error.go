package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"jeton/security/userfile"
)

// userFileError is the failure of reading or editing the user files, nil for
// nil.
func userFileError(err error, dir, name string) error {
	var malformed *userfile.MalformedError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, userfile.ErrExists):
		return &toolError{code: exitCode, message: fmt.Sprintf("User [%s] already exists", name)}
	case errors.Is(err, userfile.ErrNotFound):
		return &toolError{code: exitNoUser, message: fmt.Sprintf("User [%s] doesn't exist", visible(name))}
	case errors.Is(err, userfile.ErrNoFile):
		return &toolError{code: exitConfig, message: fmt.Sprintf("Configuration file [%s] is missing", filepath.Join(dir, userfile.UsersFile))}
	case errors.Is(err, userfile.ErrUnwritable), errors.As(err, &malformed):
		return &toolError{code: exitData, message: err.Error()}
	}
	return &toolError{code: exitIO, message: err.Error()}
}
