package seed

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/postgres"
)

// smallSize is a large blog of a size for tests of behaviour.
var smallSize = size{users: 300, tags: 40, posts: 4_000}

func TestEmpty(t *testing.T) {
	t.Parallel()
	db := open(t)
	for _, want := range []bool{true, false} {
		got, err := Empty(t.Context(), db)
		if err != nil || got != want {
			t.Fatalf("Empty gives %v, %v, want %v", got, err, want)
		}
		if want {
			if err := Small(t.Context(), db); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestRefusesDatabaseWithData(t *testing.T) {
	t.Parallel()
	for name, insert := range map[string]string{
		"user": `INSERT INTO users (username, email) VALUES ('mine', 'mine@example.com')`,
		"tag":  `INSERT INTO tags (name) VALUES ('mine')`, // no users, yet not empty
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			if _, err := db.Write.Exec(t.Context(), insert); err != nil {
				t.Fatal(err)
			}
			var report bytes.Buffer
			for _, err := range []error{Small(t.Context(), db), Scale(t.Context(), db, &report)} {
				if !errors.Is(err, ErrNotEmpty) || !strings.Contains(err.Error(), "table "+name+"s has rows") {
					t.Errorf("error %v, want ErrNotEmpty for table %ss", err, name)
				}
			}
			if report.Len() > 0 {
				t.Errorf("a refusal reported progress: %s", &report)
			}
			wantCounts(t, db, map[string]int{
				`SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM tags) + (SELECT count(*) FROM posts)`: 1,
			})
		})
	}
}

func TestTwoSeedsAtOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	var group sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		group.Go(func() { errs[i] = Small(t.Context(), db) })
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
	wantCounts(t, db, map[string]int{`SELECT count(*) FROM posts`: 200})
}

func TestNoSchema(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(t.Context(), postgres.Options{URL: devpg.Empty(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := Small(t.Context(), db); postgres.Code(err) != "42P01" {
		t.Errorf("error %v, want undefined_table", err)
	}
	if _, err := Empty(t.Context(), db); postgres.Code(err) != "42P01" {
		t.Errorf("error %v, want undefined_table", err)
	}
}

func TestCancelLeavesNothing(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	stop := &stopAt{rows: 310, cancel: cancel}
	if err := load(ctx, db, scaleData(smallSize).tables(), stop); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	for _, name := range tableNames {
		wantCounts(t, db, map[string]int{`SELECT count(*) FROM ` + name: 0})
	}
}

// stopAt cancels the work in its middle.
type stopAt struct {
	silent
	rows   int
	cancel func()
}

func (s *stopAt) add(rows int) {
	if s.rows -= rows; s.rows < 0 {
		s.cancel()
	}
}

// Requests may have a short limit. Bulk work, which may also have to wait for others,
// must not, and must leave the limit as it was.
func TestStatementTimeoutIsLifted(t *testing.T) {
	t.Parallel()
	const limit = 300 * time.Millisecond
	db := open(t, func(o *postgres.Options) { o.StatementTimeout, o.MaxConns = limit, 2 })
	for name, work := range map[string]func() error{
		"load":   func() error { return load(t.Context(), db, smallData(demoHash).tables(), silent{}) },
		"vacuum": func() error { return vacuum(t.Context(), db, smallData(demoHash).tables()) },
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
	if _, err := other.Exec(t.Context(), "LOCK TABLE tags IN SHARE UPDATE EXCLUSIVE MODE"); err != nil {
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

func TestScaleIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	var sums [2]map[string]string
	for i := range sums {
		db := open(t)
		if err := scale(t.Context(), db, smallSize, nil); err != nil {
			t.Fatal(err)
		}
		sums[i] = checksums(t, db)
	}
	if diff := cmp.Diff(sums[0], sums[1]); diff != "" {
		t.Errorf("two calls differ:\n%s", diff)
	}
}
