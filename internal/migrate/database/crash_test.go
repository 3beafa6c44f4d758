package database_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

// child starts a process that applies dir to url and gives what kills and reaps it.
func child(t *testing.T, url, dir string) (kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childURL+"="+url, childDir+"="+dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dead := false
	kill = func() {
		if !dead {
			dead = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(kill)
	return kill
}

// waitsForLock says whether a migration's statement is blocked in this database.
func waitsForLock(t *testing.T, conn *pgx.Conn) bool {
	t.Helper()
	return migratetest.Value[bool](t, conn, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
AND application_name = 'entgraph migrate' AND wait_event_type = 'Lock')`)
}

// locked says whether somebody holds the migration lock of this database.
func locked(t *testing.T, conn *pgx.Conn) bool {
	t.Helper()
	return migratetest.Value[bool](t, conn, `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory'
AND objid = 2686470616::bigint::oid AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`)
}

func TestKilledBetweenStatementsResumes(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE log (n int);\nCREATE TABLE gate ();\n",
		second, `-- atlas:txmode none

INSERT INTO log VALUES (1);
INSERT INTO log VALUES (2);
INSERT INTO log SELECT 3 FROM (SELECT count(*) FROM gate) AS g;
INSERT INTO log VALUES (4);
`)
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	gate, watch := migratetest.Connect(t, url), migratetest.Connect(t, url)
	tx, err := gate.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE gate`); err != nil {
		t.Fatal(err)
	}
	kill := child(t, url, dir)
	migratetest.Eventually(t, "the third statement to block", func() bool { return waitsForLock(t, watch) })
	if !locked(t, watch) {
		t.Error("the migration runs without its lock")
	}
	kill()
	// The server notices although the statement never ends.
	migratetest.Eventually(t, "the lock of the killed process to go", func() bool { return !locked(t, watch) })
	st := migratetest.Status(t, url, dir)
	if err := st.Err(); !errors.Is(err, migrate.ErrPartial) || !strings.Contains(err.Error(), "2 of 4") {
		t.Errorf("status after the kill: %v", err)
	}
	if text := st.String(); !strings.Contains(text, "applied   1 migration\npending   1 migration\n") {
		t.Errorf("status after the kill:\n%s", text)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	migratetest.Up(t, url, dir, 1)
	if diff := cmp.Diff([]int{1, 2, 3, 4}, migratetest.Column[int](t, watch, `SELECT n FROM log ORDER BY n`)); diff != "" {
		t.Errorf("each statement once (-want +got):\n%s", diff)
	}
}

func TestKilledInFileWithTransaction(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE log (n int);\nCREATE TABLE gate ();\n",
		second, "INSERT INTO log VALUES (1);\nINSERT INTO log SELECT 2 FROM (SELECT count(*) FROM gate) AS g;\n")
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	gate, watch := migratetest.Connect(t, url), migratetest.Connect(t, url)
	tx, err := gate.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE gate`); err != nil {
		t.Fatal(err)
	}
	kill := child(t, url, dir)
	migratetest.Eventually(t, "the statement to block", func() bool { return waitsForLock(t, watch) })
	kill()
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	migratetest.Eventually(t, "the lock of the killed process to go", func() bool { return !locked(t, watch) })
	if st := migratetest.Status(t, url, dir); st.Partial != nil || len(st.Pending) != 1 {
		t.Errorf("status after the kill: %v", st)
	}
	migratetest.Up(t, url, dir, 1)
	if diff := cmp.Diff([]int{1, 2}, migratetest.Column[int](t, watch, `SELECT n FROM log ORDER BY n`)); diff != "" {
		t.Errorf("each statement once (-want +got):\n%s", diff)
	}
}

const indexFile = "-- atlas:txmode none\n\nCREATE UNIQUE INDEX CONCURRENTLY a_lower ON a (lower(name)) WHERE name <> '';\nINSERT INTO a VALUES ('z');\n"

const selectValid = `SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_lower'::regclass`

// partly brings a database to the point where building the index has failed.
func partly(t *testing.T, url string) (dir string, conn *pgx.Conn) {
	t.Helper()
	dir = migratetest.NewDir(t, first, "CREATE TABLE a (name text);\nINSERT INTO a VALUES ('x'), ('X');\n", second, indexFile)
	_, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{})
	if err == nil || !strings.Contains(err.Error(), "remove the duplicate values") {
		t.Fatalf("a unique index on equal values: %v", err)
	}
	conn = migratetest.Connect(t, url)
	if migratetest.Value[bool](t, conn, selectValid) {
		t.Fatal("the failed index is valid")
	}
	migratetest.Exec(t, conn, `DELETE FROM a WHERE name = 'X'`)
	return dir, conn
}

func TestInvalidIndexIsBuiltAgain(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir, conn := partly(t, url)
	migratetest.Up(t, url, dir, 1)
	if !migratetest.Value[bool](t, conn, selectValid) {
		t.Error("the index is still invalid")
	}
}

// A build may end after its client has died: then only the revision row is missing.
func TestIndexThatIsThereAlready(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir, conn := partly(t, url)
	migratetest.Exec(t, conn, `DROP INDEX a_lower`)
	migratetest.Exec(t, conn, `CREATE UNIQUE INDEX a_lower ON a (lower(name)) WHERE name <> ''`)
	oid := migratetest.Value[uint32](t, conn, `SELECT 'a_lower'::regclass::oid`)
	migratetest.Up(t, url, dir, 1)
	if again := migratetest.Value[uint32](t, conn, `SELECT 'a_lower'::regclass::oid`); again != oid {
		t.Error("the index was built again")
	}
	if n := migratetest.Value[int](t, conn, `SELECT count(*) FROM a WHERE name = 'z'`); n != 1 {
		t.Errorf("the statement after the index ran %d times", n)
	}
}

func TestOtherIndexOfTheSameName(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir, conn := partly(t, url)
	migratetest.Exec(t, conn, `DROP INDEX a_lower`)
	migratetest.Exec(t, conn, `CREATE UNIQUE INDEX a_lower ON a (lower(name))`)
	_, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{})
	if err == nil || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("error: %v", err)
	}
}

