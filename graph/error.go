package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"entgo.io/ent/privacy"
	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/fair"
	"github.com/entgraph/entgraph/internal/limit"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/viewer"
)

// The codes in extensions.code of every error, besides gqlgen's
// GRAPHQL_PARSE_FAILED and GRAPHQL_VALIDATION_FAILED.
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

// argumentError says what is wrong with one argument of a handwritten field.
func argumentError(name string, err error) error {
	return &entity.InputError{Fields: []entity.FieldError{{Path: []any{name}, Message: err.Error()}}}
}

// unwrittenError says that a handwritten field has no method yet.
type unwrittenError struct{ field, file string }

func (e *unwrittenError) Error() string {
	return fmt.Sprintf("%s is not implemented yet: its method is in %s", e.field, e.file)
}

// notImplemented is what the generator writes into the method of a handwritten field.
func notImplemented(field, file string) error { return &unwrittenError{field, file} }

// explain is the table from causes to what a client reads; it gives one error for each
// bad value. A cause that is not in the table is INTERNAL.
func explain(err error, path ast.Path) gqlerror.List {
	one := func(code, message string) gqlerror.List {
		return gqlerror.List{coded(err, path, code, message)}
	}
	var (
		input      *entity.InputError
		conflict   *entity.ConflictError
		tooLarge   *limit.Error
		validation *ent.ValidationError
		tooOften   *auth.LimitError
		unfit      *planner.ValueError
		column     *planner.ColumnError
		unwritten  *unwrittenError
		client     *gqlerror.Error
		busy       *fair.BusyError
		uncertain  *postgres.UncertainError
	)
	switch {
	case errors.As(err, &input):
		var list gqlerror.List
		for _, f := range input.Fields {
			list = append(list, fieldError(err, path, CodeBadUserInput, f.Path, f.Message))
		}
		return list
	case errors.As(err, &conflict):
		if len(conflict.Fields) == 0 {
			return one(CodeConflict, conflict.Message)
		}
		return gqlerror.List{fieldError(err, path, CodeConflict, []any{"input", conflict.Fields[0]}, conflict.Message)}
	case errors.As(err, &tooLarge):
		return gqlerror.List{limitError(tooLarge, path)}
	case errors.As(err, &validation):
		return gqlerror.List{fieldError(err, path, CodeBadUserInput, []any{"input", validation.Name}, "is not valid")}
	case errors.As(err, &unfit):
		return one(CodeUnrepresentable, unfit.Error())
	case errors.As(err, &column):
		return one(CodeUnrepresentable, column.Message())
	case notFound(err):
		return one(CodeNotFound, "not found")
	case signing(err) != nil:
		known := signing(err)
		return one(signCodes[known], known.Error())
	case errors.As(err, &tooOften):
		e := coded(err, path, CodeRateLimited, tooOften.Error())
		e.Extensions["retryAfter"] = tooOften.Seconds()
		return gqlerror.List{e}
	case errors.As(err, &unwritten):
		return one(CodeNotImplemented, unwritten.Error())
	case errors.Is(err, privacy.Deny), postgres.IsDenied(err):
		return one(CodeForbidden, "not allowed")
	case errors.Is(err, context.Canceled):
		return one(CodeTimeout, "the request was cancelled")
	case errors.As(err, &busy):
		return gqlerror.List{busyError(busy, err, path)}
	case errors.As(err, &uncertain):
		return one(CodeUnavailable, uncertain.Error())
	case isAway(err):
		return gqlerror.List{later(coded(err, path, CodeUnavailable, "the database cannot be reached; nothing was changed"))}
	case postgres.IsConflict(err):
		return gqlerror.List{later(coded(err, path, CodeAborted, "others changed the same rows at the same time; nothing was changed, send it again"))}
	case postgres.IsTimeout(err):
		return one(CodeTimeout, "the request took too long")
	case postgres.BadValue(err) != "":
		return one(CodeBadUserInput, "a value "+postgres.BadValue(err))
	case postgres.IsTooComplex(err):
		return gqlerror.List{limitError(&limit.Error{Message: "this needs more of the database than one statement gets"}, path)}
	case errors.As(err, &client) && errors.Unwrap(client) == nil:
		// Made by gqlgen or a resolver for the client.
		if client.Extensions["code"] == nil {
			errcode.Set(client, CodeBadUserInput)
		}
		return gqlerror.List{client}
	}
	return one(CodeInternal, "internal error")
}

func notFound(err error) bool { return ent.IsNotFound(err) || errors.Is(err, entity.ErrNotFound) }

// signCodes are the codes of what a client did wrong about signing in.
var signCodes = map[error]string{
	auth.ErrWrong:        CodeUnauthenticated,
	auth.ErrEnded:        CodeUnauthenticated,
	auth.ErrToken:        CodeUnauthenticated,
	auth.ErrNotSignedIn:  CodeUnauthenticated,
	auth.ErrNoEmail:      CodeUnauthenticated,
	auth.ErrTaken:        CodeUnauthenticated,
	auth.ErrReadOnly:     CodeForbidden,
	auth.ErrNeedsSession: CodeForbidden,
	auth.ErrLinked:       CodeConflict,
	auth.ErrNoCookie:     CodeBadUserInput,
	auth.ErrNoProvider:   CodeBadUserInput,
}

// signing finds the error of signing in among the causes of another, nil without one.
func signing(err error) error {
	for known := range signCodes {
		if errors.Is(err, known) {
			return known
		}
	}
	return nil
}

// limitError names the limit and its value in the extensions too.
func limitError(l *limit.Error, path ast.Path) *gqlerror.Error {
	e := coded(l, path, CodeLimitExceeded, l.Message)
	if l.Setting != "" {
		e.Extensions["limit"] = l.Setting
	}
	if l.Max > 0 {
		e.Extensions["max"] = l.Max
	}
	return e
}

