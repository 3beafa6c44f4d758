package database_test

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	atlas "ariga.io/atlas/sql/migrate"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

// The pool for reads has an empty search_path.
func TestStatusFromPoolWithoutSearchPath(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE a ();")
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.RuntimeParams["search_path"] = ""
	db := stdlib.OpenDB(*cfg)
	t.Cleanup(func() { _ = db.Close() })
	if st := statusFrom(t, db, dir); len(st.Pending) != 1 {
		t.Errorf("before: %v", st)
	}
	migratetest.Up(t, url, dir, 1)
	if err := statusFrom(t, db, dir).Err(); err != nil {
		t.Errorf("after: %v", err)
	}
}

func statusFrom(t *testing.T, db *sql.DB, dir string) database.Status {
	t.Helper()
	st, err := database.ReadStatusFrom(t.Context(), db, os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func TestStatusText(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE a ();", second, "CREATE TABLE b ();\nCREATE TABLE c ();")
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	want := `current   20260101000000
applied   1 migration
pending   1 migration
  20260102000000_add_b.sql  2 statements
state     migrations are pending: 1 (20260102000000_add_b.sql); run: migrate up
`
	if diff := cmp.Diff(want, migratetest.Status(t, url, dir).String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	migratetest.Up(t, url, dir, 1)
	if text := migratetest.Status(t, url, dir).String(); !strings.HasSuffix(text, "state     the database is up to date\n") {
		t.Errorf("text at the end:\n%s", text)
	}
}

// A hash covers the earlier files too, so it differs from the one in atlas.sum when
// another tool applied a file later that sorts before this one.
func TestFileAppliedOutOfOrderIsNotAnEdit(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE a ();", third, "CREATE TABLE c ();")
	migratetest.Up(t, url, dir, 2)
	migratetest.WriteDir(t, dir, second, "CREATE TABLE b ();")
	local, err := atlas.NewLocalDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	sums, err := local.Checksum()
	if err != nil {
		t.Fatal(err)
	}
	sum, err := sums.SumByName(second)
	if err != nil {
		t.Fatal(err)
	}
	migratetest.Exec(t, migratetest.Connect(t, url), `INSERT INTO atlas_schema_revisions (version, description, applied, total, executed_at, execution_time, hash, operator_version)
VALUES ('20260102000000', 'add_b', 1, 1, now(), 0, $1, 'test'), ('.atlas_cloud_identifier', 'x', 0, 0, now(), 0, '', 'test')`, sum)
	if err := migratetest.Status(t, url, dir).Err(); err != nil {
		t.Error(err)
	}
	migratetest.WriteDir(t, dir, first, "CREATE TABLE a (id int);")
	migratetest.UpError(t, url, dir, migrate.ErrEdited)
}

func TestBaseline(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	migratetest.Exec(t, migratetest.Connect(t, c.url), `CREATE TABLE before ()`)
	migratetest.WriteDir(t, c.dir, late1, "CREATE TABLE late ();", late2, "CREATE TABLE later ();")
	c.want("CREATE TABLE later", append(c.apply(), "--baseline", "29990101000000")...)
	c.ours(2)
	migratetest.Up(t, c.url, c.dir, 0)
}
