package devpg

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// Template is a database that tests get copies of.
type Template struct {
	// Key names the content: a hash of what Build applies, such as the
	// migration files. Equal keys share one template, also between processes.
	Key string
	// Build fills the empty database at url. It runs once per key and server
	// and must have closed its connections when it returns.
	Build func(ctx context.Context, url string) error
}

// Clone returns the URL of a database of the test's own with the template's
// content. It costs about 10 ms; the first one of a key also builds the template.
// The database is dropped when the test ends. That of a failed test stays, at
// least for a day, and the test's log says how to open it.
//
// The server is the one TEST_DATABASE_URL names, whose role needs CREATEDB, else
// the test cluster of the checkout, which starts by itself. PG_BIN names its
// programs. Without a server the test fails; it never skips.
func Clone(t testing.TB, tpl Template) (url string) {
	t.Helper()
	return testDatabase(t, func(s *testServer, ctx context.Context, name string) error {
		return s.clone(ctx, tpl, name)
	})
}

// Empty returns the URL of an empty database of the test's own, with the life of
// one from [Clone].
func Empty(t testing.TB) (url string) {
	t.Helper()
	return testDatabase(t, (*testServer).empty)
}

// testDatabase makes a database and ties it to the test.
func testDatabase(t testing.TB, create func(*testServer, context.Context, string) error) string {
	t.Helper()
	s, err := tests()
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	name := testName(time.Now(), t.Name())
	if err := create(s, t.Context(), name); err != nil {
		t.Fatalf("test database: %v", s.explain(err))
	}
	t.Cleanup(func() { s.finish(t, name) })
	return s.url(name)
}

// finish drops the database, or tells how to open that of a failed test.
func (s *testServer) finish(t testing.TB, name string) {
	t.Helper()
	if t.Failed() {
		t.Logf("the database of this test stays; open it with: psql '%s'", redacted(s.url(name)))
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTime)
	defer cancel()
	err := s.admin(ctx, func(conn *pgx.Conn) error { return dropDatabase(ctx, conn, name) })
	if err != nil {
		t.Errorf("test database: %v", err)
	}
}

// testServer is the server that the tests of this process use.
type testServer struct {
	url      func(database string) string // "" is the maintenance database
	strategy string                       // how CREATE DATABASE copies
	lease    *os.File                     // keeps a shared server running

	mu        sync.Mutex
	templates map[string]*template
	idle      []*pgx.Conn // sessions of admin; they end with the process
}

// admin runs fn on a session of the maintenance database. Its sessions stay open for the
// next calls: to begin one costs the server more than to make a database, 30 ms of CPU
// where page faults are slow. One on which fn failed is closed.
func (s *testServer) admin(ctx context.Context, fn func(*pgx.Conn) error) error {
	s.mu.Lock()
	var conn *pgx.Conn
	if last := len(s.idle) - 1; last >= 0 {
		conn, s.idle = s.idle[last], s.idle[:last]
	}
	s.mu.Unlock()
	if conn == nil {
		var err error
		if conn, err = pgx.Connect(ctx, s.url("")); err != nil {
			return err
		}
	}
	if err := fn(conn); err != nil {
		return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, conn)
	return nil
}

// tests returns the test server; the first call of a process finds or starts it.
var tests = sync.OnceValues(func() (*testServer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	// Configuration does not reach into tests, so these two are read here.
	if given := os.Getenv("TEST_DATABASE_URL"); given != "" {
		return givenServer(ctx, given)
	}
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	return sharedServer(ctx, share{Root: root, PgBin: os.Getenv("PG_BIN"), Idle: shareIdle, Keep: shareKeep})
})

// sharedServer joins the checkout's own test server.
func sharedServer(ctx context.Context, s share) (*testServer, error) {
	server, lease, err := s.join(ctx)
	if err != nil {
		return nil, err
	}
	return &testServer{
		url: func(database string) string {
			if database == "" {
				database = maintenance
			}
			return server.URL(database)
		},
		// Two checkpoints, which cost nothing without fsync, and no WAL.
		strategy:  " strategy file_copy",
		lease:     lease,
		templates: map[string]*template{},
	}, nil
}

// givenServer uses the server of TEST_DATABASE_URL and removes what tests left
// there more than a day ago.
func givenServer(ctx context.Context, given string) (*testServer, error) {
	base, err := url.Parse(given)
	if err != nil || base.Scheme != "postgres" && base.Scheme != "postgresql" {
		// The cause would repeat the address with its password.
		return nil, errors.New("TEST_DATABASE_URL is not a postgres:// URL")
	}
	if strings.Trim(base.Path, "/") == "" {
		base.Path = "/" + maintenance
	}
	s := &testServer{templates: map[string]*template{}, url: func(database string) string {
		u := *base
		if database != "" {
			u.Path, u.RawPath = "/"+database, ""
		}
		return u.String()
	}}
	err = withConn(ctx, s.url(""), func(conn *pgx.Conn) error {
		names, err := databases(ctx, conn, testPattern)
		if err != nil {
			return err
		}
		for _, name := range names {
			if made, ok := testTime(name); ok && time.Since(made) > shareKeep {
				// Another process may have been faster; that is no reason to fail.
				_ = dropDatabase(ctx, conn, name)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("use the server of TEST_DATABASE_URL: %w", err)
	}
	return s, nil
}

// empty makes an empty database. Template0 never has connections.
func (s *testServer) empty(ctx context.Context, name string) error {
	return s.admin(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "create database "+sqltext.Ident(name)+" template template0"+s.strategy)
		return err
	})
}

// explain adds what to do about an error.
func (s *testServer) explain(err error) error {
	if sqltext.State(err) == pgerrcode.InsufficientPrivilege {
		return fmt.Errorf("the role of TEST_DATABASE_URL needs CREATEDB: %w", err)
	}
	return err
}

const (
	testPrefix  = "entgraph_test_"
	testStamp   = "20060102150405"
	testPattern = "^" + testPrefix + "[0-9]{14}_[a-z0-9]{13}_"
)

var unfit = regexp.MustCompile(`[^a-z0-9]+`)

// testName returns a name that tells when the database was made, because
// Postgres does not remember that, and which test made it.
func testName(now time.Time, test string) string {
	name := testPrefix + now.UTC().Format(testStamp) + "_" + randomName() + "_" +
		strings.Trim(unfit.ReplaceAllString(strings.ToLower(test), "_"), "_")
	return sqltext.Cut(name, "")
}

// testTime reads when a database was made from its name.
func testTime(name string) (time.Time, bool) {
	stamp := strings.TrimPrefix(name, testPrefix)
	made, err := time.Parse(testStamp, stamp[:min(len(stamp), len(testStamp))])
	return made, err == nil
}

// redacted hides a password in an address.
func redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "postgres://..."
	}
	if _, secret := u.User.Password(); secret {
		return u.Redacted()
	}
	return address
}

// moduleRoot returns the folder with go.mod around the working folder, which is
// that of the tested package.
func moduleRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find repository root: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if exists(filepath.Join(dir, "go.mod")) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("find repository root: no go.mod around %s", start)
		}
	}
}
