// Package migratetest has what tests of migrations do again and again:
//
//	dir := migratetest.NewDir(t, "1_init.sql", "CREATE TABLE a ();")
//	migratetest.Up(t, url, dir, 1)
//
// Each function ends the test when something fails. Only tests import the package.
package migratetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/migrate/database"
)

// WriteDir writes name, content pairs and atlas.sum into dir.
func WriteDir(t *testing.T, dir string, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, pairs[i]), []byte(pairs[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	local, err := atlas.NewLocalDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := local.Checksum()
	if err != nil {
		t.Fatal(err)
	}
	if err := atlas.WriteSumFile(local, sum); err != nil {
		t.Fatal(err)
	}
}

// NewDir makes a migration directory of name, content pairs.
func NewDir(t *testing.T, pairs ...string) string {
	t.Helper()
	dir := t.TempDir()
	WriteDir(t, dir, pairs...)
	return dir
}

// Up applies dir and expects to have applied n files.
func Up(t *testing.T, url, dir string, n int) {
	t.Helper()
	files, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != n {
		t.Fatalf("applied %d files, want %d: %v", len(files), n, files)
	}
}

// UpError applies dir and gives the error, which must be want.
func UpError(t *testing.T, url, dir string, want error) error {
	t.Helper()
	_, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{})
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
	return err
}

// Status reads what the database says of dir.
func Status(t *testing.T, url, dir string) database.Status {
	t.Helper()
	st, err := database.ReadStatus(t.Context(), url, os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// Connect opens a session that ends with the test.
func Connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Exec runs statements.
func Exec(t *testing.T, conn *pgx.Conn, query string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), query, args...); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
}

// Value reads one value.
func Value[T any](t *testing.T, conn *pgx.Conn, query string, args ...any) T {
	t.Helper()
	var v T
	if err := conn.QueryRow(t.Context(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return v
}

// Column reads a list of values.
func Column[T any](t *testing.T, conn *pgx.Conn, query string, args ...any) []T {
	t.Helper()
	rows, err := conn.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return all
}

// Violation runs a statement that must break a constraint and gives its name.
func Violation(t *testing.T, conn *pgx.Conn, code, query string, args ...any) string {
	t.Helper()
	_, err := conn.Exec(t.Context(), query, args...)
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != code {
		t.Fatalf("got error %v, want SQLSTATE %s\n%s", err, code, query)
	}
	return pg.ConstraintName
}

// Eventually asks until done says so. It fails the test after a minute.
func Eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for start := time.Now(); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatalf("waited a minute for: %s", what)
		}
	}
}

// Script sends the statements of a script one by one, as psql does, up to the first
// that fails. Each script has a session of its own.
func Script(t *testing.T, url, script string) error {
	t.Helper()
	stmts, err := (&atlas.Scanner{ScannerOptions: atlas.ScannerOptions{MatchDollarQuote: true, MatchBegin: false}}).Scan(script)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for _, s := range stmts {
		if _, err := conn.Exec(t.Context(), s.Text, pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("%w\n%s", err, s.Text)
		}
	}
	return nil
}
