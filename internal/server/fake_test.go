package server_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/executor"
	"github.com/entgraph/entgraph/internal/server"
)

const scriptedSDL = `
type Query { wait: Boolean, panic: Boolean, fine: Boolean }
type Mutation { wait: Boolean }
type Subscription { count(to: Int!): Int!, endless: Int! }`

// original has another name than the method Schema.
type original = executor.Schema

// scripted is a schema whose fields do what their name says. Errors and panics leave
// as those of the real one.
type scripted struct {
	*original
	schema *ast.Schema
	// started gets a value when a "wait" or "endless" field has begun.
	started chan struct{}
	// release lets "wait" end.
	release chan struct{}
}

// newScripted starts an API on a scripted schema.
func newScripted(t *testing.T, change ...func(*apitest.Options)) (*apitest.API, *scripted) {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: scriptedSDL})
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{schema: schema, started: make(chan struct{}, 200), release: make(chan struct{})}
	wrap := func(o *apitest.Options) {
		o.Wrap = func(real *executor.Schema) server.Schema { s.original = real; return s }
	}
	return apitest.New(t, append(change, wrap)...), s
}

func (s *scripted) Schema() *ast.Schema { return s.schema }

func (s *scripted) Exec(ctx context.Context) graphql.ResponseHandler {
	oc := graphql.GetOperationContext(ctx)
	field, ok := oc.Operation.SelectionSet[0].(*ast.Field)
	if !ok {
		panic("want one field")
	}
	switch field.Name {
	case "count":
		to, err := strconv.Atoi(field.Arguments.ForName("to").Value.Raw)
		if err != nil {
			panic(err)
		}
		return count(to)
	case "endless":
		s.started <- struct{}{}
		return func(ctx context.Context) *graphql.Response {
			<-ctx.Done()
			return nil
		}
	}
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		return s.field(ctx, field)
	}
}

func count(to int) graphql.ResponseHandler {
	n := 0
	return func(context.Context) *graphql.Response {
		if n++; n > to {
			return nil
		}
		return &graphql.Response{Data: []byte(`{"count":` + strconv.Itoa(n) + `}`)}
	}
}

func (s *scripted) field(ctx context.Context, field *ast.Field) *graphql.Response {
	switch field.Name {
	case "panic":
		panic("secret detail")
	case "wait":
		s.started <- struct{}{}
		select {
		case <-ctx.Done():
			graphql.AddError(ctx, &gqlerror.Error{Err: ctx.Err(), Path: ast.Path{ast.PathName("wait")}})
			return &graphql.Response{Data: []byte(`{"wait":null}`)}
		case <-s.release:
		}
	}
	return &graphql.Response{Data: []byte(`{"` + field.Name + `":true}`)}
}
