package executor

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// The types of some columns, below domains, and whether they may be null. A view says of none that
// it is not.
const selectColumns = `WITH RECURSIVE w AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS w (s, t, c, i)),
there AS (
  SELECT w.i, a.atttypid, a.attnotnull OR r.relkind NOT IN ('r', 'p') AS filled, format_type(a.atttypid, a.atttypmod) AS name
  FROM w JOIN pg_catalog.pg_namespace n ON n.nspname = w.s JOIN pg_catalog.pg_class r ON r.relnamespace = n.oid AND r.relname = w.t
  JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attname = w.c AND a.attnum > 0 AND NOT a.attisdropped),
base AS (
  SELECT i, atttypid AS oid, filled FROM there
  UNION SELECT b.i, t.typbasetype, b.filled OR t.typnotnull FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.oid AND t.typtype = 'd')
SELECT b.i, b.oid, b.filled, there.name FROM base b JOIN there USING (i)
JOIN pg_catalog.pg_type t ON t.oid = b.oid AND t.typtype <> 'd' ORDER BY b.i`

// CheckColumns compares the columns of what others make, tables and views, with the fields of their
// entities: types that cannot be read, and columns that may be null of fields that may not. The
// error names all of them, and what to do. Columns that are missing it leaves to the gate.
func (s *Schema) CheckColumns(ctx context.Context) error {
	type place struct {
		entity *entity.Entity
		field  *entity.Field
	}
	var schemas, tables, columns []string
	var places []place
	for _, e := range s.entities.All() {
		if e.Place != entity.External && e.Place != entity.View {
			continue
		}
		for i := range e.Fields {
			f := &e.Fields[i]
			schemas, tables, columns = append(schemas, cmp.Or(e.Schema, sqltext.Public)), append(tables, e.Table), append(columns, f.Column)
			places = append(places, place{e, f})
		}
	}
	if len(places) == 0 {
		return nil
	}
	found, err := s.db.Writer().Query(ctx, selectColumns, schemas, tables, columns)
	if err != nil {
		return fmt.Errorf("look at the columns of others: %w", err)
	}
	var errs []error
	var at int
	var oid uint32
	var filled bool
	var typ string
	_, err = pgx.ForEachRow(found, []any{&at, &oid, &filled, &typ}, func() error {
		p := places[at-1]
		errs = append(errs, misfit(p.entity, p.field, oid, filled, typ))
		return nil
	})
	if err != nil {
		return fmt.Errorf("look at the columns of others: %w", err)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("what others make does not fit the schema: %w", err)
	}
	return nil
}

// misfit says why a column does not fit its field, nil where it does.
func misfit(e *entity.Entity, f *entity.Field, oid uint32, filled bool, typ string) error {
	column := "the column " + f.Column + " of " + e.Relation()
	whose := "have its owner change it"
	if e.Place == entity.View {
		whose = "cast it in the view"
	}
	switch {
	case !planner.Reads(e, f, oid):
		want := f.SQL()
		if f.Type == entity.ID {
			want = e.Key().SQL()
		}
		return fmt.Errorf("%s is of the type %s, from which %s.%s, of the type %s, cannot be read: say so in ent/schema, by another type of the field or by SchemaType, or %s", column, typ, e.Name, f.Name, want, whose)
	case !filled && !f.Flags.Has(entity.Nullable):
		return fmt.Errorf("%s may be null, and %s.%s may not: give the field Optional().Nillable() in ent/schema, or %s", column, e.Name, f.Name, whose)
	}
	return nil
}
