package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// onDisk is the migration directory of a checkout, with the functions of this program.
func (a *app) onDisk(root string) fs.FS {
	return a.directory(os.DirFS(filepath.Join(root, migrationDir)))
}

// settling applies pending migrations to the private database, in which drafts may have been
// applied before they became migrations.
type settling struct {
	*app
	url     string
	dir     fs.FS
	scratch database.Scratch
	drafts  drafts
	ask     asker
	states  map[string]*schemadiff.State // by version and the sums of the files, as they were replayed
	kept    *plan.Kept                   // of the draft before; nil for one draft alone
	up      database.UpOptions           // how files are run, and up to which; the rest is set here
	tell    func(folder.File)            // of each file that then counts as applied; may be nil
}

// run applies what is pending, or records it where drafts have done it already.
func (s settling) run(ctx context.Context) error {
	kept, err := s.drafts.list()
	if err != nil {
		return err
	}
	o := s.up
	o.Operator, o.StandIns = s.Name, true
	if o.External, err = plan.External(ctx, s.Ent.External); err != nil {
		return err
	}
	if o.Progress == nil {
		o.Progress = database.Print(s.stdout)
	}
	if len(kept) == 0 {
		applied, err := database.Up(ctx, s.url, s.dir, o)
		s.told(applied)
		return err
	}
	st, err := database.ReadStatus(ctx, s.url, s.dir)
	if err != nil {
		return err
	}
	pending := upTo(st.Pending, o)
	if len(pending) == 0 {
		return nil
	}
	if s.states == nil {
		s.states = map[string]*schemadiff.State{}
	}
	previous := st.Current
	for len(pending) > 0 {
		done, err := s.record(ctx, previous, pending)
		if err != nil {
			return err
		}
		if done == 0 {
			o.Limit, done = 1, 1
			if _, err := database.Up(ctx, s.url, s.dir, o); err != nil {
				if !unfit(err) {
					return err
				}
				return s.conflict(ctx, pending[0], previous, err)
			}
		}
		s.told(pending[:done])
		previous, pending = pending[done-1].Version, pending[done:]
	}
	return s.forget(ctx)
}

// upTo gives the pending files that options ask for.
func upTo(pending []folder.File, o database.UpOptions) []folder.File {
	if o.Limit > 0 {
		pending = pending[:min(o.Limit, len(pending))]
	}
	if i := slices.IndexFunc(pending, func(f folder.File) bool { return f.Version > o.To }); o.To != "" && i >= 0 {
		pending = pending[:i]
	}
	return pending
}

func (s settling) told(files []folder.File) {
	for _, f := range files {
		if s.tell != nil {
			s.tell(f)
		}
	}
}

// record finds the longest beginning of pending files that lead to what the database is
// already, records them as applied, and gives their number. It ends before a file that changes
// no schema: that may do something with rows, and is run. Not so a fill of diff, which gives
// values to a column that by the file after it has them all.
func (s settling) record(ctx context.Context, previous string, pending []folder.File) (int, error) {
	states, err := s.changing(ctx, previous, pending)
	if err != nil || len(states) == 1 {
		return 0, err
	}
	have, err := plan.ReadSource(ctx, plan.Source(s.url), plan.SourceOptions{})
	if err != nil {
		return 0, err
	}
	for n := len(states) - 1; n > 0; n-- {
		if states[n].Equal(states[n-1]) || !reached(have, states[:n+1]) {
			continue
		}
		_, err := database.Stamp(ctx, s.url, s.dir, pending[n-1].Version, database.StampOptions{Scratch: s.scratch, Operator: s.Name, LockTimeout: s.up.LockTimeout})
		if errors.Is(err, migrate.ErrDiffers) { // by now
			continue
		}
		if err != nil {
			return 0, err
		}
		for _, f := range pending[:n] {
			fmt.Fprintf(s.stdout, "%s  the private database has it already; recorded\n", f.Name)
		}
		return n, nil
	}
	return 0, nil
}

// changing gives the state before pending files and after each of them, up to the first that
// changes no schema.
func (s settling) changing(ctx context.Context, previous string, pending []folder.File) ([]*schemadiff.State, error) {
	before, err := s.at(ctx, previous)
	if err != nil {
		return nil, err
	}
	states := []*schemadiff.State{before}
	for _, f := range pending {
		after, err := s.at(ctx, f.Version)
		if err != nil {
			return nil, err
		}
		if after.Equal(before) && !s.fills(f) {
			break
		}
		states, before = append(states, after), after
	}
	return states, nil
}

// fills reports whether a file is one in which diff fills new columns in batches.
func (s settling) fills(f folder.File) bool {
	text, err := fs.ReadFile(s.dir, f.Name)
	return err == nil && strings.HasSuffix(f.Description, "_build") && strings.Contains(string(text), "DO $fill$")
}

