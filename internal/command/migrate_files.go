package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/plan"
)

// would puts what is done into the conditional in a dry run.
func (f *migrateFlags) would(verb string) string {
	if !f.dryRun {
		return verb
	}
	if verb == "wrote" {
		verb = "written"
	}
	return "would have " + verb
}

func (a *app) newCommand() *cobra.Command {
	f, o := &migrateFlags{app: a}, folder.NewOptions{}
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Write an empty migration with its down file, to be filled by hand",
		Args:  cobra.ExactArgs(1),
		RunE: work(func(_ context.Context, args []string) error {
			dir, err := f.folder()
			if err != nil {
				return err
			}
			o.DryRun = f.dryRun
			name, err := folder.New(dir, args[0], o)
			if err != nil {
				return err
			}
			next := fmt.Sprintf("fill both, then run: %s migrate hash", a.Name)
			if o.Go {
				next = fmt.Sprintf("write the function, add it as %q to funcs in %s, and write the way back; then run: %s migrate hash", args[0], functionsFile, a.Name)
			}
			path, back := filepath.Join(dir, name), filepath.Join(dir, "down", name)
			return a.show(f.json, map[string]any{"file": path, "down": back},
				fmt.Sprintf("%s %s\n%s %s\n%s\n", f.would("wrote"), path, f.would("wrote"), back, next))
		}),
	}
	cmd.Flags().BoolVar(&o.Go, "go", false, "for a function in Go, which runs in the file's place")
	cmd.Flags().BoolVar(&o.Compatible, "compatible", false, "programs of the schema before it keep working: servers of the release before stay ready")
	cmd.Flags().BoolVar(&o.NoTransaction, "no-transaction", false, "for statements that Postgres refuses in a transaction")
	f.target(cmd)
	f.output(cmd)
	return cmd
}

func (a *app) editCommand() *cobra.Command {
	f := &migrateFlags{app: a}
	cmd := &cobra.Command{
		Use:   "edit VERSION",
		Short: "Open a migration that is not applied in $EDITOR and renew the checksums",
		Long: `Open a migration that is not applied, and its down file, in $VISUAL or $EDITOR and
renew the sums. Without one it prints the paths.`,
		Args: cobra.ExactArgs(1),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in := cmd.InOrStdin()
		return a.onDatabase(func(ctx context.Context, url string, args []string) error {
			return a.edit(ctx, url, f, args[0], in)
		})(cmd, args)
	}
	f.target(cmd)
	f.output(cmd)
	return cmd
}

func (a *app) edit(ctx context.Context, url string, f *migrateFlags, version string, in io.Reader) error {
	dir, err := f.folder()
	if err != nil {
		return err
	}
	if err := database.Unapplied(ctx, url, version); err != nil {
		return err
	}
	path, back, err := folder.Paths(dir, version)
	if err != nil {
		return err
	}
	paths := []string{path}
	if back != "" {
		paths = append(paths, back)
	}
	editor := a.variable("VISUAL")
	if editor == "" {
		editor = a.variable("EDITOR")
	}
	if editor == "" || f.dryRun {
		return a.show(f.json, map[string]any{"files": paths}, strings.Join(paths, "\n")+"\nwhen you have changed them, run: "+a.Name+" migrate hash\n")
	}
	// As git does: the variable may hold arguments.
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", editor + ` "$@"`, editor}, paths...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, a.stderr, a.stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run the editor %s: %w", editor, err)
	}
	if err := folder.Rehash(dir); err != nil {
		return err
	}
	return a.show(f.json, map[string]any{"files": paths}, "renewed the sums\n")
}

func (a *app) rmCommand() *cobra.Command {
	f := &migrateFlags{app: a}
	cmd := &cobra.Command{
		Use:   "rm VERSION",
		Short: "Delete a migration that is not applied, and its down file",
		Args:  cobra.ExactArgs(1),
		RunE: a.onDatabase(func(ctx context.Context, url string, args []string) error {
			dir, err := f.folder()
			if err != nil {
				return err
			}
			if err := database.Unapplied(ctx, url, args[0]); err != nil {
				return err
			}
			paths, err := folder.Remove(dir, args[0], f.dryRun)
			if err != nil {
				return err
			}
			return a.show(f.json, map[string]any{"removed": paths}, f.would("removed")+" "+strings.Join(paths, "\n"+f.would("removed")+" ")+"\n")
		}),
	}
	f.target(cmd)
	f.output(cmd)
	return cmd
}

