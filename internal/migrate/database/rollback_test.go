package database_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

// down takes back and expects no error and the given files.
func down(t *testing.T, url, dir string, o database.DownOptions, want ...string) {
	t.Helper()
	files, err := database.Down(t.Context(), url, os.DirFS(dir), o)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("taken back (-want +got):\n%s", diff)
	}
}

// downError takes back and gives the error, which must be want and hold text.
func downError(t *testing.T, url, dir string, o database.DownOptions, want error, text string) {
	t.Helper()
	_, err := database.Down(t.Context(), url, os.DirFS(dir), o)
	if err == nil || want != nil && !errors.Is(err, want) || !strings.Contains(err.Error(), text) {
		t.Fatalf("got error %v, want %v with %q", err, want, text)
	}
}

// three is a directory of three migrations with their ways back.
func three(t *testing.T) string {
	t.Helper()
	dir := migratetest.NewDir(t, first, "CREATE TABLE a ();", second, "CREATE TABLE b ();", third, "CREATE TABLE c ();")
	writeDown(t, dir, first, "DROP TABLE a;", second, "DROP TABLE b;", third, "DROP TABLE c;")
	return dir
}

const selectTables = `SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
AND relname <> 'atlas_schema_revisions' ORDER BY relname`

func TestDownCountToAndBase(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), three(t)
	conn := migratetest.Connect(t, url)
	down(t, url, dir, database.DownOptions{})
	migratetest.Up(t, url, dir, 3)
	down(t, url, dir, database.DownOptions{}, third)
	down(t, url, dir, database.DownOptions{To: "20260101000000"}, second)
	down(t, url, dir, database.DownOptions{To: "20260101000000"})
	downError(t, url, dir, database.DownOptions{To: "20260102000000"}, nil, "this version is not applied")
	downError(t, url, dir, database.DownOptions{Count: 2}, nil, "only 1 applied")
	migratetest.Up(t, url, dir, 2)
	down(t, url, dir, database.DownOptions{Count: 2}, third, second)
	down(t, url, dir, database.DownOptions{To: folder.Base}, first)
	if left := migratetest.Column[string](t, conn, selectTables); len(left) > 0 {
		t.Errorf("left at the base: %v", left)
	}
	if st := migratetest.Status(t, url, dir); st.Unmanaged || len(st.Pending) != 3 {
		t.Errorf("status at the base: %+v", st)
	}
	migratetest.Up(t, url, dir, 3)
}

func TestDownWithoutDownFile(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), three(t)
	migratetest.Up(t, url, dir, 3)
	if err := os.Remove(filepath.Join(dir, "down", second)); err != nil {
		t.Fatal(err)
	}
	downError(t, url, dir, database.DownOptions{}, migrate.ErrChecksum, "down/"+second+" was removed")
	if err := folder.WriteDownSum(dir); err != nil {
		t.Fatal(err)
	}
	downError(t, url, dir, database.DownOptions{Count: 2}, migrate.ErrIrreversible, "write down/"+second)
	if st := migratetest.Status(t, url, dir); len(st.Applied) != 3 {
		t.Errorf("applied: %d, want 3: nothing is taken back before all can be", len(st.Applied))
	}
	down(t, url, dir, database.DownOptions{}, third)
}

// A down file as new has made it would take nothing back and say that it did.
func TestDownWithUnwrittenDownFile(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), migratetest.NewDir(t, first, "CREATE TABLE a ();")
	writeDown(t, dir, first, "-- The way back.\n")
	migratetest.Up(t, url, dir, 1)
	downError(t, url, dir, database.DownOptions{}, migrate.ErrIrreversible, "down/"+first+" was never written")
	writeDown(t, dir, first, "-- Nothing to take back.\n")
	down(t, url, dir, database.DownOptions{}, first)
}

func TestDownOfUnknownMigration(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), three(t)
	migratetest.Up(t, url, dir, 3)
	remove(t, dir, third)
	if err := os.Remove(filepath.Join(dir, "down", third)); err != nil {
		t.Fatal(err)
	}
	if err := folder.WriteDownSum(dir); err != nil {
		t.Fatal(err)
	}
	downError(t, url, dir, database.DownOptions{}, migrate.ErrDiverged, "run the release that has this migration")
}

func TestDownIsOneTransaction(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), three(t)
	writeDown(t, dir, third, "DROP TABLE c;\nDROP TABLE nothing;")
	migratetest.Up(t, url, dir, 3)
	_, err := database.Down(t.Context(), url, os.DirFS(dir), database.DownOptions{AllowLoss: true})
	var stmt *migrate.StatementError
	if !errors.As(err, &stmt) || stmt.Statement != 2 {
		t.Errorf("error: %v", err)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, migratetest.Column[string](t, migratetest.Connect(t, url), selectTables)); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	if err := migratetest.Status(t, url, dir).Err(); err != nil {
		t.Error(err)
	}
}

