package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// lockID is FNV-1 of "atlas_migrate_execute", the advisory lock that the atlas
// command line tool takes.
const lockID = 2686470616

// session is one connection with Atlas' driver on it. Lock, statements and
// revisions all use it. Not safe for concurrent use.
type session struct {
	db   *sql.DB
	conn *sql.Conn
	drv  *postgres.Driver

	pid     int                       // of the server process
	step    atomic.Int64              // the statement that runs, counted from 1; for watch
	blocker atomic.Pointer[[]Blocker] // whom a statement of the file waited for last

	perStatement bool // each statement is a transaction of its own (txmode none)
	resuming     bool // the next statement is the first after an earlier run stopped
	open         bool // a statement's transaction waits for its revision row
	became       bool // a statement of the file may have become another role

	roles *standIns // of a scratch database, nil for others
}

// openSession connects to url.
func openSession(ctx context.Context, url string) (*session, error) {
	db, err := openDB(url)
	if err != nil {
		return nil, err
	}
	return startSession(ctx, db)
}

// startSession makes a session of the only connection of db.
func startSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		if pooler := poolerError(err); pooler != nil {
			err = pooler
		}
		return nil, errors.Join(fmt.Errorf("connect: %w", err), db.Close())
	}
	s := &session{db: db, conn: conn}
	if err := refusePooler(ctx, conn); err != nil {
		return nil, errors.Join(fmt.Errorf("connect: %w", err), s.close())
	}
	if err := scanOne(ctx, conn, &s.pid, `SELECT pg_backend_pid()`); err != nil {
		return nil, errors.Join(fmt.Errorf("connect: %w", err), s.close())
	}
	drv, err := postgres.Open(conn)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open driver: %w", err), s.close())
	}
	var ok bool
	if s.drv, ok = drv.(*postgres.Driver); !ok {
		return nil, errors.Join(errors.New("open driver: the server is not PostgreSQL"), s.close())
	}
	return s, nil
}

// openDB prepares a connection to url.
func openDB(url string) (*sql.DB, error) {
	cfg, err := sessionConfig(url)
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*cfg), nil
}

// sessionConfig reads a url. Names without a schema mean "public" unless the URL sets
// search_path.
func sessionConfig(url string) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("parse database url: %w", err)
	}
	if cfg.RuntimeParams["search_path"] == "" {
		cfg.RuntimeParams["search_path"] = publicSchema
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "entgraph migrate"
	}
	// A statement prepared before a change of schema may not fit after it.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	return cfg, nil
}

// close ends the connection; the server then releases the lock.
func (s *session) close() error {
	return errors.Join(s.conn.Close(), s.db.Close())
}

