package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"jeton/security/tokenfile"
)

// Exit codes of the Elasticsearch tools.
const (
	exitData   = 65
	exitNoUser = 67
	exitCode   = 70
	exitIO     = 74
	exitConfig = 78
)

// toolError is a failure of a command that copies one of Elasticsearch's.
type toolError struct {
	code    int
	message string
	help    string // "" but for a wrong use
}

func (e *toolError) Error() string { return e.message }

func wrongUse(cmd *cobra.Command, message string) error {
	return &toolError{exitUsage, message, cmd.Short + "\n\n" + cmd.UsageString()}
}

// report prints the error as the Elasticsearch tools do.
func (e *toolError) report(stderr io.Writer) int {
	fmt.Fprintf(stderr, "%s\nERROR: %s, with exit code %d\n", e.help, e.message, e.code)
	return e.code
}

// fileError is the failure of an edit of the token file.
func fileError(err error, qualifiedName string) error {
	var malformed *tokenfile.MalformedError
	switch {
	case errors.Is(err, tokenfile.ErrExists):
		return &toolError{code: exitCode, message: fmt.Sprintf("Service token [%s] already exists", qualifiedName)}
	case errors.Is(err, tokenfile.ErrNotFound):
		return &toolError{code: exitCode, message: fmt.Sprintf("Service token [%s] does not exist", qualifiedName)}
	case errors.As(err, &malformed):
		return &toolError{code: exitData, message: err.Error()}
	}
	return &toolError{code: exitIO, message: err.Error()}
}
