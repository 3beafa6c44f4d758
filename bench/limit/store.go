package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// options say where the database is and what an answer promises.
type options struct {
	database  string
	pool      int
	published bool // drafts are hidden
	snapshot  bool // the statements of an answer are one transaction
}

// store answers from the database.
type store struct {
	read, write *pgxpool.Pool
	snapshot    bool
	q           statements
}

func openStore(ctx context.Context, o options) (*store, error) {
	s := &store{snapshot: o.snapshot, q: newStatements(o.published)}
	var err error
	s.read, err = s.openPool(ctx, o, s.q.reads(), map[string]string{
		"default_transaction_isolation": isolation(o.snapshot),
		"default_transaction_read_only": "on",
		// date_trunc with a zone as its argument looks the zone up for every row.
		"timezone": "UTC",
	})
	if err != nil {
		return nil, err
	}
	if s.write, err = s.openPool(ctx, o, []*statement{s.q.insert}, nil); err != nil {
		s.read.Close()
		return nil, err
	}
	return s, nil
}

func isolation(snapshot bool) string {
	if snapshot {
		return "repeatable read"
	}
	return "read committed"
}

func (s *store) openPool(ctx context.Context, o options, list []*statement, params map[string]string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(o.database)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	config.MaxConns = int32(o.pool)
	for name, value := range params {
		config.ConnConfig.RuntimeParams[name] = value
	}
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		for _, q := range list {
			if err := q.prepare(ctx, conn.PgConn()); err != nil {
				return err
			}
		}
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open pool: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	return pool, nil
}

func (s *store) close() {
	s.read.Close()
	s.write.Close()
}

// statement is prepared under its name on every connection of a pool.
type statement struct {
	name, sql string

	mu          sync.Mutex
	description *pgconn.StatementDescription // the same on all connections
}

func (q *statement) prepare(ctx context.Context, conn *pgconn.PgConn) error {
	d, err := conn.Prepare(ctx, q.name, q.sql, nil)
	if err != nil {
		return fmt.Errorf("prepare %s: %w", q.name, err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.description == nil {
		q.description = d
	}
	return nil
}

var binaryRows = []int16{pgx.BinaryFormatCode}

// send is one statement of an answer.
type send struct {
	q    *statement
	args [][]byte // in binary form
	rows func([][]byte)
}

// one runs a single statement, which is a transaction of its own.
func one(ctx context.Context, pool *pgxpool.Pool, q send) error {
	return pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		return direct(ctx, c.Conn().PgConn(), q)
	})
}

func direct(ctx context.Context, conn *pgconn.PgConn, q send) error {
	return consume(conn.ExecStatement(ctx, q.q.description, q.args, binaryRows, binaryRows), q)
}

func consume(r *pgconn.ResultReader, q send) error {
	for r.NextRow() {
		q.rows(r.Values())
	}
	if _, err := r.Close(); err != nil {
		return fmt.Errorf("run %s: %w", q.q.name, err)
	}
	return nil
}

// steps runs statements of which each may need what those before it read: each step
// gives the statements to send at once, and the last step is marked. All steps are one
// implicit transaction, at repeatable read one snapshot, unless snapshots are off.
func (s *store) steps(ctx context.Context, list ...func() []send) error {
	return s.read.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		conn := c.Conn().PgConn()
		if !s.snapshot {
			return separate(ctx, conn, list)
		}
		p := conn.StartPipeline(ctx)
		err := pipeline(p, list)
		if e := p.Close(); err == nil {
			err = e
		}
		return err
	})
}

// separate runs every step in transactions of its own; what a step sends at once is
// still one round trip.
func separate(ctx context.Context, conn *pgconn.PgConn, list []func() []send) error {
	for _, step := range list {
		sends := step()
		if len(sends) == 1 {
			if err := direct(ctx, conn, sends[0]); err != nil {
				return err
			}
			continue
		}
		p := conn.StartPipeline(ctx)
		err := pipeline(p, []func() []send{func() []send { return sends }})
		if e := p.Close(); err == nil {
			err = e
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pipeline sends the steps with a Flush after each and a Sync after the last, which
// ends the implicit transaction.
func pipeline(p *pgconn.Pipeline, list []func() []send) error {
	for i, step := range list {
		sends := step()
		for _, q := range sends {
			p.SendQueryStatement(q.q.description, q.args, binaryRows, binaryRows)
		}
		if i == len(list)-1 {
			p.SendPipelineSync()
		} else {
			p.SendFlushRequest()
		}
		if err := p.Flush(); err != nil {
			return err
		}
		for _, q := range sends {
			result, err := p.GetResults()
			if err != nil {
				return err
			}
			r, ok := result.(*pgconn.ResultReader)
			if !ok {
				return fmt.Errorf("run %s: unexpected result %T", q.q.name, result)
			}
			if err := consume(r, q); err != nil {
				return err
			}
		}
	}
	_, err := p.GetResults() // the Sync
	return err
}

// keys is a Postgres uuid[] in binary form.
func keys(ids []uuid.UUID) []byte {
	out := make([]byte, 0, 20+20*len(ids))
	out = appendInt32(out, 1) // dimensions
	out = appendInt32(out, 0) // no nulls
	out = appendInt32(out, 2950)
	out = appendInt32(out, int32(len(ids)))
	out = appendInt32(out, 1) // lower bound
	for _, id := range ids {
		out = append(appendInt32(out, 16), id[:]...)
	}
	return out
}
