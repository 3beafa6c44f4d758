package plan_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// contracted is a table with a renamed column, one of another type that is unique and
// required, and their versions up to the contract, which is applied.
func contracted(t *testing.T) (url, dir string, conn *pgx.Conn) {
	t.Helper()
	d := newDiffer(t)
	table := func(title string, kind field.Type) *schema.Table {
		number := &schema.Column{Name: "number", Type: kind}
		out := notes(text(title), number)
		out.Indexes = []*schema.Index{{Name: "note_number", Unique: true, Columns: []*schema.Column{number}},
			{Name: "note_title", Columns: []*schema.Column{out.Columns[1]}}}
		return out
	}
	d.want("add_notes", "20260102150405_add_notes.sql", nil, table("title", field.TypeInt32))
	d.answers, d.expand = schemadiff.Answers{Rename: map[string]string{"notes.title": "head"}}, true
	d.want("rename_title", "20260102150406_rename_title_expand.sql 20260102150407_rename_title_backfill.sql"+
		" 20260102150408_rename_title_finish.sql 20260102150409_rename_title_contract.sql", nil, table("head", field.TypeInt64))
	url = devpg.Empty(t)
	migratetest.Up(t, url, d.dir, 5)
	return url, d.dir, migratetest.Connect(t, url)
}

