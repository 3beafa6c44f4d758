package database_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

// faulty is a directory with every kind of statement. Each leaves a trace that shows
// whether it ran once.
func faulty(t *testing.T) string {
	t.Helper()
	dir := migratetest.NewDir(t,
		first, `CREATE TABLE log (n int);
CREATE TABLE a (id int, name text);
INSERT INTO a SELECT i, 'x' FROM generate_series(1, 10) AS i;
CREATE TABLE parts (id int) PARTITION BY RANGE (id);
CREATE TABLE part_one PARTITION OF parts FOR VALUES FROM (1) TO (10);
CREATE INDEX a_old ON a (name);
INSERT INTO log VALUES (1);
`,
		second, `-- atlas:txmode none

SET lock_timeout = '50s';
INSERT INTO log VALUES (2);
CREATE UNIQUE INDEX CONCURRENTLY a_id ON a (id) WHERE id > 0;
INSERT INTO log VALUES (3);
DROP INDEX CONCURRENTLY a_old;
ALTER TABLE parts DETACH PARTITION part_one CONCURRENTLY;
INSERT INTO log SELECT 4 WHERE current_setting('lock_timeout') = '50s';
DO $$ BEGIN
  FOR i IN 1..2 LOOP
    UPDATE a SET name = 'y' WHERE id IN (SELECT id FROM a WHERE name = 'x' LIMIT 5);
    COMMIT;
  END LOOP;
END $$;
REINDEX INDEX CONCURRENTLY a_id;
INSERT INTO log VALUES (5);
`,
		third, "INSERT INTO log VALUES (6);\nALTER TABLE a ADD COLUMN more int DEFAULT 7;\n")
	writeDown(t, dir,
		first, "DROP TABLE log, a, parts;\nDROP TABLE IF EXISTS part_one;",
		second, `-- atlas:txmode none

SET lock_timeout = '50s';
DELETE FROM log WHERE n = 5;
ALTER TABLE parts ATTACH PARTITION part_one FOR VALUES FROM (1) TO (10);
DROP INDEX CONCURRENTLY a_id;
CREATE INDEX CONCURRENTLY a_old ON a (name);
DELETE FROM log WHERE n IN (2, 3, 4) AND current_setting('lock_timeout') = '50s';
`,
		third, "ALTER TABLE a DROP COLUMN more;\nDELETE FROM log WHERE n = 6;\n")
	return dir
}

// outcome describes the database after all files.
func outcome(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	return migratetest.Column[string](t, conn, `SELECT format('log %s', n) FROM log
UNION ALL SELECT format('name %s %s', name, count(*)) FROM a GROUP BY name
UNION ALL SELECT format('index %s %s', indexrelid::regclass, indisvalid) FROM pg_index WHERE indrelid = 'a'::regclass
UNION ALL SELECT format('partition %s', inhrelid::regclass) FROM pg_inherits
UNION ALL SELECT format('revision %s %s %s %s %s', version, applied, total, error, partial_hashes) FROM atlas_schema_revisions
ORDER BY 1`)
}

// kept is a session for what comes after a fault. To begin one takes the server longer
// than the work.
func kept(t *testing.T, url string) *database.Session {
	t.Helper()
	s, err := database.OpenSession(t.Context(), url, database.SessionOptions{Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// wipe makes the database empty again.
func wipe(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	migratetest.Exec(t, conn, `DROP SCHEMA public CASCADE`)
	migratetest.Exec(t, conn, `CREATE SCHEMA public`)
}

// Whatever the client asks of the server is where it may die, before the server has
// heard of it or while it works. The next up leads to where one
// without a fault does.
func TestClientDiesAnywhere(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{cutBefore, cutInside} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			url, dir := empty(t), faulty(t)
			conn, after := migratetest.Connect(t, url), kept(t, url)
			migratetest.Up(t, url, dir, 3)
			want := outcome(t, conn)
			wipe(t, conn)
			n := everywhere(t, url, mode, func(url string) error {
				_, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{})
				return err
			}, func(at int64) {
				if _, err := after.Up(t.Context(), os.DirFS(dir), database.UpOptions{}); err != nil {
					t.Fatalf("cut %s request %d, the next up: %v", mode, at, err)
				}
				if diff := cmp.Diff(want, outcome(t, conn)); diff != "" {
					t.Fatalf("cut %s request %d (-want +got):\n%s", mode, at, diff)
				}
				wipe(t, conn)
			})
			t.Logf("died at %d requests", n)
		})
	}
}

