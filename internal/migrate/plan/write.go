package plan

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// fileText writes a file as it is applied.
func fileText(statements []schemadiff.Statement, tx bool) string {
	if !tx {
		return sqlfile.Bare + bodyText(statements)
	}
	return boundedText(statements, tx)
}

// boundedText writes statements that run in one transaction, with a bound on how long they
// wait, and others as they are.
func boundedText(statements []schemadiff.Statement, tx bool) string {
	waits := func(s schemadiff.Statement) bool { return s.Waits }
	if tx && slices.ContainsFunc(statements, waits) {
		return sqlfile.SetLocalLockTimeout + ";\n" + bodyText(statements)
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
	return annotate(f.Up, sqlfile.Allow("HS501", f.OneWay))
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
	return annotate(up, sqlfile.Allow("HS506", "what programs of the schema before it write is kept in step"))
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
				err = errors.Join(err, os.Remove(filepath.Join(dir, n)), folder.RemoveDown(dir, n))
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
			n += sqlfile.Compatible
		}
		n += ".sql"
		if err := folder.CreateFile(filepath.Join(dir, n), fileText(beside(f, oneWay(f)), f.Tx)); err != nil {
			return names, err
		}
		names = append(names, n)
		if f.OneWay == "" {
			if err := folder.WriteDown(dir, n, []byte(downText(f))); err != nil {
				return names, err
			}
		}
		if version, err = folder.VersionAfter(version); err != nil {
			return names, err
		}
	}
	return names, folder.WriteSum(dir)
}
