package database_test

import (
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
)

// A migration may become another role, for a part or to its end, in one transaction or
// statement by statement: what it makes is that role's, and the revision is written all the
// same.
func TestOtherRole(t *testing.T) {
	t.Parallel()
	role := prefix(t) + "app"
	admin := migratetest.Connect(t, devpg.Empty(t))
	if _, err := admin.Exec(t.Context(), "CREATE ROLE "+role); err != nil {
		t.Fatal(err)
	}
	const made = "CREATE TABLE app.t (a int);\n"
	for name, test := range map[string]struct{ file, mine, theirs string }{
		"for a part":            {"SET ROLE @; " + made + "RESET ROLE; CREATE TABLE mine (a int);", "mine", "t"},
		"to the end":            {"SET ROLE @;\n" + made + "CREATE TABLE app.u (a int);", "", "t,u"},
		"for the transaction":   {"SET LOCAL ROLE @;\n" + made + "CREATE TABLE app.u (a int);", "", "t,u"},
		"as another session":    {"SET SESSION AUTHORIZATION @;\n" + made + "RESET SESSION AUTHORIZATION; CREATE TABLE mine (a int);", "mine", "t"},
		"as another, left on":   {"SET SESSION AUTHORIZATION @;\n" + made, "", "t"},
		"one by one":            {"-- atlas:txmode none\n\nSET ROLE @;\n" + made + "CREATE INDEX CONCURRENTLY t_a ON app.t (a);\nRESET ROLE;\nCREATE TABLE mine (a int);", "mine", "t"},
		"one by one, left on":   {"-- atlas:txmode none\n\nSET ROLE @;\n" + made + "CREATE INDEX CONCURRENTLY t_a ON app.t (a);", "", "t"},
		"one by one, a session": {"-- atlas:txmode none\n\nSET SESSION AUTHORIZATION @;\n" + made + "CREATE INDEX CONCURRENTLY t_a ON app.t (a);\nCREATE TABLE app.u (a int);", "", "t,u"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := migrations(t, map[string]string{
				"20260101000000_a.sql": "CREATE TABLE first (id int PRIMARY KEY); CREATE SCHEMA app; GRANT ALL ON SCHEMA app TO " + role + ";\n",
				"20260102000000_b.sql": strings.ReplaceAll(test.file, "@", role) + "\n",
				"20260103000000_c.sql": "CREATE TABLE last (a int);\n",
			})
			url := devpg.Empty(t)
			if applied, err := database.Up(t.Context(), url, dir, database.UpOptions{}); err != nil || len(applied) != 3 {
				t.Fatalf("applied %d: %v", len(applied), err)
			}
			conn := migratetest.Connect(t, url)
			owned := func(which string) (names string) {
				t.Helper()
				err := conn.QueryRow(t.Context(), `SELECT coalesce(string_agg(tablename, ',' ORDER BY tablename), '') FROM pg_tables
WHERE schemaname IN ('app', 'public') AND tablename NOT IN ('first', 'last', 'atlas_schema_revisions') AND (tableowner = $1) = $2`, role, which == "theirs").Scan(&names)
				if err != nil {
					t.Fatal(err)
				}
				return names
			}
			if mine, theirs := owned("mine"), owned("theirs"); mine != test.mine || theirs != test.theirs {
				t.Errorf("own tables %q, the role's %q", mine, theirs)
			}
			var n int
			if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM atlas_schema_revisions WHERE applied = total AND error IS NULL OR error = ''`).Scan(&n); err != nil || n != 3 {
				t.Errorf("%d revisions: %v", n, err)
			}
			if !strings.Contains(test.file, "CONCURRENTLY") {
				script, err := database.Script(dir, database.ScriptOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := migratetest.Connect(t, devpg.Empty(t)).PgConn().Exec(t.Context(), script).ReadAll(); err != nil {
					t.Errorf("run the script: %v\n%s", err, script)
				}
			}
			scratch, _ := dropped(t)
			if _, err := rehearsal.Run(t.Context(), rehearsal.Options{Dir: dir, Scratch: scratch, Rows: 3}); err != nil {
				t.Errorf("rehearse: %v", err)
			}
		})
	}
}