// A statement whose revision row cannot be written has not happened.
func TestStatementAndRowCommitTogether(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{"none": "-- atlas:txmode none\n\n", "file": ""} {
		url := empty(t)
		dir := migratetest.NewDir(t, first, `CREATE TABLE log (n int);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no row for you'; END $$;
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON atlas_schema_revisions
  FOR EACH ROW WHEN (NEW.version = '20260102000000' AND NEW.applied = 2) EXECUTE FUNCTION refuse();
`, second, head+"INSERT INTO log VALUES (1);\nINSERT INTO log VALUES (2);\nINSERT INTO log VALUES (3);\n")
		_, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{})
		if err == nil || !strings.Contains(err.Error(), "no row for you") {
			t.Fatalf("%s: error: %v", name, err)
		}
		conn := migratetest.Connect(t, url)
		done := 0
		if st := migratetest.Status(t, url, dir); st.Partial != nil {
			done = st.Partial.Applied
		}
		if n := migratetest.Value[int](t, conn, `SELECT count(*) FROM log`); n != done {
			t.Errorf("%s: %d statements happened, %d are counted", name, n, done)
		}
		migratetest.Exec(t, conn, `DROP TRIGGER refuse ON atlas_schema_revisions`)
		migratetest.Up(t, url, dir, 1)
		if diff := cmp.Diff([]int{1, 2, 3}, migratetest.Column[int](t, conn, `SELECT n FROM log ORDER BY n`)); diff != "" {
			t.Errorf("%s: rows (-want +got):\n%s", name, diff)
		}
	}
}

// A client is killed while its index is being built. The server either stops the build,
// which leaves the index invalid, or ends it, and nobody counts it.
func TestKilledWhileBuildingIndex(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]bool{"stopped": false, "ended": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := empty(t)
			dir := migratetest.NewDir(t, first, "CREATE TABLE a (name text);\nCREATE TABLE log (n int);", second,
				"-- atlas:txmode none\n\nCREATE UNIQUE INDEX CONCURRENTLY a_lower ON a (lower(name));\nINSERT INTO log VALUES (1);\n")
			if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{Limit: 1}); err != nil {
				t.Fatal(err)
			}
			writer, watch := migratetest.Connect(t, url), migratetest.Connect(t, url)
			migratetest.Exec(t, writer, `BEGIN`)
			migratetest.Exec(t, writer, `INSERT INTO a VALUES ('x')`) // the build waits for this to end
			kill := child(t, url, dir)
			migratetest.Eventually(t, "the build to wait", func() bool { return waitsForLock(t, watch) })
			kill()
			if ends {
				migratetest.Exec(t, writer, `COMMIT`)
			}
			migratetest.Eventually(t, "the lock of the killed process to go", func() bool { return !locked(t, watch) })
			if !ends {
				migratetest.Exec(t, writer, `COMMIT`)
			}
			migratetest.Up(t, url, dir, 1)
			if !migratetest.Value[bool](t, watch, selectValid) {
				t.Error("the index is invalid")
			}
			if n := migratetest.Value[int](t, watch, `SELECT count(*) FROM log`); n != 1 {
				t.Errorf("the statement after the index ran %d times", n)
			}
		})
	}
}
