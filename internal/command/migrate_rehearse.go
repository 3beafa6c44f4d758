package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// rehearseFlags are the flags that "migrate test" and "migrate lint" share.
type rehearseFlags struct {
	dir    string
	since  string
	latest int
	rows   int
	from   string
	json   bool
}

func (f *rehearseFlags) add(a *app, cmd *cobra.Command) {
	cmd.Args = cobra.NoArgs
	flags := cmd.Flags()
	a.sourceFlag(cmd, &f.dir)
	flags.StringVar(&f.since, "since", "", "first `version` to rehearse; earlier ones are only applied (default: all)")
	flags.IntVar(&f.latest, "latest", 0, "rehearse only the newest `n` files (default: all)")
	jsonFlag(cmd, &f.json)
	cmd.MarkFlagsMutuallyExclusive("since", "latest")
	f.sample(cmd)
}

// sample adds the flags for sample rows.
func (f *rehearseFlags) sample(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.rows, "rows", 1000, "sample `rows` in each table; more give better estimates, 0 sees nothing that depends on rows")
	cmd.Flags().StringVar(&f.from, "from", "", "take the rows from the database at `url`, which is only read")
}

func (f *rehearseFlags) options(s *devpg.Server, dir fs.FS) rehearsal.Options {
	o := rehearsal.Options{Dir: dir, Scratch: s.Scratch, Rows: f.rows, Since: f.since, Latest: f.latest, From: f.from}
	if f.rows == 0 {
		o.Rows = -1
	}
	return o
}

// run rehearses a directory and says what it is at when that takes long.
func (a *app) run(ctx context.Context, s *devpg.Server, f *rehearseFlags, dir fs.FS, want *schemadiff.State) (rehearsal.Report, error) {
	p := startProgress(a.stderr)
	defer p.stop()
	o := f.options(s, dir)
	o.Want, o.Progress, o.Holds = want, p.tell, a.holds()
	report, err := rehearsal.Run(ctx, o)
	var failure *rehearsal.FailureError
	if errors.As(err, &failure) && failure.DependsOnRows() && f.rows != 0 && f.from == "" {
		err = fmt.Errorf("%w\nthe sample rows break it; to try those of a database add: --from URL; where they cannot break it: --rows 0", err)
	}
	return report, err
}

// holds is what validators ask and CHECKs say.
func (a *app) holds() (all []rehearsal.Holding) {
	for _, e := range a.Ent.Entities {
		for _, t := range a.Ent.Tables {
			if t.Name != e.Table || t.Annotation == nil {
				continue
			}
			for _, c := range e.Checks {
				all = append(all, rehearsal.Holding{Schema: e.Schema, Table: e.Table, Column: c.Column, Name: c.Name, Condition: t.Annotation.Checks[c.Name]})
			}
		}
	}
	return all
}

func (a *app) rehearseCommand() *cobra.Command {
	f, all := &rehearseFlags{}, false
	cmd := &cobra.Command{
		Use:   "test",
		Short: "Rehearse migrations on a scratch database and say what each statement does",
		Long: `Rehearse migrations on scratch databases of the private Postgres, with sample rows in
every table: up, down where there is a down file, and up again.

For each statement it prints the strongest lock on a table that was there before, a
verdict (safe, brief lock, blocks writes, blocks reads, rewrites, loses data), what a
running system feels, and a rough time per million rows. A file without a down file is
irreversible. It exits with 1 when a statement fails, when a down file does not lead
back, when going up again ends in another schema, and when the newest file does not lead
to the schema of this program with ` + objectsDir + `/*.sql.

With --from the sample rows are those of a database: at most --rows of each table and
those that they refer to, read in one snapshot by a transaction that cannot write.

The files are those in this binary. Another --dir than ` + migrationDir + `
may be another program's: its end is compared with nothing.`,
		RunE: work(func(ctx context.Context, _ []string) error { return a.rehearse(ctx, f, all) }),
	}
	f.add(a, cmd)
	cmd.Flags().BoolVar(&all, "all", false, "also list the statements that are safe")
	return cmd
}

func (a *app) rehearse(ctx context.Context, f *rehearseFlags, all bool) error {
	return a.onScratch(ctx, func(s *devpg.Server) error {
		want, err := a.wanted(ctx, s, f.dir)
		if err != nil {
			return err
		}
		report, failed := a.run(ctx, s, f, (&migrateFlags{app: a, dir: f.dir}).fsys(), want)
		var text string
		if len(report.Files) > 0 {
			text = report.Table(all)
		}
		return errors.Join(failed, a.show(f.json, report, text))
	})
}

// wanted is the schema to which the files of dir have to lead: that of this program,
// or nil when dir is neither the one in this binary nor that of the checkout.
func (a *app) wanted(ctx context.Context, s *devpg.Server, dir string) (*schemadiff.State, error) {
	root, err := checkout()
	deployed := errors.Is(err, errNoCheckout)
	switch {
	case deployed && dir != "":
		return nil, nil // another program's
	case err != nil && !deployed:
		return nil, err
	case dir != "":
		given, err := os.Stat(dir)
		if err != nil {
			return nil, fmt.Errorf("read migration directory: %w", err)
		}
		own, err := os.Stat(filepath.Join(root, migrationDir))
		if err != nil || !os.SameFile(given, own) {
			return nil, err
		}
	}
	return plan.ReadSource(ctx, "ent://", plan.SourceOptions{Desired: a.desired(root), Scratch: s.Scratch})
}

func (a *app) onScratch(ctx context.Context, f func(*devpg.Server) error) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	return a.withScratch(ctx, cfg, f)
}

// show writes v as JSON, or the text for people.
func (a *app) show(asJSON bool, v any, text string) error {
	if !asJSON {
		_, err := fmt.Fprint(a.stdout, text)
		return err
	}
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
