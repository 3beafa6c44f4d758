package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// markCompatible finds out with which of the planned files programs of the directory's
// schema go on.
func markCompatible(ctx context.Context, d *folder.Directory, files []schemadiff.File, o DiffOptions) error {
	if len(d.Files) == 0 {
		return nil // there is no program before the first one
	}
	return database.WithScratch(ctx, o.Scratch, func(s *database.Session) error {
		before, err := s.Replay(ctx, d)
		if err != nil {
			return err
		}
		for i := range files {
			f := &files[i]
			for _, statement := range f.Up {
				if _, err := s.SQL().ExecContext(ctx, statement.SQL); err != nil {
					return fmt.Errorf("judge the planned statements: %w", err)
				}
			}
			after, err := s.Read(ctx)
			if err != nil {
				return err
			}
			f.Compatible = len(schemadiff.Breaks(before, after)) == 0 &&
				!slices.ContainsFunc(f.Up, func(statement schemadiff.Statement) bool { return statement.Writes })
			// The parts before the contract are made for that, by triggers and back-fills.
			f.Beside = !f.Compatible && o.Expand && !f.Contract
			before = after
		}
		return nil
	})
}

// Disturbs lists what in a file may disturb programs of the schema before it, which still
// run: nothing when they need not know of it.
func Disturbs(before, after *schemadiff.State, statements []string) []string {
	reasons := schemadiff.Breaks(before, after)
	for _, text := range statements {
		if schemadiff.Changing(text) {
			line, _, _ := strings.Cut(strings.TrimRight(strings.TrimSpace(text), ";"), "\n")
			reasons = append(reasons, "may change rows or rights: "+line)
		}
	}
	return reasons
}

// BeforeContract gives the version of the last of files, as [Diff] has named them, that
// old programs can live with, and the file after it: nothing where they can with all.
func BeforeContract(files []string, name string) (version, contract string) {
	for i, f := range files {
		v, rest, _ := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(f, ".sql"), sqlfile.Compatible), "_")
		if part := strings.TrimPrefix(rest, name); part == "_contract" || strings.HasPrefix(part, "_contract_") {
			if i == 0 {
				return "", f
			}
			return version, f
		}
		version = v
	}
	return "", ""
}