// The same on the way back.
func TestClientDiesAnywhereOnTheWayBack(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{cutBefore, cutInside} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			url, dir := empty(t), faulty(t)
			conn, after := migratetest.Connect(t, url), kept(t, url)
			goal := database.DownOptions{To: "20260101000000", AllowLoss: true}
			migratetest.Up(t, url, dir, 3)
			down(t, url, dir, goal, third, second)
			want := outcome(t, conn)
			migratetest.Up(t, url, dir, 2)
			n := everywhere(t, url, mode, func(url string) error {
				_, err := database.Down(t.Context(), url, os.DirFS(dir), goal)
				return err
			}, func(at int64) {
				if _, err := after.Down(t.Context(), os.DirFS(dir), goal); err != nil {
					t.Fatalf("cut %s request %d, the next down: %v", mode, at, err)
				}
				if diff := cmp.Diff(want, outcome(t, conn)); diff != "" {
					t.Fatalf("cut %s request %d (-want +got):\n%s", mode, at, diff)
				}
				if files, err := after.Up(t.Context(), os.DirFS(dir), database.UpOptions{}); err != nil || len(files) != 2 {
					t.Fatalf("up again: %v, %v", files, err)
				}
			})
			t.Logf("died at %d requests", n)
		})
	}
}

// steps are the pauses between cuts. Before a request is the same for the server as
// after the one before it, which most cuts inside come to: every third will do.
var steps = map[string]int64{cutBefore: 3, cutInside: 1}

// everywhere runs work through a proxy that cuts at the first, second, third … request
// until one is not reached, and checks after each. It gives how many there were.
func everywhere(t *testing.T, url, mode string, work func(url string) error, check func(at int64)) int64 {
	t.Helper()
	n := int64(0)
	for at := int64(1); ; at += steps[mode] {
		p := newProxy(t, url, cut{at, mode}, nil)
		err := work(p.url) // none when it could connect again
		_ = p.ln.Close()
		if !p.struck.Load() {
			if err != nil {
				t.Fatalf("without a cut: %v", err)
			}
			return n
		}
		n++
		check(at)
	}
}

// Postgres itself dies: the process that runs the statement is killed, upon which all
// of the server restarts and recovers.
func TestServerDiesAnywhere(t *testing.T) {
	t.Parallel()
	o := devpg.Options{Root: t.TempDir(), PgBin: os.Getenv("PG_BIN"), Progress: testWriter{t}}
	server, err := devpg.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Its data may be outside of its root, which goes by itself.
		if err := errors.Join(server.Stop(context.WithoutCancel(t.Context())), devpg.Reset(o)); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(server.DataDir()); !os.IsNotExist(err) {
			t.Errorf("the data is left: %v", err)
		}
	})
	if err := server.CreateDatabase(t.Context(), "faults"); err != nil {
		t.Fatal(err)
	}
	url, dir := server.URL("faults"), faulty(t)
	migratetest.Up(t, url, dir, 3)
	want := outcome(t, migratetest.Connect(t, url))
	wipe(t, migratetest.Connect(t, url))
	// The server knows once it has asked for the exit code; it then ends all sessions. One
	// that ends within a migration is told to its user, who may begin again.
	gone := make(chan struct{}, 1)
	crash := func(pid int) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Errorf("kill the server process %d: %v", pid, err)
		}
		for syscall.Kill(pid, 0) == nil {
			time.Sleep(time.Millisecond)
		}
		gone <- struct{}{}
	}
	crashes := 0
	// Recovering takes a second: every fifth request, which over the file's statements
	// meets each step of one.
	for at := int64(1); ; at += 5 {
		p := newProxy(t, url, cut{at, cutCrash}, crash)
		_, err := database.Up(t.Context(), p.url, os.DirFS(dir), database.UpOptions{})
		_ = p.ln.Close()
		if !p.struck.Load() {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		crashes++
		<-gone
		if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{}); err != nil {
			t.Fatalf("crash at request %d, the next up: %v", at, err)
		}
		conn := migratetest.Connect(t, url)
		if diff := cmp.Diff(want, outcome(t, conn)); diff != "" {
			t.Fatalf("crash at request %d (-want +got):\n%s", at, diff)
		}
		wipe(t, conn)
	}
	t.Logf("crashed at %d requests", crashes)
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	if w.t.Context().Err() == nil {
		w.t.Logf("%s", p)
	}
	return len(p), nil
}

func TestLostConnectionHasAdvice(t *testing.T) {
	t.Parallel()
	url := empty(t)
	for _, head := range []string{"", "-- atlas:txmode none\n\n"} {
		dir := migratetest.NewDir(t, first, head+"CREATE TABLE IF NOT EXISTS a ();\nSELECT pg_terminate_backend(pg_backend_pid());\nCREATE TABLE b ();")
		_, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{})
		var stmt *migrate.StatementError
		if !errors.As(err, &stmt) || stmt.Statement != 2 || fmt.Sprint(stmt.Advice) == "" || strings.Contains(err.Error(), "rollback") {
			t.Errorf("%q: error: %v", head, err)
		}
	}
}
