package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// SetViewer tells row-level security who asks, until the transaction ends; its arguments
// are those of [ViewerArgs]. It is not counted in [Stats], since it always travels with
// another statement.
const SetViewer = `SELECT set_config('entgraph.user_id', $1, true), set_config('entgraph.role', $2, true), set_config('entgraph.system', $3, true)`

// rowViewer is the viewer as row-level security knows it. It can be compared.
type rowViewer struct {
	user   key.Key
	role   string
	system bool
}

func rowViewerOf(ctx context.Context) rowViewer {
	v := viewer.FromContext(ctx)
	return rowViewer{user: v.UserID, role: v.Role, system: v.System}
}

// texts are the arguments of SetViewer.
func (a rowViewer) texts() [3]string {
	t := [3]string{"", a.role, ""}
	if !a.user.IsZero() {
		t[0] = a.user.String()
	}
	if a.system {
		t[2] = "on"
	}
	return t
}

func (a rowViewer) args() []any {
	t := a.texts()
	return []any{t[0], t[1], t[2]}
}

// ViewerArgs are the arguments of [SetViewer] for the viewer of the context: three texts.
func ViewerArgs(ctx context.Context) []any { return rowViewerOf(ctx).args() }

// TellViewer sends [SetViewer] in the open transaction of a connection, below pgx, so that
// it is not counted or echoed.
func TellViewer(ctx context.Context, conn *pgx.Conn) error {
	var values [][]byte
	for _, text := range rowViewerOf(ctx).texts() {
		values = append(values, []byte(text))
	}
	if err := conn.PgConn().ExecParams(ctx, SetViewer, values, nil, nil, nil).Read().Err; err != nil {
		return fmt.Errorf("set the viewer: %w", err)
	}
	return nil
}

// Runner runs single statements on a pool, each as the viewer of its context and in turn
// with those of other clients; see [fair.WithClient]. Statements on a connection of the pool
// itself are those of nobody. Where no connection can be had they fail with a
// [fair.BusyError], an [UnreachableError], or inside of a transaction with
// [ErrInTransaction].
type Runner struct {
	pool   *pool
	secure bool
}

var _ Querier = Runner{}

// Reader runs statements in read-only sessions; see [DB].
func (db *DB) Reader() Runner { return Runner{db.read, db.secure} }

// Writer runs statements in sessions that write; see [DB].
func (db *DB) Writer() Runner { return Runner{db.write, db.secure} }

// Apart runs statements in sessions that write, on connections that nothing else uses, so
// that neither slow reads nor long transactions are in their way: for finding out who
// asks, and for what must last though the transaction around it rolls back. It may be
// used inside of a transaction, since who has such a connection takes no other; each
// statement must be short, and touch no row that a transaction around it has locked.
func (db *DB) Apart() Runner { return Runner{db.apart, db.secure} }

// RowSecurity reports whether row-level security is to be in force.
func (db *DB) RowSecurity() bool { return db.secure }

// Exec runs a statement.
func (r Runner) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if !r.secure {
		return r.pool.exec(ctx, sql, args)
	}
	rows, err := r.Query(ctx, sql, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// Query runs a statement that gives rows.
func (r Runner) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	conn, err := r.pool.acquire(ctx)
	switch {
	case err != nil:
		return nil, err
	case !r.secure:
		return conn.query(ctx, sql, args)
	case wantsFormats(args):
		return queryInTx(ctx, conn, sql, args)
	}
	return queryAs(ctx, conn.Conn.Conn(), rowViewerOf(ctx), conn.Release, sql, args)
}

// Batch runs statements as one transaction, as nobody unless the first of them is
// [SetViewer].
func (r Runner) Batch(ctx context.Context, b *pgx.Batch) error {
	conn, err := r.pool.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return Lost(conn.SendBatch(ctx, b).Close())
}

// QueryRow runs a statement that gives one row, or pgx.ErrNoRows.
func (r Runner) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := r.Query(ctx, sql, args...)
	return oneRow{rows, err}
}

// BeginTx begins a transaction. It is that of the viewer of this context to its end.
func (r Runner) BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error) {
	tx, err := r.pool.begin(ctx, o)
	if err != nil || !r.secure {
		return tx, err
	}
	if _, err := tx.Exec(ctx, SetViewer, ViewerArgs(ctx)...); err != nil {
		_ = tx.Rollback(ctx) // the first error is the cause
		return nil, err
	}
	return tx, nil
}

// queryAs sends SetViewer and a statement together. Outside of a transaction the two are
// one of their own, so that the setting ends with it. When the rows are closed, release
// is called.
func queryAs(ctx context.Context, conn *pgx.Conn, who rowViewer, release func(), sql string, args []any) (pgx.Rows, error) {
	both := &pgx.Batch{}
	both.Queue(SetViewer, who.args()...)
	both.Queue(sql, args...)
	results := conn.SendBatch(ctx, both)
	_, err := results.Exec()
	if err != nil {
		_ = results.Close() // says the same
		release()
		return nil, Lost(err)
	}
	rows, err := results.Query()
	out := &closingRows{Rows: rows, end: func(error) error {
		defer release()
		return results.Close()
	}}
	if err != nil {
		out.Close()
		return nil, Lost(err)
	}
	return out, nil
}

// wantsFormats reports whether the arguments begin with how values are to be sent, as
// those of Ent's driver do. A batch knows no such thing.
func wantsFormats(args []any) bool {
	if len(args) == 0 {
		return false
	}
	_, ok := args[0].(pgx.QueryResultFormatsByOID)
	return ok
}

// queryInTx runs a statement in a transaction of its own, which takes two round trips
// more, and gives the connection back.
func queryInTx(ctx context.Context, conn *poolConn, sql string, args []any) (pgx.Rows, error) {
	t := &Tx{conn: conn, secure: true}
	if err := t.start(ctx, rowViewerOf(ctx)); err != nil {
		conn.Release() // which closes a connection inside of a transaction
		return nil, Lost(fmt.Errorf("begin transaction: %w", err))
	}
	t.begun = true
	finish := func(err error) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		if err != nil {
			return t.Rollback(ctx)
		}
		return t.Commit(ctx)
	}
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		_ = finish(err) // the first error is the cause
		return nil, err
	}
	return &closingRows{Rows: rows, end: finish}, nil
}

// closingRows are rows after which something is to be ended.
type closingRows struct {
	pgx.Rows
	end func(error) error // nil once closed; gets the error of the rows
	err error
	// fields are the columns once the rows are closed: pgx keeps its own in the connection,
	// which others have by then.
	fields []pgconn.FieldDescription
}

// FieldDescriptions are the columns, also after the last row.
func (r *closingRows) FieldDescriptions() []pgconn.FieldDescription {
	if r.end == nil {
		return r.fields
	}
	return r.Rows.FieldDescriptions()
}

// Close ends what the rows are part of.
func (r *closingRows) Close() {
	if r.end == nil {
		return
	}
	r.Rows.Close()
	err := r.Rows.Err()
	if err == nil { // rows that failed may have no columns to ask for
		r.fields = slices.Clone(r.Rows.FieldDescriptions())
	}
	r.err = r.end(err)
	r.end = nil
}

// Next closes the rows after the last one.
func (r *closingRows) Next() bool {
	if r.end == nil {
		return false
	}
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// Err is the error of the statement, or of the end.
func (r *closingRows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return Lost(err)
	}
	return Lost(r.err)
}

// oneRow implements pgx.Row.
type oneRow struct {
	rows pgx.Rows
	err  error
}

// Scan reads the first row.
func (r oneRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}
