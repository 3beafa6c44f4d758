package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/seed"
)

func (a *app) seedCommand() *cobra.Command {
	var scale, empty bool
	cmd := &cobra.Command{
		Use:   "seed",
		Short: "Fill an empty database with sample data",
		Args:  cobra.NoArgs,
		RunE:  work(func(ctx context.Context, _ []string) error { return a.seed(ctx, scale, empty) }),
	}
	cmd.Flags().BoolVar(&scale, "scale", false, "10,000 users and 100,000 posts instead of 20 and 200")
	cmd.Flags().BoolVar(&empty, "reset", false, "first delete every row of every entity; refused in production")
	return cmd
}

func (a *app) seed(ctx context.Context, scale, empty bool) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	if empty && cfg.Production() {
		return errors.New("seed --reset deletes all data and is refused in production")
	}
	cfg.DatabaseRLS = false // the owner writes them
	return a.withDatabase(ctx, cfg, func(url string) error {
		db, err := open(ctx, cfg, url, a.logger(cfg))
		if err != nil {
			return err
		}
		defer db.Close()
		if err := checkSchema(ctx, db); err != nil {
			return err
		}
		if empty {
			if err := truncate(ctx, db); err != nil {
				return err
			}
		}
		if err := a.fill(ctx, db, scale); err != nil {
			if errors.Is(err, seed.ErrNotEmpty) {
				return fmt.Errorf("%w; delete all rows and fill it again with: entgraph seed --reset", err)
			}
			return err
		}
		fmt.Fprintln(a.stdout, "wrote the sample data")
		return nil
	})
}

func (a *app) fill(ctx context.Context, db *postgres.DB, scale bool) error {
	if scale {
		return seed.Scale(ctx, db, a.stderr)
	}
	return seed.Small(ctx, db)
}

// truncate deletes every row of every entity.
func truncate(ctx context.Context, db *postgres.DB) error {
	var tables []string
	for _, t := range entmigrate.Tables {
		tables = append(tables, pgx.Identifier{t.Name}.Sanitize())
	}
	if _, err := db.Write.Exec(ctx, "TRUNCATE "+strings.Join(tables, ", ")); err != nil {
		return fmt.Errorf("delete all rows: %w", err)
	}
	return nil
}
