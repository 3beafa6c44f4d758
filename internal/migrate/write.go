package migrate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

const versionLayout = "20060102150405"

// nextVersion gives the time in seconds, or the second after the newest file where
// that is later, so that versions are unique and in the order of their making.
func nextVersion(now time.Time, d *directory) (string, error) {
	version, last := now.UTC().Format(versionLayout), d.last()
	if version > last {
		return version, nil
	}
	return versionAfter(last)
}

func versionAfter(version string) (string, error) {
	t, err := time.Parse(versionLayout, version)
	if err != nil {
		return "", fmt.Errorf("choose version after %s: %w", version, err)
	}
	return t.Add(time.Second).Format(versionLayout), nil
}

// lockTimeout bounds how long a statement waits for a table, because all others wait
// behind it. The migration fails then, and can be tried again.
const lockTimeout = "5s"

// modeNone begins a file whose statements run one by one.
const modeNone = "-- atlas:txmode none\n\n"

// fileText writes a file as it is applied.
func fileText(statements []schemadiff.Statement, tx bool) string {
	if !tx {
		return modeNone + bodyText(statements)
	}
	return boundedText(statements, tx)
}

// boundedText writes statements that run in one transaction, with a bound on how long they
// wait, and others as they are.
func boundedText(statements []schemadiff.Statement, tx bool) string {
	waits := func(s schemadiff.Statement) bool { return s.Waits }
	if tx && slices.ContainsFunc(statements, waits) {
		return "SET LOCAL lock_timeout = '" + lockTimeout + "';\n" + bodyText(statements)
	}
	return bodyText(statements)
}

func bodyText(statements []schemadiff.Statement) string {
	var b strings.Builder
	for _, s := range statements {
		b.WriteString(s.String() + ";\n")
	}
	return b.String()
}

// oneWay writes in a file why it has no down file, in the words of lint.
func oneWay(f schemadiff.File) []schemadiff.Statement {
	if f.OneWay == "" {
		return f.Up
	}
	return annotate(f.Up, "-- entgraph:allow HS501 "+strings.Join(strings.Fields(f.OneWay), " "))
}

// annotate writes a comment above the first statement of a file.
func annotate(statements []schemadiff.Statement, note string) []schemadiff.Statement {
	if len(statements) == 0 {
		return nil
	}
	return append([]schemadiff.Statement{statements[0].Noted(note)}, statements[1:]...)
}

// beside writes in a file why programs of the schema before it go on, in the words of lint.
func beside(f schemadiff.File, up []schemadiff.Statement) []schemadiff.Statement {
	if !f.Beside {
		return up
	}
	return annotate(up, "-- entgraph:allow HS506 what programs of the schema before it write is kept in step")
}

// downText writes the way back of a file.
func downText(f schemadiff.File) string {
	if len(f.Down) == 0 {
		return "-- Nothing to take back: the schema stays as it is.\n"
	}
	return fileText(f.Down, !f.DownBare)
}

// writeFiles stores files from a version on, one a second, and renews atlas.sum. When
// it fails none of them is left.
func writeFiles(dir, version, name string, files []schemadiff.File) (names []string, err error) {
	defer func() {
		if err != nil {
			for _, n := range names {
				err = errors.Join(err, os.Remove(filepath.Join(dir, n)), removeDown(dir, n))
			}
			names = nil
		}
	}()
	for _, f := range files {
		n := version + "_" + name
		if f.Part != "" {
			n += "_" + f.Part
		}
		if f.Compatible || f.Beside {
			n += compatibleMark
		}
		n += ".sql"
		if err := writeNew(filepath.Join(dir, n), fileText(beside(f, oneWay(f)), f.Tx)); err != nil {
			return names, err
		}
		names = append(names, n)
		if f.OneWay == "" {
			if err := WriteDown(dir, n, []byte(downText(f))); err != nil {
				return names, err
			}
		}
		if version, err = versionAfter(version); err != nil {
			return names, err
		}
	}
	return names, writeSum(dir)
}

// writeNew writes a file that must not be there: a second writer fails and overwrites
// nothing.
func writeNew(path, text string) error {
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

func removeDown(dir, name string) error {
	err := os.Remove(filepath.Join(dir, "down", name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
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
