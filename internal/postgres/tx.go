package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Tx is a transaction on a connection of the write pool. It takes the connection and
// begins with its first statement: BEGIN travels with that and is no round trip of its
// own, and work before it, such as hashing a password, holds no connection. Get one
// from [DB.Begin] and end it with Commit or Rollback. Like a connection it serves one
// goroutine at a time.
type Tx struct {
	pool  *pool
	actor Actor
	conn  *poolConn // nil before the first statement and after the end
	begun bool
	ended bool
	outer *Tx // inside of which it was put into a context; nil outside of one

	secure bool
	as     rowViewer // whom row-level security was told of last
	// failed is why the transaction could not begin. Nothing may run then: it would be
	// committed by itself.
	failed error
}

var _ Querier = (*Tx)(nil)

// Actor is who a transaction is for, as triggers that keep an audit log read it.
type Actor struct {
	// Name is who changes something.
	Name string
	// RequestID is that of the request; "" outside of one.
	RequestID string
}

// SetActor tells triggers of the [Actor], until the transaction ends: as the settings
// entgraph.actor and entgraph.request_id. It is not counted in [Stats], since it always
// travels with another statement.
const SetActor = `SELECT set_config('entgraph.actor', $1, true), set_config('entgraph.request_id', $2, true)`

// Begin returns a transaction at read committed.
func (db *DB) Begin(a Actor) *Tx { return &Tx{pool: db.write, secure: db.secure, actor: a} }

type txKey struct{}

// WithTx returns a context of work inside of a transaction. Until that ends, no other
// connection is had with it: see [ErrInTransaction].
func WithTx(ctx context.Context, tx *Tx) context.Context {
	tx.outer = txOf(ctx)
	return context.WithValue(ctx, txKey{}, tx)
}

// txOf returns the transaction that a context is inside of, nil without one.
func txOf(ctx context.Context) *Tx {
	tx, _ := ctx.Value(txKey{}).(*Tx)
	return tx
}

const begin, commit, rollback = "begin", "commit", "rollback"

// Exec runs a statement.
func (t *Tx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	who := rowViewerOf(ctx)
	if !t.begun && !t.ended && t.failed == nil {
		return t.first(ctx, who, sql, args)
	}
	if t.changes(who) {
		rows, err := t.Query(ctx, sql, args...)
		if err != nil {
			return pgconn.CommandTag{}, err
		}
		rows.Close()
		return rows.CommandTag(), rows.Err()
	}
	conn, err := t.connOf(ctx, who)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := conn.Exec(ctx, sql, args...)
	return tag, Lost(err)
}

// changes reports whether the statement is of another viewer than the one before.
func (t *Tx) changes(who rowViewer) bool {
	return t.secure && t.begun && !t.ended && t.as != who
}

// first sends BEGIN and a statement together.
func (t *Tx) first(ctx context.Context, who rowViewer, sql string, args []any) (tag pgconn.CommandTag, err error) {
	if err := t.acquire(ctx); err != nil {
		return tag, err
	}
	both := t.beginning(who)
	both.Queue(sql, args...)
	tag, err = last(t.conn.SendBatch(ctx, both), both.Len())
	t.begun = t.conn.Conn.Conn().PgConn().TxStatus() != 'I' // idle: BEGIN did not run
	if !t.begun {
		t.failed = err
	}
	return tag, Lost(err)
}

// beginning is the batch that begins the transaction.
func (t *Tx) beginning(who rowViewer) *pgx.Batch {
	b := &pgx.Batch{}
	b.Queue(begin)
	b.Queue(SetActor, t.actor.Name, t.actor.RequestID)
	if t.secure {
		t.as = who
		b.Queue(SetViewer, t.as.args()...)
	}
	return b
}

// last runs a batch of n statements and gives the result of the last one, or the first
// error.
func last(results pgx.BatchResults, n int) (tag pgconn.CommandTag, err error) {
	for range n {
		if tag, err = results.Exec(); err != nil {
			break
		}
	}
	if e := results.Close(); err == nil {
		err = e
	}
	return tag, err
}

