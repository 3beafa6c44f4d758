package seed

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/auth"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/entgraphtest"
	"github.com/entgraph/entgraph/graph"
)

// appWith is the sample with another function for its data.
func appWith(write func(context.Context, *entgraph.Seeder) error) entgraph.App {
	return entgraph.App{
		Name: "entgraph",
		Ent:  ent.Engine, Migrations: migrate.Migrations, Graph: graph.Graph,
		Auth: &auth.Options{}, Seed: write,
	}
}

// openSmall gives a database with the small data set.
func openSmall(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return openWith(t, Write)
}

// openWith gives a database with what a function writes.
func openWith(t *testing.T, write func(context.Context, *entgraph.Seeder) error) *pgxpool.Pool {
	t.Helper()
	api := entgraphtest.New(t, appWith(write))
	api.Seed(t)
	return connect(t, api.DatabaseURL)
}

func connect(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	db, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// one reads the single value of a query.
func one[T any](t *testing.T, db *pgxpool.Pool, query string, args ...any) T {
	t.Helper()
	all := column[T](t, db, query, args...)
	if len(all) != 1 {
		t.Fatalf("%d rows, want 1: %s", len(all), query)
	}
	return all[0]
}

// column reads a list of values.
func column[T any](t *testing.T, db *pgxpool.Pool, query string, args ...any) []T {
	t.Helper()
	rows, err := db.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	return all
}

// wantCounts compares queries that give a number with that number.
func wantCounts(t *testing.T, db *pgxpool.Pool, want map[string]int) {
	t.Helper()
	for query, n := range want {
		if got := one[int](t, db, query); got != n {
			t.Errorf("%d, want %d: %s", got, n, query)
		}
	}
}

// wantAtLeast compares queries that give a number with the least number.
func wantAtLeast(t *testing.T, db *pgxpool.Pool, want map[string]int) {
	t.Helper()
	for query, n := range want {
		if got := one[int](t, db, query); got < n {
			t.Errorf("%d, want at least %d: %s", got, n, query)
		}
	}
}

var tableNames = []string{"users", "profiles", "tags", "posts", "taggings"}

// checksums gives a checksum of all that is in each table.
func checksums(t *testing.T, db *pgxpool.Pool) map[string]string {
	t.Helper()
	sums := map[string]string{}
	for _, name := range tableNames {
		sums[name] = one[string](t, db, "SELECT md5(string_agg(r::text, E'\\n' ORDER BY id)) FROM "+name+" r")
	}
	return sums
}
