package server

import (
	"context"
	"errors"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/viewer"
)

type statsKey struct{}

// authenticate finds out who asks, before anything of the operation runs. A session or
// access token that does not hold is an error; a session for operations that sign in or
// out is not.
func (s *Server) authenticate(ctx context.Context, oc *graphql.OperationContext) (context.Context, gqlerror.List) {
	req := auth.FromContext(ctx)
	switch {
	case req.Carries():
	case oc.Operation.Operation == ast.Mutation:
		return identified(viewer.NewContext(ctx, viewer.FromContext(ctx))), nil // it may sign in
	default:
		return identified(ctx), nil
	}
	ctx, stats := postgres.WithStats(ctx)
	ctx = context.WithValue(ctx, statsKey{}, stats)
	limited, cancel := bounded(ctx)
	defer cancel()
	v, err := req.Resolve(limited)
	if err != nil && !(errors.Is(err, auth.ErrEnded) && signs(oc)) {
		return ctx, gqlerror.List{s.schema.Present(ctx, err)}
	}
	return identified(viewer.NewContext(ctx, viewer.FromContext(v))), nil
}

// signs reports whether an operation only signs in or out, for which it does not matter
// who asks.
func signs(oc *graphql.OperationContext) bool {
	if oc.Operation.Operation != ast.Mutation {
		return false
	}
	for _, sel := range oc.Operation.SelectionSet {
		f, ok := sel.(*ast.Field)
		if !ok || !auth.Signs(f.Name) {
			return false
		}
	}
	return true
}

// statsOf continues the count that authenticate began.
func statsOf(ctx context.Context) (context.Context, *postgres.Stats) {
	if stats, ok := ctx.Value(statsKey{}).(*postgres.Stats); ok {
		return ctx, stats
	}
	return postgres.WithStats(ctx)
}

// watchSession ends a subscription with [auth.ErrEnded] when its session ends or its
// viewer changes, and with [auth.ErrToken] when its access token ends.
func (s *Server) watchSession(ctx context.Context, cancel context.CancelCauseFunc) {
	req := auth.FromContext(ctx)
	if req == nil {
		return
	}
	was := viewer.FromContext(ctx)
	tick := time.NewTicker(s.o.SessionCheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, err := req.Resolve(ctx)
		// A database that is away for a moment signs nobody out.
		switch {
		case errors.Is(err, auth.ErrEnded), errors.Is(err, auth.ErrToken):
			cancel(err)
			return
		case err == nil && viewer.FromContext(now) != was:
			cancel(auth.ErrEnded)
			return
		}
	}
}
