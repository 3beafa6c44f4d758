package rehearsal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/entgraph/entgraph/internal/migrate"
)

// database is a scratch database with a connection for statements.
type database struct {
	url  string
	conn *pgx.Conn
	// sql is conn for Go functions.
	sql *sql.Conn
	// session migrates and reads schemas. It stays open: to begin a session and to fill
	// its caches costs the server more than a small migration.
	session *migrate.Session
	// watcher and writer look on at statements outside of transactions; nil before the first.
	watcher, writer *pgx.Conn
	drop            func(context.Context) error
	closePool       func() error
	// notices are what the server has remarked since they were last taken.
	notices []string
	// loaded are the tables with live rows.
	loaded map[string]bool
}

func openDatabase(ctx context.Context, scratch migrate.Scratch) (*database, error) {
	url, drop, err := scratch(ctx)
	if err != nil {
		return nil, fmt.Errorf("create scratch database: %w", err)
	}
	d := &database{url: url, drop: drop, loaded: map[string]bool{}}
	if d.session, err = migrate.OpenSession(ctx, url); err == nil {
		err = d.connectBoth(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, d.close(ctx))
	}
	return d, nil
}

// connectBoth opens the connection for statements, which is also one of database/sql.
func (d *database) connectBoth(ctx context.Context) error {
	cfg, err := d.config()
	if err != nil {
		return err
	}
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		d.notices = append(d.notices, n.Code+" "+n.Message)
	}
	pool := stdlib.OpenDB(*cfg)
	d.closePool = pool.Close
	if d.sql, err = pool.Conn(ctx); err != nil {
		return fmt.Errorf("connect to scratch database: %w", err)
	}
	return d.sql.Raw(func(driver any) error {
		conn, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("connect to scratch database: the driver is %T", driver)
		}
		d.conn = conn.Conn()
		return nil
	})
}

// connect opens a connection to look on with.
func (d *database) connect(ctx context.Context) (*pgx.Conn, error) {
	cfg, err := d.config()
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to scratch database: %w", err)
	}
	return conn, nil
}

// config has the settings of a connection that migrates.
func (d *database) config() (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(d.url)
	if err != nil {
		return nil, fmt.Errorf("parse database url: %w", err)
	}
	cfg.RuntimeParams["search_path"] = "public"
	cfg.RuntimeParams["application_name"] = "entgraph rehearsal"
	// A statement prepared before a change of schema may not fit after it.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	return cfg, nil
}

// close also works after an interrupt: nothing may stay behind.
func (d *database) close(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var err error
	if d.session != nil {
		err = d.session.Close()
	}
	for _, conn := range []*pgx.Conn{d.watcher, d.writer} {
		if conn != nil {
			err = errors.Join(err, conn.Close(ctx))
		}
	}
	if d.sql != nil {
		err = errors.Join(err, d.sql.Close())
	}
	if d.closePool != nil {
		err = errors.Join(err, d.closePool())
	}
	return errors.Join(err, d.drop(ctx))
}

// exec runs statements without parameters.
func (d *database) exec(ctx context.Context, sql string) error {
	_, err := d.conn.Exec(ctx, sql)
	return err
}

// reset gives the session the settings that each file starts with.
func (d *database) reset(ctx context.Context) error {
	for _, q := range []string{"RESET ROLE", "RESET ALL"} {
		if err := d.exec(ctx, q); err != nil {
			return fmt.Errorf("reset session: %w", err)
		}
	}
	return nil
}

// sqlState gives the SQLSTATE of a database error, "" for other errors.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// The SQLSTATEs of statements that control transactions themselves, or refuse one.
const (
	activeTransaction  = "25001"
	invalidTermination = "2D000"
)

// refusesTransaction says whether a statement failed because it was in a transaction.
func refusesTransaction(err error) bool {
	code := sqlState(err)
	return code == activeTransaction || code == invalidTermination
}
