package planner_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/planner"
)

// plannerOf gives a planner of one entity and a connection to an empty database, whose tables the test makes.
func plannerOf(t *testing.T, e entity.Entity) (*planner.Planner, *pgx.Conn) {
	t.Helper()
	g, err := entity.New([]entity.Entity{e}, nil, entity.Store{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := planner.New(g, planner.Options{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return p, conn
}
