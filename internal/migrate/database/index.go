package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// concurrentIndex is a CREATE INDEX CONCURRENTLY statement taken apart.
type concurrentIndex struct {
	unique bool
	name   string // as stored in the catalog
	table  string // as written, perhaps with a schema
	rest   string // from USING or the column list on
}

var concurrentIndexPattern = regexp.MustCompile(`(?is)^\s*CREATE\s+(UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?(` +
	sqltext.Name + `)\s+ON\s+(?:ONLY\s+)?(` + sqltext.Name + `(?:\.` + sqltext.Name + `)?)\s*(.*?)[;\s]*$`)

func parseConcurrentIndex(query string) (concurrentIndex, bool) {
	m := concurrentIndexPattern.FindStringSubmatch(query)
	if m == nil {
		return concurrentIndex{}, false
	}
	return concurrentIndex{unique: m[1] != "", name: sqltext.Unquote(m[2]), table: m[3], rest: m[4]}, true
}

const selectIndex = `SELECT i.indisvalid, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass($1) AND c.relname = $2`

// cleanIndex prepares a repeated CREATE INDEX CONCURRENTLY. An invalid index, left
// by a build that failed, is dropped: it would make every retry fail. When resuming
// after a crash, a valid index with the wanted definition means that the build
// ended after its client had died; done is then true.
func (s *session) cleanIndex(ctx context.Context, ci concurrentIndex, resuming bool) (done bool, err error) {
	var (
		valid          bool
		name, indexdef string
	)
	err = s.conn.QueryRowContext(ctx, selectIndex, ci.table, ci.name).Scan(&valid, &name, &indexdef)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for index %s: %w", ci.name, err)
	case valid && resuming:
		return s.sameIndex(ctx, ci, indexdef)
	case valid:
		return false, nil
	}
	if _, err := s.conn.ExecContext(ctx, "DROP INDEX CONCURRENTLY "+name); err != nil {
		return false, fmt.Errorf("drop invalid index %s: %w", name, err)
	}
	return false, nil
}

// sameIndex compares an existing index with the one a statement describes, by
// creating the latter on an empty copy of the table.
func (s *session) sameIndex(ctx context.Context, ci concurrentIndex, indexdef string) (same bool, err error) {
	if err := s.begin(ctx); err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.rollback(ctx)) }()
	kind := "INDEX"
	if ci.unique {
		kind = "UNIQUE INDEX"
	}
	for _, q := range []string{
		"CREATE TEMPORARY TABLE entgraph_probe (LIKE " + ci.table + ")",
		"CREATE " + kind + " entgraph_probe_index ON pg_temp.entgraph_probe " + ci.rest,
	} {
		if _, err := s.conn.ExecContext(ctx, q); err != nil {
			// Not comparable: the statement itself then reports that the index exists.
			return false, nil
		}
	}
	var probe string
	if err := scanOne(ctx, s.conn, &probe, `SELECT pg_get_indexdef('pg_temp.entgraph_probe_index'::regclass)`); err != nil {
		return false, fmt.Errorf("read definition of index %s: %w", ci.name, err)
	}
	return indexShape(probe) == indexShape(indexdef), nil
}

// indexShape is an index definition without the names of index and table.
func indexShape(def string) string {
	kind, _, _ := strings.Cut(def, " INDEX ")
	_, shape, _ := strings.Cut(def, " USING ")
	return kind + " " + shape
}
