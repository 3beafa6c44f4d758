package executor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"runtime/debug"
	"strings"

	"entgo.io/ent/privacy"
	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/fair"
	"github.com/entgraph/entgraph/internal/limit"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/request"
	"github.com/entgraph/entgraph/viewer"
)

// clientErrors is the table from causes to what a client reads; it gives one error for each
// bad value. A cause that is not in the table is INTERNAL.
func (s *Schema) clientErrors(err error, path ast.Path) gqlerror.List {
	one := func(code, message string) gqlerror.List {
		return gqlerror.List{coded(err, path, code, message)}
	}
	var (
		input     *entity.InputError
		conflict  *entity.ConflictError
		tooLarge  *limit.Error
		problem   *api.Error
		tooOften  *auth.LimitError
		unfit     *planner.ValueError
		column    *planner.ColumnError
		client    *gqlerror.Error
		busy      *fair.BusyError
		uncertain *postgres.UncertainError
	)
	switch {
	case errors.As(err, &input):
		var list gqlerror.List
		for _, f := range input.Fields {
			list = append(list, fieldError(err, path, api.CodeBadUserInput, f.Path, f.Message))
		}
		return list
	case errors.As(err, &conflict):
		if len(conflict.Places) > 0 {
			var list gqlerror.List
			for _, place := range conflict.Places {
				list = append(list, fieldError(err, path, api.CodeConflict, place, conflict.Message))
			}
			return list
		}
		if len(conflict.Fields) == 0 {
			return one(api.CodeConflict, conflict.Message)
		}
		return gqlerror.List{fieldError(err, path, api.CodeConflict, []any{"input", conflict.Fields[0]}, conflict.Message)}
	case errors.As(err, &tooLarge):
		return gqlerror.List{limitError(tooLarge, path)}
	case errors.As(err, &problem):
		return gqlerror.List{fieldError(err, path, problem.Code, problem.Path(), problem.Message)}
	case errors.As(err, &unfit):
		return one(api.CodeUnrepresentable, unfit.Error())
	case errors.As(err, &column):
		return one(api.CodeUnrepresentable, column.Message())
	case unreadable.MatchString(err.Error()):
		return one(api.CodeUnrepresentable, "the row has a value that this program cannot read: give that field another one in the same change, or mend it by SQL; the log names the column")
	case s.notFound(err):
		return one(api.CodeNotFound, "not found")
	case errors.As(err, &tooOften):
		e := coded(err, path, api.CodeRateLimited, tooOften.Error())
		e.Extensions["retryAfter"] = tooOften.Seconds()
		return gqlerror.List{e}
	case errors.Is(err, privacy.Deny), postgres.IsDenied(err):
		return one(api.CodeForbidden, "not allowed")
	case errors.Is(err, context.Canceled):
		return one(api.CodeTimeout, "the request was cancelled")
	case errors.As(err, &busy):
		return gqlerror.List{busyError(busy, err, path)}
	case errors.As(err, &uncertain):
		return one(api.CodeUnavailable, uncertain.Error())
	case isAway(err):
		return gqlerror.List{later(coded(err, path, api.CodeUnavailable, "the database cannot be reached; nothing was changed"))}
	case postgres.IsConflict(err):
		return gqlerror.List{later(coded(err, path, api.CodeAborted, "others changed the same rows at the same time; nothing was changed, send it again"))}
	case postgres.IsTimeout(err):
		return one(api.CodeTimeout, "the request took too long")
	case postgres.BadValue(err) != "":
		return one(api.CodeBadUserInput, "a value "+postgres.BadValue(err))
	case postgres.IsTooComplex(err):
		return gqlerror.List{limitError(&limit.Error{Message: "this needs more of the database than one statement gets"}, path)}
	case errors.As(err, &client) && errors.Unwrap(client) == nil:
		// Made by gqlgen or a resolver for the client.
		if client.Extensions["code"] == nil {
			errcode.Set(client, api.CodeBadUserInput)
		}
		return gqlerror.List{client}
	}
	if broken := s.entities.Broken(err); broken != nil {
		return s.clientErrors(broken, path)
	}
	if field, invalid := s.app.Ent.Invalid(err); invalid {
		return gqlerror.List{fieldError(err, path, api.CodeBadUserInput, []any{"input", field}, "is not valid")}
	}
	return one(api.CodeInternal, "internal error")
}

// unreadable are errors of Ent's about a value that SQL has written and that the Go type of its field
// has no form for, such as infinity in a time. Ent reads the whole row that it has changed.
// Source: Ent's template of assignValues, and the rows of package postgres.
var unreadable = regexp.MustCompile(`(?s)^(.*: )?(unmarshal field \w+: |scan column ").*`)

func (s *Schema) notFound(err error) bool {
	return s.app.Ent.IsNotFound(err) || errors.Is(err, entity.ErrNotFound)
}

// limitError names the limit and its value in the extensions too.
func limitError(l *limit.Error, path ast.Path) *gqlerror.Error {
	e := coded(l, path, api.CodeLimitExceeded, l.Message)
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
	e := coded(cause, path, api.CodeUnavailable, b.Error())
	if b.Own {
		e.Extensions["code"] = api.CodeRateLimited
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
	if code == api.CodeBadUserInput && name != "" {
		message = name + ": " + message
	}
	e := coded(cause, full, code, message)
	if name != "" {
		e.Extensions["field"] = name
	}
	return e
}

// addErrors reports an error at a path of the answer.
func (s *Schema) addErrors(ctx context.Context, err error, path ast.Path) {
	if err == nil {
		return
	}
	for _, e := range s.clientErrors(err, path) {
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
	list := s.clientErrors(cause, path)
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
		s.log.WarnContext(ctx, "row-level security refused a write", "request_id", request.ID(ctx), "path", e.Path.String(), "error", e.Err)
	}
	if column := (*planner.ColumnError)(nil); errors.As(e.Err, &column) {
		s.log.ErrorContext(ctx, "a column does not have the type that the schema declares", "request_id", request.ID(ctx), "error", e.Err)
	}
	if e.Err != nil && unreadable.MatchString(e.Err.Error()) && e.Extensions["code"] == api.CodeUnrepresentable {
		s.log.ErrorContext(ctx, "a row has a value that its Go type cannot hold", "request_id", request.ID(ctx), "path", e.Path.String(), "error", e.Err)
	}
	if conflict := (*entity.ConflictError)(nil); errors.As(e.Err, &conflict) && conflict.Hides(viewer.FromContext(ctx)) {
		// The answer tells what the rules hide.
		s.log.InfoContext(ctx, "a write met a value that may be hidden from its viewer", "viewer", viewer.FromContext(ctx).String(),
			"fields", conflict.Met(), "request_id", request.ID(ctx), "path", e.Path.String())
	}
	if e.Extensions["code"] == api.CodeForbidden && (errors.Is(e.Err, privacy.Deny) || postgres.IsDenied(e.Err)) && viewer.FromContext(ctx) == (viewer.Viewer{}) {
		e.Message, e.Extensions["code"] = auth.ErrNotSignedIn.Error(), api.CodeUnauthenticated
	}
	if postgres.BadValue(e.Err) != "" || postgres.IsTooComplex(e.Err) {
		// A validator in the schema would have told the client more.
		s.log.WarnContext(ctx, "the database refused a value", "request_id", request.ID(ctx), "path", e.Path.String(), "error", e.Err)
	}
	if e.Extensions["code"] != api.CodeInternal {
		return e
	}
	id := request.ID(ctx)
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

func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return b
}
