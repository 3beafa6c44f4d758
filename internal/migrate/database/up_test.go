package database_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

const (
	first  = "20260101000000_add_a.sql"
	second = "20260102000000_add_b.sql"
	third  = "20260103000000_add_c.sql"
)

func TestUpTwice(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\n")
	if err := migratetest.Status(t, url, dir).Err(); !errors.Is(err, migrate.ErrPending) || !strings.Contains(err.Error(), "migrate up") {
		t.Errorf("before: %v", err)
	}
	migratetest.Up(t, url, dir, 1)
	migratetest.Up(t, url, dir, 0)
	st := migratetest.Status(t, url, dir)
	if err := st.Err(); err != nil {
		t.Error(err)
	}
	if st.Current != "20260101000000" || len(st.Applied) != 1 || st.Applied[0].Total != 2 || st.Applied[0].OperatorVersion != "entgraph" {
		t.Errorf("status: %+v", st)
	}
	conn := migratetest.Connect(t, url)
	if n := migratetest.Value[int](t, conn, `SELECT count(*) FROM a`); n != 1 {
		t.Errorf("rows: %d, want 1", n)
	}
}

func TestTenUpsAtOnce(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t,
		first, "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\n",
		second, "-- atlas:txmode none\n\nINSERT INTO a VALUES (2);\nCREATE INDEX CONCURRENTLY a_id ON a (id);\nINSERT INTO a VALUES (3);\n")
	var (
		group   sync.WaitGroup
		mu      sync.Mutex
		applied int
	)
	for range 10 {
		group.Go(func() {
			files, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			applied += len(files)
		})
	}
	group.Wait()
	if applied != 2 {
		t.Errorf("files applied by all together: %d, want 2", applied)
	}
	got := migratetest.Column[int](t, migratetest.Connect(t, url), `SELECT id FROM a ORDER BY id`)
	if diff := cmp.Diff([]int{1, 2, 3}, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestUpLimitAndTo(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE a ();", second, "CREATE TABLE b ();", third, "CREATE TABLE c ();")
	for _, step := range []struct {
		o    database.UpOptions
		want []string
	}{
		{database.UpOptions{Limit: 1}, []string{first}},
		{database.UpOptions{To: "20260102000000"}, []string{second}},
		{database.UpOptions{To: "20260102000000"}, nil},
		{database.UpOptions{Limit: 9}, []string{third}},
	} {
		files, err := database.Up(t.Context(), url, os.DirFS(dir), step.o)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range files {
			names = append(names, f.Name)
		}
		if diff := cmp.Diff(step.want, names); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", step.o, diff)
		}
	}
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{To: "2030"}); err == nil {
		t.Error("an unknown version was accepted")
	}
}

func TestFailedFileLeavesNothing(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE a (id int);\n\nINSERT INTO a\nVALUES ('x');\n", second, "CREATE TABLE b ();")
	_, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{})
	var stmt *migrate.StatementError
	if !errors.As(err, &stmt) || stmt.Statement != 2 || stmt.Line != 3 || stmt.File != first {
		t.Fatalf("error: %v", err)
	}
	st := migratetest.Status(t, url, dir)
	if st.Unmanaged || len(st.Applied) != 0 || len(st.Pending) != 2 {
		t.Errorf("status after failure: %+v", st)
	}
	migratetest.WriteDir(t, dir, first, "CREATE TABLE a (id int);\n")
	migratetest.Up(t, url, dir, 2)
}

