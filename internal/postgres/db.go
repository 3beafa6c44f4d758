package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/entgraph/entgraph/internal/fair"
)

// DB holds the pools of a server. Get one from [Open], close it with [DB.Close].
//
// Whoever serves requests takes connections by [DB.Reader], [DB.Writer], [DB.AcquireRead] and
// [DB.Begin], so that clients get them in turn and nobody takes a second one; Read and
// Write themselves are for commands and tests.
type DB struct {
	// Read runs read-only sessions at repeatable read with an empty search_path.
	Read *pgxpool.Pool
	// Write runs sessions at read committed with the database's own search_path.
	Write *pgxpool.Pool
	// Folding is how the database compares texts without regard to case.
	Folding Folding

	read, write, apart *pool

	trace  *tracer
	secure bool
	sql    *pgxpool.Config // what SQL opens

	mu    sync.Mutex
	views []*sql.DB
}

// Options say where the database is and how to use it. They win over the same
// settings in the address (pool_max_conns, search_path, options, timeouts).
type Options struct {
	// URL is the address of the database, in any form pgx reads.
	URL string
	// MaxConns is the largest number of connections of each of the two pools. Default 10.
	MaxConns int32
	// Reserved is how many connections there are besides for [DB.Apart]. Default 2.
	Reserved int32
	// Queue bounds how clients share the connections of each pool.
	Queue fair.Options
	// ConnectTimeout bounds one attempt to connect. 0: what the address says, and
	// without that two minutes.
	ConnectTimeout time.Duration
	// StatementTimeout bounds one statement, in steps of a millisecond. 0 keeps the
	// server's value.
	StatementTimeout time.Duration
	// IdleInTransactionTimeout ends a session that waits in an open transaction, in
	// steps of a millisecond. 0 keeps the server's value.
	IdleInTransactionTimeout time.Duration
	// MaxConnIdleTime closes a connection unused for so long. Default 30 minutes.
	MaxConnIdleTime time.Duration
	// MaxConnLifetime replaces a connection of this age, give or take a tenth.
	// Default one hour.
	MaxConnLifetime time.Duration
	// StatementCache is how many prepared statements a connection keeps. Default 256.
	StatementCache int
	// ApplicationName is shown by pg_stat_activity, unless the address has one. Default
	// "entgraph".
	ApplicationName string
	// RowSecurity tells row-level security with every transaction who asks: the viewer of
	// the context. Off, it is not told, and a role that it binds is anonymous.
	RowSecurity bool
	// Echo, if not nil, gets a line for every statement, with its arguments: they
	// hold what users entered.
	Echo *slog.Logger
}

// Open connects to the database. It opens one connection of each pool, both at once, so
// that a bad address, a wrong password or a server that refuses a session parameter is
// an error here. No error holds the password.
func Open(ctx context.Context, o Options) (*DB, error) {
	trace := &tracer{echo: o.Echo}
	db := &DB{trace: trace, secure: o.RowSecurity}
	var err error
	if db.sql, err = sessionConfig(o, toolSession, trace); err != nil {
		return nil, err
	}
	var wg sync.WaitGroup
	var readErr, writeErr error
	wg.Go(func() { db.read, readErr = openPool(ctx, o, readSession, trace) })
	db.write, writeErr = openPool(ctx, o, writeSession, trace)
	wg.Wait()
	switch {
	case writeErr != nil && readErr == nil:
		db.read.Close()
	case writeErr == nil && readErr != nil:
		db.write.Close()
	}
	if err := cmp.Or(writeErr, readErr); err != nil { // mostly they say the same
		return nil, err
	}
	if db.Folding, err = findFolding(ctx, db.read.Pool); err != nil {
		db.read.Close()
		db.write.Close()
		return nil, err
	}
	db.Read, db.Write = db.read.Pool, db.write.Pool
	o.MaxConns = cmp.Or(o.Reserved, 2)
	if db.apart, err = newPool(ctx, o, writeSession, trace); err != nil {
		return nil, err
	}
	db.apart.apart = true
	return db, nil
}

// newPool makes a pool without a connection.
func newPool(ctx context.Context, o Options, s session, trace *tracer) (*pool, error) {
	config, err := sessionConfig(o, s, trace)
	if err != nil {
		return nil, err
	}
	conns, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open pool: %w", err)
	}
	return &pool{Pool: conns, queue: fair.New(int(config.MaxConns), o.Queue)}, nil
}

func openPool(ctx context.Context, o Options, s session, trace *tracer) (*pool, error) {
	p, err := newPool(ctx, o, s, trace)
	if err != nil {
		return nil, err
	}
	if err := p.Ping(ctx); err != nil {
		p.Close()
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	return p, nil
}

// Close waits until all connections are given back, then closes the pools and what
// SQL gave out. A second Close is harmless.
func (db *DB) Close() {
	db.mu.Lock()
	views := db.views
	db.views = nil
	db.mu.Unlock()
	for _, view := range views {
		// An error here is about a connection that is gone; nothing is left to do.
		_ = view.Close()
	}
	for _, p := range []*pool{db.read, db.write, db.apart} {
		p.Close()
	}
}

// SQL opens a database/sql view of the database, for tools that need one. It has its
// own connections, at most four, with the database's own search_path and without the
// two timeouts: a migration may take its time. Statements are counted and echoed as
// elsewhere. Close it when done; DB.Close closes it as well.
func (db *DB) SQL() *sql.DB {
	view := stdlib.OpenDB(*db.sql.ConnConfig.Copy(), stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		return prepareSession(ctx, conn, toolSession)
	}))
	view.SetMaxOpenConns(4)
	view.SetMaxIdleConns(1)
	view.SetConnMaxIdleTime(db.sql.MaxConnIdleTime)
	db.mu.Lock()
	defer db.mu.Unlock()
	db.views = append(db.views, view)
	return view
}

// Record counts and echoes a statement that was sent by means no tracer of pgx sees,
// such as a pipeline of pgconn.
func (db *DB) Record(ctx context.Context, s Statement) { db.trace.record(ctx, s) }

// errAddress stands for pgx's own error, which keeps the whole address, password
// included, and may quote pieces of it.
var errAddress = errors.New("address is not a Postgres URL or a list of keywords and values")
