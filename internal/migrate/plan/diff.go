package plan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	entschema "entgo.io/ent/dialect/sql/schema"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// Desired is the schema as it should be.
type Desired struct {
	// Tables is Ent's migrate.Tables.
	Tables []*entschema.Table
	// Schema is the text of [SchemaSQL], in place of Tables, for who has the file of another
	// program. Default: that of Tables.
	Schema string
	// Objects holds *.sql files with what Ent cannot say: extensions, functions, triggers,
	// views, policies, sequences, domains. Their order does not matter. May be nil.
	Objects fs.FS
	// Others are tables that no migration makes: what a directory has of them stays.
	Others schemadiff.Others
	// Hints answer questions from the schema; see [schemadiff.Options].
	Hints schemadiff.Answers
}

// DiffOptions says what [Diff] compares and where it writes. Dir, Tables, Scratch and
// Name are required.
type DiffOptions struct {
	// Dir is the migration directory; it is created when it is missing.
	Dir string
	Desired
	// Mark judges each file and marks, in its name, those with which programs of the
	// schema before it go on: *.compatible.sql. The first file of all has none before it.
	Mark bool
	// Scratch gives the databases to work in: two for each call.
	Scratch database.Scratch
	// Name describes the change, a verb and an object: "add_post_published".
	Name string
	// Answers decide what the two states leave open.
	Answers schemadiff.Answers
	// Expand lets old and new programs run side by side; see [schemadiff.Options]. The
	// files that [BeforeContract] leaves out are for when no old program runs.
	Expand bool
	// Ask asks a person what Answers leave open; see [schemadiff.Options].
	Ask func(schemadiff.Question) (string, error)
	// Rehearse judges the new files before they are in Dir: when it fails, Diff fails
	// with its error and Dir stays as it is. Default nil: nobody does.
	Rehearse func(context.Context, Candidate) error
	// DryRun leaves Dir as it is; all else happens.
	DryRun bool
	// Now gives the version. Default time.Now.
	Now func() time.Time
}

// Candidate is a migration directory as [Diff] would leave it.
type Candidate struct {
	// Dir is a copy with the new files, which is gone when the call has ended.
	Dir fs.FS
	// Since is the version of the first new file; the others are behind it.
	Since string
	// Want is the schema to which they lead.
	Want *schemadiff.State
}

// Diff writes the migration that brings the directory's state to the desired state,
// with the way back in down/ and atlas.sum, and gives the names of its files: none when
// there is nothing to do. There are several where big tables are to stay in use. What
// it writes has been run on a scratch database and was seen to lead to the desired
// state, and has passed Rehearse. It fails with [migrate.ErrDestructive] when data would be lost that the answers do
// not name, and with a [schemadiff.UndecidedError] when something else is open.
func Diff(ctx context.Context, o DiffOptions) ([]string, error) {
	if err := folder.CheckName(o.Name); err != nil {
		return nil, err
	}
	if !o.DryRun {
		if err := os.MkdirAll(o.Dir, 0o755); err != nil {
			return nil, fmt.Errorf("create migration directory: %w", err)
		}
	}
	d, err := folder.Open(os.DirFS(o.Dir))
	if err != nil {
		return nil, err
	}
	want, err := o.Desired.state(ctx, o.Scratch)
	if err != nil {
		return nil, err
	}
	files, want, err := planFrom(ctx, d, want, o)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	now := o.Now
	if now == nil {
		now = time.Now
	}
	version, err := folder.NextVersion(now(), d.Last())
	if err != nil {
		return nil, err
	}
	if o.Mark {
		if err := markCompatible(ctx, d, files, o); err != nil {
			return nil, err
		}
	}
	names, err := rehearse(ctx, version, want, files, o)
	for forgoBack(files, names, err) {
		names, err = rehearse(ctx, version, want, files, o)
	}
	if err != nil || o.DryRun {
		return names, err
	}
	return writeFiles(o.Dir, version, o.Name, files)
}

// forgoBack leaves out the way back of the file of which a rehearsal says that it alone
// fails, such as with rows that no placeholder fits, and of those before it, which nobody
// gets to then. It reports whether there was one: a way back never stops the way there.
func forgoBack(files []schemadiff.File, names []string, err error) bool {
	var back interface{ WayBackOf() string }
	if !errors.As(err, &back) {
		return false
	}
	i := slices.Index(names, back.WayBackOf())
	if i < 0 || files[i].OneWay != "" {
		return false
	}
	for k := range i + 1 {
		if files[k].OneWay == "" {
			files[k].OneWay, files[k].Down = schemadiff.NoWayBack+" runs with rows; write one into down/ by hand: "+err.Error(), nil
		}
	}
	return true
}

