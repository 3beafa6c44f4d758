package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// NewOptions tunes [New].
type NewOptions struct {
	// NoTransaction makes a file that runs statement by statement.
	NoTransaction bool
	// Go makes a file that a Go function stands for; see [Funcs].
	Go bool
	// Compatible says that programs of the schema before it go on; see [sqlfile.SaysCompatible].
	Compatible bool
	// Now gives the version. Default time.Now.
	Now func() time.Time
	// DryRun only says what the file would be called.
	DryRun bool
}

// New writes an empty migration with its down file into dir, to be filled by hand, and
// gives its name.
func New(dir, name string, o NewOptions) (string, error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	if o.Go && o.NoTransaction {
		return "", errors.New("a Go function runs in a transaction")
	}
	d, err := Open(os.DirFS(dir))
	if err != nil {
		return "", err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	version, err := NextVersion(o.Now(), d.Last())
	if err != nil {
		return "", err
	}
	file := version + "_" + name
	if o.Compatible {
		file += sqlfile.Compatible
	}
	file += ".sql"
	if o.DryRun {
		return file, nil
	}
	head := ""
	if o.NoTransaction {
		head = sqlfile.Bare
	}
	text := head + "-- What changes.\n"
	if o.Go {
		text = goTemplate
	}
	if err := CreateFile(filepath.Join(dir, file), text); err != nil {
		return "", err
	}
	if err := WriteDown(dir, file, []byte(head+DownTemplate)); err != nil {
		return "", err
	}
	return file, WriteSum(dir)
}

// DownTemplate is a down file that nobody has written yet. A comment of other words, or
// no text at all, says that there is nothing to take back.
const DownTemplate = "-- The way back.\n"

// Paths gives the file of a version in dir and its down file, "" when there is none.
// It works on a folder whose sums do not match.
func Paths(dir, version string) (up, down string, err error) {
	name, err := onDisk(dir, version)
	if err != nil {
		return "", "", err
	}
	down = filepath.Join(dir, sqlfile.Down, name)
	if _, err := os.Stat(down); errors.Is(err, fs.ErrNotExist) {
		down = ""
	} else if err != nil {
		return "", "", fmt.Errorf("look for down file: %w", err)
	}
	return filepath.Join(dir, name), down, nil
}

func onDisk(dir, version string) (string, error) {
	names, err := Names(dir)
	if err != nil {
		return "", err
	}
	var found []string
	for _, name := range names {
		if atlas.NewLocalFile(name, nil).Version() == version {
			found = append(found, name)
		}
	}
	switch len(found) {
	case 0:
		return "", migrate.NoVersion("find migration", version)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("find migration %s: %s have this version; run: migrate rebase", version, strings.Join(found, " and "))
}

// Names gives the names of the migrations in dir, sorted.
func Names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read migration directory: %w", err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), ".sql") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Remove deletes a migration and its down file from dir and renews the sums. It gives
// the paths. The caller makes sure that it is [database.Unapplied].
func Remove(dir, version string, dryRun bool) ([]string, error) {
	up, down, err := Paths(dir, version)
	if err != nil {
		return nil, err
	}
	paths := slices.DeleteFunc([]string{up, down}, func(p string) bool { return p == "" })
	if dryRun {
		return paths, nil
	}
	for _, p := range paths {
		if err := os.Remove(p); err != nil {
			return nil, fmt.Errorf("remove migration: %w", err)
		}
	}
	return paths, Rehash(dir)
}

// Rehash renews atlas.sum and down/down.sum of dir after a deliberate change of files.
// An edited file that is applied somewhere is still noticed there: its revision keeps
// the sum with which it ran.
func Rehash(dir string) error {
	if err := WriteSum(dir); err != nil {
		return err
	}
	return WriteDownSum(dir)
}

// Stale says whether the sums of dir differ from the files: what [Rehash] would change.
func Stale(dir string) (bool, error) {
	fsys := os.DirFS(dir)
	_, err := Open(fsys)
	if err == nil {
		_, err = OpenDown(fsys)
	}
	if errors.Is(err, migrate.ErrChecksum) {
		return true, nil
	}
	return false, err
}

var migrationName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,99}$`)

// CheckName refuses a name that a planned or new migration cannot have.
func CheckName(name string) error {
	if !migrationName.MatchString(name) {
		return fmt.Errorf("name migration %q: want lower-case words joined by _, such as add_post_published", name)
	}
	return nil
}
