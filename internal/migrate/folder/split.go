package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// SplitNames gives the names of the files that take the place of the one called name in
// dir: its own, and one for each suffix, with the versions right after it. It fails when
// the next file leaves no room, or when a new database never runs the file because a
// later checkpoint stands for it.
func SplitNames(dir fs.FS, name string, suffixes []string) ([]string, error) {
	d, err := OpenUnchecked(dir)
	if err != nil {
		return nil, err
	}
	i := 0
	for i < len(d.Files) && d.Files[i].Name() != name {
		i++
	}
	if i == len(d.Files) {
		return nil, migrate.NoVersion("split", name)
	}
	if LastCheckpoint(d.Files) >= i {
		return nil, fmt.Errorf("split %s: a checkpoint stands for it, and applied files must not be changed", name)
	}
	names, version := []string{name}, d.Files[i].Version()
	for _, suffix := range suffixes {
		if version, err = VersionAfter(version); err != nil {
			return nil, err
		}
		if i+1 < len(d.Files) && version >= d.Files[i+1].Version() {
			return nil, fmt.Errorf("split %s: there is no version between it and %s; run: migrate rebase %s", name, d.Files[i+1].Name(), d.Files[i+1].Version())
		}
		names = append(names, version+"_"+strings.TrimSuffix(d.Files[i].Desc(), sqlfile.Compatible)+"_"+suffix+".sql")
	}
	return names, nil
}

// Text is a migration with its way back, nil for none.
type Text struct {
	Name string
	SQL  string
	Down *string
}

// Overwrite stores migrations in dir, new ones and others, and renews the sums. When it
// fails the folder is as it was. The caller makes sure that they are [database.Unapplied].
func Overwrite(dir string, files []Text) (err error) {
	old, err := os.MkdirTemp("", "entgraph-migrations-")
	if err != nil {
		return fmt.Errorf("keep the migrations: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(old)) }()
	if err := CopyFolder(old, dir); err != nil {
		return err
	}
	var written []string
	defer func() {
		if err != nil {
			err = errors.Join(err, restore(dir, old, written))
		}
	}()
	put := func(path, text string) error {
		written = append(written, path)
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755); err != nil {
			return fmt.Errorf("write migration: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write migration: %w", err)
		}
		return nil
	}
	for _, f := range files {
		if err := put(f.Name, f.SQL); err != nil {
			return err
		}
		if f.Down == nil {
			continue
		}
		if err := put(filepath.Join(sqlfile.Down, f.Name), *f.Down); err != nil {
			return err
		}
	}
	written = append(written, "atlas.sum", filepath.Join(sqlfile.Down, downSum))
	return Rehash(dir)
}

// restore puts back what old has of the paths, and removes those that it has not.
func restore(dir, old string, paths []string) (err error) {
	for _, path := range paths {
		data, rerr := os.ReadFile(filepath.Join(old, path))
		switch {
		case errors.Is(rerr, fs.ErrNotExist):
			rerr = os.Remove(filepath.Join(dir, path))
			if errors.Is(rerr, fs.ErrNotExist) {
				rerr = nil
			}
		case rerr == nil:
			rerr = os.WriteFile(filepath.Join(dir, path), data, 0o644)
		}
		err = errors.Join(err, rerr)
	}
	return err
}

// CopyFolder copies a migration directory with its down files into the folder to.
func CopyFolder(to, dir string) error {
	for _, folder := range []string{".", sqlfile.Down} {
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if folder == sqlfile.Down && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read migration directory: %w", err)
		}
		if err := os.MkdirAll(filepath.Join(to, folder), 0o755); err != nil {
			return fmt.Errorf("copy migration directory: %w", err)
		}
		for _, e := range entries {
			if e.IsDir() || !slices.Contains([]string{".sql", ".sum"}, filepath.Ext(e.Name())) {
				continue
			}
			data, err := os.ReadFile(filepath.Join(dir, folder, e.Name()))
			if err == nil {
				err = os.WriteFile(filepath.Join(to, folder, e.Name()), data, 0o644)
			}
			if err != nil {
				return fmt.Errorf("copy %s: %w", e.Name(), err)
			}
		}
	}
	return nil
}
