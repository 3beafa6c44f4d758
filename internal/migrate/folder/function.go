package folder

import (
	"context"
	"database/sql"
	"io/fs"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// Func is a migration of data in Go. It runs on a connection in a transaction that also
// records the migration; it must not end that.
type Func = func(ctx context.Context, conn *sql.Conn) error

// Funcs is a migration directory that knows Go functions: the file called
// <version>_<name>.sql that begins with "-- entgraph:go" is run by Func(name), if that
// is not nil. Otherwise, as by other tools, its statements run; they should fail where
// the function would have something to do. A replay, which is after the schema, runs
// neither.
type Funcs interface {
	fs.FS
	Func(name string) Func
}

func isFunc(f *atlas.LocalFile) bool { return sqlfile.Go.Match(f.Bytes()) }

// funcsOf gives the functions that a directory knows.
func funcsOf(fsys fs.FS) func(name string) Func {
	if d, ok := fsys.(Funcs); ok {
		return d.Func
	}
	return func(string) Func { return nil }
}

// Function gives the function that is to run in place of a file, nil for none.
func (d *Directory) Function(f *atlas.LocalFile) Func {
	if !isFunc(f) || d.funcs == nil {
		return nil
	}
	return d.funcs(strings.TrimSuffix(f.Desc(), sqlfile.Compatible))
}

// WithoutData is d with Go functions that do nothing.
func (d *Directory) WithoutData() *Directory {
	replayed := *d
	replayed.funcs = func(string) Func { return func(context.Context, *sql.Conn) error { return nil } }
	return &replayed
}

// goTemplate is the file that a migration in Go begins with. Without its function it
// fails where any table holds rows.
const goTemplate = sqlfile.GoLine + `

-- Runs only where the Go function is missing, and fails if that has something to do.
DO $$
DECLARE
  name text;
  filled boolean;
BEGIN
  FOR name IN SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_catalog.pg_tables
    WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema' AND tablename <> '` + sqlfile.Revisions + `'
  LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO filled;
    IF filled THEN
      RAISE EXCEPTION 'this migration is a Go function: add it to funcs in ent/migrate/funcs.go and run it with that program''s migrate up';
    END IF;
  END LOOP;
END $$;
`
