package folder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

const versionLayout = "20060102150405"

// NextVersion gives the time in seconds, or the second after the newest file's
// where that is later, so that versions are unique and in the order of their making.
func NextVersion(now time.Time, last string) (string, error) {
	version := now.UTC().Format(versionLayout)
	if version > last {
		return version, nil
	}
	return VersionAfter(last)
}

// VersionAfter gives the version a second later. It fails for one that is not a time.
func VersionAfter(version string) (string, error) {
	t, err := time.Parse(versionLayout, version)
	if err != nil {
		return "", fmt.Errorf("choose version after %s: %w", version, err)
	}
	return t.Add(time.Second).Format(versionLayout), nil
}

// CreateFile writes a file that must not be there: a second writer fails and overwrites
// nothing.
func CreateFile(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write migration: %w", err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write migration: %w", err), os.Remove(path))
	}
	return nil
}

// RemoveDown removes the way back of the migration called name, if there is one. The sums
// stay as they are.
func RemoveDown(dir, name string) error {
	err := os.Remove(filepath.Join(dir, sqlfile.Down, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// WriteSum renews atlas.sum of the migration directory dir.
func WriteSum(dir string) error {
	local, err := atlas.NewLocalDir(dir)
	if err != nil {
		return fmt.Errorf("open migration directory: %w", err)
	}
	sum, err := local.Checksum()
	if err != nil {
		return fmt.Errorf("hash migrations: %w", err)
	}
	if err := atlas.WriteSumFile(local, sum); err != nil {
		return fmt.Errorf("write %s: %w", atlas.HashFileName, err)
	}
	return nil
}
