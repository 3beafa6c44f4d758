// Package executor answers the operations of an app's API: it joins the generated entities,
// which the planner reads and the entity graph writes, and the handwritten fields, which
// gqlgen's executor answers.
//
// A query reads all of its entities in one snapshot, those in the results of handwritten
// fields last. A mutation is one transaction for all of its fields. Every error on its way to
// a client passes through [Schema.Present].
package executor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/introspection"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/rule"
)

// Options tune a [Schema].
type Options struct {
	// Read bounds lists and what reads may cost. Its Computed is set by New.
	Read planner.Options
	// MaxLinks bounds the ids in one list of an input; see [entity.Store]. Default 1000.
	MaxLinks int
	// Hidden bounds writes that tell of hidden unique values, by its SignUp and Window, where
	// sign-in counts none; see [auth.Hidden].
	Hidden auth.Limits
	// Log receives the causes of internal errors.
	Log *slog.Logger
}

// App is what the executor needs of an app: its generated packages.
type App struct {
	Ent   entity.Engine
	Graph api.Graph
}

// Schema is the whole API as gqlgen's server executes it.
type Schema struct {
	app      App
	db       *postgres.DB
	entities *entity.Graph
	planner  *planner.Planner
	custom   graphql.ExecutableSchema
	hidden   *auth.Hidden
	about    *introspection.Schema
	log      *slog.Logger
}

// New joins the generated entities and the handwritten fields of an app. It fails when the
// two do not fit, such as a computed field without a function, and when the handwritten SDL
// was changed since the code that answers it was generated.
func New(db *postgres.DB, app App, o Options) (*Schema, error) {
	if err := checkSources(app.Graph.SDL, app.Graph.Sources); err != nil {
		return nil, err
	}
	store := entity.Store{Lock: lock, Targets: targets, Links: links, Rows: rows, MaxLinks: o.MaxLinks}
	g, err := entity.New(app.Ent.Entities, slices.Concat(app.Ent.Tables, app.Ent.External), store)
	if err != nil {
		return nil, fmt.Errorf("join the entities: %w", err)
	}
	if db.RowSecurity() {
		g.Secure()
	}
	o.Read.Computed, o.Read.Folding = app.Graph.Computed, db.Folding
	p, err := planner.New(g, o.Read)
	if err != nil {
		return nil, err
	}
	hidden, err := auth.NewHidden(o.Hidden)
	if err != nil {
		return nil, err
	}
	return &Schema{
		app: app, db: db, entities: g, planner: p, hidden: hidden, about: introspection.New(app.Graph.Schema()), log: o.Log,
		custom: app.Graph.New(api.NewEntities(g, app.Ent.Account)),
	}, nil
}

// checkSources compares the handwritten SDL in files with that which was generated from.
func checkSources(files fs.FS, generated []*ast.Source) error {
	for _, source := range generated {
		now, err := fs.ReadFile(files, source.Name)
		switch {
		case errors.Is(err, fs.ErrNotExist): // not written by hand
		case err != nil:
			return fmt.Errorf("read the handwritten SDL: %w", err)
		// Go leaves the carriage returns out of the text in generated.go.
		case strings.ReplaceAll(string(now), "\r", "") != source.Input:
			return fmt.Errorf("graph/%s is not what was generated from; run: ./run.sh generate", source.Name)
		}
	}
	return nil
}

// client is an Ent client whose writes are normalized as those of the API are.
func (s *Schema) client(q postgres.Querier) entity.Client {
	return s.app.Ent.NewClient(postgres.NewDriver(q), s.entities.Normalize)
}

// outside returns a context for handwritten code that is part of no transaction: with an Ent
// client, and what binds its queries to the access rules.
func (s *Schema) outside(ctx context.Context) context.Context {
	return rule.NewContext(s.app.Ent.NewContext(ctx, s.client(s.db.Writer())), s.entities.Binder())
}

// Entities are the entities of the app.
func (s *Schema) Entities() *entity.Graph { return s.entities }

// Schema returns the joined schema, for validation and introspection.
func (s *Schema) Schema() *ast.Schema { return s.custom.Schema() }

// Complexity implements graphql.ExecutableSchema; no field has a cost of its own.
func (s *Schema) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

// Exec implements graphql.ExecutableSchema.
func (s *Schema) Exec(ctx context.Context) graphql.ResponseHandler {
	oc := graphql.GetOperationContext(ctx)
	if oc.Operation.Operation == ast.Subscription {
		return s.custom.Exec(ctx)
	}
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		if oc.Operation.Operation == ast.Mutation {
			return &graphql.Response{Data: s.mutation(ctx, oc)}
		}
		return &graphql.Response{Data: s.query(ctx, oc)}
	}
}

// part is one root field of an operation with its value.
type part struct {
	graphql.CollectedField
	value []byte // nil until it is known; null then

	// Of a mutation: what was found before its transaction.
	checked auth.Checked
	failed  error
}

// collect lists the root fields of an operation.
func collect(oc *graphql.OperationContext, root *ast.Definition) []*part {
	fields := graphql.CollectFields(oc, oc.Operation.SelectionSet, []string{root.Name})
	parts := make([]*part, 0, len(fields))
	for _, f := range fields {
		p := &part{CollectedField: f}
		if f.Name == "__typename" {
			p.value = quote(root.Name)
		}
		parts = append(parts, p)
	}
	return parts
}

// assemble writes the values in the client's order. A null in a field that cannot be
// null makes the whole answer null. Source: GraphQL specification, section 6.4.4.
func assemble(parts []*part) []byte {
	size := 2
	for _, p := range parts {
		size += len(p.Alias) + len(p.value) + len(`"":null,`)
	}
	out := append(make([]byte, 0, size), '{')
	for i, p := range parts {
		if p.value == nil && p.Definition.Type.NonNull {
			return []byte("null")
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), p.Alias...), `":`...) // a name needs no escapes
		if p.value == nil {
			out = append(out, "null"...)
		}
		out = append(out, p.value...)
	}
	return append(out, '}')
}
