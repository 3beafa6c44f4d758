package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/devpg"
)

func (a *app) resetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "reset",
		Short: "Stop the private Postgres of this checkout and remove its data",
		Long: `Stop the private Postgres of this checkout and remove its data, with the databases
that failed tests left. The database of DATABASE_URL is not touched.`,
		Args: cobra.NoArgs,
		RunE: work(func(context.Context, []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			o, err := a.private(cfg)
			if err != nil {
				return err
			}
			if err := errors.Join(devpg.Reset(o), draftsOf(o.Root).clear()); err != nil {
				return err
			}
			fmt.Fprintln(a.stdout, "removed the private Postgres and its data")
			return nil
		}),
	}
}
