package command

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

func (a *app) stampCommand() *cobra.Command {
	f, force := &migrateFlags{app: a}, false
	cmd := &cobra.Command{
		Use:   "stamp VERSION|head|base",
		Short: "Record that the database is at a version, without running a file",
		Long: `Record that the database is at a version, without running a file.

It replays the files up to that version on a scratch database of the private Postgres and
compares: a database that lacks a part of them, or has it in another form, is not at this
version, and nothing is recorded. Anything more that it has is listed. Outside of a checkout
it starts a Postgres of its own for that, with the programs that are installed (PG_BIN).
--force does not compare, and needs none.`,
		Args: cobra.ExactArgs(1),
		RunE: a.onDatabase(func(ctx context.Context, url string, args []string) error {
			version, err := stampTarget(f, args[0])
			if err != nil {
				return err
			}
			o := database.StampOptions{Operator: a.Name, DryRun: f.dryRun, Force: force, LockTimeout: f.wait, Progress: a.progress(f)}
			if force || version == folder.Base {
				return a.stamp(ctx, url, f, version, o)
			}
			return a.onScratch(ctx, func(s *devpg.Server) error {
				o.Scratch = s.Scratch
				return a.stamp(ctx, url, f, version, o)
			})
		}),
	}
	cmd.Flags().BoolVar(&force, "force", false, "record it without comparing")
	f.source(cmd)
	f.output(cmd)
	f.dry(cmd)
	f.waiting(cmd)
	return cmd
}

func (a *app) stamp(ctx context.Context, url string, f *migrateFlags, version string, o database.StampOptions) error {
	o.Others = plan.Others(a.Ent)
	done, err := database.Stamp(ctx, url, f.fsys(), version, o)
	if err != nil {
		return err
	}
	text := ""
	for _, v := range done.Set {
		text += f.would("recorded") + " " + v + "\n"
	}
	for _, v := range done.Removed {
		text += f.would("removed") + " the record of " + v + "\n"
	}
	if text == "" {
		text = "nothing to do: the database is recorded at this version\n"
	}
	for _, d := range done.Extra {
		text += fmt.Sprintf("it also has: %s %s\n", d.Kind, d.Name)
	}
	return a.show(f.json, map[string]any{"set": orEmpty(done.Set), "removed": orEmpty(done.Removed), "extra": append([]schemadiff.Difference{}, done.Extra...)}, text)
}

func stampTarget(f *migrateFlags, text string) (string, error) {
	if text == folder.Head {
		return folder.Newest(f.fsys())
	}
	return text, database.CheckVersion(f.fsys(), text)
}

// orEmpty gives JSON a list and not null.
func orEmpty(list []string) []string { return append([]string{}, list...) }

type problemJSON struct {
	What   string `json:"problem"`
	Fix    string `json:"fix,omitempty"`
	Advice string `json:"advice,omitempty"`
	Fixed  bool   `json:"fixed"`
}

func (a *app) repairCommand() *cobra.Command {
	f, o := &migrateFlags{app: a}, database.RepairOptions{}
	cmd := &cobra.Command{
		Use:   "repair",
		Short: "Say what is wrong between database and directory, and do what is safe",
		Long: `Say what is wrong between database and directory, and do what is safe: renew sums when
only files that are not applied have changed, drop or rebuild indexes whose
build has failed. For the rest it says what you can do. It runs no migration.`,
		Args: cobra.NoArgs,
		RunE: a.onDatabase(func(ctx context.Context, url string, _ []string) error {
			o.Tables = f.tables()
			o.DryRun, o.Folder, o.LockTimeout, o.Progress = f.dryRun, f.dir, f.wait, a.progress(f)
			problems, err := database.Repair(ctx, url, f.fsys(), o)
			if err != nil {
				return err
			}
			out, open := []problemJSON{}, 0
			for _, p := range problems {
				out = append(out, problemJSON{p.What, p.Fix, p.Advice, p.Fixed})
				if !p.Fixed {
					open++
				}
			}
			text := repairText(problems)
			if cfg, err := a.config(); err == nil && usesPrivate(cfg) && slices.ContainsFunc(problems, func(p database.Problem) bool { return p.NoFile && !p.Fixed }) {
				text += a.resetAdvice() + "\n"
			}
			if err := a.show(f.json, map[string]any{"problems": out}, text); err != nil || open == 0 {
				return err
			}
			return fmt.Errorf("%d of %d problems are left", open, len(problems))
		}),
	}
	cmd.Flags().StringVar(&o.Accept, "accept", "", "`version` whose edited file counts as what was applied")
	cmd.Flags().StringVar(&o.Forget, "forget", "", "`version` without a file whose record is removed")
	cmd.Flags().StringVar(&o.Skip, "skip", "", "`version`, applied in part, whose next statement counts as applied")
	f.source(cmd)
	f.output(cmd)
	f.dry(cmd)
	f.waiting(cmd)
	return cmd
}

