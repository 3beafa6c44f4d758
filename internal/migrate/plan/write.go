package plan

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// locks finds statements that wait for who uses a table.
var locks = regexp.MustCompile(`^(?:--.*\n)*(ALTER TABLE|ALTER TYPE|DROP|CREATE (UNIQUE )?INDEX|CREATE (CONSTRAINT )?TRIGGER|CREATE RULE|CREATE POLICY)\b`)

// fileText writes a file as it is applied.
func fileText(statements []string, tx bool) string {
	var b strings.Builder
	switch {
	case !tx:
		b.WriteString(sqlfile.Bare)
	case slices.ContainsFunc(statements, locks.MatchString):
		b.WriteString(sqlfile.SetLocalLockTimeout + ";\n")
	}
	for _, s := range statements {
		b.WriteString(s + ";\n")
	}
	return b.String()
}

// oneWay writes in a file why it has no down file, in the words of lint.
func oneWay(f schemadiff.File) []string {
	if f.OneWay == "" || len(f.Up) == 0 {
		return f.Up
	}
	up := slices.Clone(f.Up)
	up[0] = sqlfile.Allow("HS501", f.OneWay) + up[0]
	return up
}

// beside writes in a file why programs of the schema before it go on, in the words of lint.
func beside(f schemadiff.File, up []string) []string {
	if !f.Beside || len(up) == 0 {
		return up
	}
	up = slices.Clone(up)
	up[0] = sqlfile.Allow("HS506", "what programs of the schema before it write is kept in step") + up[0]
	return up
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
