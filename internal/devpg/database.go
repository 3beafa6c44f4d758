package devpg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// maintenance is the database that every server has.
const maintenance = "postgres"

// withConn runs fn on a new connection to url and closes it.
func withConn(ctx context.Context, url string, fn func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(fn(conn), conn.Close(context.WithoutCancel(ctx)))
}

// admin runs fn on a connection to the maintenance database.
func (s *Server) admin(ctx context.Context, fn func(*pgx.Conn) error) error {
	return withConn(ctx, s.URL(maintenance), fn)
}

// greet connects and checks that the server is the one on our data folder.
func (s *Server) greet(ctx context.Context) error {
	return s.admin(ctx, func(conn *pgx.Conn) error {
		var dir string
		if err := conn.QueryRow(ctx, "show data_directory").Scan(&dir); err != nil {
			return fmt.Errorf("ask server for its data folder: %w", err)
		}
		if !sameDir(dir, s.data) {
			return fmt.Errorf("the server in %s works on %s, not on %s", s.host, dir, s.data)
		}
		return nil
	})
}

// sameDir says whether both paths name one folder.
func sameDir(a, b string) bool {
	if a == b {
		return true
	}
	ia, erra := os.Stat(a)
	ib, errb := os.Stat(b)
	return erra == nil && errb == nil && os.SameFile(ia, ib)
}

// CreateDatabase makes the database if it is missing.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	err := s.admin(ctx, func(conn *pgx.Conn) error {
		var found bool
		err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&found)
		if err != nil || found {
			return err
		}
		_, err = conn.Exec(ctx, "create database "+sqltext.Ident(name))
		if sqltext.State(err) == pgerrcode.DuplicateDatabase || sqltext.State(err) == pgerrcode.UniqueViolation {
			return nil // another process was faster
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// scratchPrefix begins the names of scratch databases.
const scratchPrefix = "entgraph_scratch_"

// Scratch makes an empty database with a random name and returns its URL and
// what drops it, with the connections that are still open. One that is not
// dropped goes at the next Start by an owner.
func (s *Server) Scratch(ctx context.Context) (url string, drop func(context.Context) error, err error) {
	name := scratchPrefix + randomName()
	err = s.admin(ctx, func(conn *pgx.Conn) error {
		// Copying files forces checkpoints, which cost nothing without fsync. With it, and
		// before version 15, the server's own way is the faster.
		var strategy string
		err := conn.QueryRow(ctx, `select case when current_setting('fsync') = 'off'
			and current_setting('server_version_num')::int >= 150000 then ' strategy file_copy' else '' end`).Scan(&strategy)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, "create database "+sqltext.Ident(name)+" template template0"+strategy)
		return err
	})
	if err != nil {
		return "", nil, fmt.Errorf("create scratch database: %w", err)
	}
	drop = func(ctx context.Context) error {
		return s.admin(ctx, func(conn *pgx.Conn) error { return dropDatabase(ctx, conn, name) })
	}
	return s.URL(name), drop, nil
}

// dropScratch drops the scratch databases of processes that died.
func (s *Server) dropScratch(ctx context.Context) error {
	if s.cluster.test {
		return nil // a new cluster has none
	}
	return s.admin(ctx, func(conn *pgx.Conn) error {
		names, err := databases(ctx, conn, "^"+scratchPrefix)
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := dropDatabase(ctx, conn, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// databases returns the names that match a regular expression, in order.
func databases(ctx context.Context, conn *pgx.Conn, pattern string) ([]string, error) {
	rows, err := conn.Query(ctx, "select datname from pg_database where datname ~ $1 order by datname", pattern)
	if err != nil {
		return nil, fmt.Errorf("list databases: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list databases: %w", err)
	}
	return names, nil
}

// dropDatabase drops a database and the connections to it. A missing one is fine.
func dropDatabase(ctx context.Context, conn *pgx.Conn, name string) error {
	if _, err := conn.Exec(ctx, "drop database if exists "+sqltext.Ident(name)+" with (force)"); err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

// randomName returns 13 characters that no other database name has.
func randomName() string { return strings.ToLower(rand.Text()[:13]) }

// cleanupTime bounds what happens after a caller's context has ended.
const cleanupTime = 30 * time.Second
