package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/devpg"
)

// settings are what the measurements suppose. A page of an index is as cheap as one of
// a table when all is in memory; a parallel worker would escape the count of processor
// time; autovacuum would begin in the middle of a measurement.
var settings = map[string]string{
	"shared_buffers":                  "1GB",
	"random_page_cost":                "1.1",
	"max_parallel_workers_per_gather": "0",
	"autovacuum":                      "off",
}

// database is a Postgres with a fresh copy of the sample data.
type database struct {
	server *devpg.Server
	name   string // of the copy
	conn   *pgx.Conn
}

const databaseName = "bench"

// stopTimeout bounds what is left to do after an interrupt.
const stopTimeout = 15 * time.Second

// openDatabase starts the benchmark's own Postgres and fills it, or takes what an
// earlier run has filled. The sample data stays there as a template; each run works on
// a copy.
func (b *bench) openDatabase(ctx context.Context) (_ *database, err error) {
	s, err := b.startPostgres(ctx)
	if err != nil {
		return nil, err
	}
	db := &database{server: s, name: databaseName}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.close(context.WithoutCancel(ctx)))
		}
	}()
	template, err := b.template(ctx, s)
	if err != nil {
		return nil, err
	}
	b.say("copying the sample data")
	err = admin(ctx, s, func(conn *pgx.Conn) error {
		return exec1(ctx, conn, "DROP DATABASE IF EXISTS "+databaseName+" WITH (FORCE)",
			"CREATE DATABASE "+databaseName+" TEMPLATE "+template+" STRATEGY file_copy")
	})
	if err != nil {
		return nil, fmt.Errorf("copy the sample data: %w", err)
	}
	if db.conn, err = pgx.Connect(ctx, s.URL(databaseName)); err != nil {
		return nil, fmt.Errorf("connect to the sample data: %w", err)
	}
	if b.rls {
		err = b.entgraph(ctx, s.URL(databaseName), "migrate", "grant", serverRole)
	}
	return db, err
}

// serverRole is the role of the server that row-level security binds.
const serverRole = "bench_server"

// asServer is an address for that role.
func asServer(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // the server says what is wrong with it
	}
	u.User = url.User(serverRole)
	return u.String()
}

func (b *bench) startPostgres(ctx context.Context) (*devpg.Server, error) {
	o := devpg.Options{Root: filepath.Join(b.root, ".dev", "bench"), PgBin: b.pgBin, Progress: b.progress, Test: b.small}
	if err := os.MkdirAll(o.Root, 0o755); err != nil {
		return nil, fmt.Errorf("make a folder for Postgres: %w", err)
	}
	s, err := devpg.Start(ctx, o)
	if err != nil || b.small {
		return s, err
	}
	restart := false
	err = admin(ctx, s, func(conn *pgx.Conn) (err error) {
		restart, err = configure(ctx, conn)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("configure Postgres: %w", err), s.Stop(context.WithoutCancel(ctx)))
	}
	if !restart {
		return s, nil
	}
	if err := s.Stop(ctx); err != nil {
		return nil, err
	}
	return devpg.Start(ctx, o)
}

// configure writes the settings and says whether they need a restart.
func configure(ctx context.Context, conn *pgx.Conn) (restart bool, err error) {
	for name, value := range settings {
		if err := exec1(ctx, conn, "ALTER SYSTEM SET "+name+" = '"+value+"'"); err != nil {
			return false, err
		}
	}
	if err := exec1(ctx, conn, "SELECT pg_reload_conf()"); err != nil {
		return false, err
	}
	// A reload reaches the sessions some time later, so that pending_restart may not be
	// set yet; shared_buffers counts pages of 8 KB.
	err = conn.QueryRow(ctx, "SELECT setting <> (pg_size_bytes($1) / 8192)::text FROM pg_settings WHERE name = 'shared_buffers'",
		settings["shared_buffers"]).Scan(&restart)
	return restart, err
}

// template names a database with the sample data. Its name holds a hash of what makes
// the data, so that a changed schema or seed makes a new one.
func (b *bench) template(ctx context.Context, s *devpg.Server) (string, error) {
	key, err := hashFiles(b.root, "ent/migrate/migrations/*.sql", "internal/seed/*.go", "cmd/entgraph/seed/*.go")
	if err != nil {
		return "", err
	}
	name, building := "sample_"+key, "building"
	found := false
	err = admin(ctx, s, func(conn *pgx.Conn) error {
		if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&found); err != nil || found {
			return err
		}
		return dropOld(ctx, conn)
	})
	if err != nil || found {
		return name, err
	}
	if err := s.CreateDatabase(ctx, building); err != nil {
		return "", err
	}
	seed := []string{"seed", "--scale"}
	if b.small {
		seed = seed[:1]
	}
	for _, args := range [][]string{{"migrate", "up"}, seed} {
		b.say("entgraph " + strings.Join(args, " "))
		if err := b.entgraph(ctx, s.URL(building), args...); err != nil {
			return "", err
		}
	}
	return name, admin(ctx, s, func(conn *pgx.Conn) error {
		return exec1(ctx, conn, "ALTER DATABASE "+building+" RENAME TO "+name)
	})
}

// dropOld drops the data of other versions and what an interrupted run left.
func dropOld(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, "SELECT datname FROM pg_database WHERE datname LIKE 'sample\\_%' OR datname = 'building'")
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := exec1(ctx, conn, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}

// entgraph runs a command of the program on a database.
func (b *bench) entgraph(ctx context.Context, database string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(b.bin, "entgraph"), args...)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+database, "APP_ENV=development", "LOG_LEVEL=warn")
	cmd.Dir = b.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("entgraph %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

func (db *database) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	var err error
	if db.conn != nil {
		err = db.conn.Close(ctx)
	}
	return errors.Join(err, db.server.Stop(ctx))
}

// url is the address of the data for a server, which is known by its name to Postgres.
func (db *database) url(name string) (string, error) {
	u, err := url.Parse(db.server.URL(db.name))
	if err != nil {
		return "", fmt.Errorf("read address of database: %w", err)
	}
	query := u.Query()
	query.Set("application_name", name)
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// dial connects to Postgres without speaking its protocol.
func (db *database) dial() (net.Conn, error) {
	c := db.conn.Config()
	network, address := pgconn.NetworkAddress(c.Host, c.Port)
	return net.Dial(network, address)
}

// admin runs f on a connection to the maintenance database.
func admin(ctx context.Context, s *devpg.Server, f func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("connect to Postgres: %w", err)
	}
	return errors.Join(f(conn), conn.Close(context.WithoutCancel(ctx)))
}

// exec1 runs statements without arguments, each by itself.
func exec1(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// hashFiles gives twelve hex digits that stand for the files of some patterns.
func hashFiles(root string, patterns ...string) (string, error) {
	h := sha256.New()
	for _, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return "", err
		}
		if len(files) == 0 {
			return "", fmt.Errorf("no files %s in %s; name the checkout with -root", pattern, root)
		}
		for _, file := range files {
			f, err := os.Open(file)
			if err != nil {
				return "", err
			}
			_, err = io.Copy(h, f)
			if err := errors.Join(err, f.Close()); err != nil {
				return "", err
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:12], nil
}