// Query runs a statement that gives rows.
func (t *Tx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return t.query(ctx, rowViewerOf(ctx), sql, args)
}

// QueryAsSystem is Query by a statement that sees all rows while the viewer stays the same:
// for questions whose answer decides what the viewer may do, and which the viewer never sees.
func (t *Tx) QueryAsSystem(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	who := rowViewerOf(ctx)
	who.system = true
	return t.query(ctx, who, sql, args)
}

func (t *Tx) query(ctx context.Context, who rowViewer, sql string, args []any) (pgx.Rows, error) {
	if t.changes(who) && !wantsFormats(args) {
		t.as = who
		return queryAs(ctx, t.conn.Conn.Conn(), who, func() {}, sql, args)
	}
	conn, err := t.connOf(ctx, who)
	if err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, Lost(err)
	}
	return lostRows{rows}, nil
}

// Conn returns the connection, on which the transaction has begun and is that of the
// context's viewer.
func (t *Tx) Conn(ctx context.Context) (*pgx.Conn, error) { return t.connOf(ctx, rowViewerOf(ctx)) }

func (t *Tx) connOf(ctx context.Context, who rowViewer) (*pgx.Conn, error) {
	switch {
	case t.ended:
		return nil, pgx.ErrTxClosed
	case t.failed != nil:
		return nil, fmt.Errorf("transaction did not begin: %w", t.failed)
	case !t.begun:
		if err := t.acquire(ctx); err != nil {
			return nil, err
		}
		if err := t.start(ctx, who); err != nil {
			return nil, Lost(fmt.Errorf("begin transaction: %w", err))
		}
		t.begun = true
	case t.changes(who):
		if _, err := t.conn.Exec(ctx, SetViewer, who.args()...); err != nil {
			return nil, fmt.Errorf("set the viewer: %w", err)
		}
		t.as = who
	}
	return t.conn.Conn.Conn(), nil
}

// start begins without a statement of the caller.
func (t *Tx) start(ctx context.Context, who rowViewer) error {
	b := t.beginning(who)
	_, err := last(t.conn.SendBatch(ctx, b), b.Len())
	return err
}

// acquire takes a connection, once.
func (t *Tx) acquire(ctx context.Context) (err error) {
	if t.conn != nil {
		return nil
	}
	// A transaction inside of another one would hold two connections.
	outer := txOf(ctx)
	if outer == t {
		outer = t.outer
	}
	if outer != nil && !outer.ended {
		return ErrInTransaction
	}
	if t.conn, err = t.pool.take(ctx); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	return nil
}

// UncertainError tells that the connection was lost while a transaction was committed, so
// that nobody knows whether it was.
type UncertainError struct{ Err error }

// Error is for the client.
func (e *UncertainError) Error() string {
	return "the connection to the database was lost while the changes were committed: they may have been made or not"
}

// Unwrap returns what was lost.
func (e *UncertainError) Unwrap() error { return e.Err }

// Commit makes the changes last. It fails with pgx.ErrTxCommitRollback when an
// earlier statement failed, since Postgres then undoes all of them, and with an
// [UncertainError].
func (t *Tx) Commit(ctx context.Context) error {
	failed, begun := t.failed != nil, t.begun
	tag, err := t.end(ctx, commit)
	if begun && IsUnavailable(err) && !errors.Is(err, pgx.ErrTxClosed) {
		return &UncertainError{err}
	}
	if err == nil && (failed || tag.String() == "ROLLBACK") {
		err = pgx.ErrTxCommitRollback
	}
	return err
}

// Rollback undoes the changes. After the end of the transaction it does nothing.
func (t *Tx) Rollback(ctx context.Context) error {
	if t.ended {
		return nil
	}
	_, err := t.end(ctx, rollback)
	return err
}

// end gives the connection back. One whose transaction did not end is closed by the
// pool.
func (t *Tx) end(ctx context.Context, sql string) (tag pgconn.CommandTag, err error) {
	if t.ended {
		return tag, pgx.ErrTxClosed
	}
	t.ended = true
	if t.conn == nil {
		return tag, nil
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
