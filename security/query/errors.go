package query

import (
	"bytes"
	"fmt"
)

// Error refuses a search body.
type Error struct {
	// Reason is in the wire's words. Where Syntax is set it begins with the
	// place, [LINE:COLUMN], both counted from 1.
	Reason string
	// Syntax: the body is no JSON, or not of the API's form. Otherwise it is
	// well formed and asks for what is not allowed.
	Syntax bool
}

func (e *Error) Error() string { return e.Reason }

// refuse is for what is well formed and not allowed.
func refuse(format string, args ...any) error {
	return &Error{Reason: fmt.Sprintf(format, args...)}
}

// syntaxError names the place of the last byte that was read.
func syntaxError(body []byte, end int, format string, args ...any) error {
	before := body[:end]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return &Error{Reason: fmt.Sprintf("[%d:%d] ", line, column) + fmt.Sprintf(format, args...), Syntax: true}
}
