package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
)

// rehearseFlags are the flags that "migrate test" and "migrate lint" share.
type rehearseFlags struct {
	dir    string
	from   string
	latest int
	rows   int
	json   bool
}

func (f *rehearseFlags) add(cmd *cobra.Command) {
	cmd.Args = cobra.NoArgs
	flags := cmd.Flags()
	flags.StringVar(&f.dir, "dir", "", "migration `directory` (default: the one in this binary)")
	flags.StringVar(&f.from, "from", "", "first `version` to rehearse; earlier ones are only applied (default: all)")
	flags.IntVar(&f.latest, "latest", 0, "rehearse only the newest `n` files (default: all)")
	flags.IntVar(&f.rows, "rows", 1000, "sample `rows` in each table; more give better estimates")
	flags.BoolVar(&f.json, "json", false, "write JSON to the standard output")
	cmd.MarkFlagsMutuallyExclusive("from", "latest")
}

func (f *rehearseFlags) options(s *devpg.Server, dir fs.FS) rehearsal.Options {
	return rehearsal.Options{Dir: dir, Scratch: s.Scratch, Rows: f.rows, From: f.from, Latest: f.latest}
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
back, and when going up again ends in another schema.`,
		RunE: work(func(ctx context.Context, _ []string) error { return a.rehearse(ctx, f, all) }),
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "also list the statements that are safe")
	return cmd
}

func (a *app) rehearse(ctx context.Context, f *rehearseFlags, all bool) error {
	return a.onScratch(ctx, func(s *devpg.Server) error {
		report, failed := rehearsal.Run(ctx, f.options(s, (&migrateFlags{dir: f.dir}).fsys()))
		var text string
		if len(report.Files) > 0 {
			text = report.Table(all)
		}
		return errors.Join(failed, a.show(f.json, report, text))
	})
}

func (a *app) onScratch(ctx context.Context, f func(*devpg.Server) error) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	return a.withPrivate(ctx, cfg, f)
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
