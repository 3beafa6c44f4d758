package database_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

// repair expects one problem, with the given text in it, fixed or not.
func repair(t *testing.T, url, dir string, o database.RepairOptions, fixed bool, text string) {
	t.Helper()
	problems, err := database.Repair(t.Context(), url, os.DirFS(dir), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) != 1 || problems[0].Fixed != fixed || !strings.Contains(problems[0].What+problems[0].Advice, text) {
		t.Fatalf("problems: %+v, want one, fixed %t, with %q", problems, fixed, text)
	}
}

func TestRepairNothing(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), three(t)
	migratetest.Up(t, url, dir, 3)
	if problems, err := database.Repair(t.Context(), url, os.DirFS(dir), database.RepairOptions{Folder: dir}); err != nil || len(problems) > 0 {
		t.Errorf("problems: %v, %v", problems, err)
	}
	if _, err := database.Repair(t.Context(), url, os.DirFS(dir), database.RepairOptions{Accept: "20260101000000"}); err == nil {
		t.Error("accepted what was not edited")
	}
}

func TestRepairSums(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), three(t)
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{Limit: 2}); err != nil {
		t.Fatal(err)
	}
	edit := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	edit(third, "CREATE TABLE c (id int);")
	repair(t, url, dir, database.RepairOptions{Folder: dir, DryRun: true}, false, "was edited")
	repair(t, url, dir, database.RepairOptions{Folder: dir}, true, "was edited")
	migratetest.Up(t, url, dir, 1)
	// An applied file is no matter of the sums.
	edit(third, "CREATE TABLE c (id bigint);")
	problems, err := database.Repair(t.Context(), url, os.DirFS(dir), database.RepairOptions{Folder: dir})
	if err != nil || len(problems) != 2 || problems[0].Fixed || problems[1].Fixed {
		t.Errorf("problems: %+v, %v", problems, err)
	}
}

func TestRepairEditedFile(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), three(t)
	migratetest.Up(t, url, dir, 3)
	migratetest.WriteDir(t, dir, second, "CREATE TABLE b (); -- a comment")
	migratetest.UpError(t, url, dir, migrate.ErrEdited)
	repair(t, url, dir, database.RepairOptions{}, false, "--accept 20260102000000")
	repair(t, url, dir, database.RepairOptions{Accept: "20260102000000"}, true, second)
	migratetest.Up(t, url, dir, 0)
}

func TestRepairMissingFile(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), three(t)
	migratetest.Up(t, url, dir, 3)
	remove(t, dir, third)
	migratetest.UpError(t, url, dir, migrate.ErrNewer)
	repair(t, url, dir, database.RepairOptions{}, false, "--forget 20260103000000")
	repair(t, url, dir, database.RepairOptions{Forget: "20260103000000"}, true, "20260103000000")
	migratetest.Up(t, url, dir, 0)
}

// Whether an index is to be dropped or built again follows from who builds it.
func TestRepairInvalidIndexes(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir, conn := partly(t, url)
	migratetest.Exec(t, conn, `CREATE TABLE "odd one" (n int)`)
	migratetest.Exec(t, conn, `INSERT INTO "odd one" VALUES (1), (1)`)
	if _, err := conn.Exec(t.Context(), `CREATE UNIQUE INDEX CONCURRENTLY "odd index" ON "odd one" (n)`); err == nil {
		t.Fatal("a unique index on equal values was built")
	}
	migratetest.Exec(t, conn, `DELETE FROM "odd one"`)
	problems, err := database.Repair(t.Context(), url, os.DirFS(dir), database.RepairOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range problems {
		if p.Fixed {
			got = append(got, p.What+": "+p.Fix)
		}
	}
	want := []string{
		`index "odd index" is invalid: building it failed or was stopped: build it again`,
		`index a_lower is invalid: building it failed or was stopped: drop it: a pending migration builds it`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fixed (-want +got):\n%s", diff)
	}
	if left := migratetest.Column[string](t, conn, `SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid`); len(left) > 0 {
		t.Errorf("still invalid: %v", left)
	}
	migratetest.Up(t, url, dir, 1)
}

// Another tool died between a statement and its row, as one does that keeps rows on a
// connection of their own.
func TestRepairStatementThatIsDone(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "-- atlas:txmode none\n\nCREATE TABLE a (id int);\nCREATE TABLE b (id int);\nSELECT 1 / 0;\n")
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{}); err == nil {
		t.Fatal("no error")
	}
	repair(t, url, dir, database.RepairOptions{}, false, "go on with statement 3")
	conn := migratetest.Connect(t, url)
	migratetest.Exec(t, conn, `UPDATE atlas_schema_revisions SET applied = 1, partial_hashes = partial_hashes - 1`)
	migratetest.WriteDir(t, dir, first, "-- atlas:txmode none\n\nCREATE TABLE a (id int);\nCREATE TABLE b (id int);\nSELECT 1 / 1;\n")
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{}); err == nil {
		t.Fatal("no error")
	}
	repair(t, url, dir, database.RepairOptions{}, false, "repair --skip 20260101000000")
	repair(t, url, dir, database.RepairOptions{Skip: "20260101000000"}, true, "already exists")
	migratetest.Up(t, url, dir, 1)
}

