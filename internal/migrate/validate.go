package migrate

import (
	"fmt"
	"io/fs"
	"slices"

	atlas "ariga.io/atlas/sql/migrate"
)

// Validate checks a migration directory without a database: sums, names, versions,
// txmode, statements that control transactions, and that every down file belongs to
// a migration.
func Validate(dir fs.FS) error {
	d, err := openDirectory(dir)
	if err != nil {
		return err
	}
	down, err := openDown(dir)
	if err != nil {
		return err
	}
	for _, f := range d.files {
		if err := checkFile(f); err != nil {
			return err
		}
		back := down[f.Version()]
		if back == nil {
			continue
		}
		if back.Name() != f.Name() {
			return fmt.Errorf("read down file %s/%s: its migration is called %s", downDir, back.Name(), f.Name())
		}
		if err := checkFile(back); err != nil {
			return fmt.Errorf("in folder %s: %w", downDir, err)
		}
	}
	for version, back := range down {
		if !slices.ContainsFunc(d.files, func(f *atlas.LocalFile) bool { return f.Version() == version }) {
			return fmt.Errorf("read down file %s/%s: there is no migration of this version", downDir, back.Name())
		}
	}
	return nil
}

// checkFile refuses a file that could not be applied as it is meant.
func checkFile(f *atlas.LocalFile) error {
	switch tx, err := transactional(f); {
	case err != nil:
		return err
	case !tx && isFunc(f):
		return fmt.Errorf("read %s: a Go function runs in a transaction: no txmode none", f.Name())
	}
	return checkStatements(f)
}