func TestFailedFileWithoutTransactionResumes(t *testing.T) {
	t.Parallel()
	url := empty(t)
	head := "-- atlas:txmode none\n\nCREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\n"
	dir := migratetest.NewDir(t, first, head+"INSERT INTO a VALUES ('x');\nINSERT INTO a VALUES (3);\n")
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{}); err == nil {
		t.Fatal("no error")
	}
	st := migratetest.Status(t, url, dir)
	if err := st.Err(); !errors.Is(err, migrate.ErrPartial) || !strings.Contains(err.Error(), "2 of 4") {
		t.Errorf("status after failure: %v", err)
	}
	// What was applied must stay as it is.
	migratetest.WriteDir(t, dir, first, strings.Replace(head, "(1)", "(7)", 1)+"INSERT INTO a VALUES (2);\nINSERT INTO a VALUES (3);\n")
	migratetest.UpError(t, url, dir, migrate.ErrEdited)
	migratetest.WriteDir(t, dir, first, head+"INSERT INTO a VALUES (2);\nINSERT INTO a VALUES (3);\n")
	var out bytes.Buffer
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{Progress: database.Print(&out)}); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^1/1  20260101000000_add_a\.sql  2 statements \(2 applied before\), \d+ ms\n$`).MatchString(out.String()) {
		t.Errorf("progress: %q", out.String())
	}
	got := migratetest.Column[int](t, migratetest.Connect(t, url), `SELECT id FROM a ORDER BY id`)
	if diff := cmp.Diff([]int{1, 2, 3}, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if err := migratetest.Status(t, url, dir).Err(); err != nil {
		t.Errorf("status at the end: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		want  error
		spoil func(t *testing.T, url, dir string)
	}{
		{"edited", migrate.ErrEdited, func(t *testing.T, _, dir string) {
			migratetest.WriteDir(t, dir, first, "CREATE TABLE a (id bigint);")
		}},
		{"newer", migrate.ErrNewer, func(t *testing.T, _, dir string) {
			migratetest.WriteDir(t, dir, first, "CREATE TABLE a ();")
			remove(t, dir, second)
		}},
		{"diverged", migrate.ErrDiverged, func(t *testing.T, _, dir string) { remove(t, dir, first) }},
		{"out of order", migrate.ErrOutOfOrder, func(t *testing.T, _, dir string) {
			migratetest.WriteDir(t, dir, "20260101120000_add_between.sql", "CREATE TABLE between_ ();")
		}},
		{"older than all", migrate.ErrOutOfOrder, func(t *testing.T, _, dir string) {
			migratetest.WriteDir(t, dir, "20251231120000_add_older.sql", "CREATE TABLE older ();")
		}},
		{"unmanaged", migrate.ErrUnmanaged, func(t *testing.T, url, _ string) {
			migratetest.Exec(t, migratetest.Connect(t, url), `DROP TABLE atlas_schema_revisions`)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			url := empty(t)
			dir := migratetest.NewDir(t, first, "CREATE TABLE a ();", second, "CREATE TABLE b ();")
			migratetest.Up(t, url, dir, 2)
			test.spoil(t, url, dir)
			err := migratetest.UpError(t, url, dir, test.want)
			if serr := migratetest.Status(t, url, dir).Err(); serr == nil || serr.Error() != err.Error() {
				t.Errorf("status says %v, up says %v", serr, err)
			}
		})
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
	migratetest.WriteDir(t, dir)
}

func TestChecksum(t *testing.T) {
	t.Parallel()
	url := empty(t)
	for name, spoil := range map[string]func(dir string) error{
		"20260101000000_add_a.sql was edited": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, first), []byte("DROP TABLE a;"), 0o644)
		},
		"20260102000000_add_b.sql was added": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, second), []byte("CREATE TABLE b ();"), 0o644)
		},
		"20260101000000_add_a.sql was removed": func(dir string) error { return os.Remove(filepath.Join(dir, first)) },
		"atlas.sum is missing":                 func(dir string) error { return os.Remove(filepath.Join(dir, "atlas.sum")) },
	} {
		dir := migratetest.NewDir(t, first, "CREATE TABLE a ();")
		if err := spoil(dir); err != nil {
			t.Fatal(err)
		}
		if err := migratetest.UpError(t, url, dir, migrate.ErrChecksum); !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %s", err, name)
		}
		if _, err := database.ReadStatus(t.Context(), url, os.DirFS(dir)); !errors.Is(err, migrate.ErrChecksum) {
			t.Errorf("status: %v", err)
		}
	}
}

func TestBadDirectory(t *testing.T) {
	t.Parallel()
	url := empty(t)
	for name, dir := range map[string]string{
		"equal versions":      migratetest.NewDir(t, first, "CREATE TABLE a ();", "20260101000000_again.sql", "CREATE TABLE b ();"),
		"malformed name":      migratetest.NewDir(t, "add.sql", "CREATE TABLE a ();"),
		"unknown txmode":      migratetest.NewDir(t, first, "-- atlas:txmode some\n\nCREATE TABLE a ();"),
		"transaction control": migratetest.NewDir(t, first, "CREATE TABLE a ();\nCOMMIT;\nCREATE TABLE b ();"),
	} {
		if files, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{}); err == nil {
			t.Errorf("%s: applied %v", name, files)
		}
		if left := migratetest.Column[string](t, migratetest.Connect(t, url), `SELECT relname FROM pg_class WHERE relkind = 'r' AND relname IN ('a', 'b')`); len(left) > 0 {
			t.Fatalf("%s: left tables %v", name, left)
		}
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE a ();")
	holder := migratetest.Connect(t, url)
	migratetest.Exec(t, holder, `SELECT pg_advisory_lock(2686470616)`) // FNV-1 of "atlas_migrate_execute"
	_, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{LockTimeout: 20 * time.Millisecond})
	if !errors.Is(err, migrate.ErrLocked) {
		t.Errorf("while locked: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := database.Up(ctx, url, os.DirFS(dir), database.UpOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	migratetest.Exec(t, holder, `SELECT pg_advisory_unlock(2686470616)`)
	migratetest.Up(t, url, dir, 1)
}

// A setting of one file must not reach the next.
func TestFilesBeginWithTheSameSettings(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t,
		first, "CREATE SCHEMA other;\nSET search_path = other;\nSET statement_timeout = '1h';\nCREATE TABLE a ();",
		second, "CREATE TABLE b AS SELECT current_setting('statement_timeout') AS timeout;")
	migratetest.Up(t, url, dir, 2)
	if got := migratetest.Value[string](t, migratetest.Connect(t, url), `SELECT timeout FROM public.b`); got != "0" {
		t.Errorf("statement_timeout in the second file: %s", got)
	}
}

func TestStatementOutsideTransactionHasAdvice(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY a_id ON a (id);")
	_, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{})
	if err == nil || !strings.Contains(err.Error(), "atlas:txmode none") {
		t.Errorf("error: %v", err)
	}
}
