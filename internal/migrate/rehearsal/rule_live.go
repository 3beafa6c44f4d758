package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// liveRules need a database in use, Options.From: only that knows which indexes queries
// use.
var liveRules = []Rule{
	{"DS413", Warning, "drops an index that queries use (--from)", "They read the whole table, unless another index serves them.",
		"find out what uses it, and drop it when its scans in pg_stat_user_indexes have stopped", usedIndexes},
	{"DS414", Warning, "adds an index beside one that no query has used (--from)", "Every write keeps both.",
		"drop the unused one, unless a standby or a rare job uses it", idleIndexes},
}

// indexUse is how often a database in use has scanned an index, for queries and for
// foreign keys.
type indexUse struct {
	Name, Table string // as in a catalog
	Scans       int64
	// Since is from when on scans were counted and the index was surely there.
	Since time.Time
	// Spare says that the index serves queries alone, on a table of which they use another.
	Spare bool
}

// idleAfter is how long an index must have gone without a scan to be unused: a week has
// most jobs that come again.
const idleAfter = 7 * 24 * time.Hour

// Statistics end with a crash and with pg_stat_reset. Where they were never reset they are
// as old as the server process at least. When an index was made Postgres does not say: by
// the newest migration at the latest, where there is a history.
const selectUse = `SELECT CASE s.schemaname WHEN 'public' THEN '' ELSE s.schemaname || '.' END || s.indexrelname,
  CASE s.schemaname WHEN 'public' THEN '' ELSE s.schemaname || '.' END || s.relname, s.idx_scan,
  greatest(coalesce((SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()), pg_postmaster_start_time()), $1::timestamptz),
  NOT i.indisunique AND NOT i.indisexclusion AND NOT i.indisreplident AND NOT i.indisclustered AND i.indisvalid
    AND coalesce((SELECT idx_scan > 0 FROM pg_stat_user_tables t WHERE t.relid = s.relid), false)
FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid
WHERE NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = s.indexrelid)`

// readUse reads how indexes are used.
func (l *liveRows) readUse(ctx context.Context, tx pgx.Tx, _ int) error {
	var newest *time.Time
	if l.version != "" {
		err := tx.QueryRow(ctx, `SELECT max((to_jsonb(r) ->> 'executed_at')::timestamptz) FROM `+sqlfile.RevisionTable+` r`).Scan(&newest)
		if err != nil {
			return fmt.Errorf("read the history: %w", err)
		}
	}
	rows, err := tx.Query(ctx, selectUse, newest)
	if err != nil {
		return fmt.Errorf("read the use of indexes: %w", err)
	}
	l.use, err = pgx.CollectRows(rows, pgx.RowToStructByPos[indexUse])
	return wrap("read the use of indexes", err)
}

const day = "2006-01-02"

// usedIndexes finds dropped indexes with scans, where no index is left that begins with
// the same columns.
func usedIndexes(f *File, s *Statement) (all []string) {
	for _, i := range s.goneIndexes() {
		if f.end().covers(i.Table, i.Columns) && !slices.Contains(i.Columns, 0) {
			continue
		}
		for _, u := range f.use {
			if u.Name == i.Name && u.Scans > 0 {
				all = append(all, fmt.Sprintf("%s, %d scans since %s", i.Name, u.Scans, u.Since.Format(day)))
			}
		}
	}
	return all
}

// idleIndexes finds the unused ones of tables that get another.
func idleIndexes(f *File, s *Statement) (all []string) {
	for _, i := range s.newIndexes() {
		t := f.start.Tables[i.Table]
		if t == nil {
			continue
		}
		for _, u := range f.use {
			if u.Table == t.Name && u.Scans == 0 && u.Spare && time.Since(u.Since) >= f.idleAfter && f.end().hasIndex(u.Name) {
				all = append(all, fmt.Sprintf("%s, not since %s", u.Name, u.Since.Format(day)))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
