package devpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
)

// Options say where the private Postgres lives and what it is for.
type Options struct {
	// Root is the repository root. Required; it must exist.
	Root string

	// Test asks for a throw-away cluster with durability switched off, alone
	// for this caller. False: the durable dev cluster of Root.
	Test bool

	// Progress gets one line for each step that takes longer than two seconds,
	// such as an npm install. Nil: silent.
	Progress io.Writer

	// PgBin is a folder with initdb and postgres, usually the value of PG_BIN.
	// Empty: search. A folder without a usable server is an error, not a hint.
	PgBin string

	// Port makes the server listen on 127.0.0.1:Port as well, for GUI tools.
	// Default 0: Unix socket only. A taken port is an error. Every user of this
	// machine may connect to the port without a password.
	Port int

	machine *machine // what the search may look at; nil means this machine
	extra   []string // further server settings, name=value
}

// Server is a running private Postgres.
// Its methods may be called from several goroutines.
type Server struct {
	cluster *cluster
	host    string // socket folder, or 127.0.0.1 for a container
	port    int
	data    string
	source  string

	mu     sync.Mutex
	engine engine   // nil when another process owns the server
	owner  *os.File // owner.lock while we own the server
}

// engine is a server that this process has to stop.
type engine interface {
	// stop ends the server in order, or hard when ctx ends or it takes too long.
	stop(ctx context.Context) error
	// done is closed when the server has ended.
	done() <-chan struct{}
}

// Start starts the Postgres that o describes and waits until it accepts
// connections. For a dev cluster that runs already, in this process or another,
// it attaches instead; then Stop leaves the server to its owner.
//
// A warm start takes about 50 ms, the first about 600 ms. When no Postgres can
// be found the error is a [*NotFoundError]. When the server does not come up the
// error ends with the last lines of its log.
func Start(ctx context.Context, o Options) (*Server, error) {
	o.Progress = Lines(o.Progress)
	p, err := placeOf(o.Root)
	if err != nil {
		return nil, fmt.Errorf("start private postgres: %w", err)
	}
	if err := p.prepare(); err != nil {
		return nil, fmt.Errorf("start private postgres: %w", err)
	}
	start := startDev
	if o.Test {
		start = startTest
	}
	s, err := start(ctx, o, p)
	if err != nil {
		return nil, fmt.Errorf("start private postgres: %w", err)
	}
	return s, nil
}

// URL returns the address of a database of this server, which need not exist.
// It works with pgx, lib/pq and psql and holds no secret.
func (s *Server) URL(database string) string {
	if s.host == loopback {
		return "postgres://postgres@" + loopback + ":" + strconv.Itoa(s.port) +
			"/" + url.PathEscape(database) + "?sslmode=disable"
	}
	// The port is stated because PGPORT in the environment would replace the default.
	return "postgres://postgres@/" + url.PathEscape(database) + "?host=" + queryPath(s.host) +
		"&port=" + strconv.Itoa(s.port) + "&sslmode=disable"
}

// queryPath escapes a file path for a URL's query and keeps its slashes legible.
// libpq does not read "+" as a space.
func queryPath(path string) string {
	return strings.NewReplacer("%2F", "/", "+", "%20").Replace(url.QueryEscape(path))
}

// DataDir returns the server's data folder, as the server itself names it.
func (s *Server) DataDir() string { return s.data }

// Source says where the server comes from, for people: "installed binaries
// /usr/lib/postgresql/15/bin", "npm package ...", "docker image ..." or "server
// already running".
func (s *Server) Source() string { return s.source }

// Stop shuts the server down and, for a test cluster, removes it. It asks for a
// fast shutdown (10-60 ms) and for an immediate one after ten seconds or when
// ctx ends. A second call, and a call on an attached server, does nothing.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner == nil {
		return nil
	}
	var err error
	if s.engine != nil { // nil: it was taken over and could not be started
		if err = s.engine.stop(ctx); err != nil {
			err = fmt.Errorf("stop private postgres: %w", err)
		}
	}
	if s.cluster.test {
		err = errors.Join(err, s.cluster.remove())
	}
	err = errors.Join(err, s.owner.Close())
	s.owner = nil
	return err
}
