package database

import (
	"context"
	"fmt"
)

// External are tables that others make.
type External struct {
	// Tables are their names as statements have them, in full.
	Tables []string
	// SQL makes those that are missing.
	SQL string
}

// only reports whether a database without a history has no tables but those of others,
// so that it can be migrated as an empty one.
func (e External) only(ctx context.Context, q Querier) (only bool, err error) {
	err = scanOne(ctx, q, &only, `SELECT NOT EXISTS (SELECT FROM (`+selectNames+`) AS there (oid)
  WHERE oid NOT IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS t (name) WHERE to_regclass(name) IS NOT NULL))`, e.Tables)
	if err != nil {
		return false, fmt.Errorf("look for tables: %w", err)
	}
	return only, nil
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
