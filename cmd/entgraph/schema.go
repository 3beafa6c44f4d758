package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate"
)

func (a *app) schemaCommand() *cobra.Command {
	return group("schema", "Show and compare schemas", &cobra.Command{
		Use:   "print",
		Short: "Print the whole schema of this program as SQL",
		Args:  cobra.NoArgs,
		RunE: work(func(ctx context.Context, _ []string) error {
			sql, err := migrate.SchemaSQL(ctx, entmigrate.Tables)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(a.stdout, sql)
			return err
		}),
	}, a.inspectCommand(), a.schemaDiffCommand(), a.driftCommand())
}

const stateHelp = `

A state is a file of SQL or a migration directory (file://PATH), a database
(postgres://...), which is only read, or this program (ent://). SQL is loaded into
scratch databases of the private Postgres.`

func (a *app) inspectCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "inspect STATE",
		Short: "Print the SQL that makes a schema",
		Long:  "Print the SQL that makes a schema in an empty database." + stateHelp,
		Args:  cobra.ExactArgs(1),
		RunE: work(func(ctx context.Context, args []string) error {
			return a.withStates(ctx, func(_ string, o migrate.SourceOptions) error {
				sql, err := migrate.Inspect(ctx, migrate.Source(args[0]), o)
				if err == nil {
					_, err = fmt.Fprint(a.stdout, sql)
				}
				return err
			})
		}),
	}
}

func (a *app) schemaDiffCommand() *cobra.Command {
	var answers answerFlags
	var o migrate.SchemaDiffOptions
	var from, to string
	cmd := &cobra.Command{
		Use:   "diff --from STATE --to STATE",
		Short: "Print the SQL that leads from one schema to another",
		Long: `Print the SQL that leads from one schema to another: nothing when they are the same.` + stateHelp + `

What the two states leave open it asks on a terminal; else it fails and lists the flags
that answer.`,
		Args: cobra.NoArgs,
	}
	answers.add(cmd)
	cmd.Flags().StringVar(&from, "from", "", "`state` to start from")
	cmd.Flags().StringVar(&to, "to", "", "`state` to reach")
	cmd.Flags().BoolVar(&o.Online, "online", false, "keep big tables in use: indexes concurrently, constraints validated later, rows filled in batches")
	_ = cmd.MarkFlagRequired("from") // fails for an unknown flag alone
	_ = cmd.MarkFlagRequired("to")
	cmd.RunE = work(func(ctx context.Context, _ []string) (err error) {
		if o.Answers, err = answers.read(); err != nil {
			return err
		}
		o.From, o.To, o.Ask = migrate.Source(from), migrate.Source(to), a.asker(cmd)
		return a.withStates(ctx, func(_ string, s migrate.SourceOptions) error {
			o.SourceOptions = s
			sql, err := migrate.SchemaDiff(ctx, o)
			if err == nil {
				_, err = fmt.Fprint(a.stdout, sql)
			}
			return err
		})
	})
	return cmd
}

func (a *app) driftCommand() *cobra.Command {
	var against string
	cmd := &cobra.Command{
		Use:   "drift [DATABASE]",
		Short: "Fail when a database differs from what the migrations make",
		Long: `Fail when a database differs from what the migrations make, and say in what.

DATABASE is a postgres:// address; by default it is the configured database.` + stateHelp,
		Args: cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&against, "against", "", "`state` that it should have (default: "+migrationDir+" of the checkout)")
	cmd.RunE = work(func(ctx context.Context, args []string) error {
		cfg, err := a.config()
		if err != nil {
			return err
		}
		url := strings.Join(args, "")
		return a.withStates(ctx, func(root string, o migrate.SourceOptions) error {
			if against == "" {
				against = "file://" + filepath.Join(root, migrationDir)
			}
			if url != "" {
				return a.drift(ctx, url, against, o)
			}
			return a.withDatabase(ctx, cfg, func(url string) error { return a.drift(ctx, url, against, o) })
		})
	})
	return cmd
}

func (a *app) drift(ctx context.Context, url, against string, o migrate.SourceOptions) error {
	differences, err := migrate.Drift(ctx, migrate.Source(url), migrate.Source(against), o)
	if err != nil {
		return err
	}
	if len(differences) > 0 {
		return fmt.Errorf("the database differs from %s:\n%s", against, strings.Join(differences, "\n"))
	}
	fmt.Fprintln(a.stdout, "the database is as it should be")
	return nil
}

// withStates runs f with the root of the checkout and what reading states takes.
func (a *app) withStates(ctx context.Context, f func(root string, o migrate.SourceOptions) error) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	root, err := checkout()
	if err != nil {
		return err
	}
	return a.withPrivate(ctx, cfg, func(s *devpg.Server) error {
		return f(root, migrate.SourceOptions{Desired: desired(root), Scratch: s.Scratch})
	})
}
