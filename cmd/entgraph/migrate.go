package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate"
)

func (a *app) migrateCommand() *cobra.Command {
	return group("migrate", "Plan, apply and inspect migrations",
		a.diffCommand(),
		a.upCommand(), a.downCommand(), a.statusCommand(), a.historyCommand(), a.showCommand(), a.stampCommand(), a.repairCommand(),
		a.newCommand(), a.editCommand(), a.rmCommand(), a.rebaseCommand(), a.squashCommand(), a.checkpointCommand(),
		a.hashCommand(), a.validateCommand(), a.sqlCommand(), a.importCommand())
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