// reached reports whether a database has what the last of some states has, and nothing that
// the others have and the last has not. What it has besides may be a later draft.
func reached(have *schemadiff.State, states []*schemadiff.State) bool {
	last := states[len(states)-1]
	extra := func(k schemadiff.Key) bool { return last.Objects[k] == nil }
	for _, k := range have.Diff(last) {
		if !extra(k) {
			return false
		}
	}
	for _, before := range states[:len(states)-1] {
		for k := range before.Objects {
			if extra(k) && have.Objects[k] != nil {
				return false
			}
		}
	}
	return true
}

func (s settling) at(ctx context.Context, version string) (*schemadiff.State, error) {
	if version == "" {
		version = folder.Base
	}
	sums, err := fs.ReadFile(s.dir, "atlas.sum")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the sums of the migrations: %w", err)
	}
	key := version + "\n" + string(sums)
	if state := s.states[key]; state != nil {
		return state, nil
	}
	state, err := database.StateAt(ctx, s.dir, version, s.scratch)
	if errors.Is(err, migrate.ErrNoVersion) {
		return nil, &problem{Kind: problemSchema, Text: fmt.Sprintf(
			"the database has the migration %s, of which there is no file here: it may be of another branch\ngo back to where the file is and take it back there with %s, or begin with a new private database: %s",
			version, s.rebuilt("migrate down"), s.rebuilt("reset"))}
	}
	if err == nil && s.states != nil {
		s.states[key] = state
	}
	return state, err
}

// ours gives what the migrations that are applied make, and what drafts have made.
func (s settling) ours(ctx context.Context) (map[schemadiff.Key]bool, error) {
	all, err := s.drafts.made()
	if err != nil {
		return nil, err
	}
	if all == nil {
		kept, err := s.drafts.list()
		if err != nil || len(kept) > 0 { // by a program that did not write it down
			return nil, err
		}
		all = map[schemadiff.Key]bool{}
	}
	st, err := database.ReadStatus(ctx, s.url, s.dir)
	if err != nil {
		return nil, err
	}
	base, err := s.at(ctx, st.Current)
	if err != nil {
		return nil, err
	}
	for k := range base.Objects {
		all[k] = true
	}
	return all, nil
}

// forget removes the drafts when the database is what the migrations make.
func (s settling) forget(ctx context.Context) error {
	st, err := database.ReadStatus(ctx, s.url, s.dir)
	if err != nil || st.Err() != nil {
		return err
	}
	want, err := s.at(ctx, st.Current)
	if err != nil {
		return err
	}
	same, err := plan.Same(ctx, s.url, want, s.ours)
	if err != nil || !same {
		return err
	}
	return s.drafts.clear()
}

// unfit reports whether an error says that a statement does not fit the database. Another time
// it may find the locks free, and the server there.
func unfit(err error) bool {
	var stmt *migrate.StatementError
	var pg *pgconn.PgError
	if !errors.As(err, &stmt) || !errors.As(stmt.Err, &pg) || pg.Code == pgerrcode.LockNotAvailable {
		return false
	}
	return !slices.ContainsFunc([]func(string) bool{
		pgerrcode.IsConnectionException, pgerrcode.IsTransactionRollback, pgerrcode.IsInsufficientResources,
		pgerrcode.IsOperatorIntervention,
	}, func(is func(string) bool) bool { return is(pg.Code) })
}

// conflict is a migration that does not fit what drafts have made: they are taken back if
// somebody says so.
func (s settling) conflict(ctx context.Context, f folder.File, version string, cause error) error {
	if s.ask.confirm == nil {
		return &problem{Kind: problemSchema, Text: fmt.Sprintf(
			"%s does not fit what was drafted in the private database: %v\ntake the drafts back with: %s", f.Name, cause, s.rebuilt("migrate drafts --undo"))}
	}
	yes, err := s.ask.confirm(ctx, fmt.Sprintf("%s does not fit what was drafted in the private database: %v\nTake the drafts back?", f.Name, cause))
	if err != nil {
		return err
	}
	if !yes {
		return &problem{Kind: problemSchema, Text: fmt.Sprintf("%s does not fit what was drafted in the private database", f.Name)}
	}
	if err := s.undo(ctx, version); err != nil {
		return err
	}
	return s.run(ctx)
}

// undo brings the database to what the migrations up to a version make, and forgets the
// drafts.
func (s settling) undo(ctx context.Context, version string) error {
	want, err := s.at(ctx, version)
	if err != nil {
		return err
	}
	if _, err := s.lead(ctx, want, schemadiff.Answers{}); err != nil {
		return err
	}
	return s.drafts.clear()
}
