package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

func (a *app) diffCommand() *cobra.Command {
	var answers answerFlags
	var expand bool
	f := &rehearseFlags{}
	cmd := &cobra.Command{
		Use:   "diff NAME",
		Short: "Write the migration that brings the directory to the schema of this program",
		Long: `Write the migration that brings the directory to the schema of this program.

It replays the directory on a scratch database of the private Postgres, compares it
with the Ent schemas and ` + objectsDir + `/*.sql and writes the difference as new
files, with the way back in down/. It changes no other database.
NAME says what changes: add_post_published.

Before it writes them it rehearses them as "migrate test" does, up, down and up again
with sample rows in every table, and prints what each statement does to a running
system. When that fails it writes nothing.

What the two states leave open it asks on a terminal; else it fails and lists the flags
that answer. Names in flags are those before the change.

With --expand-contract a rename of a table or column and a change of type that writes
the table anew become files with which programs from before and after the change run
side by side: _expand, _backfill, _finish first, _contract when the old ones are gone.`,
		Args: cobra.ExactArgs(1),
	}
	answers.add(cmd)
	f.sample(cmd)
	cmd.RunE = work(func(ctx context.Context, args []string) error {
		given, err := answers.read()
		if err != nil {
			return err
		}
		return a.diff(ctx, f, migrate.DiffOptions{Name: args[0], Answers: given, Expand: expand, Ask: a.asker(cmd)})
	})
	cmd.Flags().BoolVar(&expand, "expand-contract", false, "let old and new programs run side by side during a rename or a change of type")
	cmd.Flags().StringVar(&f.dir, "dir", "", "migration `directory` (default: "+migrationDir+" of the checkout)")
	return cmd
}

func (a *app) diff(ctx context.Context, f *rehearseFlags, o migrate.DiffOptions) error {
	return a.withPlan(ctx, f.dir, func(s *devpg.Server, dir string, desired migrate.Desired) error {
		o.Dir, o.Desired, o.Scratch = dir, desired, s.Scratch
		o.Rehearse = func(ctx context.Context, c migrate.Candidate) error {
			f.since = c.Since
			report, failed := a.run(ctx, s, f, entmigrate.Directory{FS: c.Dir}, c.Want)
			if len(report.Files) > 0 {
				fmt.Fprint(a.stdout, report.Table(false))
			}
			return failed
		}
		files, err := migrate.Diff(ctx, o)
		if err != nil {
			return err
		}
		if len(files) == 0 {
			fmt.Fprintln(a.stdout, "nothing to do: the directory matches the schema")
			return nil
		}
		for _, f := range files {
			fmt.Fprintln(a.stdout, "wrote", filepath.Join(dir, f))
		}
		it := "it"
		if len(files) > 1 {
			it = "them"
		}
		if first, contract := migrate.BeforeContract(files, o.Name); contract != "" {
			return a.printStages(first, filepath.Join(dir, contract))
		}
		fmt.Fprintf(a.stdout, "read %s, then apply %[1]s with: ./run.sh migrate up\n", it)
		return nil
	})
}

// printStages says in which order to apply and deploy, with the notes of the contract.
func (a *app) printStages(first, contract string) error {
	text, err := os.ReadFile(contract)
	if err != nil {
		return fmt.Errorf("read contract: %w", err)
	}
	fmt.Fprintf(a.stdout, `read them, then
  1  ./run.sh migrate up %s   while the old program runs
  2  start the new program and stop the old one
  3  ./run.sh migrate up
before 3 read %s:
`, first, filepath.Base(contract))
	for line := range strings.Lines(string(text)) {
		if note, ok := strings.CutPrefix(line, "-- "); ok && !strings.HasPrefix(note, "entgraph:") && !strings.HasPrefix(note, "atlas:") {
			fmt.Fprint(a.stdout, "   "+note)
		}
	}
	return nil
}

func (a *app) checkCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Fail when the schema of this program differs from the migration directory",
		Args:  cobra.NoArgs,
		RunE: work(func(ctx context.Context, _ []string) error {
			return a.withPlan(ctx, dir, func(s *devpg.Server, dir string, desired migrate.Desired) error {
				missing, err := migrate.Check(ctx, os.DirFS(dir), desired, s.Scratch)
				if err != nil {
					return err
				}
				if len(missing) > 0 {
					return fmt.Errorf("the directory lacks a migration; run: entgraph migrate diff NAME\n%s", strings.Join(missing, "\n"))
				}
				fmt.Fprintln(a.stdout, "the directory matches the schema")
				return nil
			})
		}),
	}
	cmd.Flags().StringVar(&dir, "dir", "", "migration `directory` (default: "+migrationDir+" of the checkout)")
	return cmd
}

// objectsDir is the folder of a checkout with what Ent cannot say.
const objectsDir = "ent/migrate/objects"

// withPlan runs f with the private Postgres, the migration directory, by default that
// of the checkout, and the schema of this program.
func (a *app) withPlan(ctx context.Context, dir string, f func(s *devpg.Server, dir string, desired migrate.Desired) error) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	root, err := checkout()
	if err != nil {
		return err
	}
	if dir == "" {
		dir = filepath.Join(root, migrationDir)
	}
	return a.withPrivate(ctx, cfg, func(s *devpg.Server) error { return f(s, dir, desired(root)) })
}

// desired is the schema of this program with the objects of the checkout.
func desired(root string) migrate.Desired {
	d := migrate.Desired{
		Tables: entmigrate.Tables,
		Hints:  schemadiff.Answers{Rename: entmigrate.Renamed, Backfill: entmigrate.Backfill},
	}
	folder := filepath.Join(root, objectsDir)
	if info, err := os.Stat(folder); err == nil && info.IsDir() {
		d.Objects = fs.FS(os.DirFS(folder))
	}
	return d
}
