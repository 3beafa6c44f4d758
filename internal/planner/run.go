package planner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/entgraph/entgraph/internal/postgres"
)

// DB is where a read runs: in the transaction of a mutation, or on a connection of the
// read pool.
type DB struct {
	*postgres.DB
	// Tx is the transaction of a mutation; the read sees what it wrote. Nil takes a
	// connection of the read pool, whose sessions are read-only at repeatable read.
	Tx *postgres.Tx
}

// step is one level of one execution.
type step struct {
	*execution
	level *level
}

// run reads everything that the executions want.
func run(ctx context.Context, db DB, executions []*execution) error {
	var first []step
	for _, x := range executions {
		if root := x.plan.levels[0]; root.used() {
			first = append(first, step{x, root})
		}
	}
	if len(first) == 0 {
		return nil
	}
	if db.Tx != nil {
		conn, err := db.Tx.Conn(ctx)
		if err != nil {
			return err
		}
		return postgres.Lost((&runner{db: db, conn: conn}).walk(ctx, first))
	}
	return db.AcquireRead(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return (&runner{db: db, conn: conn}).walk(ctx, first)
	})
}

// runner runs levels on one connection as one pipeline: a Flush after each depth makes
// Postgres answer, and only the last is followed by Sync. Without an explicit
// transaction all of it is one implicit transaction and so, at repeatable read, one
// snapshot, at no further round trip.
type runner struct {
	db       DB
	conn     *pgx.Conn
	pipeline *pgconn.Pipeline
	prepared *statements
	budget   *budget
	sent     []sent
	encoder  encoder
}

// sent is a statement whose result is to be read.
type sent struct {
	step    // that it reads; the zero value for what is not of a level
	query   *query
	args    []any
	prepare *knownStatement // what is prepared first; nil when nothing is
	read    func(*pgconn.ResultReader) error
}

// walk runs the levels breadth first: all statements of one depth are one round trip.
func (r *runner) walk(ctx context.Context, steps []step) (err error) {
	r.budget = steps[0].budget
	// A row that is longer is refused before it is read.
	r.conn.PgConn().Frontend().SetMaxBodyLen(int(min(r.budget.opts.MaxReadBytes+messageRoom, maxMessage)))
	defer r.conn.PgConn().Frontend().SetMaxBodyLen(maxMessage)
	r.prepared = statementsOf(r.conn)
	r.pipeline = r.conn.PgConn().StartPipeline(ctx)
	defer func() {
		if e := r.pipeline.Close(); err == nil && e != nil {
			err = fmt.Errorf("end pipeline: %w", e)
		}
		if staleStatement(err) {
			r.prepared.forget()
		}
	}()
	for _, name := range r.prepared.free {
		r.pipeline.SendDeallocate(name)
		r.sent = append(r.sent, sent{})
	}
	r.prepared.free = nil
	if r.db.Tx == nil && r.db.RowSecurity() {
		if err := r.tellViewer(ctx); err != nil {
			return err
		}
	}
	for len(steps) > 0 {
		var next []step
		for _, s := range steps {
			for _, child := range s.level.children {
				next = append(next, step{s.execution, child})
			}
			if err := r.send(s); err != nil {
				return err
			}
		}
		if err := r.flush(len(next) == 0); err != nil {
			return err
		}
		if err := r.receive(ctx); err != nil {
			return err
		}
		steps = next
	}
	return nil
}

// viewerQuery tells row-level security who asks, for the transaction of the pipeline. A
// transaction of a mutation knows.
var viewerQuery = &query{sql: postgres.SetViewer, oids: []uint32{pgtype.TextOID, pgtype.TextOID, pgtype.TextOID}}

func (r *runner) tellViewer(ctx context.Context) error {
	discard := func(rr *pgconn.ResultReader) error {
		for rr.NextRow() {
		}
		return nil
	}
	return r.queryArgs(step{}, viewerQuery, postgres.ViewerArgs(ctx), discard)
}

// flush makes Postgres answer what was sent.
func (r *runner) flush(last bool) error {
	if last {
		return r.pipeline.Sync()
	}
	r.pipeline.SendFlushRequest()
	return r.pipeline.Flush()
}

