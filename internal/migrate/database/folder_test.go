package database_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/plan"
)

// tree lists the files of a directory, with those of down.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.sql", "down/*.sql"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			rel, err := filepath.Rel(dir, name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, rel)
		}
	}
	return all
}

func at(day int) func() time.Time {
	return func() time.Time { return time.Date(2026, 2, day, 0, 0, 0, 0, time.UTC) }
}

func TestNewIsUniqueWithinASecond(t *testing.T) {
	t.Parallel()
	dir := migratetest.NewDir(t)
	for _, name := range []string{"one", "two"} {
		if _, err := folder.New(dir, name, folder.NewOptions{Now: at(1), NoTransaction: name == "two"}); err != nil {
			t.Fatal(err)
		}
	}
	if file, err := folder.New(dir, "three", folder.NewOptions{Now: at(1), DryRun: true}); err != nil || file != "20260201000002_three.sql" {
		t.Errorf("dry run: %s, %v", file, err)
	}
	want := []string{"20260201000000_one.sql", "20260201000001_two.sql", "down/20260201000000_one.sql", "down/20260201000001_two.sql"}
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if err := folder.Validate(os.DirFS(dir)); err != nil {
		t.Error(err)
	}
	if m, err := folder.Show(os.DirFS(dir), "20260201000001"); err != nil || m.InTx {
		t.Errorf("show: %+v, %v", m, err)
	}
	if _, err := folder.New(dir, "Bad Name", folder.NewOptions{}); err == nil {
		t.Error("a bad name was accepted")
	}
}

