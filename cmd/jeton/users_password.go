package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"jeton/security/token"
)

const (
	minPassword       = 6  // characters
	maxBcryptPassword = 72 // bytes; bcrypt takes no notice of more
)

// passwordFlags say what a new password is.
type passwordFlags struct{ value, file string }

func (f *passwordFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.value, "password", "p", "", "the new `password`; others on this machine may see it here")
	cmd.Flags().StringVar(&f.file, "password-file", "", "`file` that holds the new password, - for stdin")
}

// hashNewPassword gets the new password, from the terminal or stdin when no flag
// has it, and hashes it by the named algorithm.
func (t *users) hashNewPassword(cmd *cobra.Command, f passwordFlags, algorithmName string) (token.Hash, error) {
	algorithm, err := token.ParseAlgorithm(algorithmName)
	if err != nil {
		return token.Hash{}, &toolError{code: exitConfig, message: err.Error()}
	}
	password, err := t.newPassword(cmd, f)
	if err != nil {
		return token.Hash{}, err
	}
	if err := checkPassword(password, algorithm); err != nil {
		return token.Hash{}, err
	}
	hash, err := algorithm.Hash(token.SecretFrom(password))
	if err != nil {
		return token.Hash{}, &toolError{code: exitCode, message: err.Error()}
	}
	return hash, nil
}

func (t *users) newPassword(cmd *cobra.Command, f passwordFlags) (string, error) {
	given := cmd.Flags().Changed("password")
	switch {
	case given && f.file != "":
		return "", wrongUse(cmd, "Options -p and --password-file exclude each other")
	case given:
		return f.value, nil
	case f.file != "":
		password, err := t.readSecret(f.file)
		return password, noPassword(err)
	}
	password, err := t.askNewPassword("Enter new password: ", "Retype new password: ")
	if errors.Is(err, errMismatch) {
		return "", &toolError{code: exitData, message: "Password mismatch"}
	}
	return password, noPassword(err)
}

func checkPassword(password string, algorithm token.Algorithm) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return &toolError{code: exitData, message: fmt.Sprintf("Invalid password...passwords must be at least [%d] characters long", minPassword)}
	case len(password) > maxBcryptPassword && strings.HasPrefix(algorithm.String(), "bcrypt"):
		return &toolError{code: exitData, message: fmt.Sprintf("Invalid password...passwords must be at most [%d] bytes long for [%s]: choose a shorter one, "+
			"or another [xpack.security.authc.password_hashing.algorithm]", maxBcryptPassword, algorithm)}
	}
	return nil
}

// noPassword is nil for nil.
func noPassword(err error) error {
	if err == nil {
		return nil
	}
	return &toolError{code: exitIO, message: fmt.Sprintf("The new password cannot be read, from stdin or the file of --password-file: %v", err)}
}
