package planner

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DB is where a read runs: in the transaction of a mutation, or on a connection of a
// pool of its own.
type DB struct {
	// Tx is the transaction of a mutation; the read sees what it wrote.
	Tx pgx.Tx
	// Pool gives a connection when Tx is nil. Its sessions are read-only at repeatable
	// read, so that one implicit transaction is one snapshot.
	Pool *pgxpool.Pool
}

// batcher sends several statements at once.
type batcher interface {
	SendBatch(context.Context, *pgx.Batch) pgx.BatchResults
}

// step is one level of one execution.
type step struct {
	*execution
	level *level
}

// run reads everything that the executions want.
func run(ctx context.Context, db DB, executions []*execution) error {
	var first []step
	depth := 0
	for _, x := range executions {
		if root := x.plan.levels[0]; root.used() {
			first = append(first, step{x, root})
			depth = max(depth, root.depth())
		}
	}
	if len(first) == 0 {
		return nil
	}
	if db.Tx != nil {
		return walk(ctx, db.Tx, first, false)
	}
	return db.Pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		err := walk(ctx, conn, first, depth > 1)
		if err != nil && conn.Conn().PgConn().TxStatus() != 'I' {
			rollback(ctx, conn)
		}
		return err
	})
}

// rollback ends a transaction that failed, also after the request was cancelled. When
// it cannot, the pool drops the connection.
func rollback(ctx context.Context, conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_, _ = conn.Exec(ctx, "ROLLBACK")
}

// walk runs the levels breadth first: all statements of one depth are one round trip.
// With snapshot set the first is preceded by BEGIN and the last followed by COMMIT,
// in the same round trips.
func walk(ctx context.Context, conn batcher, steps []step, snapshot bool) error {
	for first := true; len(steps) > 0; first = false {
		var next []step
		for _, s := range steps {
			for _, child := range s.level.children {
				next = append(next, step{s.execution, child})
			}
		}
		if err := send(ctx, conn, steps, snapshot && first, snapshot && len(next) == 0); err != nil {
			return err
		}
		steps = next
	}
	return nil
}

// readFunc takes in the rows of one statement.
type readFunc func(pgx.Rows) error

// send runs the statements of one depth.
func send(ctx context.Context, conn batcher, steps []step, begin, commit bool) (err error) {
	batch := &pgx.Batch{}
	var reads []readFunc
	if begin {
		batch.Queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
		reads = append(reads, nil)
	}
	for _, s := range steps {
		s.prepare(s.level)
		if s.level.keyed() && len(s.states[s.level.id].ids) == 0 {
			continue
		}
		reads = s.queue(batch, reads)
	}
	if commit {
		batch.Queue("COMMIT")
		reads = append(reads, nil)
	}
	if batch.Len() == 0 {
		return nil
	}
	results := conn.SendBatch(ctx, batch)
	defer func() {
		if e := results.Close(); err == nil {
			err = e
		}
	}()
	for _, read := range reads {
		if err := consume(results, read); err != nil {
			return err
		}
	}
	return nil
}

func consume(results pgx.BatchResults, read readFunc) error {
	if read == nil {
		_, err := results.Exec()
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	if err := read(rows); err != nil {
		return err
	}
	return rows.Err()
}

// queue adds the statements of a level.
func (s step) queue(batch *pgx.Batch, reads []readFunc) []readFunc {
	st := &s.states[s.level.id]
	add := func(q *query, read readFunc) {
		batch.Queue(q.sql, q.with(st)...)
		reads = append(reads, read)
	}
	if s.level.rows {
		add(st.rows, func(rows pgx.Rows) error { return s.readRows(s.level, rows) })
	}
	if s.level.count {
		add(st.count, func(rows pgx.Rows) error { return s.readTotals(s.level, rows) })
	}
	for i := range s.level.aggregates {
		add(st.aggregates[i], func(rows pgx.Rows) error { return s.readSums(s.level, i, rows) })
	}
	return reads
}