// isAway reports whether the database was lost or could not be reached.
func isAway(err error) bool {
	var lost *postgres.LostError
	var unreachable *postgres.UnreachableError
	return errors.As(err, &lost) || errors.As(err, &unreachable)
}

// busyError is about too many requests: of one client, who is told to ask less, or of all.
func busyError(b *fair.BusyError, cause error, path ast.Path) *gqlerror.Error {
	e := coded(cause, path, CodeUnavailable, b.Error())
	if b.Own {
		e.Extensions["code"] = CodeRateLimited
	}
	e.Extensions["limit"] = b.Setting
	return later(e)
}

// later tells when the same request may succeed, in seconds.
func later(e *gqlerror.Error) *gqlerror.Error {
	e.Extensions["retryAfter"] = int(fair.RetryAfter.Seconds())
	return e
}

func coded(cause error, path ast.Path, code, message string) *gqlerror.Error {
	return &gqlerror.Error{Err: cause, Message: message, Path: path, Extensions: map[string]any{"code": code}}
}

// fieldError is an error about one value of an input. The path leads to the value, as
// in gqlgen's own errors about variables; extensions.field names it below the input.
func fieldError(cause error, path ast.Path, code string, field []any, message string) *gqlerror.Error {
	full := append(ast.Path(nil), path...)
	var names []string
	for i, step := range field {
		switch step := step.(type) {
		case int:
			full = append(full, ast.PathIndex(step))
		case string:
			full = append(full, ast.PathName(step))
		}
		if i > 0 || step != "input" {
			names = append(names, fmt.Sprint(step))
		}
	}
	name := strings.Join(names, ".")
	if code == CodeBadUserInput && name != "" {
		message = name + ": " + message
	}
	e := coded(cause, full, code, message)
	if name != "" {
		e.Extensions["field"] = name
	}
	return e
}

// addErrors reports an error at a path of the answer.
func addErrors(ctx context.Context, err error, path ast.Path) {
	if err == nil {
		return
	}
	for _, e := range explain(err, path) {
		graphql.AddError(ctx, e)
	}
}

// Present is the error presenter of the server: every error passes here on its way to
// the client. It gives each one a code and hides the cause of internal ones, which it
// logs with the request's id.
func (s *Schema) Present(ctx context.Context, err error) *gqlerror.Error {
	var done *gqlerror.Error
	if errors.As(err, &done) && done.Extensions["code"] != nil {
		return s.mask(ctx, done)
	}
	path := graphql.GetPath(ctx)
	cause := err
	if done != nil && done.Err != nil {
		path, cause = done.Path, done.Err
	}
	if bad := s.badArgument(ctx, done); bad != nil {
		path, cause = graphql.GetPath(ctx), bad
	}
	list := explain(cause, path)
	for _, e := range list[1:] {
		graphql.AddError(ctx, e)
	}
	if list[0].Path == nil {
		list[0].Path = path
	}
	return s.mask(ctx, list[0])
}

// mask finishes an error: an internal one is logged and gets the request's id.
func (s *Schema) mask(ctx context.Context, e *gqlerror.Error) *gqlerror.Error {
	if postgres.IsDenied(e.Err) {
		// The rules in Go let it through: a hole in them, or a row that its writer may not see.
		s.log.WarnContext(ctx, "row-level security refused a write", "request_id", RequestID(ctx), "path", e.Path.String(), "error", e.Err)
	}
	if column := (*planner.ColumnError)(nil); errors.As(e.Err, &column) {
		s.log.ErrorContext(ctx, "a column does not have the type that the schema declares", "request_id", RequestID(ctx), "error", e.Err)
	}
	if conflict := (*entity.ConflictError)(nil); errors.As(e.Err, &conflict) && conflict.Hides(viewer.FromContext(ctx)) {
		// The answer tells what the rules hide.
		s.log.InfoContext(ctx, "a write met a value that may be hidden from its viewer", "viewer", viewer.FromContext(ctx).String(),
			"fields", conflict.Met(), "request_id", RequestID(ctx), "path", e.Path.String())
	}
	if e.Extensions["code"] == CodeForbidden && (errors.Is(e.Err, privacy.Deny) || postgres.IsDenied(e.Err)) && viewer.FromContext(ctx) == (viewer.Viewer{}) {
		e.Message, e.Extensions["code"] = auth.ErrNotSignedIn.Error(), CodeUnauthenticated
	}
	if postgres.BadValue(e.Err) != "" || postgres.IsTooComplex(e.Err) {
		// A validator in the schema would have told the client more.
		s.log.WarnContext(ctx, "the database refused a value", "request_id", RequestID(ctx), "path", e.Path.String(), "error", e.Err)
	}
	if e.Extensions["code"] != CodeInternal {
		return e
	}
	id := RequestID(ctx)
	attrs := []any{"request_id", id, "path", e.Path.String()}
	if graphql.HasOperationContext(ctx) {
		attrs = append(attrs, "operation", graphql.GetOperationContext(ctx).OperationName)
	}
	s.log.ErrorContext(ctx, "internal error", append(attrs, slog.Any("error", e.Err))...)
	if id != "" {
		e.Extensions["requestId"] = id
	}
	return e
}

// Recover is the recover function of the server: a panic becomes an internal error.
// The stack goes to the log only.
func (s *Schema) Recover(_ context.Context, v any) error {
	return &panicError{value: v, stack: string(debug.Stack())}
}

type panicError struct {
	value any
	stack string
}

// Error is for the log.
func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.stack) }

type requestIDKey struct{}

// WithRequestID returns a context that carries the id of the request.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the id of the request, "" without one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return b
}