// send sends the statements of a level, unless no parent has a key for it.
func (r *runner) send(s step) error {
	if err := s.prepare(s.level); err != nil {
		return err
	}
	st := &s.states[s.level.id]
	if s.level.keyed() && st.ids.n == 0 {
		return nil
	}
	if s.level.rows {
		read := func(rr *pgconn.ResultReader) error { return s.readRows(s.level, rr) }
		if err := r.query(s, st.rows, read); err != nil {
			return err
		}
	}
	if s.level.count {
		read := func(rr *pgconn.ResultReader) error { return s.readTotals(s.level, rr) }
		if err := r.query(s, st.count, read); err != nil {
			return err
		}
	}
	for i := range s.level.aggregates {
		read := func(rr *pgconn.ResultReader) error { return s.readSums(s.level, i, rr) }
		if err := r.query(s, st.aggregates[i], read); err != nil {
			return err
		}
	}
	return nil
}

var binaryFormat = []int16{pgx.BinaryFormatCode}

// query sends one statement: a text that this connection has seen before as a prepared
// statement, another by its text.
func (r *runner) query(s step, q *query, read func(*pgconn.ResultReader) error) error {
	return r.queryArgs(s, q, q.with(&s.states[s.level.id]), read)
}

func (r *runner) queryArgs(s step, q *query, args []any, read func(*pgconn.ResultReader) error) error {
	values, err := r.encoder.encode(r.conn.TypeMap(), q.oids, args)
	if err != nil {
		return err
	}
	bytes := len(q.sql)
	for _, v := range values {
		bytes += len(v)
	}
	if err := r.budget.hold(bytes); err != nil {
		return err
	}
	known, state := r.prepared.use(q.sql)
	out := sent{step: s, query: q, args: args, read: read}
	switch state {
	case statementNew:
		r.pipeline.SendQueryParams(q.sql, values, q.oids, binaryFormat, binaryFormat)
	case statementSeen:
		out.prepare = known
		r.pipeline.SendPrepare(known.name, q.sql, q.oids)
		r.pipeline.SendQueryPrepared(known.name, values, binaryFormat, binaryFormat)
	default:
		r.pipeline.SendQueryStatement(known.description, values, binaryFormat, binaryFormat)
	}
	r.sent = append(r.sent, out)
	return nil
}

// receive reads the results of what was sent since the last time.
func (r *runner) receive(ctx context.Context) error {
	for _, s := range r.sent {
		if s.query == nil { // what was deallocated
			if _, err := r.pipeline.GetResults(); err != nil {
				return err
			}
			continue
		}
		start := time.Now()
		rows, err := r.result(s)
		took := time.Since(start)
		r.db.Record(ctx, postgres.Statement{SQL: s.query.sql, Args: s.args, Rows: rows, Duration: took, Err: err})
		if s.execution != nil {
			r.observe(ctx, s, rows, took, err)
		}
		if err != nil {
			return err
		}
	}
	r.sent = r.sent[:0]
	return nil
}

func (r *runner) result(s sent) (int64, error) {
	if s.prepare != nil {
		if err := r.prepareResult(s.prepare); err != nil {
			return 0, err
		}
	}
	results, err := r.pipeline.GetResults()
	if err != nil {
		return 0, err
	}
	rr, ok := results.(*pgconn.ResultReader)
	if !ok {
		return 0, fmt.Errorf("read result: %T instead of rows", results)
	}
	if err := s.read(rr); err != nil {
		// The rows that are left may be many: who closes the result reads them all.
		r.abandon()
		return 0, err
	}
	tag, err := rr.Close()
	return tag.RowsAffected(), r.tooLarge(err)
}

const (
	// maxMessage is what Postgres sends in one message, in bytes.
	maxMessage = 1<<30 - 1
	// messageRoom is for what is in a message besides its values.
	messageRoom = 64 << 10
)

// tooLarge names the limit where the connection refused to read a row.
func (r *runner) tooLarge(err error) error {
	var long *pgproto3.ExceededMaxBodyLenErr
	if errors.As(err, &long) {
		return r.budget.hold(long.ActualBodyLen)
	}
	return err
}

// abandon closes the connection, which makes Postgres stop.
func (r *runner) abandon() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = r.conn.Close(ctx) // the pool makes another one
}

// prepareResult reads that a text was prepared.
func (r *runner) prepareResult(k *knownStatement) error {
	results, err := r.pipeline.GetResults()
	if err != nil {
		return err
	}
	d, ok := results.(*pgconn.StatementDescription)
	if !ok {
		return fmt.Errorf("prepare statement: %T instead of a description", results)
	}
	k.ready(d)
	return nil
}
