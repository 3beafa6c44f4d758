package seed

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/postgres"
	engine "github.com/entgraph/entgraph/internal/seed"
)

// open gives a database with the schema and no data.
func open(t *testing.T) *postgres.DB {
	t.Helper()
	hash, err := folder.Hash(entmigrate.Migrations)
	if err != nil {
		t.Fatal(err)
	}
	url := devpg.Clone(t, devpg.Template{Key: "migrated " + hash, Build: func(ctx context.Context, url string) error {
		_, err := database.Up(ctx, url, entmigrate.Migrations, database.UpOptions{StandIns: true})
		return err
	}})
	db, err := postgres.Open(t.Context(), postgres.Options{URL: url, MaxConns: 4, ConnectTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// openSmall gives a database with the small data set.
func openSmall(t *testing.T) *postgres.DB {
	t.Helper()
	db := open(t)
	run(t, db, options(Write))
	return db
}

func run(t *testing.T, db *postgres.DB, o engine.Options) {
	t.Helper()
	if err := engine.Run(t.Context(), db, o); err != nil {
		t.Fatal(err)
	}
}

// options say how the program writes the sample data.
func options(f engine.Func) engine.Options {
	return engine.Options{
		Tables: entmigrate.Tables, Seed: f, PasswordHash: engine.DemoHash,
		Unfilled: []string{"access_tokens", "attempts", "audit_logs", "identities", "sessions"},
		Account:  &entity.Account{Table: "users", Username: "username", PasswordHash: "password_hash"},
	}
}

// one reads the single value of a query.
func one[T any](t *testing.T, db *postgres.DB, query string, args ...any) T {
	t.Helper()
	all := column[T](t, db, query, args...)
	if len(all) != 1 {
		t.Fatalf("%d rows, want 1: %s", len(all), query)
	}
	return all[0]
}

// column reads a list of values.
func column[T any](t *testing.T, db *postgres.DB, query string, args ...any) []T {
	t.Helper()
	rows, err := db.Write.Query(t.Context(), query, args...)
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
func wantCounts(t *testing.T, db *postgres.DB, want map[string]int) {
	t.Helper()
	for query, n := range want {
		if got := one[int](t, db, query); got != n {
			t.Errorf("%d, want %d: %s", got, n, query)
		}
	}
}

// wantAtLeast compares queries that give a number with the least number.
func wantAtLeast(t *testing.T, db *postgres.DB, want map[string]int) {
	t.Helper()
	for query, n := range want {
		if got := one[int](t, db, query); got < n {
			t.Errorf("%d, want at least %d: %s", got, n, query)
		}
	}
}

var tableNames = []string{"users", "profiles", "tags", "posts", "taggings"}

// checksums gives a checksum of all that is in each table.
func checksums(t *testing.T, db *postgres.DB) map[string]string {
	t.Helper()
	sums := map[string]string{}
	for _, name := range tableNames {
		sums[name] = one[string](t, db, "SELECT md5(string_agg(r::text, E'\\n' ORDER BY id)) FROM "+name+" r")
	}
	return sums
}
