package command

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
)

// fix rewrites migrations. It fails for what is left and forbidden.
func (a *app) fix(ctx context.Context, f *lintFlags, settings rehearsal.Settings) error {
	dir, err := (&migrateFlags{app: a, dir: f.dir}).folder()
	if err != nil {
		return err
	}
	applied, err := a.applied(ctx)
	if err != nil {
		return err
	}
	past, err := a.lintHistory(ctx, f, os.DirFS(dir), settings)
	if err != nil {
		return err
	}
	return a.onScratch(ctx, func(s *devpg.Server) error {
		out, err := rehearsal.Fix(ctx, rehearsal.FixOptions{
			Options: f.options(s, nil), Folder: dir, Settings: settings, Applied: applied, DryRun: f.dryRun,
			Open: func(folder string) fs.FS { return a.directory(os.DirFS(folder)) },
		})
		if err != nil {
			return err
		}
		for _, one := range past {
			out.Left = append(out.Left, rehearsal.Left{Finding: one, Why: "it is about the database, not the text"})
		}
		if err := a.show(f.json, out, fixText(dir, out, f.dryRun)); err != nil {
			return err
		}
		fails := 0
		for _, l := range out.Left {
			if l.Fails {
				fails++
			}
		}
		if fails > 0 {
			return fmt.Errorf("%d of the %d findings left are forbidden (fail on %s)", fails, len(out.Left), strings.Join(settings.FailOn, ","))
		}
		return nil
	})
}

// applied lists the versions that the database knows.
func (a *app) applied(ctx context.Context) (versions []string, err error) {
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	err = a.withDatabase(ctx, cfg, func(url string) error {
		versions, err = database.AppliedVersions(ctx, url)
		return err
	})
	return versions, err
}

// fixText says what was fixed and written, and why the rest stays.
func fixText(dir string, out rehearsal.Fixes, dryRun bool) string {
	var b strings.Builder
	for _, f := range out.Fixed {
		fmt.Fprintf(&b, "fixed %s:%d: %s %s (%s)\n", f.File, f.Line, f.Code, f.Title, f.Object)
	}
	for _, f := range out.Files {
		if !dryRun {
			fmt.Fprintf(&b, "wrote %s\n", filepath.Join(dir, f.Name))
			continue
		}
		fmt.Fprintf(&b, "-- %s\n%s", f.Name, withNewline(f.SQL))
		if f.Down != "" {
			fmt.Fprintf(&b, "-- down/%s\n%s", f.Name, withNewline(f.Down))
		}
	}
	for _, l := range out.Left {
		b.WriteString(l.Finding.String())
		fmt.Fprintf(&b, "    not fixed: %s\n", l.Why)
	}
	if len(out.Fixed)+len(out.Left) == 0 {
		b.WriteString("nothing to fix\n")
	}
	return b.String()
}

func withNewline(text string) string { return strings.TrimRight(text, "\n") + "\n" }
