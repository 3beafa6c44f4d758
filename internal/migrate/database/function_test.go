package database_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/plan"
)

// withFunc is a directory with one function.
type withFunc struct {
	fs.FS
	name string
	fn   folder.Func
}

func (w withFunc) Func(name string) folder.Func {
	if name == w.name {
		return w.fn
	}
	return nil
}

// goDir is a directory whose second file stands for a Go function.
func goDir(t *testing.T, rows string) string {
	t.Helper()
	dir := migratetest.NewDir(t, first, "CREATE TABLE a (id int, twice int);\n"+rows)
	if _, err := folder.New(dir, "double", folder.NewOptions{Go: true, Now: at(1)}); err != nil {
		t.Fatal(err)
	}
	writeDown(t, dir, "20260201000000_double.sql", "UPDATE a SET twice = NULL;")
	return dir
}

func double(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `UPDATE a SET twice = 2 * id`)
	return err
}

func TestGoFunction(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), goDir(t, "INSERT INTO a VALUES (1), (2);")
	fsys := withFunc{os.DirFS(dir), "double", double}
	for range 2 {
		if _, err := database.Up(t.Context(), url, fsys, database.UpOptions{}); err != nil {
			t.Fatal(err)
		}
		conn := migratetest.Connect(t, url)
		if sum := migratetest.Value[int](t, conn, `SELECT sum(twice) FROM a`); sum != 6 {
			t.Errorf("sum: %d, want 6", sum)
		}
		if err := migratetest.Status(t, url, dir).Err(); err != nil {
			t.Error(err)
		}
		down(t, url, dir, database.DownOptions{}, "20260201000000_double.sql")
	}
}

// Who lacks the function must not pass over it where there is something to do.
func TestGoFunctionMissing(t *testing.T) {
	t.Parallel()
	dir := goDir(t, "INSERT INTO a VALUES (1);")
	_, err := database.Up(t.Context(), empty(t), os.DirFS(dir), database.UpOptions{})
	if err == nil || !strings.Contains(err.Error(), "add it to funcs in ent/migrate/funcs.go") {
		t.Errorf("with rows: %v", err)
	}
	migratetest.Up(t, empty(t), goDir(t, ""), 2)
}

func TestGoFunctionFails(t *testing.T) {
	t.Parallel()
	wrong := errors.New("wrong")
	for want, fn := range map[string]folder.Func{
		"wrong": func(ctx context.Context, conn *sql.Conn) error {
			return errors.Join(double(ctx, conn), wrong)
		},
		"ended the transaction": func(ctx context.Context, conn *sql.Conn) error {
			_, err := conn.ExecContext(ctx, "ROLLBACK")
			return err
		},
	} {
		url, dir := empty(t), goDir(t, "INSERT INTO a VALUES (1);")
		_, err := database.Up(t.Context(), url, withFunc{os.DirFS(dir), "double", fn}, database.UpOptions{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error: %v, want %s", err, want)
		}
		if n := migratetest.Value[int](t, migratetest.Connect(t, url), `SELECT count(twice) FROM a`); n != 0 {
			t.Errorf("%s: left %d rows changed", want, n)
		}
		if st := migratetest.Status(t, url, dir); len(st.Applied) != 1 {
			t.Errorf("%s: applied %d, want 1", want, len(st.Applied))
		}
	}
}

func TestGoFunctionWantsTransaction(t *testing.T) {
	t.Parallel()
	dir := migratetest.NewDir(t, first, "-- entgraph:go\n-- atlas:txmode none\n\nSELECT 1;")
	if err := folder.Validate(os.DirFS(dir)); err == nil || !strings.Contains(err.Error(), "no txmode none") {
		t.Errorf("error: %v", err)
	}
	if _, err := folder.New(dir, "x", folder.NewOptions{Go: true, NoTransaction: true}); err == nil {
		t.Error("a function without a transaction was accepted")
	}
}

// A replay is after the schema: a function that it lacks must not stop it.
func TestGoFunctionReplayed(t *testing.T) {
	t.Parallel()
	dir := goDir(t, "INSERT INTO a VALUES (1);")
	sql, err := plan.Inspect(t.Context(), plan.Source("file://"+dir), plan.SourceOptions{Scratch: scratch(t)})
	if err != nil || !strings.Contains(sql, `CREATE TABLE "a"`) {
		t.Errorf("got %v\n%s", err, sql)
	}
}
