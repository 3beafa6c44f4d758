package rehearsal_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
)

// withFunc is a directory in which every Go file is one function.
type withFunc struct {
	fs.FS
	fn folder.Func
}

func (w withFunc) Func(string) folder.Func { return w.fn }

// goFile fails wherever its function does not run.
const goFile = "-- entgraph:go\n\nDO $$ BEGIN RAISE 'a Go function'; END $$;"

func rehearseFunc(t *testing.T, fn folder.Func) (rehearsal.Report, error) {
	t.Helper()
	return rehearsal.Run(t.Context(), rehearsal.Options{
		Dir: withFunc{directory(t, schema, goFile, "down:SELECT 1;"), fn}, Scratch: scratch(t), Rows: 60, Latest: 1,
	})
}

func TestGoFunction(t *testing.T) {
	t.Parallel()
	report, err := rehearseFunc(t, func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, `UPDATE users SET bio = 'from Go'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f := report.Files[0]
	if len(f.Statements) != 1 || f.Statements[0].SQL != `-- Go function "step"` {
		t.Fatalf("statements: %+v", f.Statements)
	}
	s := f.Statements[0]
	if s.Verdict != rehearsal.BlocksWrites || len(s.Wrote) != 1 || s.Wrote[0].Table != "users" || s.Wrote[0].Rows != 60 {
		t.Errorf("verdict %s, wrote %+v; want blocks writes and 60 users", s.Verdict, s.Wrote)
	}
	if !f.Reversible {
		t.Error("the way back was not tried")
	}
	if !strings.Contains(report.Table(true), `Go function "step"`) {
		t.Errorf("table:\n%s", report.Table(true))
	}
	if findings, err := rehearsal.Lint(report, rehearsal.Settings{}); err != nil || len(findings) > 0 {
		t.Errorf("findings: %v, %v; want none of a text that does not run", findings, err)
	}
}

func TestGoFunctionFails(t *testing.T) {
	t.Parallel()
	wrong := errors.New("wrong")
	for want, fn := range map[string]folder.Func{
		"wrong": func(context.Context, *sql.Conn) error { return wrong },
		"23502": func(ctx context.Context, conn *sql.Conn) error {
			_, err := conn.ExecContext(ctx, `UPDATE users SET email = NULL`)
			return err
		},
		"ended the transaction": func(ctx context.Context, conn *sql.Conn) error {
			_, err := conn.ExecContext(ctx, "ROLLBACK")
			return err
		},
		"CONCURRENTLY": func(ctx context.Context, conn *sql.Conn) error {
			_, err := conn.ExecContext(ctx, `CREATE INDEX CONCURRENTLY i ON users (age)`)
			return err
		},
	} {
		_, err := rehearseFunc(t, fn)
		var failure *rehearsal.FailureError
		if !errors.As(err, &failure) || failure.Line != 1 || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want a failure of line 1 with %s", err, want)
		}
	}
}
