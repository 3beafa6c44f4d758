package postgres_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/postgres"
)

func begin(t *testing.T, db *postgres.DB) *postgres.Tx {
	t.Helper()
	tx := db.Begin(postgres.Actor{})
	t.Cleanup(func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) })
	return tx
}

func end(t *testing.T, f func(context.Context) error) {
	t.Helper()
	if err := f(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestTxHoldsEveryStatement begins a transaction by each kind of first statement: none
// of them may be committed by itself.
func TestTxHoldsEveryStatement(t *testing.T) {
	t.Parallel()
	const insert = "INSERT INTO t VALUES ($1) RETURNING id"
	first := map[string]func(*testing.T, *postgres.Tx){
		"exec":  func(t *testing.T, tx *postgres.Tx) { exec(t, tx, insert, 1) },
		"query": func(t *testing.T, tx *postgres.Tx) { one[int](t, tx, insert, 1) },
		"connection": func(t *testing.T, tx *postgres.Tx) {
			conn, err := tx.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			exec(t, conn, insert, 1)
		},
	}
	for name, run := range first {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			exec(t, db.Write, "CREATE TABLE t (id int)")
			for _, kept := range []bool{false, true} {
				tx := begin(t, db)
				run(t, tx)
				exec(t, tx, insert, 2)
				if n := one[int](t, tx, "SELECT count(*)::int FROM t"); n != 2 {
					t.Errorf("%d rows inside", n)
				}
				if n := one[int](t, db.Write, "SELECT count(*)::int FROM t"); n != 0 {
					t.Errorf("%d rows are visible to others before the commit", n)
				}
				want := 0
				if kept {
					end(t, tx.Commit)
					want = 2
				} else {
					end(t, tx.Rollback)
				}
				if n := one[int](t, db.Write, "SELECT count(*)::int FROM t"); n != want {
					t.Errorf("kept %t: %d rows afterwards, want %d", kept, n, want)
				}
				if _, err := tx.Exec(t.Context(), insert, 3); !errors.Is(err, pgx.ErrTxClosed) {
					t.Errorf("a statement after the end: error %v", err)
				}
			}
		})
	}
}

func TestTxCommitsNothingAfterAnError(t *testing.T) {
	t.Parallel()
	db := open(t, func(o *postgres.Options) { o.MaxConns = 1 })
	exec(t, db.Write, "CREATE TABLE t (id int UNIQUE)")
	exec(t, db.Write, "INSERT INTO t VALUES (1)")
	for _, before := range []bool{false, true} { // the first statement fails, or the second
		tx := begin(t, db)
		if before {
			exec(t, tx, "INSERT INTO t VALUES (2)")
		}
		if _, err := tx.Exec(t.Context(), "INSERT INTO t VALUES ($1)", 1); postgres.Code(err) != "23505" {
			t.Fatalf("error %v, want 23505 unique_violation", err)
		}
		if _, err := tx.Exec(t.Context(), "INSERT INTO t VALUES (3)"); postgres.Code(err) != "25P02" {
			t.Errorf("a statement after the error: %v, want 25P02 in_failed_sql_transaction", err)
		}
		if err := tx.Commit(t.Context()); !errors.Is(err, pgx.ErrTxCommitRollback) {
			t.Errorf("commit: %v", err)
		}
		if n := one[int](t, db.Write, "SELECT count(*)::int FROM t"); n != 1 {
			t.Errorf("%d rows afterwards, want 1", n)
		}
	}
}

// TestTxThatDidNotBeginRunsNothing fails before BEGIN is sent: the statement cannot be
// prepared. What comes after it must not be committed by itself.
func TestTxThatDidNotBeginRunsNothing(t *testing.T) {
	t.Parallel()
	db := open(t, func(o *postgres.Options) { o.MaxConns = 1 })
	exec(t, db.Write, "CREATE TABLE t (id int)")
	tx := begin(t, db)
	if _, err := tx.Exec(t.Context(), "INSERT INTO nothing VALUES (1)"); postgres.Code(err) != "42P01" {
		t.Fatalf("error %v, want 42P01 undefined_table", err)
	}
	if _, err := tx.Exec(t.Context(), "INSERT INTO t VALUES (1)"); err == nil {
		t.Error("a statement after the error ran")
	}
	if _, err := tx.Query(t.Context(), "INSERT INTO t VALUES (1) RETURNING id"); err == nil {
		t.Error("a query after the error ran")
	}
	if err := tx.Commit(t.Context()); !errors.Is(err, pgx.ErrTxCommitRollback) {
		t.Errorf("commit: %v", err)
	}
	if n := one[int](t, db.Write, "SELECT count(*)::int FROM t"); n != 0 {
		t.Errorf("%d rows afterwards, want 0", n)
	}
}

// TestTxGivesItsConnectionBack has one connection: a transaction that kept it would
// block the next one.
func TestTxGivesItsConnectionBack(t *testing.T) {
	t.Parallel()
	db := open(t, func(o *postgres.Options) { o.MaxConns = 1 })
	for range 3 {
		end(t, begin(t, db).Commit) // without any statement
		end(t, begin(t, db).Rollback)
		tx := begin(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := tx.Exec(ctx, "SELECT 1"); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want one of a cancelled context", err)
		}
		_ = tx.Rollback(t.Context()) // the connection may be gone
		exec(t, db.Write, "SELECT 1")
	}
}

func TestTxCountsItsStatements(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx, stats := postgres.WithStats(t.Context())
	tx := begin(t, db)
	for range 2 {
		if _, err := tx.Exec(ctx, "SELECT 1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if n := stats.Statements(); n != 4 {
		t.Errorf("%d statements, want BEGIN, two and COMMIT", n)
	}
}

// TestTxTakesItsConnectionLate begins more transactions than there are connections.
func TestTxTakesItsConnectionLate(t *testing.T) {
	t.Parallel()
	db := open(t)
	for range 100 {
		begin(t, db)
	}
	if n := db.Write.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections are taken", n)
	}
	tx := begin(t, db)
	if n := one[int](t, tx, "SELECT 1"); n != 1 || db.Write.Stat().AcquiredConns() != 1 {
		t.Errorf("%d connections are taken", db.Write.Stat().AcquiredConns())
	}
	end(t, tx.Commit)
	unused := begin(t, db)
	end(t, unused.Commit)
	if _, err := unused.Exec(t.Context(), "SELECT 1"); !errors.Is(err, pgx.ErrTxClosed) {
		t.Errorf("a statement after the end: error %v", err)
	}
}