func repairText(problems []database.Problem) string {
	if len(problems) == 0 {
		return "nothing to repair\n"
	}
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(p.What + "\n")
		switch {
		case p.Fixed:
			b.WriteString("  done: " + p.Fix + "\n")
		case p.Fix != "":
			b.WriteString("  would: " + p.Fix + "\n")
		}
		if p.Advice != "" && !p.Fixed {
			b.WriteString("  " + p.Advice + "\n")
		}
	}
	return b.String()
}

func (a *app) sqlCommand() *cobra.Command {
	f, o := &migrateFlags{app: a}, database.ScriptOptions{Operator: a.Name}
	cmd := &cobra.Command{
		Use:   "sql",
		Short: "Print a script that does what up or down would do",
		Long: `Print a script for people who have the database but not this program. It keeps the
revisions table as up and down do. --to before --from gives the way back.`,
		Args: cobra.NoArgs,
		RunE: work(func(context.Context, []string) error {
			text, err := database.Script(f.fsys(), o)
			if err != nil {
				return err
			}
			return a.show(f.json, map[string]any{"sql": text}, text)
		}),
	}
	cmd.Flags().StringVar(&o.From, "from", "", "`version` that the database has (default: none)")
	cmd.Flags().StringVar(&o.To, "to", "", "`version` that it should have (default: the newest)")
	f.source(cmd)
	f.output(cmd)
	return cmd
}

func (a *app) importCommand() *cobra.Command {
	f, upSQL, downSQL := &migrateFlags{app: a}, "", ""
	cmd := &cobra.Command{
		Use:   "import DIR",
		Short: "Import the migrations of Alembic, golang-migrate or goose",
		Long: `Import the migrations of another tool into an empty migration directory.

DIR is that of golang-migrate or goose, or Alembic's with versions/ in it. Revisions of
Alembic that call more than op.execute need the SQL that Alembic prints:
alembic upgrade head --sql > up.sql, alembic downgrade head:base --sql > down.sql.`,
		Args: cobra.ExactArgs(1),
		RunE: work(func(_ context.Context, args []string) error {
			dir, err := f.folder()
			if err != nil {
				return err
			}
			o := folder.ImportOptions{DryRun: f.dryRun}
			if o.UpSQL, err = readPrinted(upSQL); err != nil {
				return err
			}
			if o.DownSQL, err = readPrinted(downSQL); err != nil {
				return err
			}
			all, err := folder.Import(os.DirFS(args[0]), dir, o)
			if err != nil {
				return err
			}
			return a.show(f.json, importedJSON(all), f.importText(all))
		}),
	}
	cmd.Flags().StringVar(&upSQL, "up-sql", "", "`file` with what alembic upgrade head --sql prints")
	cmd.Flags().StringVar(&downSQL, "down-sql", "", "`file` with what alembic downgrade head:base --sql prints")
	f.target(cmd)
	f.output(cmd)
	return cmd
}

// readPrinted reads what Alembic has printed into a file, "" without one.
func readPrinted(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read what Alembic printed: %w", err)
	}
	return string(data), nil
}

func importedJSON(all []folder.Imported) any {
	type imported struct {
		From string `json:"from"`
		File string `json:"file"`
		Down bool   `json:"down"`
	}
	out := make([]imported, len(all))
	for i, m := range all {
		out[i] = imported{m.From, m.Name, m.Down}
	}
	return map[string]any{"imported": out}
}

func (f *migrateFlags) importText(all []folder.Imported) string {
	var b strings.Builder
	for _, m := range all {
		fmt.Fprintf(&b, "%s %s from %s", f.would("wrote"), m.Name, m.From)
		if !m.Down {
			b.WriteString(", without a down file")
		}
		b.WriteString("\n")
	}
	b.WriteString("for a database that has them already run: " + f.app.Name + " migrate stamp VERSION\n")
	return b.String()
}
