package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// scratch is a scratch database with a connection for statements.
type scratch struct {
	url string
	// session migrates and reads schemas. It stays open: to begin a session and to fill
	// its caches costs the server more than a small migration.
	session *database.Session
	conn    *pgx.Conn // that of the session
	// watcher and writer look on at statements outside of transactions; nil before the first.
	watcher, writer *pgx.Conn
	drop            func(context.Context) error
	// notices are what the server has remarked since they were last taken.
	notices []string
	// loaded are the tables with live rows, filled those that were given any, and spared
	// those that no file so far touches.
	loaded, filled, spared map[string]bool
}

// openDatabase opens a database for migrations of these texts.
func openDatabase(ctx context.Context, give database.Scratch, texts ...folder.Contents) (*scratch, error) {
	url, drop, err := give(ctx)
	if err != nil {
		return nil, fmt.Errorf("create scratch database: %w", err)
	}
	d := &scratch{url: url, drop: drop, loaded: map[string]bool{}, filled: map[string]bool{}, spared: map[string]bool{}}
	d.session, err = database.OpenSession(ctx, url, database.SessionOptions{
		Notice:  func(_ *pgconn.PgConn, n *pgconn.Notice) { d.notices = append(d.notices, n.Code+" "+n.Message) },
		Prepare: []string{selectCatalog, selectRest, selectSampleTables},
		Scratch: true,
		Plain:   slices.ContainsFunc(texts, func(c folder.Contents) bool { return endsStatements.MatchString(c.Text) }),
	})
	if err == nil {
		d.conn, err = d.session.Conn()
	}
	if err != nil {
		return nil, errors.Join(err, d.close(ctx))
	}
	return d, nil
}

// endsStatements finds migrations that end prepared statements, perhaps in a function.
var endsStatements = regexp.MustCompile(`(?i)\b(DEALLOCATE|DISCARD)\b`)

// connect opens another connection, with the settings of one that migrates.
func (d *scratch) connect(ctx context.Context) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(d.url)
	if err != nil {
		return nil, fmt.Errorf("parse database url: %w", err)
	}
	cfg.RuntimeParams["search_path"] = "public"
	cfg.RuntimeParams["application_name"] = "entgraph rehearsal"
	// A statement prepared before a change of schema may not fit after it.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to scratch database: %w", err)
	}
	return conn, nil
}

// close also works after an interrupt: nothing may stay behind.
func (d *scratch) close(ctx context.Context) error {
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
	err = errors.Join(err, d.drop(ctx))
	if d.session != nil {
		err = errors.Join(err, d.session.DropRoles(ctx))
	}
	return err
}

// exec runs statements without parameters.
func (d *scratch) exec(ctx context.Context, sql string) error {
	_, err := d.conn.Exec(ctx, sql)
	return err
}

// reset gives the session the settings that each file starts with.
func (d *scratch) reset(ctx context.Context) error {
	return wrap("reset session", d.exec(ctx, "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL"))
}

// refusesTransaction says whether a statement failed because it was in a transaction.
func refusesTransaction(err error) bool {
	code := sqltext.State(err)
	return code == pgerrcode.ActiveSQLTransaction || code == pgerrcode.InvalidTransactionTermination
}
