package entity

import (
	"errors"
	"strings"
)

// ErrNotFound reports that the entity to write does not exist. Ent's NotFoundError
// means the same.
var ErrNotFound = errors.New("no such entity")

// FieldError is what is wrong with one value of an input.
type FieldError struct {
	// Path leads from the field's arguments to the value, such as ["input", "tagIDs", 1].
	Path []any
	// Message is for the client.
	Message string
}

// InputError reports all bad values of one input at once.
type InputError struct {
	Fields []FieldError
	cause  error
}

// Error lists the messages.
func (e *InputError) Error() string {
	var b strings.Builder
	b.WriteString("bad input")
	for _, f := range e.Fields {
		b.WriteString(": " + f.Message)
	}
	return b.String()
}

// Unwrap returns the database's error, if that is where it was found.
func (e *InputError) Unwrap() error { return e.cause }

// ConflictError reports that a write meets what is stored already.
type ConflictError struct {
	// Fields lists the input keys that conflict; empty when no input is to blame.
	Fields []string
	// Places lead from the field's arguments to what conflicts below the keys of the input, such as
	// ["input", "products", "add", 1, "id"]; nil where Fields say enough.
	Places [][]any
	// Message is for the client.
	Message string
	meets   meeting
	cause   error
}

// Error returns the message.
func (e *ConflictError) Error() string { return e.Message }

// Unwrap returns the database's error.
func (e *ConflictError) Unwrap() error { return e.cause }
