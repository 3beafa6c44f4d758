package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// The way back of a migration is down/<version>_<name>.sql beside it. The sums of all
// of them are in down/down.sum, in the form of atlas.sum. Atlas ignores the folder.
const downSum = "down.sum"

// WriteDown stores the way back of the migration called name (such as
// "20260102150405_add_post.sql") of the migration directory dir and renews down.sum.
// It overwrites what is there.
func WriteDown(dir, name string, sql []byte) error {
	if !IsName(name) {
		return fmt.Errorf("write down file %q: want a name such as 20260102150405_add_post.sql", name)
	}
	if err := os.MkdirAll(filepath.Join(dir, sqlfile.Down), 0o755); err != nil {
		return fmt.Errorf("create folder of down files: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, sqlfile.Down, name), sql, 0o644); err != nil {
		return fmt.Errorf("write down file: %w", err)
	}
	return WriteDownSum(dir)
}

// WriteDownSum renews down/down.sum of the migration directory dir. Without down
// files it removes the sum, and the folder when nothing else is in it.
func WriteDownSum(dir string) error {
	folder := filepath.Join(dir, sqlfile.Down)
	text, err := downSumText(os.DirFS(dir))
	switch {
	case err != nil:
		return err
	case text == nil:
		err := os.Remove(filepath.Join(folder, downSum))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove %s: %w", downSum, err)
		}
		_ = os.Remove(folder) // stays when it holds anything else
		return nil
	}
	if err := os.WriteFile(filepath.Join(folder, downSum), text, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", downSum, err)
	}
	return nil
}

// downSumText is what down.sum should say, nil without down files.
func downSumText(dir fs.FS) ([]byte, error) {
	files, _, err := readDown(dir)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	sum, err := hashDown(files)
	if err != nil {
		return nil, err
	}
	text, err := sum.MarshalText()
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", downSum, err)
	}
	return text, nil
}

// OpenDown reads the down files of a migration directory, by version. There may be
// none. It fails with [migrate.ErrChecksum] when down.sum and the files do not match.
func OpenDown(dir fs.FS) (map[string]*atlas.LocalFile, error) {
	files, sum, err := readDown(dir)
	if err != nil {
		return nil, err
	}
	if err := checkDown(files, sum); err != nil {
		return nil, err
	}
	down := make(map[string]*atlas.LocalFile, len(files))
	for _, f := range files {
		if !IsName(f.Name()) {
			return nil, fmt.Errorf("read down file %s: want a name such as 20260102150405_add_post.sql", f.Name())
		}
		if down[f.Version()] != nil {
			return nil, fmt.Errorf("read down file %s: another has version %s too", f.Name(), f.Version())
		}
		down[f.Version()] = f
	}
	return down, nil
}

// readDown reads the down files in the order of their names, and down.sum.
func readDown(dir fs.FS) (files []*atlas.LocalFile, sum []byte, err error) {
	entries, err := fs.ReadDir(dir, sqlfile.Down)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read folder of down files: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".sql") && e.Name() != downSum {
			continue
		}
		data, err := fs.ReadFile(dir, path.Join(sqlfile.Down, e.Name()))
		if err != nil {
			return nil, nil, fmt.Errorf("read down file %s: %w", e.Name(), err)
		}
		if e.Name() == downSum {
			sum = data
		} else {
			files = append(files, atlas.NewLocalFile(e.Name(), data))
		}
	}
	return files, sum, nil
}

func hashDown(files []*atlas.LocalFile) (atlas.HashFile, error) {
	all := make([]atlas.File, len(files))
	for i, f := range files {
		all[i] = f
	}
	sum, err := atlas.NewHashFile(all)
	if err != nil {
		return nil, fmt.Errorf("hash down files: %w", err)
	}
	return sum, nil
}

// checkDown compares the text of down.sum with the files and names the first that
// differs. Sums are cumulative: those after it differ too.
func checkDown(files []*atlas.LocalFile, text []byte) error {
	const advice = "restore the file, or after a deliberate change run: migrate hash"
	if len(files) == 0 && len(text) == 0 {
		return nil
	}
	if len(text) == 0 {
		return migrate.Refuse(migrate.ErrChecksum, sqlfile.Down+"/"+downSum+" is missing", advice)
	}
	want, err := hashDown(files)
	if err != nil {
		return err
	}
	if all, err := want.MarshalText(); err == nil && slices.Equal(all, text) {
		return nil
	}
	var got atlas.HashFile
	if err := got.UnmarshalText(text); err != nil {
		return migrate.Refuse(migrate.ErrChecksum, sqlfile.Down+"/"+downSum+" itself was edited", advice)
	}
	return migrate.Refuse(migrate.ErrChecksum, firstDifference(got, want), advice)
}

// firstDifference says which down file is not as the sums say.
func firstDifference(got, want atlas.HashFile) string {
	has := func(all atlas.HashFile, name string) bool {
		_, err := all.SumByName(name)
		return err == nil
	}
	for i, w := range want {
		switch {
		case !has(got, w.N):
			return sqlfile.Down + "/" + w.N + " was added"
		case i >= len(got) || got[i].N != w.N:
			return sqlfile.Down + "/" + got[i].N + " was removed"
		case got[i].H != w.H:
			return sqlfile.Down + "/" + w.N + " was edited"
		}
	}
	if len(got) > len(want) {
		return sqlfile.Down + "/" + got[len(want)].N + " was removed"
	}
	return sqlfile.Down + "/" + downSum + " itself was edited"
}
