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
	// reader reads schemas. It stays open: a new session reads much slower.
	reader *sql.DB
	drop   func(context.Context) error
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
	cfg, err := d.config()
	if err == nil {
		d.reader = stdlib.OpenDB(*cfg)
		// One session, with what the server has cached for it.
		d.reader.SetMaxOpenConns(1)
		d.conn, err = d.connect(ctx, func(_ *pgconn.PgConn, n *pgconn.Notice) {
			d.notices = append(d.notices, n.Code+" "+n.Message)
		})
	}
	if err != nil {
		return nil, errors.Join(err, drop(context.WithoutCancel(ctx)))
	}
	return d, nil
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

// connect opens a connection.
func (d *database) connect(ctx context.Context, notice pgconn.NoticeHandler) (*pgx.Conn, error) {
	cfg, err := d.config()
	if err != nil {
		return nil, err
	}
	cfg.OnNotice = notice
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to scratch database: %w", err)
	}
	return conn, nil
}

// close also works after an interrupt: nothing may stay behind.
func (d *database) close(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	return errors.Join(d.conn.Close(ctx), d.reader.Close(), d.drop(ctx))
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
