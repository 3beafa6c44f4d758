package database

import (
	"context"
	"fmt"
	"slices"

	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// compatible says whether all that the database has beyond the directory is newer than it and is
// compatible with programs of its schema.
func (s Status) compatible() bool {
	if !s.Ahead || s.Partial != nil || s.Reverting != nil {
		return false
	}
	for _, r := range s.Unknown {
		if r.Version < s.last || partial(r) || reverting(r) || !sqlfile.SaysCompatible(r.Description) {
			return false
		}
	}
	return true
}

const selectServers = `SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE application_name = $1 AND datname = current_database()`

// tellServers tells, before the first file runs, that servers at work are not made for the
// schema after it.
func (s *session) tellServers(ctx context.Context, w upWork, o UpOptions) error {
	i := slices.IndexFunc(w.pending, func(f folder.File) bool { return !sqlfile.SaysCompatible(f.Name) })
	if i < 0 || len(w.status.Applied) == 0 {
		return nil
	}
	var n int
	if err := scanOne(ctx, s.conn, &n, selectServers, o.Operator); err != nil {
		return fmt.Errorf("look for servers: %w", err)
	}
	if n > 0 {
		o.notice(Event{})(fmt.Sprintf("%s open: a server of the release before is no longer ready after %s, which is not known to be compatible with it",
			connections(n), w.pending[i].Name))
	}
	return nil
}

func connections(n int) string {
	if n == 1 {
		return "1 connection of servers is"
	}
	return fmt.Sprintf("%d connections of servers are", n)
}
