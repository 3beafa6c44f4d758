package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

func (a *app) diffCommand() *cobra.Command {
	var answers answerFlags
	var expand, dry bool
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

A file that ends in .compatible.sql does not disturb programs of the schema before it:
servers of the release before stay ready when it is applied, and can be started again.
After any other file they are not ready.

On a terminal it asks what the two states leave open; elsewhere it fails and lists the
flags that answer. Names in flags are those before the change.

With --expand-contract a rename of a table or column and a change of type that rewrites
the table become files with which programs from before and after the change run side by
side: _expand, _backfill, _finish first, _contract when the old programs are gone.`,
		Args: cobra.ExactArgs(1),
	}
	answers.add(cmd)
	f.sample(cmd)
	cmd.RunE = work(func(ctx context.Context, args []string) error {
		given, err := answers.read()
		if err != nil {
			return err
		}
		o := plan.DiffOptions{Name: args[0], Answers: given, Expand: expand, DryRun: dry, Mark: true}
		if !f.json { // who reads JSON answers by flags
			o.Ask = a.prompt(cmd)
		}
		return a.diff(ctx, f, o)
	})
	cmd.Flags().BoolVar(&expand, "expand-contract", false, "let old and new programs run side by side during a rename or a change of type")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "rehearse and print the files, write none")
	jsonFlag(cmd, &f.json)
	cmd.Flags().StringVar(&f.dir, "dir", "", "migration `directory` (default: "+migrationDir+" of the checkout)")
	return cmd
}

// planned is what diff has to say.
type planned struct {
	// Files are the new ones; none when there is nothing to do.
	Files []plannedFile `json:"files"`
	// Written: they are in the directory, which --dry-run leaves as it is.
	Written bool `json:"written"`
	// Through is the version to apply before the programs of the old schema end, with
	// --expand-contract.
	Through   string            `json:"through,omitempty"`
	Rehearsal *rehearsal.Report `json:"rehearsal,omitempty"`
	// Drafted: the private database has had them as drafts, and they count as applied there.
	Drafted bool `json:"drafted,omitempty"`

	dir, contract string
	ahead         bool // the private database has more than the migrations make then
}

type plannedFile struct {
	File    string `json:"file"`
	Version string `json:"version"`
	SQL     string `json:"sql"`
	Down    string `json:"down,omitempty"`
}

func (a *app) diff(ctx context.Context, f *rehearseFlags, o plan.DiffOptions) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	root, ok := a.drafted(cfg)
	ok = ok && f.dir == ""
	return a.withPlan(ctx, f.dir, func(s *devpg.Server, dir string, desired plan.Desired) error {
		o.Dir, o.Desired, o.Scratch = dir, desired, s.Scratch
		p := planned{Files: []plannedFile{}, Written: !o.DryRun, dir: dir}
		o.Rehearse = func(ctx context.Context, c plan.Candidate) error {
			f.since = c.Since
			report, failed := a.run(ctx, s, f, a.directory(c.Dir), c.Want)
			if p.Rehearsal = &report; !f.json && len(report.Files) > 0 {
				fmt.Fprint(a.stdout, report.Table(false))
			}
			return errors.Join(failed, p.take(c))
		}
		files, err := plan.Diff(ctx, o)
		if err != nil {
			p.Files, p.Written = p.Files[:0], false
			if f.json && p.Rehearsal != nil {
				err = errors.Join(err, a.show(true, p, ""))
			}
			return err
		}
		p.Written = p.Written && len(files) > 0
		p.Through, p.contract = plan.BeforeContract(files, o.Name)
		if ok && p.Written && p.contract == "" {
			// They are written: what cannot be recorded now is told by dev.
			p.Drafted, _ = a.recordDrafts(ctx, cfg, root)
			_, p.ahead = a.drafted(cfg)
		}
		text := p.text(a.rebuilt("migrate up"))
		if p.Drafted && p.ahead {
			text += "it still has what no migration makes, such as a column whose drop was refused: " + a.rebuilt("migrate drafts") + "\n"
		}
		return a.show(f.json, p, text)
	})
}

// take takes the files of a candidate.
func (p *planned) take(c plan.Candidate) error {
	all, err := folder.Load(c.Dir)
	if err != nil {
		return err
	}
	p.Files = p.Files[:0] // of an earlier try
	for _, src := range all {
		if src.Version < c.Since {
			continue
		}
		f := plannedFile{File: src.Name, Version: src.Version, SQL: src.Text}
		if src.Down != nil {
			f.Down = src.Down.Text
		}
		p.Files = append(p.Files, f)
	}
	return nil
}

// text says what is new and what to do with it; up is the command that applies it.
func (p *planned) text(up string) string {
	var b strings.Builder
	switch {
	case len(p.Files) == 0:
		return "nothing to do: the directory matches the schema\n"
	case !p.Written:
		for _, f := range p.Files {
			fmt.Fprintf(&b, "-- %s\n%s", f.File, f.SQL)
			if f.Down != "" {
				fmt.Fprintf(&b, "-- down/%s\n%s", f.File, f.Down)
			}
		}
		return b.String()
	}
	for _, f := range p.Files {
		fmt.Fprintln(&b, "wrote", filepath.Join(p.dir, f.File))
	}
	it := "it"
	if len(p.Files) > 1 {
		it = "them"
	}
	switch {
	case p.contract != "":
		p.stages(&b, up)
	case p.Drafted:
		fmt.Fprintf(&b, "read %s; the private database has had the change as a draft, and counts %[1]s as applied\n", it)
	default:
		fmt.Fprintf(&b, "read %s, then apply %[1]s with: %[2]s\n", it, up)
	}
	return b.String()
}

// stages says in which order to apply and deploy, with the notes of the contract.
func (p *planned) stages(b *strings.Builder, up string) {
	fmt.Fprintf(b, `read them, then
  1  %[1]s %[2]s   while the old program runs
  2  start the new program and stop the old one
  3  %[1]s
before 3 read %[3]s:
`, up, p.Through, p.contract)
	for _, f := range p.Files {
		if f.File != p.contract {
			continue
		}
		for line := range strings.Lines(f.SQL) {
			if note, ok := strings.CutPrefix(line, "-- "); ok && !strings.HasPrefix(note, "entgraph:") && !strings.HasPrefix(note, "atlas:") {
				fmt.Fprint(b, "   "+note)
			}
		}
	}
}

func (a *app) checkCommand() *cobra.Command {
	f := &migrateFlags{app: a}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Fail when the schema of this program differs from the migration directory",
		Args:  cobra.NoArgs,
		RunE: work(func(ctx context.Context, _ []string) error {
			return a.withPlan(ctx, f.dir, func(s *devpg.Server, dir string, desired plan.Desired) error {
				missing, err := plan.Check(ctx, os.DirFS(dir), desired, s.Scratch)
				if err != nil {
					return err
				}
				return a.compared(f.json, missing, "the directory matches the schema\n",
					"the directory lacks a migration; "+plan.Advice(missing))
			})
		}),
	}
	cmd.Flags().StringVar(&f.dir, "dir", "", "migration `directory` (default: "+migrationDir+" of the checkout)")
	f.output(cmd)
	return cmd
}

// compared answers with the differences that a command has found, and fails with them
// when there are any.
func (a *app) compared(asJSON bool, found []schemadiff.Difference, same, failure string) error {
	if found == nil {
		found = []schemadiff.Difference{} // JSON: [], not null
	}
	text := ""
	if len(found) == 0 {
		text = same
	}
	if err := a.show(asJSON, map[string]any{"differences": found}, text); err != nil || len(found) == 0 {
		return err
	}
	if asJSON {
		return errors.New(failure)
	}
	return fmt.Errorf("%s\n%s", failure, schemadiff.Lines(found))
}

// withPlan runs f with the private Postgres, the migration directory, by default that
// of the checkout, and the schema of this program.
func (a *app) withPlan(ctx context.Context, dir string, f func(s *devpg.Server, dir string, desired plan.Desired) error) error {
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
	return a.withScratch(ctx, cfg, func(s *devpg.Server) error { return f(s, dir, a.desired(root)) })
}

// enumsOf gives the values of the columns that are enums for the program.
func enumsOf(tables []*schema.Table) map[string][]string {
	all := map[string][]string{}
	for _, t := range tables {
		for _, c := range t.Columns {
			if len(c.Enums) > 0 {
				all[t.Name+"."+c.Name] = c.Enums
			}
		}
	}
	return all
}

// desired is the schema of this program with the objects of the checkout; without one, of
// which root is "", with those in this binary.
func (a *app) desired(root string) plan.Desired {
	d := plan.Desired{
		Tables: a.Ent.Tables,
		Others: plan.Others(a.Ent),
		Hints:  schemadiff.Answers{Rename: a.Ent.Renamed, Backfill: a.Ent.Backfill, Enums: enumsOf(a.Ent.Tables), Offer: a.Ent.Offer},
	}
	if root == "" {
		d.Objects = a.Ent.Objects
		return d
	}
	folder := filepath.Join(root, objectsDir)
	if info, err := os.Stat(folder); err == nil && info.IsDir() {
		d.Objects = fs.FS(os.DirFS(folder))
	}
	return d
}
