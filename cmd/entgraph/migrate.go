package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate"
)

func (a *app) migrateCommand() *cobra.Command {
	return group("migrate", "Plan, apply and inspect migrations",
		a.diffCommand(), a.upCommand(), a.statusCommand(), a.validateCommand())
}

func (a *app) diffCommand() *cobra.Command {
	var dir string
	var allowDrop []string
	cmd := &cobra.Command{
		Use:   "diff NAME",
		Short: "Write the migration that brings the directory to the schema of this program",
		Long: `Write the migration that brings the directory to the schema of this program.

It replays the directory on a scratch database of the private Postgres, compares it
with the Ent schemas and writes the difference as a new file, which it has tried.
It changes no other database. NAME says what changes: add_post_published.`,
		Args: cobra.ExactArgs(1),
		RunE: work(func(ctx context.Context, args []string) error { return a.diff(ctx, dir, args[0], allowDrop) }),
	}
	cmd.Flags().StringVar(&dir, "dir", "", "migration `directory` (default: "+migrationDir+" of the checkout)")
	cmd.Flags().StringSliceVar(&allowDrop, "allow-drop", nil, "`tables` and table.columns that may be dropped with their data; * allows all")
	return cmd
}

func (a *app) diff(ctx context.Context, dir, name string, allowDrop []string) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	if dir == "" {
		root, err := checkout()
		if err != nil {
			return err
		}
		dir = filepath.Join(root, migrationDir)
	}
	return a.withPrivate(ctx, cfg, func(s *devpg.Server) error {
		file, err := migrate.Diff(ctx, migrate.DiffOptions{
			Dir: dir, Tables: entmigrate.Tables, Scratch: s.Scratch, Name: name, AllowDrop: allowDrop,
		})
		if err != nil {
			return err
		}
		if file == "" {
			fmt.Fprintln(a.stdout, "nothing to do: the directory matches the schema")
			return nil
		}
		fmt.Fprintf(a.stdout, "wrote %s\nread it, then apply it with: ./run.sh migrate up\n", filepath.Join(dir, file))
		return nil
	})
}

// onDir adds a flag for the directory, whose default is the one in the binary, and
// runs f with the directory and the database.
func (a *app) onDir(cmd *cobra.Command, f func(ctx context.Context, url string, dir fs.FS) error) *cobra.Command {
	dir := cmd.Flags().String("dir", "", "migration `directory` (default: the one in this binary)")
	cmd.Args = cobra.NoArgs
	cmd.RunE = work(func(ctx context.Context, _ []string) error {
		cfg, err := a.config()
		if err != nil {
			return err
		}
		return a.withDatabase(ctx, cfg, func(url string) error { return f(ctx, url, directory(*dir)) })
	})
	return cmd
}

func directory(dir string) fs.FS {
	if dir == "" {
		return entmigrate.Migrations
	}
	return os.DirFS(dir)
}

func (a *app) upCommand() *cobra.Command {
	var to string
	cmd := a.onDir(&cobra.Command{
		Use:   "up",
		Short: "Apply pending migrations",
		Long: `Apply pending migrations, in order.

It is safe to run on many machines at once and again after a crash.`,
	}, func(ctx context.Context, url string, dir fs.FS) error {
		applied, err := migrate.Up(ctx, url, dir, migrate.UpOptions{To: to, Progress: migrate.Print(a.stdout)})
		if err != nil {
			return err
		}
		if len(applied) == 0 {
			fmt.Fprintln(a.stdout, "nothing to do: the database is up to date")
		}
		return nil
	})
	cmd.Flags().StringVar(&to, "to", "", "last `version` to apply (default: all)")
	return cmd
}

func (a *app) statusCommand() *cobra.Command {
	return a.onDir(&cobra.Command{
		Use:   "status",
		Short: "Say where the database stands",
	}, func(ctx context.Context, url string, dir fs.FS) error {
		status, err := migrate.ReadStatus(ctx, url, dir)
		if err != nil {
			return err
		}
		fmt.Fprint(a.stdout, status)
		return nil
	})
}

func (a *app) validateCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check the migration directory against its atlas.sum",
		Args:  cobra.NoArgs,
		RunE: work(func(context.Context, []string) error {
			if _, err := migrate.Hash(directory(dir)); err != nil {
				return err
			}
			fmt.Fprintln(a.stdout, "the migration directory is valid")
			return nil
		}),
	}
	cmd.Flags().StringVar(&dir, "dir", "", "migration `directory` (default: the one in this binary)")
	return cmd
}
