package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Tx is a transaction on a connection of the write pool. It begins with its first
// statement: BEGIN travels with it and is no round trip of its own. Get one from
// [DB.Begin] and end it with Commit or Rollback. Like a connection it serves one
// goroutine at a time.
type Tx struct {
	conn  *pgxpool.Conn // nil once the transaction has ended
	begun bool
	// failed is why the transaction could not begin. Nothing may run then: it would be
	// committed by itself.
	failed error
}

var _ Querier = (*Tx)(nil)

// Begin takes a connection for a transaction at read committed.
func (db *DB) Begin(ctx context.Context) (*Tx, error) {
	conn, err := db.Write.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	return &Tx{conn: conn}, nil
}

const begin, commit, rollback = "begin", "commit", "rollback"

// Exec runs a statement.
func (t *Tx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if t.conn != nil && t.failed == nil && !t.begun {
		return t.first(ctx, sql, args)
	}
	conn, err := t.Conn(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return conn.Exec(ctx, sql, args...)
}

// first sends BEGIN and a statement together.
func (t *Tx) first(ctx context.Context, sql string, args []any) (tag pgconn.CommandTag, err error) {
	both := &pgx.Batch{}
	both.Queue(begin)
	both.Queue(sql, args...)
	results := t.conn.SendBatch(ctx, both)
	if _, err = results.Exec(); err == nil {
		tag, err = results.Exec()
	}
	if e := results.Close(); err == nil {
		err = e
	}
	t.begun = t.conn.Conn().PgConn().TxStatus() != 'I' // idle: BEGIN did not run
	if !t.begun {
		t.failed = err
	}
	return tag, err
}

// Query runs a statement that gives rows.
func (t *Tx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	conn, err := t.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return conn.Query(ctx, sql, args...)
}

// Conn returns the connection, on which the transaction has begun.
func (t *Tx) Conn(ctx context.Context) (*pgx.Conn, error) {
	switch {
	case t.conn == nil:
		return nil, pgx.ErrTxClosed
	case t.failed != nil:
		return nil, fmt.Errorf("transaction did not begin: %w", t.failed)
	case !t.begun:
		if _, err := t.conn.Exec(ctx, begin); err != nil {
			return nil, fmt.Errorf("begin transaction: %w", err)
		}
		t.begun = true
	}
	return t.conn.Conn(), nil
}

// Commit makes the changes last. It fails with pgx.ErrTxCommitRollback when an
// earlier statement failed, since Postgres then undoes all of them.
func (t *Tx) Commit(ctx context.Context) error {
	failed := t.failed != nil
	tag, err := t.end(ctx, commit)
	if err == nil && (failed || tag.String() == "ROLLBACK") {
		err = pgx.ErrTxCommitRollback
	}
	return err
}

// Rollback undoes the changes. After the end of the transaction it does nothing.
func (t *Tx) Rollback(ctx context.Context) error {
	if t.conn == nil {
		return nil
	}
	_, err := t.end(ctx, rollback)
	return err
}

// end gives the connection back. One whose transaction did not end is closed by the
// pool.
func (t *Tx) end(ctx context.Context, sql string) (tag pgconn.CommandTag, err error) {
	if t.conn == nil {
		return tag, pgx.ErrTxClosed
	}
	defer func() {
		t.conn.Release()
		t.conn = nil
	}()
	if t.begun {
		tag, err = t.conn.Exec(ctx, sql)
	}
	return tag, err
}