func (a *app) rebaseCommand() *cobra.Command {
	f := &migrateFlags{app: a}
	cmd := &cobra.Command{
		Use:   "rebase [VERSION]...",
		Short: "Give migrations that are out of order a newer version",
		Long: `Give migrations that are not applied a version after all others, when branches that
both added one have been merged: those that are older than an applied one, one of two
with the same version, or those named. It renews the sums.`,
		RunE: a.onDatabase(func(ctx context.Context, url string, args []string) error {
			dir, err := f.folder()
			if err != nil {
				return err
			}
			moved, err := database.Rebase(ctx, url, dir, database.RebaseOptions{Versions: args, DryRun: f.dryRun})
			if err != nil {
				return err
			}
			out, text := []map[string]string{}, ""
			for _, m := range moved {
				out = append(out, map[string]string{"from": m.From, "to": m.To})
				text += fmt.Sprintf("%s %s to %s\n", f.would("renamed"), m.From, m.To)
			}
			if text == "" {
				text = "nothing to do: every file is newer than those that are applied\n"
			}
			return a.show(f.json, map[string]any{"renamed": out}, text)
		}),
	}
	f.target(cmd)
	f.output(cmd)
	return cmd
}

func (a *app) squashCommand() *cobra.Command {
	f := &migrateFlags{app: a}
	cmd := &cobra.Command{
		Use:   "squash NAME [VERSION]...",
		Short: "Merge migrations that are not applied into one",
		Long: `Merge migrations that are not applied into one, with one down file: those named, which
must follow each other, or all that are pending.`,
		Args: cobra.MinimumNArgs(1),
		RunE: a.onDatabase(func(ctx context.Context, url string, args []string) error {
			dir, err := f.folder()
			if err != nil {
				return err
			}
			versions := args[1:]
			if len(versions) == 0 {
				plan, err := database.PlanUp(ctx, url, os.DirFS(dir), database.UpOptions{})
				if err != nil {
					return err
				}
				for _, p := range plan.Files {
					versions = append(versions, p.Version)
				}
			}
			if err := database.Unapplied(ctx, url, versions...); err != nil {
				return err
			}
			merged, file, err := folder.Squash(dir, versions, args[0], f.dryRun)
			if err != nil {
				return err
			}
			return a.show(f.json, map[string]any{"merged": merged, "file": filepath.Join(dir, file)},
				fmt.Sprintf("%s %s into %s\n", f.would("merged"), strings.Join(merged, ", "), filepath.Join(dir, file)))
		}),
	}
	f.target(cmd)
	f.output(cmd)
	return cmd
}

func (a *app) checkpointCommand() *cobra.Command {
	f := &migrateFlags{app: a}
	cmd := &cobra.Command{
		Use:   "checkpoint [NAME]",
		Short: "Write a file from which new databases begin, in place of all before it",
		Args:  cobra.MaximumNArgs(1),
		RunE: work(func(ctx context.Context, args []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			dir, err := f.folder()
			if err != nil {
				return err
			}
			return a.withScratch(ctx, cfg, func(s *devpg.Server) error {
				o := plan.CheckpointOptions{Scratch: s.Scratch, DryRun: f.dryRun}
				if len(args) > 0 {
					o.Name = args[0]
				}
				name, text, err := plan.Checkpoint(ctx, dir, o)
				if err != nil {
					return err
				}
				human := fmt.Sprintf("%s %s\n", f.would("wrote"), filepath.Join(dir, name))
				if f.dryRun {
					human = text
				}
				return a.show(f.json, map[string]any{"file": filepath.Join(dir, name), "sql": text}, human)
			})
		}),
	}
	f.target(cmd)
	f.output(cmd)
	return cmd
}

func (a *app) hashCommand() *cobra.Command {
	f := &migrateFlags{app: a}
	cmd := &cobra.Command{
		Use:         "hash",
		Short:       "Renew atlas.sum and down.sum after a deliberate change of files",
		Args:        cobra.NoArgs,
		Annotations: map[string]string{ofFiles: "only"},
		RunE: work(func(context.Context, []string) error {
			dir, err := f.folder()
			if err != nil {
				return err
			}
			stale, err := folder.Stale(dir)
			if err == nil && stale && !f.dryRun {
				err = folder.Rehash(dir)
			}
			if err != nil {
				return err
			}
			text := "nothing to do: the sums match the files\n"
			if stale {
				text = f.would("renewed") + " the sums\n"
			}
			return a.show(f.json, map[string]any{"renewed": stale}, text)
		}),
	}
	f.target(cmd)
	f.output(cmd)
	return cmd
}
