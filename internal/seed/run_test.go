package seed

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/postgres"
)

// two are tables of which one belongs to the other.
func two() []*schema.Table {
	people := made("people", unlike(text("name")))
	letters := made("letters", text("subject"))
	refer(letters, "author_id", people)
	return []*schema.Table{people, letters}
}

func TestRefusesDatabaseWithData(t *testing.T) {
	t.Parallel()
	db := open(t, two())
	exec(t, db, `INSERT INTO people VALUES (gen_random_uuid(), 'mine')`)
	var report bytes.Buffer
	for _, scale := range []bool{false, true} {
		err := Run(t.Context(), db, Options{Tables: two(), Scale: scale, Progress: &report})
		if !errors.Is(err, ErrNotEmpty) || !strings.Contains(err.Error(), "table people has rows") {
			t.Errorf("error %v, want ErrNotEmpty for table people", err)
		}
	}
	if empty, err := Empty(t.Context(), db, Options{Tables: two()}); empty || err != nil {
		t.Errorf("Empty gives %v, %v", empty, err)
	}
	if report.Len() > 0 {
		t.Errorf("a refusal reported progress: %s", &report)
	}
	want(t, db, map[string]int{`SELECT (SELECT count(*) FROM people) + (SELECT count(*) FROM letters)`: 1})
}

func TestTwoSeedsAtOnce(t *testing.T) {
	t.Parallel()
	db := open(t, two(), func(o *postgres.Options) { o.MaxConns = 4 })
	var group sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		group.Go(func() { errs[i] = Run(t.Context(), db, Options{Tables: two()}) })
	}
	group.Wait()
	refused := 0
	for _, err := range errs {
		if errors.Is(err, ErrNotEmpty) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if refused != len(errs)-1 {
		t.Errorf("%d of %d calls were refused, want all but one", refused, len(errs))
	}
	want(t, db, map[string]int{`SELECT count(*) FROM people`: smallRows})
}

func TestNoSchema(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(t.Context(), postgres.Options{URL: devpg.Empty(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := Run(t.Context(), db, Options{Tables: two()}); postgres.Code(err) != "42P01" {
		t.Errorf("error %v, want undefined_table", err)
	}
	if _, err := Empty(t.Context(), db, Options{Tables: two()}); postgres.Code(err) != "42P01" {
		t.Errorf("error %v, want undefined_table", err)
	}
}

func TestErrorLeavesNothing(t *testing.T) {
	t.Parallel()
	db := open(t, two())
	ctx, cancel := context.WithCancel(t.Context())
	err := Run(ctx, db, Options{Tables: two(), Seed: func(ctx context.Context, s *Seeder) error {
		if err := s.Generate(ctx, "people", 10); err != nil {
			return err
		}
		cancel()
		return s.Generate(ctx, "letters", 10)
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	want(t, db, map[string]int{`SELECT count(*) FROM people`: 0})
}

// Requests may have a short limit. Bulk work, which may also have to wait for others,
// must not, and must leave the limit as it was.
func TestStatementTimeoutIsLifted(t *testing.T) {
	t.Parallel()
	const limit = 300 * time.Millisecond
	db := open(t, two(), func(o *postgres.Options) { o.StatementTimeout, o.MaxConns = limit, 2 })
	for name, work := range map[string]func() error{
		"load":   func() error { return Run(t.Context(), db, Options{Tables: two()}) },
		"vacuum": func() error { return vacuum(t.Context(), db, Options{Tables: two()}.filled()) },
	} {
		if err := whileLocked(t, db, 2*limit, work); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, conn := range db.Write.AcquireAllIdle(t.Context()) {
			var got string
			if err := conn.QueryRow(t.Context(), "SHOW statement_timeout").Scan(&got); err != nil || got != "300ms" {
				t.Errorf("statement_timeout is %s after %s, want 300ms; error %v", got, name, err)
			}
			conn.Release()
		}
	}
}

// whileLocked does work that has to wait so long for a lock.
func whileLocked(t *testing.T, db *postgres.DB, long time.Duration, work func() error) error {
	t.Helper()
	other, err := db.Write.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	unlock := sync.OnceValue(func() error { return other.Rollback(context.Background()) })
	defer func() { _ = unlock() }()
	// This lock is in the way of both LOCK TABLE and VACUUM.
	if _, err := other.Exec(t.Context(), "LOCK TABLE people IN SHARE UPDATE EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() { result <- work() }()
	waitForWaiter(t, other, long)
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	return <-result
}

// waitForWaiter returns when a statement in this database has waited so long for a
// lock.
func waitForWaiter(t *testing.T, tx pgx.Tx, long time.Duration) {
	t.Helper()
	const query = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
		AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > $1`
	seen := false
	for start := time.Now(); !seen; time.Sleep(10 * time.Millisecond) {
		// The view is a snapshot of the transaction unless cleared.
		if _, err := tx.Exec(t.Context(), "SELECT pg_stat_clear_snapshot()"); err != nil {
			t.Fatal(err)
		}
		if err := tx.QueryRow(t.Context(), "SELECT ("+query+") > 0", long).Scan(&seen); err != nil {
			t.Fatal(err)
		}
		if time.Since(start) > 20*time.Second {
			t.Fatal("nobody waited for the lock")
		}
	}
}
