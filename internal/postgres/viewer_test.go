package postgres_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// whoAsks is what row-level security knows.
const whoAsks = `SELECT concat_ws('|', current_setting('entgraph.user_id', true), current_setting('entgraph.role', true), current_setting('entgraph.system', true))`

var ada = viewer.Viewer{UserID: key.UUID(uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057")), Role: "ADMIN"}

const adaAsks = "01890a5d-ac96-774b-bcce-b302099a8057|ADMIN|"

func secure(o *postgres.Options) { o.RowSecurity, o.MaxConns = true, 1 }

// TestEachStatementIsSomebodys asks, by every way to run a statement, who asks.
func TestEachStatementIsSomebodys(t *testing.T) {
	t.Parallel()
	db := open(t, secure)
	for want, ctx := range map[string]context.Context{
		adaAsks: viewer.NewContext(t.Context(), ada),
		"||on":  viewer.NewContext(t.Context(), viewer.System()),
		"||":    t.Context(),
	} {
		ways := map[string]postgres.Querier{"reader": db.Reader(), "writer": db.Writer(), "transaction": begin(t, db)}
		for name, q := range ways {
			if got, err := tryOne[string](ctx, q, whoAsks); err != nil || got != want {
				t.Errorf("%s: %q, want %q: %v", name, got, want, err)
			}
			if tx, ok := q.(*postgres.Tx); ok {
				end(t, tx.Commit)
			}
		}
		var got string
		if err := db.Writer().QueryRow(ctx, whoAsks).Scan(&got); err != nil || got != want {
			t.Errorf("one row: %q, want %q: %v", got, want, err)
		}
		tx, err := db.Writer().BeginTx(ctx, pgx.TxOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := one[string](t, tx, whoAsks); got != want {
			t.Errorf("a transaction of Ent: %q, want %q", got, want)
		}
		end(t, tx.Rollback)
	}
}

// TestTransactionsChangeTheViewer lets another viewer run each kind of statement in the
// middle of a transaction.
func TestTransactionsChangeTheViewer(t *testing.T) {
	t.Parallel()
	db := open(t, secure)
	exec(t, db.Write, "CREATE TABLE t (who text)")
	tx := begin(t, db)
	as, system := viewer.NewContext(t.Context(), ada), viewer.NewContext(t.Context(), viewer.System())
	const insert = "INSERT INTO t " + whoAsks
	for _, ctx := range []context.Context{as, system, as, as} {
		if tag, err := tx.Exec(ctx, insert); err != nil || tag.RowsAffected() != 1 {
			t.Fatalf("%v, %v", tag, err)
		}
	}
	if got, err := tryOne[string](system, tx, whoAsks); err != nil || got != "||on" {
		t.Errorf("query: %q, %v", got, err)
	}
	conn, err := tx.Conn(as)
	if err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, conn, whoAsks); got != adaAsks {
		t.Errorf("connection: %q", got)
	}
	end(t, tx.Commit)
	if got := one[string](t, db.Write, "SELECT string_agg(who, ' ') FROM t"); got != adaAsks+" ||on "+adaAsks+" "+adaAsks {
		t.Errorf("written as %s", got)
	}
}

// TestQueryAsSystem sees all rows with the first statement of a transaction and with a later
// one; the statements around it are the viewer's.
func TestQueryAsSystem(t *testing.T) {
	t.Parallel()
	db := open(t, secure)
	ctx := viewer.NewContext(t.Context(), ada)
	for name, asSystem := range map[string][]bool{"first": {true, false, true}, "later": {false, true, true, false}} {
		tx := begin(t, db)
		for i, system := range asSystem {
			ask, want := tx.Query, adaAsks
			if system {
				ask, want = tx.QueryAsSystem, adaAsks+"on"
			}
			rows, err := ask(ctx, whoAsks)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string]); err != nil || got != want {
				t.Errorf("%s, statement %d: %q, want %q: %v", name, i, got, want, err)
			}
		}
		end(t, tx.Commit)
	}
}

