package rehearsal_test

import (
	"os"
	"testing"
	"time"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

// Batches write the rows that the statement wrote, also when they are broken off, and
// leave rows alone that came while they ran.
func TestFixedBatches(t *testing.T) {
	t.Parallel()
	const rows = `CREATE TABLE pairs (a int, "B" text, n int, note text, PRIMARY KEY (a, "B"));
		INSERT INTO pairs (a, "B") SELECT i % 3, 'K' || i FROM generate_series(1, 5000) i; CREATE TABLE gone (id bigint PRIMARY KEY); INSERT INTO gone SELECT generate_series(1, 2500)`
	const write = "UPDATE pairs AS p SET n = a * 2, note = lower(p.\"B\");\nDELETE FROM gone;\n"
	dir := written(t, schema, rows, write, "down:SELECT 1")
	plain := devpg.Empty(t)
	migrateUp(t, plain, dir, "")
	if out, err := fix(t, dir); err != nil || len(out.Files) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	url := devpg.Empty(t)
	conn := migratetest.Connect(t, url)
	migrateUp(t, url, dir, "20260102000000")
	migratetest.Exec(t, conn, `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END';
		CREATE TRIGGER wait BEFORE UPDATE ON pairs FOR EACH ROW WHEN (OLD."B" = 'K5000') EXECUTE FUNCTION wait()`)
	locker := migratetest.Connect(t, url)
	migratetest.Exec(t, locker, `SELECT pg_advisory_lock(7)`)
	failed := make(chan error, 1)
	go func() {
		_, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{})
		failed <- err
	}()
	const waiting = `FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%$batches$%' AND wait_event = 'advisory'`
	// Nothing tells when a batch waits: it has to be asked for.
	for start := time.Now(); migratetest.Value[int](t, conn, `SELECT count(*) `+waiting) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatal("no batch waits")
		}
	}
	if n := migratetest.Value[int](t, conn, `SELECT count(n) FROM pairs`); n != 4000 {
		t.Errorf("the batches before have written %d rows, want 4000", n)
	}
	migratetest.Exec(t, conn, `INSERT INTO pairs VALUES (9, 'new', 9, 'new'); SELECT pg_terminate_backend(pid) `+waiting)
	if err := <-failed; err == nil {
		t.Fatal("the connection was cut, and there is no error")
	}
	migratetest.Exec(t, conn, `DELETE FROM pairs WHERE a = 9`)
	migratetest.Exec(t, locker, `SELECT pg_advisory_unlock(7)`)
	migrateUp(t, url, dir, "")
	const sum = `SELECT count(*) + sum(hashtext(p::text)) + 1000000 * (SELECT count(*) FROM gone) FROM pairs p`
	if got, want := migratetest.Value[int](t, conn, sum), migratetest.Value[int](t, migratetest.Connect(t, plain), sum); got != want {
		t.Errorf("the rows differ: %d, want %d", got, want)
	}
}

func migrateUp(t *testing.T, url, dir, to string) {
	t.Helper()
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{To: to}); err != nil {
		t.Fatal(err)
	}
}
