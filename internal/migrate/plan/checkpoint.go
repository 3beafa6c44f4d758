package plan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// CheckpointOptions tunes [Checkpoint].
type CheckpointOptions struct {
	Name    string // default "checkpoint"
	Scratch database.Scratch
	Now     func() time.Time // gives the version; default time.Now
	DryRun  bool
}

// Checkpoint writes a file that stands for all files before it: a new database begins
// with it, an old one skips it. It gives the file's name and text. It holds the schema
// that a replay of dir leads to; where that is not the whole of it, because there are
// rows or things that the planner does not know, it holds the files' statements. Either
// was run and compared with the replay. The atlas command line knows checkpoints from
// version 0.14 on.
func Checkpoint(ctx context.Context, dir string, o CheckpointOptions) (name, text string, err error) {
	d, err := folder.Open(os.DirFS(dir))
	if err != nil {
		return "", "", err
	}
	if len(d.Files) == 0 {
		return "", "", errors.New("write checkpoint: the directory has no migration")
	}
	if o.Name == "" {
		o.Name = "checkpoint"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	version, err := folder.NextVersion(o.Now(), d.Last())
	if err != nil {
		return "", "", err
	}
	name = version + "_" + o.Name + ".sql"
	if !folder.IsName(name) {
		return "", "", fmt.Errorf("name checkpoint %q: want lower-case words joined by _", o.Name)
	}
	if text, err = checkpointText(ctx, d, o.Scratch); err != nil || o.DryRun {
		return name, text, err
	}
	if err := folder.CreateFile(filepath.Join(dir, name), text); err != nil {
		return "", "", err
	}
	return name, text, folder.WriteSum(dir)
}

// checkpointText replays d and finds statements that lead to the same state.
func checkpointText(ctx context.Context, d *folder.Directory, scratch database.Scratch) (text string, err error) {
	var want string
	var state *schemadiff.State
	err = database.WithScratch(ctx, scratch, func(s *database.Session) error {
		if state, err = s.Replay(ctx, d); err != nil {
			return err
		}
		want, err = s.Fingerprint(ctx)
		return err
	})
	if err != nil {
		return "", err
	}
	planned, unknown := planCreate(ctx, state, scratch)
	files := d.Files
	if last := folder.LastCheckpoint(files); last >= 0 {
		files = files[last:]
	}
	copied, err := folder.Join(files)
	if err != nil {
		return "", err
	}
	head, body, _ := strings.Cut(copied, "\n\n")
	if head != sqlfile.NoTransaction {
		head, body = "", copied
	} else {
		head += "\n"
	}
	for _, text := range []string{sqlfile.Checkpoint + "\n" + "\n" + planned, sqlfile.Checkpoint + "\n" + head + "\n" + body} {
		got, err := fingerprintOf(ctx, text, scratch)
		if err != nil {
			return "", err
		}
		if got == want {
			return text, nil
		}
	}
	return "", errors.Join(errors.New("write checkpoint: its statements do not lead to the state that the migrations lead to"), unknown)
}

// planCreate plans the statements that make a schema in an empty database.
func planCreate(ctx context.Context, state *schemadiff.State, scratch database.Scratch) (text string, err error) {
	err = database.WithScratch(ctx, scratch, func(s *database.Session) error {
		if err := s.MakeRoles(ctx, state.Roles()...); err != nil {
			return err
		}
		files, err := schemadiff.Plan(ctx, s.SQL(), state, schemadiff.Options{Except: []string{sqlfile.Revisions}})
		if err != nil {
			return err
		}
		if len(files) > 1 {
			return errors.New("plan checkpoint: the schema needs more than one transaction")
		}
		for _, f := range files {
			text += bodyText(f.Up)
		}
		return nil
	})
	return text, err
}

// fingerprintOf runs statements in a scratch database; "" when one fails there.
func fingerprintOf(ctx context.Context, text string, scratch database.Scratch) (got string, err error) {
	err = database.WithScratch(ctx, scratch, func(s *database.Session) error {
		d, err := folder.Single("1_try.sql", text)
		if err != nil {
			return err
		}
		if _, err := s.Replay(ctx, d); err != nil {
			return nil // not a way to make a checkpoint
		}
		got, err = s.Fingerprint(ctx)
		return err
	})
	return got, err
}