// rehearse writes the files into a copy of the directory, by the same function that
// then writes them into the directory itself, has them judged there and gives their names.
func rehearse(ctx context.Context, version string, want *schemadiff.State, files []schemadiff.File, o DiffOptions) (names []string, err error) {
	copied, err := os.MkdirTemp("", "entgraph-migrations-")
	if err != nil {
		return nil, fmt.Errorf("copy migration directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(copied)) }()
	if err := os.CopyFS(copied, os.DirFS(o.Dir)); err != nil {
		return nil, fmt.Errorf("copy migration directory: %w", err)
	}
	if names, err = writeFiles(copied, version, o.Name, files); err != nil || o.Rehearse == nil {
		return names, err
	}
	return names, o.Rehearse(ctx, Candidate{Dir: os.DirFS(copied), Since: version, Want: want})
}

// Check compares the directory with the desired state and lists what differs: nothing
// when no migration is missing.
func Check(ctx context.Context, dir fs.FS, desired Desired, scratch database.Scratch) ([]schemadiff.Difference, error) {
	d, err := folder.Open(dir)
	if err != nil {
		return nil, err
	}
	want, err := desired.state(ctx, scratch)
	if err != nil {
		return nil, err
	}
	var differences []schemadiff.Difference
	err = database.WithScratch(ctx, scratch, func(s *database.Session) error {
		have, err := s.Replay(ctx, d)
		if err != nil {
			return err
		}
		if want, err = desired.beside(have, want); err == nil {
			differences = schemadiff.Differences(have, want)
		}
		return err
	})
	return differences, err
}

// state loads the desired schema into a scratch database and reads it back, so that
// both sides of a comparison are in Postgres' own words.
func (w Desired) state(ctx context.Context, scratch database.Scratch) (state *schemadiff.State, err error) {
	err = database.WithScratch(ctx, scratch, func(s *database.Session) error {
		if err := w.load(ctx, s); err != nil {
			return err
		}
		state, err = s.Read(ctx)
		return err
	})
	return state, err
}

// beside gives the wanted state with what a directory has that no schema of Ent says, such as the names of
// foreign keys.
func (w Desired) beside(have, want *schemadiff.State) (*schemadiff.State, error) {
	if theirs := have.OfOthers(w.Others); len(theirs) > 0 {
		want = want.Beside(have, func(k schemadiff.Key) bool { return theirs[k] })
	}
	want, err := want.PartitionedAs(have)
	if err != nil {
		return nil, err
	}
	return want.NamedAs(have), nil
}

// planFrom replays the directory and plans the way to the state want, which it gives with the
// partitions of the directory.
func planFrom(ctx context.Context, d *folder.Directory, want *schemadiff.State, o DiffOptions) (files []schemadiff.File, to *schemadiff.State, err error) {
	err = database.WithScratch(ctx, o.Scratch, func(s *database.Session) error {
		have, err := s.Replay(ctx, d)
		if err != nil {
			return err
		}
		if to, err = o.beside(have, want); err != nil {
			return err
		}
		if err := s.MakeRoles(ctx, to.Roles()...); err != nil {
			return err
		}
		files, err = schemadiff.Plan(ctx, s.SQL(), to, schemadiff.Options{
			Flags: o.Answers, Hints: o.Hints, Ask: o.Ask, Online: true, Expand: o.Expand, Down: true, Except: []string{sqlfile.Revisions},
		})
		return explainPlan(err)
	})
	return files, to, err
}

// explainPlan turns questions that nobody answered into a [migrate.StateError]: with
// [migrate.ErrDestructive] when all of them are about what is dropped.
func explainPlan(err error) error {
	var undecided *schemadiff.UndecidedError
	if !errors.As(err, &undecided) {
		return err
	}
	drops := undecided.Drops()
	for _, q := range undecided.Questions {
		if len(q.Choices) > 1 || !q.Drops {
			return err
		}
	}
	return migrate.Refuse(migrate.ErrDestructive, "it drops "+strings.Join(drops, ", "), "if that is meant, add: --allow-drop "+strings.Join(drops, ","))
}

// Advice says what to do about differences between what a directory makes and what is wanted.
// The next diff would drop what should not be there, which a file written by hand may have
// made on purpose.
func Advice(all []schemadiff.Difference) string {
	const run = "run: migrate diff NAME"
	if slices.ContainsFunc(all, func(d schemadiff.Difference) bool { return d.Is == "extra" && d.Kind != schemadiff.Column }) {
		return "if what should not be there is to stay, write it to ent/migrate/objects/NAME.sql first; then " + run
	}
	return run
}
