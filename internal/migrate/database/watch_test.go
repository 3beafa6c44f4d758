package database_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

// What a statement waits for is told, with the holder's process and query.
func TestUpTellsWhomItWaitsFor(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE a ();", second, "ALTER TABLE a ADD COLUMN id int;")
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	holder := migratetest.Connect(t, url)
	tx, err := holder.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT\n  FROM a"); err != nil {
		t.Fatal(err)
	}
	var (
		notices []string
		out     bytes.Buffer
	)
	print := database.Print(&out)
	_, err = database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{Progress: func(e database.Event) {
		print(e)
		if e.Notice == "" {
			return
		}
		if notices = append(notices, e.Notice); len(notices) == 1 {
			if err := tx.Rollback(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("waits for pid %d", holder.PgConn().PID())
	if len(notices) == 0 || !strings.HasPrefix(notices[0], want) || !strings.HasSuffix(notices[0], ": SELECT FROM a") ||
		!strings.Contains(notices[0], "idle in transaction") {
		t.Errorf("notices: %q", notices)
	}
	if !regexp.MustCompile(`(?s)^1/1  20260102000000_add_b\.sql  \n     waits for pid .*1 statement, \d+ ms\n$`).MatchString(out.String()) {
		t.Errorf("printed: %q", out.String())
	}
}

func TestUpTellsWhoMigrates(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE a ();")
	holder := migratetest.Connect(t, url)
	migratetest.Exec(t, holder, `SELECT pg_advisory_lock(2686470616)`)
	pid := fmt.Sprintf("pid %d", holder.PgConn().PID())
	var notices []string
	_, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{LockTimeout: time.Millisecond, Progress: func(e database.Event) {
		notices = append(notices, e.Notice)
	}})
	if !errors.Is(err, migrate.ErrLocked) || !strings.Contains(err.Error(), "held by "+pid) {
		t.Errorf("error: %v", err)
	}
	if len(notices) != 1 || !strings.HasPrefix(notices[0], "waits for another migration, "+pid) {
		t.Errorf("notices: %q", notices)
	}
}

func TestStatementLockTimeout(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, "CREATE TABLE a ();", second, "ALTER TABLE a ADD COLUMN id int;")
	if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	holder := migratetest.Connect(t, url)
	migratetest.Exec(t, holder, `BEGIN`)
	migratetest.Exec(t, holder, `SELECT FROM a`)
	o := database.UpOptions{StatementLockTimeout: 10 * time.Millisecond}
	_, err := database.Up(t.Context(), url, os.DirFS(dir), o)
	var stmt *migrate.StatementError
	if !errors.As(err, &stmt) || !strings.Contains(err.Error(), "lock timeout") || stmt.Advice == "" {
		t.Errorf("error: %v", err)
	}
	// Whoever was seen to hold the lock is named, whatever ends the waiting.
	o = database.UpOptions{Progress: func(e database.Event) {
		if strings.HasPrefix(e.Notice, "waits for") {
			migratetest.Exec(t, holder, `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'entgraph migrate' AND wait_event_type = 'Lock'`)
		}
	}}
	_, err = database.Up(t.Context(), url, os.DirFS(dir), o)
	if !errors.As(err, &stmt) || !strings.Contains(stmt.Advice, fmt.Sprintf("pid %d", holder.PgConn().PID())) {
		t.Errorf("error: %v", err)
	}
}

// A long statement tells how long it has run.
func TestUpTellsOfLongStatements(t *testing.T) {
	t.Parallel()
	url := empty(t)
	dir := migratetest.NewDir(t, first, `CREATE TABLE a ();
DO $$ BEGIN
  WHILE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) LOOP
    PERFORM pg_sleep(0.01);
  END LOOP;
END $$;`)
	other := migratetest.Connect(t, url)
	told := ""
	_, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{Progress: func(e database.Event) {
		if e.Notice != "" && told == "" {
			told = e.Notice
			migratetest.Exec(t, other, `SELECT pg_advisory_lock(42)`)
		}
	}})
	if err != nil || !regexp.MustCompile(`^statement 2 of 2 has run for \d+s$`).MatchString(told) {
		t.Errorf("told %q, %v", told, err)
	}
}
