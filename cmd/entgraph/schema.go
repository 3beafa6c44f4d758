package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/migrate"
)

func (a *app) schemaCommand() *cobra.Command {
	return group("schema", "Show the schema", &cobra.Command{
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
	})
}
