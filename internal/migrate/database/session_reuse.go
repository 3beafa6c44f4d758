package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// Session migrates one database several times on one connection, of which [Up] and
// [Down] open a new one for each call. Between calls the connection is as good as new,
// without the lock and without temporary tables. Not safe for concurrent use.
type Session struct {
	s    *session
	o    SessionOptions
	kept int // prepared statements of ours
}

// SessionOptions are for [OpenSession]. The zero value is usable.
type SessionOptions struct {
	// Notice is told what the server remarks. Default nil: nobody is.
	Notice pgconn.NoticeHandler
	// Prepare are queries without parameters that stay prepared, as those of
	// [Session.Read] do. They may only ask system catalogs. Default: none.
	Prepare []string
	// Plain keeps no query prepared. It is for migrations that end prepared statements:
	// those of Conn, unlike Up and Down, have nobody to look after them.
	Plain bool
	// Scratch says that the server is one to try migrations on: roles that it lacks are
	// made, and what concerns the whole server is left out. See [Session.DropRoles].
	Scratch bool
}

// OpenSession connects to url.
func OpenSession(ctx context.Context, url string, o SessionOptions) (*Session, error) {
	cfg, err := sessionConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.OnNotice = o.Notice
	inner, err := startSession(ctx, stdlib.OpenDB(*cfg))
	if err != nil {
		return nil, err
	}
	s := &Session{s: inner, o: o}
	if o.Scratch {
		inner.roles = &standIns{url: url}
	}
	if err := s.keep(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// keep prepares what is asked again and again. The driver then answers a query of the same
// text by its prepared statement.
func (s *Session) keep(ctx context.Context) error {
	if s.o.Plain {
		return nil
	}
	conn, err := s.Conn()
	if err != nil {
		return err
	}
	for _, query := range append(schemadiff.Queries(), s.o.Prepare...) {
		if _, err := conn.Prepare(ctx, query, query); err != nil {
			return fmt.Errorf("prepare query: %w", err)
		}
	}
	_, s.kept, err = s.prepared(ctx)
	return err
}

const selectPrepared = `SELECT count(*) FILTER (WHERE from_sql), count(*) FILTER (WHERE NOT from_sql) FROM pg_catalog.pg_prepared_statements`

// prepared counts the prepared statements of migrations and the others.
func (s *Session) prepared(ctx context.Context) (theirs, ours int, err error) {
	if err := s.s.conn.QueryRowContext(ctx, selectPrepared).Scan(&theirs, &ours); err != nil {
		return 0, 0, fmt.Errorf("count prepared statements: %w", err)
	}
	return theirs, ours, nil
}

// Conn is the connection, for what a Session cannot do. It is not to be closed, nor to be
// used while a method of the session runs.
func (s *Session) Conn() (conn *pgx.Conn, err error) {
	err = s.s.conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("open connection: not one of pgx but %T", driver)
		}
		conn = c.Conn()
		return nil
	})
	return conn, err
}

// Up is the function [Up] on this connection.
func (s *Session) Up(ctx context.Context, dir fs.FS, o UpOptions) ([]folder.File, error) {
	d, err := folder.Open(dir)
	if err != nil {
		return nil, err
	}
	var applied []folder.File
	err = s.WithRoles(ctx, func() error {
		more, err := s.s.up(ctx, d, o.withDefaults())
		applied = append(applied, more...)
		return err
	})
	return applied, s.renew(ctx, err)
}

// Down is the function [Down] on this connection.
func (s *Session) Down(ctx context.Context, dir fs.FS, o DownOptions) ([]folder.File, error) {
	b, err := openBoth(dir)
	if err != nil {
		return nil, err
	}
	up := o.up()
	if err := s.s.lock(ctx, up.LockTimeout, up.notice(Event{})); err != nil {
		return nil, err
	}
	var reverted []folder.File
	err = s.WithRoles(ctx, func() error {
		more, err := s.s.down(ctx, b, o)
		reverted = append(reverted, more...)
		return err
	})
	return reverted, s.renew(ctx, err)
}

// SQL is the connection for what takes one of database/sql; it is not to be closed.
func (s *Session) SQL() *sql.Conn { return s.s.conn }

// Exec runs a statement, on a scratch server what of it concerns this database alone, and
// makes the roles that it names and the server lacks.
func (s *Session) Exec(ctx context.Context, statement string) error {
	return s.WithRoles(ctx, func() error {
		_, err := s.s.exec(ctx, statement)
		return err
	})
}

// ExecAll is [Session.Exec] for texts of one or more statements each, in one transaction.
func (s *Session) ExecAll(ctx context.Context, texts []string) error {
	return s.WithRoles(ctx, func() error {
		if err := s.s.begin(ctx); err != nil {
			return err
		}
		for _, text := range texts {
			if _, err := s.s.exec(ctx, text); err != nil {
				return errors.Join(err, s.s.rollback(ctx))
			}
		}
		return s.s.commit(ctx)
	})
}

// MakeRoles makes roles that the scratch server lacks.
func (s *Session) MakeRoles(ctx context.Context, names ...string) error {
	return s.s.roles.make(ctx, names...)
}

// Replay applies a directory to the session's empty database and reads the outcome. No Go
// function runs.
func (s *Session) Replay(ctx context.Context, d *folder.Directory) (*schemadiff.State, error) {
	return s.s.replay(ctx, d)
}

// Fingerprint identifies all that the database holds, by which a state is compared with
// another one without knowing what each thing in it means.
func (s *Session) Fingerprint(ctx context.Context) (string, error) { return s.s.fingerprint(ctx) }

// Call runs a Go function of a migration in the transaction that the caller has begun on
// the connection. It fails when the function ends that.
func (s *Session) Call(ctx context.Context, fn folder.Func) error { return s.s.callFunc(ctx, fn) }

// Read reads the schema, without the table of revisions.
func (s *Session) Read(ctx context.Context) (*schemadiff.State, error) { return s.s.read(ctx) }

// Close ends the connection.
func (s *Session) Close() error { return s.s.close() }

// renew ends what a call has left in the session. The error of the call comes first: after
// a lost connection this fails too.
func (s *Session) renew(ctx context.Context, err error) error {
	if rerr := s.reset(ctx); rerr != nil && err == nil {
		return fmt.Errorf("reset session: %w", rerr)
	}
	return err
}

// discardSession is DISCARD ALL without prepared statements and plans.
const discardSession = `RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; UNLISTEN *;
SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES`

func (s *Session) reset(ctx context.Context) error {
	if _, err := s.s.conn.ExecContext(ctx, discardSession); err != nil {
		return err
	}
	theirs, ours, err := s.prepared(ctx)
	if err != nil || theirs == 0 && ours == s.kept {
		return err
	}
	conn, err := s.Conn()
	if err != nil {
		return err
	}
	if err := conn.DeallocateAll(ctx); err != nil { // the driver's memory of them too
		return err
	}
	return s.keep(ctx)
}
