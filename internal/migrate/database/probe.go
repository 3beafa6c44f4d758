package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// Statements that run outside a transaction leave a trace when they are cut off, or
// are done although nothing counts them. Before one is repeated, already looks.

var (
	dropIndexPattern = regexp.MustCompile(`(?is)^\s*DROP\s+INDEX\s+CONCURRENTLY\s+(?:IF\s+EXISTS\s+)?(` +
		sqltext.Name + `(?:\.` + sqltext.Name + `)?)[\s;]*(?:RESTRICT)?[\s;]*$`)
	detachPattern = regexp.MustCompile(`(?is)^\s*ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(` +
		sqltext.Name + `(?:\.` + sqltext.Name + `)?)\s+DETACH\s+PARTITION\s+(` + sqltext.Name + `(?:\.` + sqltext.Name + `)?)\s+CONCURRENTLY[\s;]*$`)
	reindexPattern = regexp.MustCompile(`(?is)^\s*REINDEX\b.*\bCONCURRENTLY\b`)
)

// already says whether a statement outside a transaction is done, and removes what an
// earlier attempt at it left behind. Only when resuming may it have been done.
func (s *session) already(ctx context.Context, query string, resuming bool) (done bool, err error) {
	if ci, ok := parseConcurrentIndex(query); ok {
		return s.cleanIndex(ctx, ci, resuming)
	}
	if !resuming {
		return false, nil
	}
	if m := dropIndexPattern.FindStringSubmatch(query); m != nil {
		err := scanOne(ctx, s.conn, &done, `SELECT to_regclass($1) IS NULL`, m[1])
		return done, err
	}
	if m := detachPattern.FindStringSubmatch(query); m != nil {
		return s.finishDetach(ctx, m[1], m[2])
	}
	if reindexPattern.MatchString(query) {
		return false, s.dropReindexed(ctx)
	}
	return false, nil
}

// finishDetach ends a detachment that was cut off.
func (s *session) finishDetach(ctx context.Context, parent, child string) (done bool, err error) {
	var pending bool
	err = scanOne(ctx, s.conn, &pending, `SELECT inhdetachpending FROM pg_catalog.pg_inherits
WHERE inhparent = to_regclass($1) AND inhrelid = to_regclass($2)`, parent, child)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		// A table that is not there at all is for the statement itself to report.
		err := scanOne(ctx, s.conn, &done, `SELECT to_regclass($1) IS NOT NULL AND to_regclass($2) IS NOT NULL`, parent, child)
		return done, err
	case err != nil:
		return false, fmt.Errorf("look for partition %s: %w", child, err)
	case !pending:
		return false, nil
	}
	if _, err := s.conn.ExecContext(ctx, "ALTER TABLE "+parent+" DETACH PARTITION "+child+" FINALIZE"); err != nil {
		return false, fmt.Errorf("finish to detach partition %s: %w", child, err)
	}
	return true, nil
}

// selectReindexed finds the copies that an interrupted REINDEX CONCURRENTLY leaves; the
// names are Postgres' own.
const selectReindexed = `SELECT i.indexrelid::regclass::text
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'`

func (s *session) dropReindexed(ctx context.Context) error {
	left, err := scanAll(ctx, s.conn, selectReindexed)
	if err != nil {
		return fmt.Errorf("look for interrupted reindexing: %w", err)
	}
	for _, name := range left {
		if _, err := s.conn.ExecContext(ctx, "DROP INDEX CONCURRENTLY "+name); err != nil {
			return fmt.Errorf("drop invalid index %s: %w", name, err)
		}
	}
	return nil
}

// scanAll reads the texts of a query's single column.
func scanAll(ctx context.Context, q Querier, query string, args ...any) ([]string, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

var (
	sessionSetting = regexp.MustCompile(`(?is)^\s*(SET|RESET)\s+\S|^\s*SELECT\s+(pg_catalog\.)?set_config\s*\(`)
	otherSetting   = regexp.MustCompile(`(?is)^\s*SET\s+(LOCAL|CONSTRAINTS|TRANSACTION)\b`)
)

// replaySettings repeats the settings among the statements that an earlier run has
// applied: they were those of its session, which is gone.
func (s *session) replaySettings(ctx context.Context, applied []string) error {
	for _, query := range applied {
		if !sessionSetting.MatchString(query) || otherSetting.MatchString(query) {
			continue
		}
		s.became = s.became || ChangesRole.MatchString(query)
		if _, err := s.conn.ExecContext(ctx, query); err != nil {
			return fmt.Errorf("repeat setting %q: %w", query, err)
		}
	}
	return nil
}