// openLocked is openSession with the migration lock; prepare, if not nil, then does what
// comes before the first statement of a migration. A server that is starting or stopping,
// such as after a crash, ends connections that it has accepted: until a statement has run
// all of it begins again, for at most as long as one waits for the lock.
func openLocked(ctx context.Context, url string, o UpOptions, prepare func(*session) error) (*session, error) {
	deadline, told := time.Now().Add(o.LockTimeout), false
	tell := o.notice(Event{})
	for {
		s, err := openSession(ctx, url)
		if err == nil {
			if err = s.lock(ctx, o.LockTimeout, tell); err == nil && prepare != nil {
				err = prepare(s)
			}
			if err == nil {
				return s, nil
			}
			_ = s.close() // the first cause is what matters
		}
		if !notReady(err) || time.Now().After(deadline) {
			return nil, err
		}
		if !told {
			tell("waits for the database server, which is starting or stopping")
			told = true
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("connect: %w", ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// notReady says whether an error is one of a server that starts, recovers or stops, or
// whose other process has crashed. One that an administrator ends is ended for good.
func notReady(err error) bool {
	switch sqltext.State(err) {
	case pgerrcode.CannotConnectNow, pgerrcode.CrashShutdown:
		return true
	case "":
		return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, driver.ErrBadConn) ||
			errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	}
	return false
}

// lock waits for the migration lock, at most for the given time, and tells who has it.
func (s *session) lock(ctx context.Context, timeout time.Duration, tell func(string)) error {
	var holder []Blocker
	deadline := time.Now().Add(timeout)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		// Asked again and again: waiting inside Postgres would hold a snapshot, for
		// which the holder's CREATE INDEX CONCURRENTLY waits, a deadlock.
		var got bool
		var pid int
		if err := s.conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1), pg_backend_pid()`, int64(lockID)).Scan(&got, &pid); err != nil {
			return fmt.Errorf("take migration lock: %w", err)
		}
		if pid != s.pid {
			return migrate.Refuse(migrate.ErrPooler, poolerDetail, poolerAdvice)
		}
		if got {
			return nil
		}
		now, err := blockers(ctx, s.conn, selectHolder, lockID)
		if err != nil {
			return err
		}
		if len(now) > 0 && !samePIDs(now, holder) {
			tell("waits for another migration, " + describeBlockers(now))
		}
		if len(now) > 0 {
			holder = now
		}
		if time.Now().After(deadline) {
			return migrate.Refuse(migrate.ErrLocked, fmt.Sprintf("waited %v for the lock, held by %s", timeout, describeBlockers(holder)),
				"wait for it to end and try again; where none runs, a pooler has kept the session of one: end that by SELECT pg_terminate_backend(PID)")
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("take migration lock: %w", ctx.Err())
		case <-time.After(pause + rand.N(pause)):
		}
	}
}

// prepare gives the session the same settings at the start of every file. The
// lockTimeout is that of its statements; 0 keeps the server's.
func (s *session) prepare(ctx context.Context, lockTimeout time.Duration) error {
	s.blocker.Store(nil)
	s.became = false
	for _, q := range []string{"RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL"} {
		if _, err := s.conn.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("reset session: %w", err)
		}
	}
	if lockTimeout > 0 {
		_, err := s.conn.ExecContext(ctx, `SELECT set_config('lock_timeout', $1, false)`, fmt.Sprintf("%dms", max(1, lockTimeout.Milliseconds())))
		if err != nil {
			return fmt.Errorf("set lock_timeout: %w", err)
		}
	}
	// Lets the server notice a killed client during a long statement. Servers before
	// 14 and some systems lack it; the lock is right without it, only held longer.
	var interval string
	err := scanOne(ctx, s.conn, &interval, `SELECT set_config(name, '2s', false)
FROM pg_settings WHERE name = 'client_connection_check_interval'`)
	if err != nil && !errors.Is(err, sql.ErrNoRows) && sqltext.State(err) == "" {
		return fmt.Errorf("prepare session: %w", err)
	}
	return nil
}

// stmtDriver is Atlas' driver with the session's way to run a statement.
type stmtDriver struct {
	*postgres.Driver
	s *session
}

// ExecContext runs one statement of a migration.
func (d *stmtDriver) ExecContext(ctx context.Context, query string, _ ...any) (sql.Result, error) {
	d.s.step.Add(1)
	if !d.s.perStatement {
		return d.s.exec(ctx, query)
	}
	resuming := d.s.resuming
	d.s.resuming = false
	return d.s.execStatement(ctx, query, resuming)
}

var _ interface {
	atlas.Driver
	atlas.StmtScanner
} = (*stmtDriver)(nil)

// execStatement runs a statement in a transaction that stays open until its
// revision row is written, or bare where Postgres wants that.
func (s *session) execStatement(ctx context.Context, query string, resuming bool) (sql.Result, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	res, err := s.exec(ctx, query)
	if err == nil {
		s.open = true
		return res, nil
	}
	if rerr := s.rollback(ctx); rerr != nil && !connectionLost(rerr) { // then the server rolls back
		return nil, errors.Join(err, rerr)
	}
	if !outsideTransaction(err) {
		return nil, err
	}
	if done, err := s.already(ctx, query, resuming); err != nil || done {
		return nil, err
	}
	return s.exec(ctx, query)
}

// exec runs a statement of a migration; on a scratch server what of it concerns this
// database alone.
func (s *session) exec(ctx context.Context, query string) (sql.Result, error) {
	query, err := s.roles.local(ctx, query)
	if err != nil || query == "" {
		return driver.RowsAffected(0), err
	}
	s.became = s.became || ChangesRole.MatchString(query)
	return s.conn.ExecContext(ctx, query)
}

// outsideTransaction says whether a statement failed because it wants no transaction
// around it: Postgres raises the first code before such a statement does anything, and
// the second one for one that ends transactions by itself, such as a DO block that
// commits after each batch.
func outsideTransaction(err error) bool {
	state := sqltext.State(err)
	return state == pgerrcode.ActiveSQLTransaction || state == pgerrcode.InvalidTransactionTermination
}

// endStatement commits the open statement, or rolls it back when err is not nil.
func (s *session) endStatement(ctx context.Context, err error) error {
	if !s.open {
		return err
	}
	s.open = false
	if err != nil {
		return errors.Join(err, s.rollback(ctx))
	}
	return s.commit(ctx)
}

func (s *session) begin(ctx context.Context) error    { return s.control(ctx, "BEGIN") }
func (s *session) commit(ctx context.Context) error   { return s.control(ctx, "COMMIT") }
func (s *session) rollback(ctx context.Context) error { return s.control(ctx, "ROLLBACK") }

func (s *session) control(ctx context.Context, verb string) error {
	if _, err := s.conn.ExecContext(ctx, verb); err != nil {
		return fmt.Errorf("%s transaction: %w", strings.ToLower(verb), err)
	}
	return nil
}
