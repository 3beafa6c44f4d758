package executor

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// The unique and foreign keys of some tables and of their partitions, whose errors name them alone.
// Of an index with an expression no column is to blame alone.
const selectConstraints = `WITH RECURSIVE t AS (
  SELECT c.oid, c.relname AS root
  FROM unnest($1::text[], $2::text[]) AS w (s, n)
  JOIN pg_catalog.pg_namespace s ON s.nspname = w.s JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid AND c.relname = w.n
  UNION
  SELECT c.oid, t.root FROM t
  JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
)
SELECT s.nspname, r.relname, t.root, k.name, k.is_unique, k.columns
FROM t JOIN pg_catalog.pg_class r ON r.oid = t.oid JOIN pg_catalog.pg_namespace s ON s.oid = r.relnamespace
CROSS JOIN LATERAL (
  SELECT c.relname AS name, true AS is_unique, CASE WHEN 0 = ANY (i.indkey) THEN '{}' ELSE ARRAY(
    SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY AS x (n, at)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.n WHERE x.at <= i.indnkeyatts ORDER BY x.at) END AS columns
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid = t.oid AND (i.indisunique OR i.indisexclusion)
  UNION ALL
  SELECT f.conname, false, ARRAY(
    SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY AS x (n, at)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.n ORDER BY x.at)
  FROM pg_catalog.pg_constraint f WHERE f.conrelid = t.oid AND f.contype = 'f'
) AS k`

// LearnConstraints reads the names of constraints from the database. Of one whose name the
// framework does not choose Postgres tells the columns with an error, but not to a role that
// row-level security binds: without this, a CONFLICT there names no field. It is for before the
// first operation.
func (s *Schema) LearnConstraints(ctx context.Context) error {
	var schemas, names []string
	add := func(schema, table string) {
		schemas, names = append(schemas, cmp.Or(schema, sqltext.Public)), append(names, table)
	}
	for _, t := range slices.Concat(s.app.Ent.Tables, s.app.Ent.External) {
		add(t.Schema, t.Name)
	}
	found, err := s.db.Writer().Query(ctx, selectConstraints, schemas, names)
	if err != nil {
		return fmt.Errorf("read the names of constraints: %w", err)
	}
	all, err := pgx.CollectRows(found, pgx.RowToStructByPos[entity.Constraint])
	if err != nil {
		return fmt.Errorf("read the names of constraints: %w", err)
	}
	s.entities.Learn(all)
	return nil
}