func TestRemoveUnapplied(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), three(t)
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{Limit: 2}); err != nil {
		t.Fatal(err)
	}
	if err := database.Unapplied(t.Context(), url, "20260102000000"); !errors.Is(err, migrate.ErrApplied) {
		t.Errorf("applied: %v", err)
	}
	if err := database.Unapplied(t.Context(), url, "20260103000000"); err != nil {
		t.Error(err)
	}
	if paths, err := folder.Remove(dir, "20260103000000", true); err != nil || len(paths) != 2 || len(tree(t, dir)) != 6 {
		t.Errorf("dry run: %v, %v", paths, err)
	}
	if _, err := folder.Remove(dir, "20260103000000", false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{first, second, "down/" + first, "down/" + second}, tree(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if err := migratetest.Status(t, url, dir).Err(); err != nil {
		t.Error(err)
	}
}

// Two branches have each added a migration; the newer one was applied first.
func TestRebaseOlderBranch(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE a ();", third, "CREATE TABLE c ();")
	migratetest.Up(t, url, dir, 2)
	migratetest.WriteDir(t, dir, second, "CREATE TABLE b ();")
	writeDown(t, dir, second, "DROP TABLE b;")
	migratetest.UpError(t, url, dir, migrate.ErrOutOfOrder)
	// A merge leaves its marks in the sums.
	if err := os.WriteFile(filepath.Join(dir, "atlas.sum"), []byte("<<<<<<< ours\nh1:x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	want := []database.Renamed{{From: second, To: "20260201000000_add_b.sql"}}
	for _, dry := range []bool{true, false} {
		got, err := database.Rebase(t.Context(), url, dir, database.RebaseOptions{Now: at(1), DryRun: dry})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("renamed (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff([]string{first, third, "20260201000000_add_b.sql", "down/20260201000000_add_b.sql"}, tree(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	migratetest.Up(t, url, dir, 1)
	down(t, url, dir, database.DownOptions{}, "20260201000000_add_b.sql")
	if got, err := database.Rebase(t.Context(), url, dir, database.RebaseOptions{}); err != nil || len(got) != 0 {
		t.Errorf("a second time: %v, %v", got, err)
	}
}

// The branch began before anything was applied; of a history that begins with a baseline
// older files are part.
func TestRebaseOlderThanAll(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, second, "CREATE TABLE b ();")
	migratetest.Up(t, url, dir, 1)
	migratetest.WriteDir(t, dir, first, "CREATE TABLE a ();")
	migratetest.UpError(t, url, dir, migrate.ErrOutOfOrder)
	want := []database.Renamed{{From: first, To: "20260201000000_add_a.sql"}}
	got, err := database.Rebase(t.Context(), url, dir, database.RebaseOptions{Now: at(1), DryRun: true})
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, renamed (-want +got):\n%s", err, diff)
	}
	migratetest.Exec(t, migratetest.Connect(t, url), `UPDATE atlas_schema_revisions SET type = 1, hash = ''`)
	if err := migratetest.Status(t, url, dir).Err(); err != nil {
		t.Error(err)
	}
	if got, err := database.Rebase(t.Context(), url, dir, database.RebaseOptions{}); err != nil || len(got) != 0 {
		t.Errorf("with a baseline: %v, %v", got, err)
	}
}

// Two branches have chosen one version.
func TestRebaseEqualVersions(t *testing.T) {
	t.Parallel()
	for name, applied := range map[string]string{"none": "", "first": "add_b", "second": "add_x"} {
		url := empty(t)
		dir := migratetest.NewDir(t, first, "CREATE TABLE a ();", "20260102000000_"+orName(applied, "add_b")+".sql", "CREATE TABLE one ();")
		if applied != "" {
			migratetest.Up(t, url, dir, 2)
		}
		migratetest.WriteDir(t, dir, second, orText(applied != "add_x", "CREATE TABLE one ();", "CREATE TABLE two ();"),
			"20260102000000_add_x.sql", orText(applied == "add_x", "CREATE TABLE one ();", "CREATE TABLE two ();"))
		got, err := database.Rebase(t.Context(), url, dir, database.RebaseOptions{Now: at(1)})
		if err != nil {
			t.Fatal(err)
		}
		moved := "add_x"
		if applied == "add_x" {
			moved = "add_b"
		}
		want := []database.Renamed{{From: "20260102000000_" + moved + ".sql", To: "20260201000000_" + moved + ".sql"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: renamed (-want +got):\n%s", name, diff)
		}
		if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// And so have three.
func TestRebaseThreeEqualVersions(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, second, "CREATE TABLE b ();", "20260102000000_add_c.sql", "CREATE TABLE c ();", "20260102000000_add_d.sql", "CREATE TABLE d ();")
	want := []database.Renamed{
		{From: "20260102000000_add_c.sql", To: "20260201000000_add_c.sql"}, {From: "20260102000000_add_d.sql", To: "20260201000001_add_d.sql"},
	}
	got, err := database.Rebase(t.Context(), url, dir, database.RebaseOptions{Now: at(1)})
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, renamed (-want +got):\n%s", err, diff)
	}
	migratetest.Up(t, url, dir, 3)
}

func orName(name, other string) string { return orText(name != "", name, other) }

func orText(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

func TestRebaseRefusesApplied(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), three(t)
	migratetest.Up(t, url, dir, 3)
	_, err := database.Rebase(t.Context(), url, dir, database.RebaseOptions{Versions: []string{"20260102000000"}})
	if !errors.Is(err, migrate.ErrApplied) {
		t.Errorf("error: %v", err)
	}
	if _, err := database.Rebase(t.Context(), url, dir, database.RebaseOptions{Versions: []string{"2030"}}); err == nil {
		t.Error("an unknown version was accepted")
	}
}

func TestSquash(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), three(t)
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	versions := []string{"20260102000000", "20260103000000"}
	if _, _, err := folder.Squash(dir, versions, "add_both", true); err != nil || len(tree(t, dir)) != 6 {
		t.Fatalf("dry run: %v, %v", err, tree(t, dir))
	}
	if _, _, err := folder.Squash(dir, versions, "add_both", false); err != nil {
		t.Fatal(err)
	}
	const both = "20260103000000_add_both.sql"
	if diff := cmp.Diff([]string{first, both, "down/" + first, "down/" + both}, tree(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	migratetest.Up(t, url, dir, 1)
	down(t, url, dir, database.DownOptions{To: folder.Base}, both, first)
	for _, bad := range [][]string{{"20260101000000"}, {"20260101000000", "2030"}, {"2030", "20260101000000"}} {
		if _, _, err := folder.Squash(dir, bad, "x", false); err == nil {
			t.Errorf("squashed %v", bad)
		}
	}
	migratetest.WriteDir(t, dir, "20260104000000_d.sql", "-- atlas:txmode none\n\nCREATE TABLE d ();")
	if _, _, err := folder.Squash(dir, []string{"20260103000000", "20260104000000"}, "x", false); err == nil || !strings.Contains(err.Error(), "transaction") {
		t.Errorf("files of two kinds: %v", err)
	}
}

// What one file of several sets does not hold for the statements of the next, and a Go
// function is not lost.
func TestSquashKeepsFilesApart(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), migratetest.NewDir(t, first, "CREATE SCHEMA other;\nSET search_path TO other;\nCREATE TABLE a ();",
		second, "-- Kept.\nCREATE TABLE b ();", third, "CREATE TABLE c ();")
	if _, _, err := folder.Squash(dir, []string{"20260101000000", "20260102000000", "20260103000000"}, "all", false); err != nil {
		t.Fatal(err)
	}
	migratetest.Up(t, url, dir, 1)
	conn := migratetest.Connect(t, url)
	for _, table := range []string{"other.a", "public.b", "public.c"} {
		migratetest.Exec(t, conn, "SELECT FROM "+table)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "20260103000000_all.sql")); err != nil || !strings.Contains(string(text), "\n-- Kept.\nCREATE TABLE b ();\n") {
		t.Errorf("%v\n%s", err, text)
	}
	migratetest.WriteDir(t, dir, "20260104000000_d.sql", "CREATE TABLE d ();", "20260105000000_e.sql", "-- entgraph:go\n\nSELECT 1;")
	for version, want := range map[string]string{"20260103000000": "merged already", "20260105000000": "a Go function"} {
		two := []string{"20260104000000", version}
		slices.Sort(two)
		if _, _, err := folder.Squash(dir, two, "x", false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("squash %s: got error %v, want %q", version, err, want)
		}
	}
}

// A database that has applied the parts of a merged file has applied that.
func TestSquashElsewhere(t *testing.T) {
	t.Parallel()
	dir, old := three(t), t.TempDir()
	if err := os.CopyFS(old, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	all, half, edited, fresh := empty(t), empty(t), empty(t), empty(t)
	migratetest.Up(t, all, dir, 3)
	migratetest.Up(t, edited, dir, 3)
	if _, err := database.Up(t.Context(), half, os.DirFS(dir), database.UpOptions{Limit: 2}); err != nil {
		t.Fatal(err)
	}
	migratetest.Exec(t, migratetest.Connect(t, edited), "UPDATE atlas_schema_revisions SET hash = 'h1:other' WHERE version = '20260102000000'")
	if _, _, err := folder.Squash(dir, []string{"20260102000000", "20260103000000"}, "add_both", false); err != nil {
		t.Fatal(err)
	}
	if st := migratetest.Status(t, all, dir); st.Err() != nil || len(st.Applied) != 2 {
		t.Errorf("status: %v, %d applied", st.Err(), len(st.Applied))
	}
	const selectRevisions = "SELECT version || '_' || description FROM atlas_schema_revisions ORDER BY 1"
	if got := migratetest.Column[string](t, migratetest.Connect(t, all), selectRevisions); len(got) != 3 {
		t.Errorf("status changed the revisions: %v", got)
	}
	if plan, err := database.PlanDown(t.Context(), all, os.DirFS(dir), database.DownOptions{}); err != nil || len(plan.Files) != 1 {
		t.Errorf("plan: %v, %v", plan.Files, err)
	}
	if got := migratetest.Column[string](t, migratetest.Connect(t, all), selectRevisions); len(got) != 3 {
		t.Errorf("a plan changed the revisions: %v", got)
	}
	migratetest.Up(t, all, dir, 0)
	migratetest.Up(t, fresh, dir, 2)
	want := []string{"20260101000000_add_a", "20260103000000_add_both"}
	for _, url := range []string{all, fresh} {
		if diff := cmp.Diff(want, migratetest.Column[string](t, migratetest.Connect(t, url), selectRevisions)); diff != "" {
			t.Errorf("revisions (-want +got):\n%s", diff)
		}
		down(t, url, dir, database.DownOptions{}, "20260103000000_add_both.sql")
		migratetest.Up(t, url, dir, 1)
	}

	migratetest.UpError(t, edited, dir, migrate.ErrDiverged)
	err := migratetest.UpError(t, half, dir, migrate.ErrDiverged)
	if !strings.Contains(err.Error(), "of which only "+second+" was applied") || !strings.Contains(err.Error(), "with the release before the merge run: migrate up") {
		t.Errorf("got error %v", err)
	}
	downError(t, half, dir, database.DownOptions{}, migrate.ErrDiverged, "only "+second)
	migratetest.Up(t, half, old, 1)
	migratetest.Up(t, half, dir, 0)
}

func TestCheckpoint(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text   string
		copied bool
	}{
		"schema":  {"CREATE TABLE a (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x');\nCREATE INDEX a_name ON a (name);\nALTER TABLE a DROP COLUMN name;\nALTER TABLE a ADD COLUMN title text;\n", false},
		"rows":    {"CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\n", true},
		"more":    {"CREATE TABLE a (id int);\nCREATE VIEW v AS SELECT id FROM a;\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2';\n", false},
		"unknown": {"CREATE TABLE a (id int);\nCREATE CONVERSION latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;\n", true},
		"types":   {"CREATE TYPE mood AS ENUM ('low', 'high');\nCREATE TABLE a (id int, feel mood DEFAULT 'low');\nALTER TYPE mood RENAME VALUE 'high' TO 'great';\n", false},
		"outside": {"-- atlas:txmode none\n\nCREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY a_id ON a (id);\nINSERT INTO a VALUES (1);\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := migratetest.NewDir(t, first, test.text, second, "CREATE TABLE b ();")
			old := empty(t)
			migratetest.Up(t, old, dir, 2)
			name, text, err := plan.Checkpoint(t.Context(), dir, plan.CheckpointOptions{Scratch: scratch(t), Now: at(1)})
			if err != nil {
				t.Fatal(err)
			}
			if copied := strings.Contains(text, "-- "+first); copied != test.copied || name != "20260201000000_checkpoint.sql" {
				t.Errorf("%s, copied %t, want %t:\n%s", name, copied, test.copied, text)
			}
			fresh := empty(t)
			migratetest.Up(t, fresh, dir, 1)
			migratetest.Up(t, old, dir, 0)
			want := dump(t, migratetest.Connect(t, old))
			if diff := cmp.Diff(want, dump(t, migratetest.Connect(t, fresh))); diff != "" {
				t.Errorf("with the checkpoint (-old database +new one):\n%s", diff)
			}
			migratetest.WriteDir(t, dir, "20260202000000_add_d.sql", "CREATE TABLE d ();")
			migratetest.Up(t, fresh, dir, 1)
			migratetest.Up(t, old, dir, 1)
		})
	}
}
