package rehearsal_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
)

func TestRulesOfNames(t *testing.T) {
	t.Parallel()
	lint(t,
		hazard{`CREATE TABLE "order" (id bigint PRIMARY KEY, "end" text)`, "DS410"},
		hazard{`CREATE TABLE orders (id bigint PRIMARY KEY, end_at timestamptz, name text)`, ""},
		hazard{`ALTER TABLE orders ADD COLUMN "user" text`, "DS410"},
		hazard{`ALTER TABLE orders ADD COLUMN user_name text`, ""},
		hazard{`ALTER TABLE orders ADD COLUMN "userId" text`, "DS411"},
		hazard{`CREATE TABLE "Orders" (id bigint PRIMARY KEY)`, "DS411"},
		hazard{none + `CREATE INDEX CONCURRENTLY "Name" ON orders (name)`, "DS411"},
		hazard{`CREATE TYPE "Mood" AS ENUM ('a')`, "DS411"},
		hazard{`CREATE TYPE mood AS ENUM ('A b')`, ""},
		hazard{`ALTER TYPE mood RENAME TO temper`, "CP305"},
		hazard{`CREATE SCHEMA app; CREATE TABLE app.things (id bigint PRIMARY KEY)`, ""},
		hazard{`ALTER SCHEMA app RENAME TO main`, "CP303 CP305"},
		hazard{`CREATE TYPE next AS ENUM ('A b', 'c'); DROP TYPE temper; ALTER TYPE next RENAME TO temper`, "DL216"},
		hazard{`DROP TYPE temper`, "CP305 CP308"},
	)
}

func TestRulesOfRights(t *testing.T) {
	t.Parallel()
	lint(t,
		hazard{"CREATE VIEW names AS SELECT word FROM logs; CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'", ""},
		hazard{"CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'", ""},
		hazard{"DROP FUNCTION one(); CREATE FUNCTION one() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'", "DL216"},
		hazard{"DROP VIEW names; CREATE VIEW names AS SELECT word, id FROM logs", "CP312 DL216"},
		hazard{"GRANT SELECT ON names TO linted_reader", ""},
		hazard{"ALTER SYSTEM SET work_mem = '5MB'", "DS415"},
		hazard{"CREATE ROLE linted_reader LOGIN", "DS415"},
	)
}

func TestRulesOfDroppedTables(t *testing.T) {
	t.Parallel()
	lint(t,
		hazard{"CREATE TABLE never (id bigint PRIMARY KEY CHECK (id IS NULL)); CREATE TABLE few (id bigint PRIMARY KEY)", ""},
		hazard{"DROP TABLE never", "CP301"},
		hazard{"DROP TABLE few", "DL201"},
		hazard{"CREATE TABLE short (id bigint PRIMARY KEY); DROP TABLE short", ""},
	)
}

func TestRulesOfUse(t *testing.T) {
	t.Parallel()
	lint(t,
		hazard{none + "CREATE INDEX CONCURRENTLY logs_user ON logs (user_id)", ""},
		hazard{none + "CREATE INDEX CONCURRENTLY logs_user_word ON logs (user_id, word)", "DS409"},
		hazard{none + "CREATE INDEX CONCURRENTLY logs_word ON logs (word)", ""},
		hazard{none + "CREATE INDEX CONCURRENTLY logs_word_user ON logs (word DESC, user_id)", ""},
		hazard{none + "CREATE INDEX CONCURRENTLY logs_partial ON logs (word) WHERE word > 'a'", ""},
		hazard{"ALTER TABLE logs DROP COLUMN word", "CP313 DL202"},
		hazard{"ALTER TABLE users DROP COLUMN price", "DL202"},
		hazard{"ALTER TABLE users DROP CONSTRAINT users_role_check, ADD CONSTRAINT users_role_check CHECK (role IN ('MEMBER', 'ADMIN', 'GUEST')) NOT VALID", ""},
		hazard{"ALTER TABLE users DROP CONSTRAINT users_role_check, ADD CONSTRAINT users_role_check CHECK (role IN ('MEMBER', 'ADMIN')) NOT VALID", "CP311"},
		hazard{"ALTER TABLE users ADD CONSTRAINT low CHECK (age > -999999999) NOT VALID", ""},
		hazard{"ALTER TABLE users DROP CONSTRAINT low, ADD CONSTRAINT low CHECK (age > -888888888) NOT VALID", "CP311"},
		hazard{"ALTER TABLE users DROP CONSTRAINT low, ADD CONSTRAINT low CHECK (age > -999999999) NOT VALID", ""},
		hazard{"ALTER TABLE users ADD COLUMN half int GENERATED ALWAYS AS (age / 2) STORED", "LK111"},
		hazard{"DROP VIEW IF EXISTS ages; CREATE VIEW ages AS SELECT age FROM users", ""},
		hazard{"ALTER TABLE users DROP COLUMN age CASCADE", "CP302 CP312 CP313 DL202 DL205"},
		hazard{"ALTER TABLE posts SET UNLOGGED", "DL215 LK116"},
		hazard{"ALTER TABLE posts SET LOGGED", "LK116"},
		hazard{"CREATE UNLOGGED TABLE cache (id bigint PRIMARY KEY)", ""},
		hazard{"ALTER TABLE users ADD COLUMN num bigint GENERATED ALWAYS AS IDENTITY", "LK110"},
		hazard{none + "CLUSTER posts USING posts_pkey", "LK116"},
		hazard{"TRUNCATE users CASCADE", "DL203 DL205 LK113"},
	)
}

