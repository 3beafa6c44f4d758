package graph

import (
	"context"
	"log/slog"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/internal/postgres"
)

// Graph is [New] as entgraph.App takes it.
func Graph(db *postgres.DB, read planner.Options, maxLinks int, log *slog.Logger) (interface {
	graphql.ExecutableSchema
	Present(context.Context, error) *gqlerror.Error
	Recover(context.Context, any) error
	Transact(context.Context, func(context.Context) error) error
}, error) {
	s, err := New(db, Options{Read: read, MaxLinks: maxLinks, Log: log})
	if err != nil {
		return nil, err
	}
	return s, nil
}