func TestDownRefusesLoss(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ setup, back, want string }{
		"table":            {"INSERT INTO a VALUES (1)", "DROP TABLE a;", "table public.a is dropped (1 row)"},
		"empty table":      {"", "DROP TABLE a;", ""},
		"cascade":          {"INSERT INTO a VALUES (1); INSERT INTO kid VALUES (1), (2)", "DROP TABLE a CASCADE;", "table public.a is dropped (1 row)"},
		"column":           {"INSERT INTO a VALUES (1, 'x'), (2, 'y')", "ALTER TABLE a DROP COLUMN name;", `column public.a."name" is dropped (2 rows)`},
		"column of nulls":  {"INSERT INTO a VALUES (1)", "ALTER TABLE a DROP COLUMN name;", ""},
		"generated column": {"INSERT INTO a VALUES (1, 'x')", "ALTER TABLE a DROP COLUMN twice;", ""},
		"by a function":    {"INSERT INTO a VALUES (1)", "DO $$ BEGIN EXECUTE 'DROP TA' || 'BLE a'; END $$;", "table public.a is dropped"},
		"delete":           {"INSERT INTO a VALUES (1), (2), (3)", "DELETE FROM a WHERE id > 1;", "table public.a has rows deleted (2 rows)"},
		"truncate":         {"INSERT INTO a VALUES (1)", "TRUNCATE a;", "table public.a is emptied (1 row)"},
		"narrower text":    {"INSERT INTO a VALUES (1, 'long')", "ALTER TABLE a ALTER COLUMN name TYPE varchar(2) USING left(name, 2);", `column public.a."name" turns from text into character varying(2)`},
		"narrower integer": {"INSERT INTO kid VALUES (1)", "ALTER TABLE kid ALTER COLUMN a_id TYPE smallint;", ""},
		"date":             {"INSERT INTO a (at) VALUES (now())", "ALTER TABLE a ALTER COLUMN at TYPE date;", `column public.a."at" turns from timestamp with time zone into date`},
		"rename":           {"INSERT INTO a VALUES (1, 'x')", "ALTER TABLE a RENAME COLUMN name TO title;\nALTER TABLE a RENAME TO z;", ""},
		"without transaction": {"INSERT INTO a VALUES (1)", "-- atlas:txmode none\n\nDROP INDEX CONCURRENTLY a_name;\nDROP TABLE a;",
			"table public.a is dropped"},
		"commits by itself": {"INSERT INTO a VALUES (1)", "-- atlas:txmode none\n\nDO $$ BEGIN DELETE FROM a; COMMIT; END $$;",
			"statement 1 of down/20260101000000_add_a.sql commits by itself"},
		"wants what was left out": {"INSERT INTO a VALUES (1)",
			"-- atlas:txmode none\n\nCREATE UNIQUE INDEX CONCURRENTLY kid_a ON kid (a_id);\nALTER TABLE kid ADD CONSTRAINT kid_a UNIQUE USING INDEX kid_a;", ""},
		"many": {"INSERT INTO a SELECT generate_series(1, 10001)", "DROP TABLE a;", "(more than 10000 rows)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := empty(t)
			dir := migratetest.NewDir(t, first, `CREATE TABLE a (id int, name text, at timestamptz, twice int GENERATED ALWAYS AS (id * 2) STORED);
CREATE INDEX a_name ON a (name);
CREATE TABLE kid (a_id int);
`)
			writeDown(t, dir, first, test.back)
			migratetest.Up(t, url, dir, 1)
			conn := migratetest.Connect(t, url)
			migratetest.Exec(t, conn, test.setup)
			if test.want == "" {
				down(t, url, dir, database.DownOptions{}, first)
				return
			}
			before := dump(t, conn)
			downError(t, url, dir, database.DownOptions{}, migrate.ErrDestructive, test.want)
			if diff := cmp.Diff(before, dump(t, conn)); diff != "" {
				t.Errorf("refused, but changed:\n%s", diff)
			}
			plan, err := database.PlanDown(t.Context(), url, os.DirFS(dir), database.DownOptions{})
			if err != nil || len(plan.Files) != 1 || len(plan.Losses) == 0 || plan.SQL[0] != test.back {
				t.Errorf("plan: %+v, %v", plan, err)
			}
			down(t, url, dir, database.DownOptions{AllowLoss: true}, first)
		})
	}
}

func TestTenDownsAtOnce(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), three(t)
	migratetest.Up(t, url, dir, 3)
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		n     int
	)
	for range 10 {
		group.Go(func() {
			files, err := database.Down(t.Context(), url, os.DirFS(dir), database.DownOptions{To: folder.Base})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			n += len(files)
		})
	}
	group.Wait()
	if n != 3 {
		t.Errorf("taken back by all together: %d, want 3", n)
	}
}

// A down file without a transaction stops in the middle; nothing else may go on before
// it is finished, and what it did is not repeated.
func TestDownResumes(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE log (n int);\nCREATE TABLE a (id int);\nCREATE INDEX a_id ON a (id);")
	head := "-- atlas:txmode none\n\nSET lock_timeout = '7s';\nINSERT INTO log VALUES (1);\nDROP INDEX CONCURRENTLY a_id;\n"
	tail := "INSERT INTO log SELECT 2 WHERE current_setting('lock_timeout') = '7s';\n"
	writeDown(t, dir, first, head+"SELECT 1 / 0;\n"+tail)
	migratetest.Up(t, url, dir, 1)
	downError(t, url, dir, database.DownOptions{AllowLoss: true}, nil, "division by zero")
	err := migratetest.UpError(t, url, dir, migrate.ErrReverting)
	if !strings.Contains(err.Error(), "3 statements") || !strings.Contains(err.Error(), "migrate down 1") {
		t.Errorf("up in between: %v", err)
	}
	writeDown(t, dir, first, "-- atlas:txmode none\n\nINSERT INTO log VALUES (7);\n"+tail)
	downError(t, url, dir, database.DownOptions{}, migrate.ErrEdited, "statement 1 was already applied")
	writeDown(t, dir, first, head+tail)
	conn := migratetest.Connect(t, url)
	// As if the client had died before the index's statement was counted.
	migratetest.Exec(t, conn, `UPDATE atlas_schema_revisions SET partial_hashes = partial_hashes - 3`)
	down(t, url, dir, database.DownOptions{}, first)
	if diff := cmp.Diff([]int{1, 2}, migratetest.Column[int](t, conn, `SELECT n FROM log ORDER BY n`)); diff != "" {
		t.Errorf("each statement once (-want +got):\n%s", diff)
	}
}
