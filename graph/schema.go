package graph

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	_ "github.com/entgraph/entgraph/ent/runtime" // the schemas' hooks, defaults and validators
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/document"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/introspection"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/rule"
)

// Options are what the API needs besides the database.
type Options struct {
	// Read bounds lists and what reads may cost. Its Computed is set by New.
	Read planner.Options
	// MaxLinks bounds the ids in one list of an input; see [entity.Store]. Default 1000.
	MaxLinks int
	// Log receives the causes of internal errors.
	Log *slog.Logger
}

// Schema is the whole API as gqlgen's server executes it.
type Schema struct {
	db       *postgres.DB
	entities *entity.Graph
	planner  *planner.Planner
	custom   graphql.ExecutableSchema
	about    *introspection.Schema
	log      *slog.Logger
}

// served is the schema that gqlgen parsed, ready to be asked.
var served = sync.OnceValue(func() *ast.Schema {
	document.Prepare(parsedSchema)
	return parsedSchema
})

// New joins the generated entities and the handwritten fields. It fails when the two
// do not fit, such as a computed field without a function, and when the handwritten SDL
// was changed since the code that answers it was generated.
func New(db *postgres.DB, o Options) (*Schema, error) {
	if err := checkSources(handwrittenSDL, sources); err != nil {
		return nil, err
	}
	store := entity.Store{Mutate: ent.Engine.Mutate, Lock: lock, Links: links, Rows: rows, MaxLinks: o.MaxLinks}
	g, err := entity.New(ent.Engine.Entities, migrate.Tables, store)
	if err != nil {
		return nil, fmt.Errorf("join the entities: %w", err)
	}
	if db.RowSecurity() {
		g.Secure()
	}
	o.Read.Computed = computed
	p, err := planner.New(g, o.Read)
	if err != nil {
		return nil, fmt.Errorf("make the planner: %w", err)
	}
	s := &Schema{db: db, entities: g, planner: p, about: introspection.New(served()), log: o.Log}
	resolver := &Resolver{Entities: g, Client: s.client(db.Writer())}
	s.custom = NewExecutableSchema(Config{Schema: served(), Resolvers: resolver})
	return s, nil
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

// client is an Ent client on a pool or transaction.
func (s *Schema) client(q postgres.Querier) *ent.Client {
	c := ent.NewClient(ent.Driver(postgres.NewDriver(q)))
	c.Use(s.entities.Normalize)
	return c
}

// withClient returns a context for handwritten code and generic writes: with an Ent
// client and what binds its queries to the access rules.
func (s *Schema) withClient(ctx context.Context, q postgres.Querier) context.Context {
	return rule.NewContext(ent.NewContext(ctx, s.client(q)), s.entities.Binder())
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
