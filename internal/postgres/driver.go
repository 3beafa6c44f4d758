package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/sqlgraph"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Querier runs statements: a pool, a connection or a transaction of pgx.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// NewDriver gives Ent a driver that runs on q.
//
// On a pool or a connection, Tx begins a transaction. On a transaction, Tx joins it:
// its Commit and Rollback do nothing and the owner of q decides, so that several
// writes through Ent are one transaction. After an error the owner must roll back;
// Postgres refuses everything else.
//
// Values arrive as through database/sql. What is missing against Ent's own driver:
// session variables (entsql.WithVar), Schema.Create and sql.DB behind the client; for
// those put entsql.OpenDB on [DB.SQL]. An expression that a query selects without a
// type (Modify) arrives as Postgres sends it: a numeric as text, with all its digits.
// Close does nothing, since the driver does not own q.
func NewDriver(q Querier) dialect.Driver { return entDriver{conn{q}} }

// conn implements dialect.ExecQuerier.
type conn struct{ q Querier }

// Exec runs a statement. v is nil or a *sql.Result; args is a []any.
func (c conn) Exec(ctx context.Context, query string, args, v any) error {
	argv, ok := args.([]any)
	if !ok {
		return fmt.Errorf("exec: arguments are %T, want []any", args)
	}
	result, ok := v.(*sql.Result)
	if !ok && v != nil {
		return fmt.Errorf("exec: result is %T, want *sql.Result", v)
	}
	tag, err := c.q.Exec(ctx, query, argv...)
	if err != nil {
		return forEnt(err)
	}
	if result != nil {
		*result = driver.RowsAffected(tag.RowsAffected())
	}
	return nil
}

// Query runs a statement that gives rows. v is a *entsql.Rows; args is a []any. The
// rows have the errors that come up after the first row.
func (c conn) Query(ctx context.Context, query string, args, v any) error {
	argv, ok := args.([]any)
	if !ok {
		return fmt.Errorf("query: arguments are %T, want []any", args)
	}
	result, ok := v.(*entsql.Rows)
	if !ok {
		return fmt.Errorf("query: result is %T, want *sql.Rows of ent", v)
	}
	r, err := c.q.Query(ctx, query, append([]any{formats}, argv...)...)
	if err != nil {
		return forEnt(err)
	}
	rows, err := newRows(r)
	if err != nil {
		return err
	}
	result.ColumnScanner = rows
	return nil
}

// entDriver implements dialect.Driver and what Ent's Client.BeginTx asks for.
type entDriver struct{ conn }

func (entDriver) Dialect() string { return dialect.Postgres }

func (entDriver) Close() error { return nil }

func (d entDriver) Tx(ctx context.Context) (dialect.Tx, error) { return d.BeginTx(ctx, nil) }

var errOptionsInTx = errors.New("begin transaction: cannot set options inside a transaction")

// BeginTx is Tx with an isolation level or read-only mode; inside a transaction
// neither can be asked for.
func (d entDriver) BeginTx(ctx context.Context, opts *sql.TxOptions) (dialect.Tx, error) {
	b, ok := d.q.(interface {
		BeginTx(context.Context, pgx.TxOptions) (pgx.Tx, error)
	})
	if !ok {
		if opts != nil && *opts != (sql.TxOptions{}) {
			return nil, errOptionsInTx
		}
		return dialect.NopTx(d), nil
	}
	options, err := txOptions(opts)
	if err != nil {
		return nil, err
	}
	tx, err := b.BeginTx(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	return &entTx{conn: conn{tx}, ctx: ctx, tx: tx}, nil
}

func txOptions(opts *sql.TxOptions) (pgx.TxOptions, error) {
	var o pgx.TxOptions
	if opts == nil {
		return o, nil
	}
	switch opts.Isolation {
	case sql.LevelDefault:
	case sql.LevelReadUncommitted:
		o.IsoLevel = pgx.ReadUncommitted
	case sql.LevelReadCommitted:
		o.IsoLevel = pgx.ReadCommitted
	case sql.LevelRepeatableRead, sql.LevelSnapshot:
		o.IsoLevel = pgx.RepeatableRead
	case sql.LevelSerializable:
		o.IsoLevel = pgx.Serializable
	default:
		return o, fmt.Errorf("begin transaction: isolation level %s is not supported", opts.Isolation)
	}
	if opts.ReadOnly {
		o.AccessMode = pgx.ReadOnly
	}
	return o, nil
}

// entTx is a transaction that Ent began and ends.
type entTx struct {
	conn
	ctx context.Context // Commit and Rollback of Ent take none
	tx  pgx.Tx
}

func (t *entTx) Commit() error { return forEnt(t.tx.Commit(t.ctx)) }

// rollbackTimeout bounds a rollback on a connection that does not answer.
const rollbackTimeout = 5 * time.Second

// Rollback works after the context has ended too: else pgx would have to close the
// connection, and the next user of the pool would wait for a new one.
func (t *entTx) Rollback() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), rollbackTimeout)
	defer cancel()
	return t.tx.Rollback(ctx)
}

// forEnt makes sure that Ent knows a constraint error. It looks for English words in
// the text, but servers speak other languages, and Postgres 18 says "RESTRICT
// setting" of a foreign key.
func forEnt(err error) error {
	name, kind, ok := Constraint(err)
	if !ok || sqlgraph.IsConstraintError(err) {
		return err
	}
	return fmt.Errorf("violates %s constraint %q: %w", kind, name, err)
}
