package schemadiff_test

import (
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// Postgres reads its own words for a list as other words. Either is the same.
func TestListsInPostgresWords(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{
		`code IN ('a', 'it''s', 'x, (y)')`, `code NOT IN ('a', 'b')`, `"Odd ""one" IN ('a', 'b')`, `coalesce(code, 'x') IN ('a', 'b')`,
	} {
		const table = `CREATE TABLE t (code varchar, "Odd ""one" varchar`
		want := open(t, table+", CONSTRAINT few CHECK ("+expr+"))")
		var words string
		if err := want.conn.QueryRowContext(t.Context(), `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'few'`).Scan(&words); err != nil {
			t.Fatal(err)
		}
		state, err := schemadiff.Read(t.Context(), want.conn)
		if err != nil {
			t.Fatal(err)
		}
		if files, err := schemadiff.Plan(t.Context(), open(t, table+", CONSTRAINT few "+words+")").conn, state, schemadiff.Options{}); err != nil || len(files) > 0 {
			t.Errorf("%s: got %v, %v; want no change", words, files, err)
		}
		if files, err := schemadiff.Plan(t.Context(), open(t, table+")").conn, state, schemadiff.Options{Down: true}); err != nil || len(files) != 1 {
			t.Errorf("%s: got %v, %v; want one file", words, files, err)
		}
	}
}
