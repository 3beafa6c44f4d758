package migrate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// markCompatible finds out with which of the planned files programs of the directory's
// schema go on.
func markCompatible(ctx context.Context, d *directory, files []schemadiff.File, o DiffOptions) error {
	if len(d.files) == 0 {
		return nil // there is no program before the first one
	}
	return withScratch(ctx, o.Scratch, func(s *session) error {
		before, err := s.replay(ctx, d)
		if err != nil {
			return err
		}
		contract := false
		for i := range files {
			f := &files[i]
			contract = contract || strings.HasPrefix(f.Part, "contract")
			for _, text := range f.Up {
				if _, err := s.conn.ExecContext(ctx, text); err != nil {
					return fmt.Errorf("judge the planned statements: %w", err)
				}
			}
			after, err := s.read(ctx)
			if err != nil {
				return err
			}
			f.Compatible = len(Disturbs(before, after, f.Up)) == 0
			// The parts before the contract are made for that, by triggers and back-fills.
			f.Beside = !f.Compatible && o.Expand && !contract
			before = after
		}
		return nil
	})
}

// Disturbs lists what in a file may disturb programs of the schema before it, which still
// run: nothing when they need not know of it.
func Disturbs(before, after *schemadiff.State, statements []string) []string {
	reasons := schemadiff.Breaks(before, after)
	for _, text := range statements {
		if schemadiff.Changing(text) {
			line, _, _ := strings.Cut(strings.TrimRight(strings.TrimSpace(text), ";"), "\n")
			reasons = append(reasons, "may change rows or rights: "+line)
		}
	}
	return reasons
}

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

// serverName is the application_name of the servers' connections.
const serverName = "entgraph"

const selectServers = `SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE application_name = $1 AND datname = current_database()`

// tellServers tells, before the first file runs, that servers at work are not made for the
// schema after it.
func (s *session) tellServers(ctx context.Context, w upWork, o UpOptions) error {
	i := slices.IndexFunc(w.pending, func(f File) bool { return !sqlfile.SaysCompatible(f.Name) })
	if i < 0 || len(w.status.Applied) == 0 {
		return nil
	}
	var n int
	if err := scanOne(ctx, s.conn, &n, selectServers, serverName); err != nil {
		return fmt.Errorf("look for servers: %w", err)
	}
	if n > 0 {
		o.notice(Event{})(fmt.Sprintf("%s open: a server of the release before is not ready any more after %s, which is not known to be compatible with it",
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