// TestViewersDoNotStay ends transactions in every way and looks at what is left on the
// connection, of which each pool has one.
func TestViewersDoNotStay(t *testing.T) {
	t.Parallel()
	db := open(t, secure)
	exec(t, db.Write, "CREATE TABLE t (id int UNIQUE)")
	ctx := viewer.NewContext(t.Context(), ada)
	backend := one[int](t, db.Write, "SELECT pg_backend_pid()")
	const twice = "INSERT INTO t VALUES (1), (1)"
	for name, use := range map[string]func() error{
		"a statement":       func() error { _, err := db.Writer().Exec(ctx, "SELECT 1"); return err },
		"a refused one":     func() error { _, err := db.Writer().Exec(ctx, twice); return wanted(err, "23505") },
		"one that is wrong": func() error { _, err := db.Writer().Exec(ctx, "SELECT nothing"); return wanted(err, "42703") },
		"rows not read": func() error {
			rows, err := db.Writer().Query(ctx, "SELECT generate_series(1, 1000)")
			rows.Close()
			return err
		},
		"a commit":           func() error { return inTx(ctx, db, "SELECT 1", (*postgres.Tx).Commit) },
		"a rollback":         func() error { return inTx(ctx, db, "SELECT 1", (*postgres.Tx).Rollback) },
		"a failed one":       func() error { return wanted(inTx(ctx, db, twice, (*postgres.Tx).Rollback), "23505") },
		"a failed first one": func() error { return wanted(inTx(ctx, db, "SELECT nothing", (*postgres.Tx).Commit), "42703") },
	} {
		if err := use(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := one[string](t, db.Write, whoAsks); got != "||" && got != "" {
			t.Errorf("%s leaves %q", name, got)
		}
		if now := one[int](t, db.Write, "SELECT pg_backend_pid()"); now != backend {
			t.Errorf("%s: the connection is another one, so that nothing was tested", name)
			backend = now
		}
		if n := db.Write.Stat().AcquiredConns(); n != 0 {
			t.Errorf("%s keeps %d connections", name, n)
		}
	}
}

// TestCancelledViewersDoNotStay cancels a statement: whatever connection comes next is
// nobody's.
func TestCancelledViewersDoNotStay(t *testing.T) {
	t.Parallel()
	db := open(t, secure)
	for _, pool := range []postgres.Runner{db.Reader(), db.Writer()} {
		ctx, cancel := context.WithCancel(viewer.NewContext(t.Context(), ada))
		rows, err := pool.Query(ctx, "SELECT generate_series(1, 10000000)")
		if err != nil {
			t.Fatal(err)
		}
		rows.Next()
		cancel()
		for rows.Next() {
		}
		rows.Close()
		if err := rows.Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if got := one[string](t, db.Read, whoAsks) + one[string](t, db.Write, whoAsks); got != "" && got != "||" && got != "||||" {
			t.Errorf("it leaves %q", got)
		}
	}
}

// TestViewerIsNotCounted leaves what travels with a statement out of the count.
func TestViewerIsNotCounted(t *testing.T) {
	t.Parallel()
	db := open(t, secure)
	ctx, stats := postgres.WithStats(viewer.NewContext(t.Context(), ada))
	if _, err := db.Reader().Exec(ctx, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	if err := inTx(ctx, db, "SELECT 1", (*postgres.Tx).Commit); err != nil {
		t.Fatal(err)
	}
	if n := stats.Statements(); n != 4 { // one, and BEGIN, one, COMMIT
		t.Errorf("%d statements", n)
	}
}

func wanted(err error, code string) error {
	if postgres.Code(err) == code {
		return nil
	}
	return errors.Join(err, errors.New("want SQLSTATE "+code))
}

// inTx runs a statement in a transaction and gives the first error.
func inTx(ctx context.Context, db *postgres.DB, sql string, end func(*postgres.Tx, context.Context) error) error {
	tx := db.Begin(postgres.Actor{})
	_, err := tx.Exec(ctx, sql)
	if e := end(tx, ctx); err == nil {
		err = e
	}
	return err
}
