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
)

// DB holds the two pools of a server. Get one from [Open], close it with
// [DB.Close].
type DB struct {
	// Read runs read-only sessions at repeatable read with an empty search_path.
	Read *pgxpool.Pool
	// Write runs sessions at read committed with the database's own search_path.
	Write *pgxpool.Pool

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
	// MaxConns is the largest number of connections of each pool. Default 10.
	MaxConns int32
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
	// ApplicationName is shown by pg_stat_activity. Default: the one in the address,
	// else "entgraph".
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
	wg.Go(func() { db.Read, readErr = openPool(ctx, o, readSession, trace) })
	db.Write, writeErr = openPool(ctx, o, writeSession, trace)
	wg.Wait()
	switch {
	case writeErr != nil && readErr == nil:
		db.Read.Close()
	case writeErr == nil && readErr != nil:
		db.Write.Close()
	}
	if err := cmp.Or(writeErr, readErr); err != nil { // mostly they say the same
		return nil, err
	}
	return db, nil
}

func openPool(ctx context.Context, o Options, s session, trace *tracer) (*pgxpool.Pool, error) {
	config, err := sessionConfig(o, s, trace)
	if err != nil {
		return nil, err
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

// Close waits until all connections are given back, then closes both pools and what
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
	db.Read.Close()
	db.Write.Close()
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
