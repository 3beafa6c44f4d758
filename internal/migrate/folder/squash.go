package folder

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// Squash merges the given unapplied migrations of dir, which follow each other, into
// one of the given name and the newest of their versions. Their down files are merged
// in reverse order; when one lacks, the result has none. It gives the merged names and
// the new one. The caller makes sure that they are [database.Unapplied] in its database; another
// one that has applied all of them counts as having applied the result, which names them.
//
// All statements stay, also those that cancel out: what fills or moves rows has no effect
// on the schema, so nothing can tell from that whether it is needed.
func Squash(dir string, versions []string, name string, dryRun bool) (merged []string, file string, err error) {
	if err := CheckName(name); err != nil {
		return nil, "", err
	}
	fsys := os.DirFS(dir)
	d, err := Open(fsys)
	if err != nil {
		return nil, "", err
	}
	down, err := OpenDown(fsys)
	if err != nil {
		return nil, "", err
	}
	files, err := d.toSquash(versions)
	if err != nil {
		return nil, "", err
	}
	file = files[len(files)-1].Version() + "_" + name + ".sql"
	for _, f := range files {
		merged = append(merged, f.Name())
	}
	if dryRun {
		return merged, file, nil
	}
	return merged, file, d.replace(dir, files, down, file)
}

// toSquash finds the files and checks that they can become one.
func (d *Directory) toSquash(versions []string) ([]*atlas.LocalFile, error) {
	if len(versions) < 2 {
		return nil, fmt.Errorf("squash %s: want two or more that are not applied", migrate.Count(len(versions), "migration"))
	}
	first := slices.IndexFunc(d.Files, func(f *atlas.LocalFile) bool { return f.Version() == versions[0] })
	if first < 0 || first+len(versions) > len(d.Files) {
		return nil, migrate.NoVersion("squash", versions[0])
	}
	files := d.Files[first : first+len(versions)]
	for i, f := range files {
		if f.Version() != versions[i] {
			return nil, fmt.Errorf("squash %s: the next file is %s; only files that follow each other can be merged", versions[i], f.Name())
		}
		was, err := Transactional(files[0])
		if err != nil {
			return nil, err
		}
		switch is, err := Transactional(f); {
		case err != nil:
			return nil, err
		case f.IsCheckpoint():
			return nil, fmt.Errorf("squash %s: a checkpoint already stands for the files before it", f.Name())
		case isFunc(f):
			return nil, fmt.Errorf("squash %s: it is a Go function, which runs in a file of its own", f.Name())
		case is != was:
			return nil, fmt.Errorf("squash %s with %s: one runs in a transaction and the other does not", files[0].Name(), f.Name())
		}
	}
	for _, f := range files {
		if sqlfile.Replaced.Match(f.Bytes()) {
			return nil, fmt.Errorf("squash %s: it is merged already, and a database that has its parts could not be recognized any more; if there is no such database, remove its entgraph:replaces lines first", f.Name())
		}
	}
	return files, nil
}

// replace writes the merged file in place of the others.
func (d *Directory) replace(dir string, files []*atlas.LocalFile, down map[string]*atlas.LocalFile, name string) error {
	text, err := Join(files)
	if err != nil {
		return err
	}
	head, body := "", text
	if rest, ok := strings.CutPrefix(text, sqlfile.Bare); ok {
		head, body = sqlfile.Bare, rest
	}
	for _, f := range files {
		head += sqlfile.Replaces(f.Name(), d.Sums[f.Version()]) + "\n"
	}
	text = head + "\n" + body
	backs := make([]*atlas.LocalFile, 0, len(files))
	for _, f := range slices.Backward(files) {
		if back := down[f.Version()]; back != nil {
			backs = append(backs, back)
		}
	}
	for _, f := range files {
		if _, err := Remove(dir, f.Version(), false); err != nil {
			return err
		}
	}
	if err := CreateFile(filepath.Join(dir, name), text); err != nil {
		return err
	}
	if len(backs) == len(files) {
		if text, err = Join(backs); err != nil {
			return err
		}
		if err := WriteDown(dir, name, []byte(text)); err != nil {
			return err
		}
	}
	return Rehash(dir)
}

// setsSession finds statements that may leave a setting or a role behind.
var setsSession = regexp.MustCompile(`(?i)^\s*SET\s|\bset_config\b`)

// Join joins files of one kind, without a transaction when one of them has none.
func Join(files []*atlas.LocalFile) (string, error) {
	var b strings.Builder
	for _, f := range files {
		tx, err := Transactional(f)
		if err != nil {
			return "", err
		}
		if !tx {
			b.WriteString(sqlfile.Bare)
			break
		}
	}
	set := false
	for _, f := range files {
		stmts, err := Statements(f)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "-- %s\n", f.Name())
		if set { // each file has begun with the settings of a new session
			b.WriteString("RESET ROLE;\nRESET ALL;\n")
		}
		for _, stmt := range stmts {
			set = set || setsSession.MatchString(stmt.Text)
			for _, c := range stmt.Comments {
				b.WriteString(strings.TrimRight(sqlfile.Replaced.ReplaceAllString(c, ""), "\n") + "\n")
			}
			b.WriteString(strings.TrimSpace(stmt.Text) + "\n")
		}
	}
	return b.String(), nil
}