func TestStamp(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), three(t)
	conn := migratetest.Connect(t, url)
	migratetest.Exec(t, conn, "CREATE TABLE a (); CREATE TABLE b ()")
	migratetest.UpError(t, url, dir, migrate.ErrUnmanaged)
	stamp := func(version string, dry bool, set, removed int) {
		t.Helper()
		got, err := database.Stamp(t.Context(), url, os.DirFS(dir), version, database.StampOptions{DryRun: dry, Scratch: scratch(t)})
		if err != nil || len(got.Set) != set || len(got.Removed) != removed {
			t.Errorf("stamp %s: %+v, %v, want %d set and %d removed", version, got, err, set, removed)
		}
	}
	stamp("20260102000000", true, 2, 0)
	migratetest.UpError(t, url, dir, migrate.ErrUnmanaged)
	stamp("20260102000000", false, 2, 0)
	stamp("20260102000000", false, 0, 0)
	migratetest.Up(t, url, dir, 1)
	entries, err := database.ReadHistory(t.Context(), url, os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, e := range entries {
		states = append(states, e.State)
	}
	if diff := cmp.Diff([]string{database.StateStamped, database.StateStamped, database.StateApplied}, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	stamp("20260101000000", false, 0, 2)
	stamp(folder.Base, false, 0, 1)
	if _, err := database.Stamp(t.Context(), url, os.DirFS(dir), "2030", database.StampOptions{}); err == nil {
		t.Error("an unknown version was accepted")
	}
}

func TestScript(t *testing.T) {
	t.Parallel()
	dir := migratetest.NewDir(t,
		first, "CREATE TABLE a (t text DEFAULT ';');\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;",
		second, "-- atlas:txmode none\n\nCREATE INDEX CONCURRENTLY a_t ON a (t);\nINSERT INTO a VALUES ('it''s');",
		third, "DROP FUNCTION f;")
	writeDown(t, dir, first, "DROP TABLE a;\nDROP FUNCTION f;", second, "-- atlas:txmode none\n\nDROP INDEX CONCURRENTLY a_t;\nDELETE FROM a;",
		third, "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';")
	url := empty(t)
	script := func(from, to string) string {
		text, err := database.Script(os.DirFS(dir), database.ScriptOptions{From: from, To: to})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	apply := func(text string) error { return migratetest.Script(t, url, text) }
	for _, step := range []string{script("", "20260102000000"), script("20260102000000", "")} {
		if err := apply(step); err != nil {
			t.Fatal(err)
		}
		if err := apply(step); err == nil || !strings.Contains(err.Error(), "the database is not at version") {
			t.Errorf("a second time: %v", err)
		}
	}
	if err := migratetest.Status(t, url, dir).Err(); err != nil {
		t.Errorf("after the script: %v", err)
	}
	other := empty(t)
	migratetest.Up(t, other, dir, 3)
	if diff := cmp.Diff(dump(t, migratetest.Connect(t, other)), dump(t, migratetest.Connect(t, url))); diff != "" {
		t.Errorf("schema (-up +script):\n%s", diff)
	}
	if err := apply(script("20260103000000", folder.Base)); err != nil {
		t.Fatal(err)
	}
	if left := dump(t, migratetest.Connect(t, url)); left != dump(t, migratetest.Connect(t, empty(t))) {
		t.Errorf("left after the way back:\n%s", left)
	}
	if _, err := database.Script(os.DirFS(dir), database.ScriptOptions{From: "2030"}); err == nil {
		t.Error("an unknown version was accepted")
	}
}
