package database_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

// One that stops in the middle is no state that anybody was made for.
func TestCompatibleInPart(t *testing.T) {
	t.Parallel()
	url, old := empty(t), migratetest.NewDir(t, first, "CREATE TABLE a (id int);")
	newer := migratetest.NewDir(t, first, "CREATE TABLE a (id int);", "20260102000000_more.compatible.sql", "-- atlas:txmode none\n\nALTER TABLE a ADD COLUMN b int;\nSELECT 1 / 0;\n")
	migratetest.Up(t, url, old, 1)
	if _, err := database.Up(t.Context(), url, os.DirFS(newer), database.UpOptions{}); err == nil {
		t.Fatal("no error")
	}
	if err := migratetest.Status(t, url, old).Err(); !errors.Is(err, migrate.ErrNewer) {
		t.Errorf("error: %v", err)
	}
	migratetest.UpError(t, url, old, migrate.ErrNewer)
}

// What atlas applies is known to our servers as well.
func TestAtlasAppliesCompatible(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	n := c.initial()
	migratetest.Up(t, c.url, c.dir, n)
	old := filepath.Join(t.TempDir(), "old")
	if err := os.CopyFS(old, os.DirFS(c.dir)); err != nil {
		t.Fatal(err)
	}
	migratetest.WriteDir(t, c.dir, "29990101000000_late.compatible.sql", "CREATE TABLE late_one ();")
	c.want("CREATE TABLE late_one", c.apply()...)
	if err := migratetest.Status(t, c.url, old).Err(); err != nil {
		t.Errorf("compatible: %v", err)
	}
	migratetest.WriteDir(t, c.dir, late2, "CREATE TABLE late_two ();")
	c.want("CREATE TABLE late_two", c.apply()...)
	if err := migratetest.Status(t, c.url, old).Err(); !errors.Is(err, migrate.ErrNewer) {
		t.Errorf("not known to be compatible: %v", err)
	}
}

// notesTable is what a program uses whose migration makes the table a.
func notesTable(columns ...string) []*schema.Table {
	table := &schema.Table{Name: "a"}
	for _, name := range columns {
		table.Columns = append(table.Columns, &schema.Column{Name: name, Type: field.TypeInt})
	}
	return []*schema.Table{table}
}

// Neither the history nor a name decides alone: what the program uses must be there.
func TestGate(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), migratetest.NewDir(t, first, "CREATE TABLE a (id int, n int);")
	conn := migratetest.Connect(t, url)
	gate := database.NewGate(os.DirFS(dir), notesTable("id", "n"))
	check := func(want error, detail string) {
		t.Helper()
		st, err := gate.Read(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Err(); !errors.Is(err, want) || err != nil && !strings.Contains(err.Error(), detail) {
			t.Errorf("got %v, want %v: %s", err, want, detail)
		}
	}
	check(migrate.ErrPending, "")
	migratetest.Up(t, url, dir, 1)
	check(nil, "")
	migratetest.Exec(t, conn, `ALTER TABLE a DROP COLUMN n`)
	check(nil, "") // known for half a minute
	migratetest.Exec(t, conn, `INSERT INTO atlas_schema_revisions SELECT '2999', 'x.compatible', type, applied, total, executed_at, execution_time, error, error_stmt, hash, partial_hashes, operator_version FROM atlas_schema_revisions`)
	check(migrate.ErrMissing, "column a.n")
	migratetest.Exec(t, conn, `DROP TABLE a`)
	check(migrate.ErrMissing, "table a;")
	migratetest.Exec(t, conn, `CREATE TABLE a (id int, n int)`)
	check(nil, "")
}

// Tables of others make no database one with tables and without a history, and are looked for
// like ours; no migration is to be made for them.
func TestGateOfOthers(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), migratetest.NewDir(t, first, "CREATE TABLE a (id int);")
	conn := migratetest.Connect(t, url)
	theirs := notesTable("id", "n")[0]
	theirs.Name = "Of Others"
	gate := database.NewGate(os.DirFS(dir), notesTable("id"), theirs)
	check := func(want error, detail string) {
		t.Helper()
		st, err := gate.Read(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Err(); !errors.Is(err, want) || err != nil && !strings.Contains(err.Error(), detail) {
			t.Errorf("got %v, want %v: %s", err, want, detail)
		}
	}
	migratetest.Exec(t, conn, `CREATE TABLE "Of Others" (id int, n int) PARTITION BY LIST (id); CREATE TABLE "1" PARTITION OF "Of Others" FOR VALUES IN (1)`)
	check(migrate.ErrPending, first)
	migratetest.Exec(t, conn, `CREATE TABLE more (id int)`)
	check(migrate.ErrUnmanaged, "")
	migratetest.Exec(t, conn, `DROP TABLE more`)
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{External: database.External{Tables: []string{`"public"."Of Others"`}}}); err != nil {
		t.Fatal(err)
	}
	migratetest.Exec(t, conn, `ALTER TABLE "Of Others" DROP COLUMN n`)
	check(migrate.ErrMissing, "column Of Others.n; no migration makes what entity.External says is of others")
	migratetest.Exec(t, conn, `ALTER TABLE "Of Others" ADD n int`)
	check(nil, "")
}

// Stamp records nothing that is not there.
func TestStampCompares(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), three(t)
	conn := migratetest.Connect(t, url)
	stamp := func(o database.StampOptions) (database.Stamped, error) {
		o.Scratch = scratch(t)
		return database.Stamp(t.Context(), url, os.DirFS(dir), "20260102000000", o)
	}
	refused := func(detail string) {
		t.Helper()
		if _, err := stamp(database.StampOptions{}); !errors.Is(err, migrate.ErrDiffers) || !strings.Contains(err.Error(), detail) || !strings.Contains(err.Error(), "--force") {
			t.Errorf("got %v, want %s", err, detail)
		}
		if st := migratetest.Status(t, url, dir); len(st.Applied) > 0 {
			t.Fatalf("recorded: %+v", st.Applied)
		}
	}
	refused(":\ntable a is missing\ntable b is missing\nrecord ")
	migratetest.Exec(t, conn, `CREATE TABLE a (); CREATE TABLE b (more int NOT NULL); CREATE TABLE theirs ()`)
	done, err := stamp(database.StampOptions{DryRun: true})
	if err != nil || len(done.Extra) != 2 || done.Extra[0].Name != "b.more" || done.Extra[1].Name != "theirs" {
		t.Errorf("%+v, %v", done, err)
	}
	migratetest.Exec(t, conn, `DROP TABLE b; CREATE VIEW b AS SELECT`)
	refused("table b is missing")

	if done, err := stamp(database.StampOptions{Force: true}); err != nil || len(done.Set) != 2 {
		t.Fatalf("%+v, %v", done, err)
	}
	problems, err := database.Repair(t.Context(), url, os.DirFS(dir), database.RepairOptions{Tables: notesTable("id")})
	if err != nil || len(problems) != 0 { // the third file is pending
		t.Errorf("%+v, %v", problems, err)
	}
	migratetest.Up(t, url, dir, 1)
	problems, err = database.Repair(t.Context(), url, os.DirFS(dir), database.RepairOptions{Tables: notesTable("id")})
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0].What, "column a.id is missing") {
		t.Errorf("%+v, %v", problems, err)
	}
}
