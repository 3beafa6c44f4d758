package plan_test

import (
	"context"
	"errors"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// A draft leads the database from where it is to the schema. What holds nothing goes without a
// word, rows do not: dropped, or cut by a narrower type.
func TestDraft(t *testing.T) {
	t.Parallel()
	url, conn := world(t, "")
	exec := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	draft := func(schema string, allow bool) (string, error) {
		t.Helper()
		want := wanted(t, schema)
		steps, err := plan.Draft(t.Context(), url, want, plan.DraftOptions{Scratch: scratch(t)})
		if err != nil {
			return "", err
		}
		sql := ""
		for _, s := range steps {
			sql += s.String()
		}
		_, err = database.Draft(t.Context(), url, steps, database.DraftOptions{AllowLoss: allow})
		return sql, err
	}
	for _, tc := range []struct {
		before, schema string
		allow          bool
		sql, refused   string
	}{
		{"", "CREATE TABLE a (id int PRIMARY KEY, x text, y numeric(10,2), z text)", false, `CREATE TABLE "a"`, ""},
		{"", "CREATE TABLE a (id int PRIMARY KEY, x text, y numeric(10,2), z text)", false, "", ""},
		{"INSERT INTO a VALUES (1, 'long', 1.25)", "CREATE TABLE a (id int PRIMARY KEY, x text, y numeric(10,2))", false, `DROP COLUMN "z"`, ""},
		{"", "CREATE TABLE a (id int PRIMARY KEY, y numeric(10,2))", false, `DROP COLUMN "x"`, `column public.a."x" is dropped (1 row)`},
		{"", "CREATE TABLE a (id int PRIMARY KEY, x text, y numeric(10,1))", false, "numeric(10,1)", `column public.a."y" turns from numeric(10,2) into numeric(10,1) (1 row)`},
		{"", "CREATE TABLE a (id int PRIMARY KEY, x text, y numeric(10,1))", true, "numeric(10,1)", ""},
		{"", "", false, `DROP TABLE "a"`, "table public.a is dropped (1 row)"},
		{"DELETE FROM a", "", false, `DROP TABLE "a"`, ""},
	} {
		if tc.before != "" {
			exec(tc.before)
		}
		if tc.schema == "" {
			tc.schema = "SELECT 1" // no tables
		}
		sql, err := draft(tc.schema, tc.allow)
		if !strings.Contains(sql, tc.sql) || tc.sql == "" && sql != "" {
			t.Errorf("%s: planned %q, want %q", tc.schema, sql, tc.sql)
		}
		switch {
		case tc.refused == "" && err != nil:
			t.Errorf("%s: %v", tc.schema, err)
		case tc.refused != "" && (!errors.Is(err, migrate.ErrDestructive) || !strings.Contains(err.Error(), tc.refused)):
			t.Errorf("%s: got %v, want %q", tc.schema, err, tc.refused)
		}
	}
}

// What the schema leaves open, and nobody answers, is not guessed.
func TestDraftAsks(t *testing.T) {
	t.Parallel()
	url, _ := world(t, "CREATE TABLE a (id int PRIMARY KEY, bio text); INSERT INTO a VALUES (1, 'x')")
	want := wanted(t, "CREATE TABLE a (id int PRIMARY KEY, about text)")
	o := plan.DraftOptions{Scratch: scratch(t)}
	if _, err := plan.Draft(t.Context(), url, want, o); !errors.Is(err, schemadiff.ErrUndecided) {
		t.Errorf("nobody was asked: %v", err)
	}
	o.Ask = func(q schemadiff.Question) (string, error) { return q.Choices[0], nil }
	steps, err := plan.Draft(t.Context(), url, want, o)
	if err != nil || len(steps) != 1 || !strings.Contains(steps[0].String(), `RENAME COLUMN "bio" TO "about"`) {
		t.Errorf("the first answer: %v, %v", steps, err)
	}
}

// A column that a program takes for an enum has a conversion, when its values were something else:
// rows with others could not be read.
func TestDraftOfEnum(t *testing.T) {
	t.Parallel()
	url, _ := world(t, "CREATE TYPE few AS ENUM ('low'); CREATE TABLE a (id int PRIMARY KEY, stock bigint, kind few)")
	want := wanted(t, "CREATE TYPE few AS ENUM ('low'); CREATE TABLE a (id int PRIMARY KEY, stock varchar, kind varchar)")
	values := []string{"low", "high"}
	var asked []string
	o := plan.DraftOptions{
		Scratch: scratch(t), Hints: schemadiff.Answers{Enums: map[string][]string{"a.stock": values, "a.kind": values}},
		Ask: func(q schemadiff.Question) (string, error) {
			asked = append(asked, q.Text)
			return q.Choices[0], nil
		},
	}
	steps, err := plan.Draft(t.Context(), url, want, o)
	if err != nil || len(steps) != 1 || !strings.Contains(steps[0].String(), `USING CASE WHEN "stock"::text IN ('low', 'high') THEN "stock"::text END`) {
		t.Errorf("planned %v, %v", steps, err)
	}
	if len(asked) != 1 || asked[0] != "column a.stock changes from bigint to one of low, high: how are its values converted?" {
		t.Errorf("asked %q", asked)
	}
	if _, err := database.Draft(t.Context(), url, steps, database.DraftOptions{}); err != nil {
		t.Error(err)
	}
	o.Ask = nil
	if steps, err := plan.Draft(t.Context(), url, want, o); err != nil || len(steps) > 0 {
		t.Errorf("again %v, %v", steps, err)
	}
}

// What is there more than once is named where it cannot be.
func TestDraftNamesDoubles(t *testing.T) {
	t.Parallel()
	url, _ := world(t, "CREATE TABLE a (id int PRIMARY KEY, name text); INSERT INTO a VALUES (1, 'x'), (2, 'x'), (3, 'y'), (4, 'y'), (5, 'z')")
	want := wanted(t, "CREATE TABLE a (id int PRIMARY KEY, name text); CREATE UNIQUE INDEX a_name ON a (name)")
	steps, err := plan.Draft(t.Context(), url, want, plan.DraftOptions{Scratch: scratch(t)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = database.Draft(t.Context(), url, steps, database.DraftOptions{})
	var stmt *migrate.StatementError
	if !errors.As(err, &stmt) || !strings.HasPrefix(stmt.Advice, "Key (name)=(") || !strings.Contains(stmt.Advice, "Of such values there are 2") {
		t.Errorf("got %v", err)
	}
}

// StateAt is what the files up to a version make.
func TestStateAt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	migratetest.WriteDir(t, dir, "1_a.sql", "CREATE TABLE a (id int);\n", "2_b.sql", "CREATE TABLE b (id int);\n")
	for version, want := range map[string]int{folder.Base: 0, "1": 1, "2": 2} {
		state, err := database.StateAt(t.Context(), os.DirFS(dir), version, scratch(t))
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for key := range state.Objects {
			if key.Kind == schemadiff.Table {
				got++
			}
		}
		if got != want {
			t.Errorf("%s: %d tables, want %d", version, got, want)
		}
	}
	if _, err := database.StateAt(t.Context(), os.DirFS(dir), "3", scratch(t)); err == nil {
		t.Error("a version that is not there")
	}
}

// What is kept of one draft is where the next begins, unless the database is elsewhere by then.
func TestDraftKept(t *testing.T) {
	t.Parallel()
	url, conn := world(t, "")
	var made []string // scratch databases
	var kept plan.Kept
	o := plan.DraftOptions{Kept: &kept, Scratch: func(ctx context.Context) (string, func(context.Context) error, error) {
		url, drop, err := scratch(t)(ctx)
		made = append(made, url)
		return url, drop, err
	}}
	draft := func(schema string) []database.Step {
		t.Helper()
		want := wanted(t, schema)
		steps, err := plan.Draft(t.Context(), url, want, o)
		if err != nil {
			t.Fatal(err)
		}
		return steps
	}
	for _, tc := range []struct {
		name, before, schema, sql string
		apply                     bool
		copies                    int
	}{
		{"the first", "", "CREATE TABLE a (id int PRIMARY KEY)", `CREATE TABLE "a"`, false, 1},
		{"planned before", "", "CREATE TABLE a (id int PRIMARY KEY)", `CREATE TABLE "a"`, true, 1},
		{"the next", "", "CREATE TABLE a (id int PRIMARY KEY, x text)", `ADD COLUMN "x"`, true, 1},
		{"somebody else changed it", "ALTER TABLE a ADD y text", "CREATE TABLE a (id int PRIMARY KEY, x text)", `DROP COLUMN "y"`, true, 2},
		{"the next", "", "CREATE TABLE a (id int PRIMARY KEY)", `DROP COLUMN "x"`, false, 2},
		{"not applied, and another", "", "CREATE TABLE a (id int PRIMARY KEY, x text, z text)", `ADD COLUMN "z"`, true, 3},
		{"without its connection", "terminate", "CREATE TABLE a (id int PRIMARY KEY, x text)", `DROP COLUMN "z"`, true, 4},
	} {
		if tc.before == "terminate" {
			tc.before = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + path.Base(strings.Split(made[len(made)-1], "?")[0]) + "'"
		}
		if _, err := conn.Exec(t.Context(), tc.before); err != nil {
			t.Fatal(err)
		}
		steps := draft(tc.schema)
		if len(steps) != 1 || !strings.Contains(steps[0].String(), tc.sql) || len(made) != tc.copies {
			t.Errorf("%s: planned %v with %d copies, want %q with %d", tc.name, steps, len(made), tc.sql, tc.copies)
		}
		if !tc.apply {
			continue
		}
		if _, err := database.Draft(t.Context(), url, steps, database.DraftOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := kept.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// world is an empty database with what some SQL makes, and a connection to it.
func world(t *testing.T, sql string) (url string, conn *pgx.Conn) {
	t.Helper()
	url = empty(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	return url, conn
}

// wanted is the state that a schema in SQL makes.
func wanted(t *testing.T, schema string) *schemadiff.State {
	t.Helper()
	want, err := plan.ReadSource(t.Context(), "ent://", plan.SourceOptions{Desired: plan.Desired{Schema: schema}, Scratch: scratch(t)})
	if err != nil {
		t.Fatal(err)
	}
	return want
}
