package server

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/document"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/viewer"
)

// operations is the extension around every operation, whatever it came by: it sets
// the deadline, masks panics, counts statements and writes the log line.
type operations struct{ server *Server }

var _ interface {
	graphql.HandlerExtension
	graphql.OperationInterceptor
	graphql.ResponseInterceptor
} = operations{}

// ExtensionName implements graphql.HandlerExtension.
func (operations) ExtensionName() string { return "Operations" }

// Validate implements graphql.HandlerExtension.
func (operations) Validate(graphql.ExecutableSchema) error { return nil }

type deadlineKey struct{}

// withDeadline fixes when the request's time is over, all of it: finding out what it asks
// and who asks counts as well. A subscription is bound by it until it runs.
func (s *Server) withDeadline(ctx context.Context) context.Context {
	return context.WithValue(ctx, deadlineKey{}, time.Now().Add(s.o.RequestTimeout))
}

// bounded ends a context when the request's time is over.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithDeadline(ctx, ctx.Value(deadlineKey{}).(time.Time)) //nolint:forcetypeassert // every request has one
}

// operation makes the operation that a request asks for; with errors it is fit for the
// log only.
func (s *Server) operation(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	oc, err := s.documents.Operation(ctx, params)
	oc.RecoverFunc = s.schema.Recover
	oc.DisableIntrospection = !s.o.Introspection
	var list gqlerror.List
	switch {
	case err == nil:
		return oc, nil
	case errors.As(err, &list):
		return oc, list
	}
	return oc, gqlerror.List{s.schema.Present(graphql.WithOperationContext(ctx, oc), err)}
}

type dispatchedKey struct{}

// InterceptOperation implements graphql.OperationInterceptor.
func (o operations) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	run := &operation{server: o.server, finite: isFinite(graphql.GetOperationContext(ctx))}
	ctx = context.WithValue(ctx, dispatchedKey{}, true)
	ctx, run.stats = statsOf(ctx)
	if run.finite {
		ctx, run.explaining = o.server.explained(ctx, graphql.GetOperationContext(ctx).Headers)
		ctx, run.cancel = bounded(ctx)
	} else {
		var cancel context.CancelCauseFunc
		ctx, cancel = context.WithCancelCause(ctx)
		forget := context.AfterFunc(o.server.draining, func() { cancel(nil) })
		go o.server.watchSession(ctx, cancel)
		run.cancel = func() { forget(); cancel(nil) }
	}
	run.next, run.failed = run.guard(ctx, func() graphql.ResponseHandler { return next(ctx) })
	return run.respond
}

func isFinite(oc *graphql.OperationContext) bool {
	return oc.Operation.Operation != ast.Subscription
}

// InterceptResponse implements graphql.ResponseInterceptor. It bounds the errors of every
// answer, and logs what never became an operation: a document that does not parse, is not
// valid or is not allowed.
func (o operations) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	resp := next(ctx)
	if resp != nil {
		resp.Errors = document.Shorten(resp.Errors, o.server.o.Document.MaxErrors, 0)
	}
	if ctx.Value(dispatchedKey{}) == nil {
		o.server.logOperation(ctx, nil, codeOf(resp.Errors))
	}
	return resp
}

// operation is one operation under way. It is used by one goroutine.
type operation struct {
	server     *Server
	finite     bool // a query or mutation: one response
	stats      *postgres.Stats
	cancel     context.CancelFunc
	next       graphql.ResponseHandler
	failed     *graphql.Response // instead of next, when starting it panicked
	explaining *explaining       // nil unless the request asks for it
	code       string            // of the last error of a stream
	done       bool
}

// respond gives the next response, nil at the end.
func (op *operation) respond(ctx context.Context) *graphql.Response {
	if op.done {
		return nil
	}
	resp := op.failed
	if resp == nil {
		resp, op.failed = guardResponse(op, ctx)
		if op.failed != nil {
			resp = op.failed
		}
	}
	cause := context.Cause(ctx)
	signedOut := !op.finite && (errors.Is(cause, auth.ErrEnded) || errors.Is(cause, auth.ErrToken))
	if resp == nil && (op.finite || signedOut) { // the executor gives nothing once the context has ended
		resp = &graphql.Response{Errors: gqlerror.List{op.server.schema.Present(ctx, cause)}}
	}
	resp = op.server.hold(ctx, resp)
	if resp != nil && len(resp.Errors) > 0 {
		op.code = codeOf(resp.Errors)
	}
	op.explaining.add(ctx, resp)
	if op.finite || signedOut || resp == nil || op.failed != nil {
		op.finish(ctx)
	}
	return resp
}

func (op *operation) finish(ctx context.Context) {
	op.done = true
	op.cancel()
	code := op.code
	if code == "" {
		code = "OK"
	}
	op.server.logOperation(ctx, op.stats, code)
}

func guardResponse(op *operation, ctx context.Context) (resp, failed *graphql.Response) {
	defer op.mask(ctx, &failed)
	return op.next(ctx), nil
}

// guard starts the operation.
func (op *operation) guard(ctx context.Context, start func() graphql.ResponseHandler) (next graphql.ResponseHandler, failed *graphql.Response) {
	defer op.mask(ctx, &failed)
	return start(), nil
}

// mask makes a panic of the deferring function a response that names no cause. The
// presenter logs it with the stack.
func (op *operation) mask(ctx context.Context, failed **graphql.Response) {
	if v := recover(); v != nil {
		err := op.server.schema.Present(ctx, op.server.schema.Recover(ctx, v))
		*failed = &graphql.Response{Errors: gqlerror.List{err}}
	}
}

// logOperation writes the line of an operation. It never holds the query or its
// variables: both carry what users entered.
func (s *Server) logOperation(ctx context.Context, stats *postgres.Stats, code string) {
	if !s.o.Log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	name, kind := "anonymous", "unknown"
	var elapsed time.Duration
	if graphql.HasOperationContext(ctx) {
		oc := graphql.GetOperationContext(ctx)
		elapsed = time.Since(oc.Stats.OperationStart)
		if oc.Operation != nil {
			kind = string(oc.Operation.Operation)
			if oc.Operation.Name != "" {
				name = oc.Operation.Name
			}
		}
	}
	const longest = 100 // a name may be as long as a document
	s.o.Log.With(idAttrs(ctx)...).LogAttrs(ctx, slog.LevelInfo, "operation",
		slog.String("operation", name[:min(len(name), longest)]),
		slog.String("type", kind),
		slog.Float64("duration_ms", float64(elapsed.Microseconds())/1000),
		slog.Int("sql", stats.Statements()),
		slog.String("code", code),
		slog.String("viewer", viewer.FromContext(ctx).String()),
	)
}