func TestRulesOfRestarts(t *testing.T) {
	t.Parallel()
	lint(t,
		hazard{none + "DO $$ BEGIN INSERT INTO logs VALUES (-1000001); COMMIT; END $$", "HS502"},
		hazard{none + "DO $$ BEGIN INSERT INTO logs VALUES (-1000002) ON CONFLICT DO NOTHING; COMMIT; END $$", ""},
		hazard{none + "DO $$ BEGIN UPDATE logs SET word = 'w' WHERE word IS NULL; COMMIT; END $$", ""},
		hazard{"CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO logs VALUES (-1000003); COMMIT; END $$", ""},
		hazard{none + "CALL fill()", "HS502"},
		// It commits together with the row that says so.
		hazard{none + "INSERT INTO logs VALUES (-1000004)", ""},
		hazard{none + "CREATE INDEX CONCURRENTLY logs_user ON logs (user_id)", ""},
		hazard{none + "VACUUM logs", ""},
	)
}

func TestRulesOfReading(t *testing.T) {
	t.Parallel()
	lint(t,
		hazard{"ALTER TABLE users ADD CONSTRAINT c CHECK (id > -999991) NOT VALID, ADD CONSTRAINT d CHECK (id > -999992) NOT VALID", ""},
		hazard{"ALTER TABLE users ADD COLUMN x int; ALTER TABLE users VALIDATE CONSTRAINT c", "LK118"},
		hazard{"ALTER TABLE users VALIDATE CONSTRAINT d; ALTER TABLE users ADD COLUMN y int", ""},
	)
}

