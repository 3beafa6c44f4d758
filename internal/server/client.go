package server

import (
	"context"
	"fmt"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/fair"
	"github.com/entgraph/entgraph/viewer"
)

// A client is a user, or an address for as long as nobody has signed in. What it may have
// of the server at a time is bounded, so that others have the rest.

// identified returns the context of a client who is known by now.
func identified(ctx context.Context) context.Context {
	if v := viewer.FromContext(ctx); v.SignedIn() {
		return withClient(ctx, "user "+v.UserID.String())
	}
	return ctx
}

type clientKey struct{}

func withClient(ctx context.Context, client string) context.Context {
	return fair.WithClient(context.WithValue(ctx, clientKey{}, client), client)
}

func clientOf(ctx context.Context) string {
	client, _ := ctx.Value(clientKey{}).(string)
	return client
}

// tally counts what each client has of one thing.
type tally struct {
	mu  sync.Mutex
	has map[string]int64
	sum int64 // of all clients
}

// add takes n more, unless the client would have more than most. One that has nothing may
// always: what is refused to nobody would never be had.
func (t *tally) add(client string, n, most int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if had := t.has[client]; had > 0 && had+n > most {
		return false
	}
	t.put(client, n)
	return true
}

// force takes n more, whatever the client has.
func (t *tally) force(client string, n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.put(client, n)
}

func (t *tally) put(client string, n int64) {
	if t.has == nil {
		t.has = map[string]int64{}
	}
	t.sum += n
	if t.has[client] += n; t.has[client] <= 0 {
		delete(t.has, client)
	}
}

// of is what a client has.
func (t *tally) of(client string) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.has[client]
}

// delivery is the answer of an operation from its making until it is read. An operation
// has one at a time.
type delivery struct {
	client string
	size   int64
}

type deliveryKey struct{}

// admit refuses an operation to a client that does not read its answers. To another it
// gives the context for its answers.
func (s *Server) admit(ctx context.Context) (context.Context, gqlerror.List) {
	d := &delivery{client: clientOf(ctx)}
	if s.unread.of(d.client) >= s.o.MaxUnreadBytes {
		return ctx, gqlerror.List{s.unread.own.passed(api.CodeRateLimited)}
	}
	return context.WithValue(ctx, deliveryKey{}, d), nil
}

// hold counts an answer as unread. One that the client has no room for is replaced by an
// error, unless it tells of a mutation, which has happened.
func (s *Server) hold(ctx context.Context, resp *graphql.Response) *graphql.Response {
	d, ok := ctx.Value(deliveryKey{}).(*delivery)
	if !ok || resp == nil {
		return resp
	}
	d.size = int64(len(resp.Data))
	if graphql.GetOperationContext(ctx).Operation.Operation == ast.Mutation {
		s.unread.force(d.client, d.size)
	} else if e := s.unread.take(d.client, d.size); e != nil {
		d.size = 0
		return &graphql.Response{Errors: gqlerror.List{e}}
	}
	return resp
}

// delivered tells that an answer was read, or never will be.
func (s *Server) delivered(ctx context.Context) {
	if d, ok := ctx.Value(deliveryKey{}).(*delivery); ok {
		s.unread.force(d.client, -d.size)
		d.size = 0
	}
}

// tooMuch refuses what a client has too much of now, and may have again soon.
func tooMuch(code, setting string, most int64, format string, args ...any) *gqlerror.Error {
	e := codedError(code, fmt.Sprintf(format, args...)+" ("+setting+")")
	e.Extensions["limit"], e.Extensions["max"] = setting, most
	e.Extensions["retryAfter"] = int(fair.RetryAfter.Seconds())
	return e
}
