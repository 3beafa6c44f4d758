package plan_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// Printed SQL means one thing wherever it is run: neither the search path of a database nor
// a temporary table gives its names another meaning, and the session is as before.
func TestPrintedSQLMeansOneThing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	state := func(name, sql string) plan.Source {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(sql), 0o600); err != nil {
			t.Fatal(err)
		}
		return plan.Source("file://" + path)
	}
	scratch := devpg.Scratch(t)
	from, to := state("from.sql", "CREATE TABLE t (id int);"), state("to.sql", "CREATE TABLE t (id int, a int NOT NULL); CREATE INDEX t_a ON t (a); CREATE VIEW v AS SELECT a FROM t;")
	for name, online := range map[string]bool{"at once": false, "online": true} {
		t.Run(name, func(t *testing.T) {
			o := plan.SchemaDiffOptions{SourceOptions: plan.SourceOptions{Scratch: scratch}, From: from, To: to, Online: online}
			o.Answers = schemadiff.Answers{Backfill: map[string]string{"t.a": "id"}}
			parts, err := plan.SchemaDiff(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			url := devpg.Empty(t)
			admin := migratetest.Connect(t, url)
			for _, sql := range []string{"CREATE SCHEMA app; CREATE TABLE app.t (id int); CREATE TABLE t (id int); INSERT INTO t VALUES (1)",
				"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = app, public', current_database()); END $$"} {
				if _, err := admin.Exec(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			conn := psql(t, url)
			for _, sql := range append([]string{"CREATE TEMP TABLE t (id int)"}, sentences(plan.JoinParts(parts))...) {
				if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
					t.Fatalf("%v\n%s", err, plan.JoinParts(parts))
				}
			}
			var columns, path string
			if err := conn.QueryRow(t.Context(), `SELECT string_agg(attrelid::regclass::text || '.' || attname, ' ' ORDER BY 1), current_setting('search_path') || current_setting('lock_timeout')
FROM (SELECT attrelid, attname FROM pg_attribute WHERE attnum > 0 AND attrelid IN ('app.t'::regclass, 'public.t'::regclass, 'pg_temp.t'::regclass) AND attname = 'a') x`).Scan(&columns, &path); err != nil {
				t.Fatal(err)
			}
			if columns != "public.t.a" || path != "app, public0" {
				t.Errorf("changed %s; the session has search_path and lock_timeout %q\n%s", columns, path, plan.JoinParts(parts))
			}
		})
	}
}

// psql connects as a person does; a warning is a failure.
func psql(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if n.Severity == "WARNING" {
			t.Errorf("the server warns: %s", n.Message)
		}
	}
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// sentences splits a script as psql does, which ends at a semicolon at the end of a line
// but for those in a block.
func sentences(script string) (all []string) {
	var one strings.Builder
	for line := range strings.Lines(script) {
		one.WriteString(line)
		if strings.HasSuffix(line, ";\n") && strings.Count(one.String(), "$fill$")%2 == 0 {
			all = append(all, one.String())
			one.Reset()
		}
	}
	return append(all, one.String())
}
