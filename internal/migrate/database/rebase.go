package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// Renamed is a migration that got a new version.
type Renamed struct{ From, To string }

// RebaseOptions tunes [Rebase].
type RebaseOptions struct {
	// Versions are to be moved to the end. Default: those that must be, because a newer
	// file is applied already or another file has the same version.
	Versions []string
	DryRun   bool
	// Now gives the first new version. Default time.Now.
	Now func() time.Time
}

// Rebase puts migrations that are not applied to the database at url behind all others
// of dir by giving them new versions, for example after two branches that both added
// one were merged. It renews the sums, also those that a merge has mixed up, keeps the
// files' order and content, and renames the down files too.
func Rebase(ctx context.Context, url, dir string, o RebaseOptions) ([]Renamed, error) {
	revs, err := revisionsAt(ctx, url)
	if err != nil {
		return nil, err
	}
	names, err := folder.Names(dir)
	if err != nil {
		return nil, err
	}
	files := make([]*atlas.LocalFile, len(names))
	for i, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("rebase: %w", err)
		}
		files[i] = atlas.NewLocalFile(name, text)
	}
	move, err := toMove(revs, files, o.Versions)
	if err != nil {
		return nil, err
	}
	renamed, err := newNames(names, move, o.Now)
	if err != nil || o.DryRun {
		return renamed, err
	}
	for _, r := range renamed {
		if err := rename(dir, r); err != nil {
			return nil, err
		}
	}
	return renamed, folder.Rehash(dir)
}

// toMove chooses the names to move.
func toMove(revs []*Revision, files []*atlas.LocalFile, versions []string) ([]string, error) {
	var move []string
	late := func(f *atlas.LocalFile) bool {
		return len(revs) > 0 && beginning(revs, files) <= f.Version() && f.Version() < revs[len(revs)-1].Version
	}
	for i, f := range files {
		name, r := f.Name(), byVersion(revs, f.Version())
		applied := r != nil && r.Description == f.Desc()
		twin := slices.ContainsFunc(files, func(g *atlas.LocalFile) bool { return g.Version() == f.Version() && g.Name() != name })
		stays := slices.ContainsFunc(files[:i], func(g *atlas.LocalFile) bool {
			return g.Version() == f.Version() && !slices.Contains(move, g.Name())
		})
		wanted := slices.Contains(versions, f.Version())
		switch {
		case wanted && applied:
			return nil, migrate.Refuse(migrate.ErrApplied, name, "only a file that is not applied can get another version")
		case applied, f.IsCheckpoint():
		case wanted, r != nil && twin, r == nil && stays, len(versions) == 0 && r == nil && late(f):
			move = append(move, name)
		}
	}
	for _, v := range versions {
		if !slices.ContainsFunc(move, func(n string) bool { return strings.HasPrefix(n, v+"_") }) {
			return nil, migrate.NoVersion("rebase", v)
		}
	}
	return move, nil
}

// newNames gives versions behind all others, in order.
func newNames(names, move []string, now func() time.Time) ([]Renamed, error) {
	if now == nil {
		now = time.Now
	}
	last := ""
	for _, name := range names {
		if !slices.Contains(move, name) {
			last = atlas.NewLocalFile(name, nil).Version()
		}
	}
	var renamed []Renamed
	for _, name := range move {
		version, err := folder.NextVersion(now(), last)
		if err != nil {
			return nil, err
		}
		_, rest, _ := strings.Cut(name, "_")
		renamed, last = append(renamed, Renamed{name, version + "_" + rest}), version
	}
	return renamed, nil
}

func rename(dir string, r Renamed) error {
	for _, folder := range []string{dir, filepath.Join(dir, sqlfile.Down)} {
		err := os.Rename(filepath.Join(folder, r.From), filepath.Join(folder, r.To))
		if err != nil && !(folder != dir && errors.Is(err, fs.ErrNotExist)) {
			return fmt.Errorf("rename migration: %w", err)
		}
	}
	return nil
}
