package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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
}

// run applies what is pending, or records it where drafts have done it already.
func (s settling) run(ctx context.Context) error {
	kept, err := s.drafts.list()
	if err != nil {
		return err
	}
	o := database.UpOptions{Operator: s.Name, Progress: database.Print(s.stdout), StandIns: true}
	if len(kept) == 0 {
		_, err := database.Up(ctx, s.url, s.dir, o)
		return err
	}
	st, err := database.ReadStatus(ctx, s.url, s.dir)
	if err != nil {
		return err
	}
	if len(st.Pending) == 0 {
		return nil
	}
	previous := st.Current
	for pending := st.Pending; len(pending) > 0; {
		done, err := s.record(ctx, previous, pending)
		if err != nil {
			return err
		}
		if done == 0 {
			o.Limit, done = 1, 1
			if _, err := database.Up(ctx, s.url, s.dir, o); err != nil {
				return s.conflict(ctx, pending[0], previous, err)
			}
		}
		previous, pending = pending[done-1].Version, pending[done:]
	}
	return s.forget(ctx)
}

// record finds the longest beginning of pending files that lead to what the database is
// already, records them as applied, and gives their number. A file that changes no schema is
// neither the first nor the last of them: it may do something with rows, and is run.
func (s settling) record(ctx context.Context, previous string, pending []folder.File) (int, error) {
	before, err := s.at(ctx, previous)
	if err != nil {
		return 0, err
	}
	changes := make([]bool, len(pending))
	for i, f := range pending {
		after, err := s.at(ctx, f.Version)
		if err != nil {
			return 0, err
		}
		changes[i], before = len(schemadiff.Differences(before, after)) > 0, after
	}
	for n := len(pending); changes[0] && n > 0; n-- {
		if !changes[n-1] {
			continue
		}
		_, err := database.Stamp(ctx, s.url, s.dir, pending[n-1].Version, database.StampOptions{Scratch: s.scratch, Operator: s.Name})
		if errors.Is(err, migrate.ErrDiffers) {
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

func (s settling) at(ctx context.Context, version string) (*schemadiff.State, error) {
	if version == "" {
		version = folder.Base
	}
	return database.StateAt(ctx, s.dir, version, s.scratch)
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
	same, err := plan.Same(ctx, s.url, want)
	if err != nil || !same {
		return err
	}
	return s.drafts.clear()
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
