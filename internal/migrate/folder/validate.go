package folder

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// Validate checks a migration directory without a database: sums, names, versions,
// txmode, statements that control transactions, and that every down file belongs to
// a migration.
func Validate(dir fs.FS) error {
	d, err := Open(dir)
	if err != nil {
		return err
	}
	down, err := OpenDown(dir)
	if err != nil {
		return err
	}
	for _, f := range d.Files {
		if err := CheckFile(f); err != nil {
			return err
		}
		back := down[f.Version()]
		if back == nil {
			continue
		}
		if back.Name() != f.Name() {
			return fmt.Errorf("read down file %s/%s: its migration is called %s", sqlfile.Down, back.Name(), f.Name())
		}
		if err := CheckFile(back); err != nil {
			return fmt.Errorf("in folder %s: %w", sqlfile.Down, err)
		}
	}
	for _, version := range slices.Sorted(maps.Keys(down)) {
		if !slices.ContainsFunc(d.Files, func(f *atlas.LocalFile) bool { return f.Version() == version }) {
			return fmt.Errorf("read down file %s/%s: there is no migration of this version", sqlfile.Down, down[version].Name())
		}
	}
	return nil
}

// CheckFile refuses a file that could not be applied as it is meant.
func CheckFile(f *atlas.LocalFile) error {
	switch tx, err := Transactional(f); {
	case err != nil:
		return err
	case !tx && isFunc(f):
		return fmt.Errorf("read %s: a Go function runs in a transaction: no txmode none", f.Name())
	}
	return checkStatements(f)
}