func TestTablespaceRule(t *testing.T) {
	t.Parallel()
	url, _ := devpg.Reuse(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	// Inside of the data directory, so that no path is needed.
	name := fmt.Sprintf("entgraph_lint_%d", time.Now().UnixNano())
	for _, q := range []string{"SET allow_in_place_tablespaces = on", "CREATE TABLESPACE " + name + " LOCATION ''"} {
		if _, err := conn.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { // after the databases of the rehearsal are gone
		if _, err := conn.Exec(context.WithoutCancel(t.Context()), "DROP TABLESPACE "+name); err != nil {
			t.Error(err)
		}
	})
	lint(t,
		hazard{"ALTER TABLE posts SET TABLESPACE " + name, "LK116"},
		hazard{"CREATE TABLE elsewhere (id bigint PRIMARY KEY) TABLESPACE " + name, ""},
	)
}

func TestDependentObjectFails(t *testing.T) {
	t.Parallel()
	report, err := rehearsal.Run(t.Context(), rehearsal.Options{
		Dir: directory(t, schema, "CREATE VIEW ages AS SELECT age FROM users", "ALTER TABLE users DROP COLUMN age"), Scratch: scratch(t), Rows: 40, Latest: 1,
	})
	if err == nil {
		t.Error("no error")
	}
	if got := codes(t, report); got != "CP313" {
		t.Errorf("found %q", got)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s, err := rehearsal.ReadSettings([]byte("# What we forbid.\nfail_on: [error, DS411]\noff: [DS403, LK114]\nnames: ^t_\ncomments: true\n"))
	if err != nil {
		t.Fatal(err)
	}
	report := rehearseAll(t, "CREATE TABLE t_a (t_id int, other text); COMMENT ON TABLE t_a IS 'x'; COMMENT ON COLUMN t_a.other IS 'y'", "down:DROP TABLE t_a")
	findings, err := rehearsal.Lint(report, s)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		got = append(got, f.Code+" "+f.Object)
		if f.Fails != (f.Code == "DS411") {
			t.Errorf("finding: %+v", f)
		}
	}
	if want := []string{"DS408 t_a", "DS411 other", "DS412 t_a.t_id"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if s, err := rehearsal.ReadSettings([]byte("# nothing\n")); err != nil || !slices.Equal(s.FailOn, rehearsal.DefaultSettings().FailOn) {
		t.Errorf("empty file: %+v, %v", s, err)
	}
}

func TestBadSettings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"off: []\nfail-on: [error]": "line 2: unknown field \"fail-on\"",
		"fail_on: [everything]":     `fail on "everything"`,
		"off: [error]":              `off "error": want a code`,
		"\nnames: '('":              "names: error parsing regexp",
		"fail_on: {a: 1}":           "line 1:",
		"comments: maybe":           "line 1:",
	} {
		if _, err := rehearsal.ReadSettings([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestHistoryIsRefused: what no rehearsal can go on from is told by whoever reads the
// directory.
func TestHistoryIsRefused(t *testing.T) {
	t.Parallel()
	good := directory(t, schema, "CREATE TABLE x (id bigint PRIMARY KEY)").(fstest.MapFS)
	edit := func(name, text string) fstest.MapFS {
		dir := fstest.MapFS{}
		for n, f := range good {
			dir[n] = f
		}
		dir[name] = &fstest.MapFile{Data: []byte(text)}
		return dir
	}
	for name, test := range map[string]struct {
		dir  fstest.MapFS
		want string
	}{
		"edited file":   {edit("20260002000000_step.sql", "CREATE TABLE y ()"), "20260002000000_step.sql was edited"},
		"edited sum":    {edit("atlas.sum", "h1:x=\n"), "atlas.sum"},
		"added file":    {edit("20260003000000_more.sql", ""), "20260003000000_more.sql was added"},
		"equal version": {edit("20260002000000_twin.sql", "SELECT 1"), "another file has version 20260002000000 too; run: migrate rebase"},
	} {
		_, err := rehearsal.Run(t.Context(), rehearsal.Options{Dir: test.dir, Scratch: scratch(t)})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got error %v, want %q", name, err, test.want)
		}
	}
}

func TestHistoryRules(t *testing.T) {
	t.Parallel()
	findings, err := rehearsal.LintHistory([]database.Entry{
		{Version: "1", Description: "a", State: database.StateApplied},
		{Version: "2", Description: "b", State: database.StatePending, OutOfOrder: true},
		{Version: "3", Description: "c", State: database.StateApplied, Edited: true},
		{Version: "4", Description: "d", State: database.StateMissing},
		{Version: "5", Description: "e", State: database.StatePending},
	}, rehearsal.Settings{FailOn: []string{"error"}, Off: []string{"HS505"}})
	if err != nil || len(findings) != 2 {
		t.Fatalf("%v, %v", findings, err)
	}
	for i, want := range []string{"2_b.sql:1: HS503 is older than the newest applied one [error]", "3_c.sql:1: HS504 was edited after it had been applied [error]"} {
		if text := findings[i].String(); !strings.HasPrefix(text, want) || !findings[i].Fails {
			t.Errorf("got %s, want %s", text, want)
		}
	}
}

// TestRulesTable keeps the table of docs/migrations.md true. With UPDATE_DOCS=1 in the
// environment it writes the table instead.
func TestRulesTable(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "..", "docs", "migrations.md")
	doc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| code | severity | a file that | what a running system feels | instead | --fix |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, r := range rehearsal.Rules() {
		table.WriteString(strings.Join([]string{"| " + r.Code, string(r.Severity), r.Title, r.Effect, r.Rewrite, map[bool]string{true: "yes", false: "no"}[r.Fix()]}, " | ") + " |\n")
	}
	old := regexp.MustCompile(`(?s)\| code \|.*?\|\n(\n|\z)`).Find(doc)
	if text := strings.TrimRight(string(old), "\n") + "\n"; text == table.String() {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Fatalf("the table of rules in docs/migrations.md should be:\n%s", table.String())
	}
	fixed := strings.Replace(string(doc), strings.TrimRight(string(old), "\n")+"\n", table.String(), 1)
	if err := os.WriteFile(path, []byte(fixed), 0o644); err != nil {
		t.Fatal(err)
	}
}
