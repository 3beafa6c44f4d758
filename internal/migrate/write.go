package migrate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
)

const versionLayout = "20060102150405"

// nextVersion gives the time in seconds, or the second after the newest file where
// that is later, so that versions are unique and in the order of their making.
func nextVersion(now time.Time, d *directory) (string, error) {
	version, last := now.UTC().Format(versionLayout), d.last()
	if version > last {
		return version, nil
	}
	t, err := time.Parse(versionLayout, last)
	if err != nil {
		return "", fmt.Errorf("choose version after %s: %w", last, err)
	}
	return t.Add(time.Second).Format(versionLayout), nil
}

// write stores a plan as a new file and renews atlas.sum.
func write(dir string, plan *atlas.Plan) (name string, err error) {
	files, err := atlas.DefaultFormatter.Format(plan)
	if err != nil {
		return "", fmt.Errorf("format migration: %w", err)
	}
	if len(files) != 1 {
		return "", fmt.Errorf("format migration: got %s, want 1", plural(len(files), "file"))
	}
	path := filepath.Join(dir, files[0].Name())
	// O_EXCL: a second writer fails and overwrites nothing.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", fmt.Errorf("write migration: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	_, err = f.Write(files[0].Bytes())
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("write migration: %w", err)
	}
	if err := writeSum(dir); err != nil {
		return "", err
	}
	return files[0].Name(), nil
}

func writeSum(dir string) error {
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
