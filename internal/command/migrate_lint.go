package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
)

// lintFlags are the flags of "migrate lint".
type lintFlags struct {
	rehearseFlags
	settings string
	failOn   []string
	history  bool
	fix      bool
	dryRun   bool
}

func (a *app) lintCommand() *cobra.Command {
	f := &lintFlags{}
	cmd := &cobra.Command{
		Use:   "lint",
		Short: "Rehearse migrations and list their hazards with the safe way",
		Long: `Rehearse migrations as "migrate test" does and list their hazards, each with what it
does to a running system and the safe way. It exits with 1 for those that the settings
forbid: fail_on in ` + lintSettings + `, or --fail-on. With --history it also compares
the directory with the database of DATABASE_URL, or the private one.

A file allows one by a line of its own, with the reason:
-- entgraph:allow LK101 the table has three rows

With --fix it rewrites files where that is safe: indexes CONCURRENTLY in a file of their
own, constraints NOT VALID and validated later, NOT NULL by way of a check, unique
constraints by way of an index, rows in a file of their own, lock_timeout. It changes
only files that the database of DATABASE_URL, or the private one, has not applied, and
writes nothing unless the new files pass a rehearsal, up and down, and end in the same
schema.`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		settings, err := f.read()
		if err != nil {
			return err
		}
		if f.dryRun && !f.fix {
			return errors.New("--dry-run is for --fix; without it nothing is written")
		}
		do := a.lint
		if f.fix {
			do = a.fix
		}
		return work(func(ctx context.Context, _ []string) error { return do(ctx, f, settings) })(cmd, args)
	}
	f.add(a, cmd)
	cmd.PreRun = nil // it reads the files of the checkout, and not those of an older program
	cmd.Flags().StringVar(&f.settings, "settings", "", "`file` with the settings (default: "+lintSettings+" of the checkout, if it is there)")
	cmd.Flags().StringSliceVar(&f.failOn, "fail-on", nil, "`what` fails instead: error, warning (and errors), codes and verdicts such as rewrites")
	cmd.Flags().BoolVar(&f.history, "history", false, "also compare with what the database has applied")
	cmd.Flags().BoolVar(&f.fix, "fix", false, "rewrite the files where that is safe")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "with --fix only print the new files")
	return cmd
}

// read gives the settings of the file, changed by the flags.
func (f *lintFlags) read() (rehearsal.Settings, error) {
	path, settings := f.settings, rehearsal.DefaultSettings()
	if path == "" {
		if root, err := checkout(); err == nil { // else this is a deployed binary
			path = filepath.Join(root, lintSettings)
		}
	}
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		if settings, err = rehearsal.ReadSettings(text); err != nil {
			return settings, fmt.Errorf("read %s: %w", path, err)
		}
	case f.settings != "" || !errors.Is(err, fs.ErrNotExist):
		return settings, fmt.Errorf("read settings: %w", err)
	}
	if f.failOn != nil {
		settings.FailOn = f.failOn
	}
	return settings, settings.Check()
}

func (a *app) lint(ctx context.Context, f *lintFlags, settings rehearsal.Settings) error {
	return a.onScratch(ctx, func(s *devpg.Server) error {
		dir := (&migrateFlags{app: a, dir: f.dir}).fsys()
		if root, err := checkout(); f.dir == "" && err == nil {
			dir = a.onDisk(root) // what was written is judged, and not what was built before
		}
		past, err := a.lintHistory(ctx, f, dir, settings)
		if err != nil {
			return err
		}
		report, failed := a.run(ctx, s, &f.rehearseFlags, dir, nil)
		findings, err := rehearsal.Lint(report, settings)
		if err != nil {
			return errors.Join(failed, err)
		}
		findings = append(past, findings...)
		text, fails := listFindings(findings)
		if err := a.show(f.json, findings, text); err != nil || failed != nil {
			return errors.Join(failed, err)
		}
		if fails > 0 {
			return fmt.Errorf("%d of %s forbidden (fail on %s)", fails, count(len(findings), "finding is", "findings are"), strings.Join(settings.FailOn, ","))
		}
		if !f.json {
			fmt.Fprintf(a.stdout, "%s, %s, none forbidden\n", count(len(report.Files), "file", "files"), count(len(findings), "finding", "findings"))
		}
		return nil
	})
}

// lintHistory compares the directory with the database, if that is wanted.
func (a *app) lintHistory(ctx context.Context, f *lintFlags, dir fs.FS, settings rehearsal.Settings) (found []rehearsal.Finding, err error) {
	if !f.history {
		return nil, nil
	}
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	err = a.withDatabase(ctx, cfg, func(url string) error {
		entries, err := database.ReadHistory(ctx, url, dir)
		if err != nil {
			return err
		}
		found, err = rehearsal.LintHistory(entries, settings)
		return err
	})
	return found, err
}

// listFindings gives the text for people, and how many are forbidden.
func listFindings(findings []rehearsal.Finding) (text string, fails int) {
	var b strings.Builder
	for _, one := range findings {
		b.WriteString(one.String())
		if one.Fails {
			fails++
		}
	}
	return b.String(), fails
}
