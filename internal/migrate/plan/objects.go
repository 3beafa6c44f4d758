package plan

import (
	"context"
	"fmt"
	"io/fs"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// load brings the desired schema into the session's empty database.
func (w Desired) load(ctx context.Context, s *database.Session) error {
	ddl, err := w.Schema, error(nil)
	if ddl == "" {
		ddl, err = SchemaSQL(ctx, w.Tables)
	}
	if err != nil {
		return err
	}
	objects, err := w.objects()
	if err != nil {
		return err
	}
	// Tables may need what the objects make, such as domains, and views need tables.
	objects, _, err = attempt(ctx, s, objects)
	if err != nil {
		return err
	}
	if _, err := s.SQL().ExecContext(ctx, ddl); err != nil {
		return fmt.Errorf("load desired schema: %w", err)
	}
	for len(objects) > 0 {
		left, cause, err := attempt(ctx, s, objects)
		if err != nil {
			return err
		}
		if len(left) == len(objects) {
			return fmt.Errorf("load objects: %s: %w\n%s", left[0].file, cause, left[0].sql)
		}
		objects = left
	}
	return nil
}

// object is a statement of an object file.
type object struct{ file, sql string }

// objects splits the object files into statements.
func (w Desired) objects() (all []object, err error) {
	if w.Objects == nil {
		return nil, nil
	}
	names, err := fs.Glob(w.Objects, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list objects: %w", err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(w.Objects, name)
		if err != nil {
			return nil, fmt.Errorf("read objects %s: %w", name, err)
		}
		stmts, err := folder.Statements(atlas.NewLocalFile(name, data))
		if err != nil {
			return nil, err
		}
		for _, s := range stmts {
			all = append(all, object{name, s.Text})
		}
	}
	return all, nil
}

// attempt runs what can be run and gives the rest with the first reason.
func attempt(ctx context.Context, s *database.Session, objects []object) (left []object, cause, err error) {
	for _, o := range objects {
		if err := s.Exec(ctx, o.sql); err != nil {
			if sqltext.State(err) == "" {
				return nil, nil, fmt.Errorf("load objects %s: %w", o.file, err)
			}
			if left = append(left, o); cause == nil {
				cause = err
			}
		}
	}
	return left, cause, nil
}
