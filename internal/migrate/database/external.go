package database

import (
	"cmp"
	"context"
	"fmt"

	entschema "entgo.io/ent/dialect/sql/schema"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// External are tables that others make.
type External struct {
	// Tables are their names in full, with quotes, as [NameOf] gives them.
	Tables []string
	// SQL makes those that are missing.
	SQL string
}

// NameOf is the name of a table in full, with quotes.
func NameOf(t *entschema.Table) string { return sqltext.Ident(cmp.Or(t.Schema, publicSchema), t.Name) }

func namesOf(tables []*entschema.Table) []string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = NameOf(t)
	}
	return names
}

// besides looks again at a database without a history: with no tables but those of others, which
// are named in full, and their partitions, it is migrated like an empty one.
func (s *Status) besides(ctx context.Context, q Querier, others []string) error {
	if !s.Unmanaged || len(others) == 0 {
		return nil
	}
	err := scanOne(ctx, q, &s.Unmanaged, `WITH others AS (SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE '"' || replace(n.nspname, '"', '""') || '"."' || replace(c.relname, '"', '""') || '"' = ANY ($1::text[]))
SELECT EXISTS (SELECT FROM (`+selectNames+`) AS there (oid) WHERE NOT EXISTS (SELECT FROM others o
  WHERE o.oid = there.oid OR o.oid IN (SELECT relid FROM pg_catalog.pg_partition_ancestors(there.oid))))`, others)
	if err != nil {
		return fmt.Errorf("look for tables: %w", err)
	}
	return nil
}

// provide makes the tables of others that a database of development or tests lacks.
func (s *session) provide(ctx context.Context, e External) error {
	if len(e.Tables) == 0 {
		return nil
	}
	var missing bool
	if err := scanOne(ctx, s.conn, &missing, "SELECT bool_or(to_regclass(name) IS NULL) FROM unnest($1::text[]) AS t (name)", e.Tables); err != nil {
		return fmt.Errorf("look for the tables of others: %w", err)
	}
	if !missing {
		return nil
	}
	if _, err := s.conn.ExecContext(ctx, e.SQL); err != nil {
		return fmt.Errorf("make what stands in for the tables of others: %w", err)
	}
	return nil
}
