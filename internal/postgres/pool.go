package postgres

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/puddle/v2"

	"github.com/entgraph/entgraph/internal/fair"
)

// pool is a pool whose connections clients get in turn.
type pool struct {
	*pgxpool.Pool
	queue *fair.Queue
	// apart is set for the pool of [DB.Apart], which may be used inside of a transaction.
	apart bool
}

// poolConn is a connection of a pool. Release must be called once.
type poolConn struct {
	*pgxpool.Conn
	slot func()
}

// Release gives the connection back.
func (c *poolConn) Release() {
	c.Conn.Release()
	c.slot()
}

// ErrInTransaction refuses a connection to code inside of a transaction, which has one:
// when all connections of a pool are held by those who wait for a second one, nobody
// ever goes on. Statements of the transaction are those of its [Tx]; for code that uses
// Ent, of the client in the context.
var ErrInTransaction = errors.New("a second connection was asked for inside of a transaction; use the client of ent.FromContext(ctx), which is part of it")

// UnreachableError tells that the database could not be reached in time. Nothing was
// sent.
type UnreachableError struct{ Err error }

// Error names the cause.
func (e *UnreachableError) Error() string { return "reach the database: " + e.Err.Error() }

// Unwrap returns the last cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// acquire takes a connection. It fails with [ErrInTransaction], a [fair.BusyError], an
// [UnreachableError] and the error of the context.
func (p *pool) acquire(ctx context.Context) (*poolConn, error) {
	if tx := txOf(ctx); tx != nil && !tx.ended && !p.apart {
		return nil, ErrInTransaction
	}
	return p.take(ctx)
}

// take is acquire for a transaction itself.
func (p *pool) take(ctx context.Context) (*poolConn, error) {
	slot, err := p.queue.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	return p.fill(ctx, slot)
}

// fill takes a connection for a slot.
func (p *pool) fill(ctx context.Context, slot func()) (*poolConn, error) {
	conn, err := p.reach(ctx)
	if err != nil {
		slot()
		return nil, err
	}
	return &poolConn{conn, slot}, nil
}

// reach waits for a database that is away for a moment or has no connection to spare.
func (p *pool) reach(ctx context.Context) (*pgxpool.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, p.queue.Timeout())
	defer cancel()
	var away error
	for try := 1; ; try++ {
		conn, err := p.Acquire(limited)
		switch {
		case err == nil:
			return conn, nil
		case ctx.Err() != nil, errors.Is(err, puddle.ErrClosedPool):
			return nil, err
		case IsUnavailable(err):
			away = err
		case limited.Err() == nil:
			return nil, err // such as a wrong password
		}
		if !pause(limited, try) {
			if away == nil {
				away = err
			}
			return nil, &UnreachableError{away}
		}
	}
}

// liveness says which idle connections are asked whether they live before they are used.
type liveness struct {
	lost atomic.Int64 // when a connection was last lost, in nanoseconds
}

// saw notes the error of a statement.
func (l *liveness) saw(err error) {
	if err != nil && IsUnavailable(err) {
		l.lost.Store(time.Now().UnixNano())
	}
}

// shouldPing wants it of those that are idle for a second, as pgx does by itself, and of
// those from before a connection was lost: when a server stops, all of them are.
func (l *liveness) shouldPing(_ context.Context, p pgxpool.ShouldPingParams) bool {
	return p.IdleDuration > time.Second || time.Now().Add(-p.IdleDuration).UnixNano() <= l.lost.Load()
}

// AcquireRead runs a function with a connection of the read pool; see [Runner] for the
// errors. The function's context ends when it must give way to others, see
// [fair.Queue.Hold]; the error is then a [fair.BusyError].
func (db *DB) AcquireRead(ctx context.Context, f func(context.Context, *pgx.Conn) error) error {
	if tx := txOf(ctx); tx != nil && !tx.ended {
		return ErrInTransaction
	}
	held, slot, err := db.read.queue.Hold(ctx)
	if err != nil {
		return err
	}
	conn, err := db.read.fill(ctx, slot)
	if err != nil {
		return err
	}
	defer conn.Release()
	err = f(held, conn.Conn.Conn())
	if busy := (*fair.BusyError)(nil); err != nil && errors.As(context.Cause(held), &busy) {
		return busy
	}
	return Lost(err)
}

// query sends a statement and gives the connection back after its rows.
func (c *poolConn) query(ctx context.Context, sql string, args []any) (pgx.Rows, error) {
	rows, err := c.Query(ctx, sql, args...)
	if err != nil {
		c.Release()
		return nil, Lost(err)
	}
	return &closingRows{Rows: rows, end: func(error) error { c.Release(); return nil }}, nil
}

// poolTx is a transaction that gives its connection back.
type poolTx struct {
	pgx.Tx
	conn *poolConn
}

// Commit ends the transaction.
func (t *poolTx) Commit(ctx context.Context) error {
	defer t.release()
	return t.Tx.Commit(ctx)
}

// Rollback ends the transaction.
func (t *poolTx) Rollback(ctx context.Context) error {
	defer t.release()
	return t.Tx.Rollback(ctx)
}

func (t *poolTx) release() {
	if t.conn != nil {
		t.conn.Release()
		t.conn = nil
	}
}

// exec runs a statement on a connection of its own.
func (p *pool) exec(ctx context.Context, sql string, args []any) (tag pgconn.CommandTag, err error) {
	conn, err := p.acquire(ctx)
	if err != nil {
		return tag, err
	}
	defer conn.Release()
	tag, err = conn.Exec(ctx, sql, args...)
	return tag, Lost(err)
}

func (p *pool) begin(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error) {
	conn, err := p.acquire(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := conn.BeginTx(ctx, o)
	if err != nil {
		conn.Release()
		return nil, Lost(err)
	}
	return &poolTx{tx, conn}, nil
}
