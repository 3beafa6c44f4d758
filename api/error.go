package api

import (
	"context"
	"strings"

	"github.com/entgraph/entgraph/internal/request"
)

// The codes in extensions.code of every error, besides gqlgen's GRAPHQL_PARSE_FAILED and
// GRAPHQL_VALIDATION_FAILED.
const (
	CodeUnauthenticated = "UNAUTHENTICATED"
	CodeForbidden       = "FORBIDDEN"
	CodeNotFound        = "NOT_FOUND"
	CodeBadUserInput    = "BAD_USER_INPUT"
	CodeConflict        = "CONFLICT"
	CodeLimitExceeded   = "LIMIT_EXCEEDED"
	CodeTimeout         = "TIMEOUT"
	CodeRateLimited     = "RATE_LIMITED"
	CodeAborted         = "ABORTED"
	CodeUnavailable     = "UNAVAILABLE"
	CodeUnrepresentable = "UNREPRESENTABLE"
	CodeNotImplemented  = "NOT_IMPLEMENTED"
	CodeInternal        = "INTERNAL"
)

// Error is an error that a client reads. Any other error of a resolver is INTERNAL: its cause
// goes to the log and the client learns the request's id.
type Error struct {
	// Code is one of the codes above, or one of the app's own.
	Code string
	// Field leads to the value that is to blame, "" for none: the argument, and below it
	// the keys of its input, such as "input.title".
	Field string
	// Message is for people. It must not hold what the client may not know.
	Message string
}

// Error gives the message.
func (e *Error) Error() string { return e.Message }

// Path is Field in its steps, nil without one.
func (e *Error) Path() []any {
	if e.Field == "" {
		return nil
	}
	var path []any
	for step := range strings.SplitSeq(e.Field, ".") {
		path = append(path, step)
	}
	return path
}

// Problem makes an [Error]:
//
//	return nil, api.Problem(api.CodeBadUserInput, "first", "must be 0 to 20")
func Problem(code, field, message string) error {
	return &Error{Code: code, Field: field, Message: message}
}

// BadArgument says what is wrong with one argument of a handwritten field, nil when nothing is.
func BadArgument(name string, err error) error {
	if err == nil {
		return nil
	}
	return Problem(CodeBadUserInput, name, err.Error())
}

// NotImplemented is what the generator writes into the method of a handwritten field.
func NotImplemented(field, file string) error {
	return Problem(CodeNotImplemented, "", field+" is not implemented yet: its method is in "+file)
}

// RequestID returns the id of the request that a context belongs to, as in the log and in
// X-Request-Id; "" outside of one.
func RequestID(ctx context.Context) string { return request.ID(ctx) }