// The way back from a contract fills the dropped columns in batches while the new program
// reads and writes, and goes on where it was cut off.
func TestContractBackInBatches(t *testing.T) {
	t.Parallel()
	url, dir, conn := contracted(t)
	// Over 1000 pages: three batches.
	migratetest.Exec(t, conn, `INSERT INTO notes (id, head, number) SELECT gen_random_uuid(), repeat('x', 700) || n, n FROM generate_series(1, 12000) n`)
	migratetest.Exec(t, conn, `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END';
		CREATE TRIGGER wait BEFORE UPDATE ON notes FOR EACH ROW WHEN (OLD.number = 12000) EXECUTE FUNCTION wait()`)
	locker := migratetest.Connect(t, url)
	migratetest.Exec(t, locker, `SELECT pg_advisory_lock(7)`)

	failed := make(chan error, 1)
	go func() {
		_, err := database.Down(t.Context(), url, os.DirFS(dir), database.DownOptions{})
		failed <- err
	}()
	migratetest.Eventually(t, "the filling waits in its last batch", func() bool {
		return migratetest.Value[bool](t, conn, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%$fill$%' AND wait_event_type = 'Lock' AND pid <> pg_backend_pid())`)
	})
	if got := migratetest.Value[int](t, conn, `SELECT count(head_back) FROM notes`); got < 8000 || got >= 12000 {
		t.Errorf("the batches before have filled %d rows", got)
	}
	// The new program goes on meanwhile, also with rows that are filled.
	migratetest.Exec(t, conn, `INSERT INTO notes (id, head, number) VALUES (gen_random_uuid(), 'new', 12001); UPDATE notes SET head = 'changed', number = -1 WHERE number = 1; DELETE FROM notes WHERE number = 2`)
	migratetest.Exec(t, conn, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%$fill$%' AND pid <> pg_backend_pid()`)
	if err := <-failed; err == nil {
		t.Fatal("the connection was cut, and there is no error")
	}
	migratetest.Exec(t, locker, `SELECT pg_advisory_unlock(7)`)
	if st := migratetest.Status(t, url, dir); !errors.Is(st.Err(), migrate.ErrReverting) {
		t.Errorf("status: %v", st.Err())
	}
	migratetest.Exec(t, conn, `UPDATE notes SET head = 'again' WHERE number = 12000`)
	if files, err := database.Down(t.Context(), url, os.DirFS(dir), database.DownOptions{}); err != nil || len(files) != 1 || files[0].Name != "20260102150409_rename_title_contract.sql" {
		t.Fatalf("taken back: %v, %v", files, err)
	}

	// Both programs go on from here.
	migratetest.Exec(t, conn, `INSERT INTO notes (id, title, number) VALUES (gen_random_uuid(), 'old', 12002)`)
	const wrong = `SELECT count(*) FROM notes WHERE title IS DISTINCT FROM head OR number IS DISTINCT FROM number_new`
	if got := migratetest.Value[int](t, conn, wrong); got != 0 {
		t.Errorf("%d rows differ", got)
	}
	if got := migratetest.Value[string](t, conn, `SELECT string_agg(title, ' ' ORDER BY number) FROM notes WHERE number IN (-1, 2, 12000, 12001, 12002)`); got != "changed again new old" {
		t.Errorf("rows: %s", got)
	}
	if got := migratetest.Value[int](t, conn, `SELECT count(*) FROM pg_index WHERE indrelid = 'notes'::regclass AND indisvalid`); got != 5 {
		t.Errorf("%d indexes, want those of both columns twice and the key's", got)
	}
	migratetest.Violation(t, conn, "23505", `INSERT INTO notes (id, title, number) VALUES (gen_random_uuid(), 'old', 3)`)
	migratetest.Up(t, url, dir, 1)
}

// Down through both stages counts beforehand what the old type cannot hold, though the
// columns that it compares are not filled then; statements after the filling that need
// its values make no difference.
func TestContractBackForeseesLosses(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	table := func(kind string) *schema.Table {
		price := &schema.Column{Name: "price", Type: field.TypeFloat64, SchemaType: map[string]string{"postgres": kind}}
		out := notes(price, text("title"))
		out.Indexes = []*schema.Index{{Name: "note_price", Unique: true, Columns: []*schema.Column{price}}}
		return out
	}
	d.want("add_notes", "20260102150405_add_notes.sql", nil, table("numeric(10,1)"))
	d.answers, d.expand = schemadiff.Answers{Using: map[string]string{"notes.price": "price"}, UsingBack: map[string]string{"notes.price": "price"}}, true
	after := table("numeric(10,4)")
	after.Columns[2].Name = "head"
	d.answers.Rename = map[string]string{"notes.title": "head"}
	if _, err := d.run("price", nil, after); err != nil {
		t.Fatal(err)
	}
	back, err := filepath.Glob(filepath.Join(d.dir, "down", "*_contract.sql"))
	if err != nil || len(back) != 1 {
		t.Fatalf("down files: %v, %v", back, err)
	}
	if sql, err := os.ReadFile(back[0]); err != nil || !strings.Contains(string(sql), "-- entgraph:loses") || strings.Count(string(sql), "UPDATE") != 4 {
		t.Fatalf("%s, %v", sql, err)
	}
	url := devpg.Empty(t)
	conn := migratetest.Connect(t, url)
	migratetest.Up(t, url, d.dir, 5)
	base := database.DownOptions{To: "20260102150405"}
	migratetest.Exec(t, conn, `INSERT INTO notes (id, price, head) VALUES (gen_random_uuid(), 1.5, 'a'), (gen_random_uuid(), 2, 'b')`)
	if _, err := database.Down(t.Context(), url, os.DirFS(d.dir), base); err != nil {
		t.Fatal(err)
	}
	if got := migratetest.Value[string](t, conn, `SELECT string_agg(price || title, ' ' ORDER BY title) FROM notes`); got != "1.5a 2.0b" {
		t.Errorf("after down: %s", got)
	}
	migratetest.Up(t, url, d.dir, 4)
	migratetest.Exec(t, conn, `UPDATE notes SET price = 1.75 WHERE head = 'a'`)
	if _, err := database.Down(t.Context(), url, os.DirFS(d.dir), base); !errors.Is(err, migrate.ErrDestructive) || !strings.Contains(err.Error(), `no other column says the same (1 row)`) {
		t.Fatalf("got error %v", err)
	}
	if got := migratetest.Value[string](t, conn, `SELECT string_agg(price || head, ' ' ORDER BY head) FROM notes`); got != "1.7500a 2.0000b" {
		t.Errorf("after a refused down: %s", got)
	}
	// The contract alone loses nothing: both columns are there.
	if files, err := database.Down(t.Context(), url, os.DirFS(d.dir), database.DownOptions{}); err != nil || len(files) != 1 || files[0].Name != filepath.Base(back[0]) {
		t.Fatalf("taken back: %v, %v", files, err)
	}
}
