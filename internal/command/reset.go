package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/devpg"
)

func (a *app) resetCommand() *cobra.Command {
	yes := false
	cmd := &cobra.Command{
		Use:   "reset",
		Short: "Stop the private Postgres of this checkout and remove its data",
		Long: `Stop the private Postgres of this checkout and remove its data, with the databases
that failed tests left, and the drafts. The database of DATABASE_URL is not touched.
On a terminal it asks before that; --yes is for scripts.`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in := cmd.InOrStdin()
		return work(func(context.Context, []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			o, err := a.private(cfg)
			if err != nil {
				return err
			}
			if !yes && terminal(in) && !a.confirm(in, fmt.Sprintf("This removes the private Postgres of %s with all rows, and the drafts. Type yes to do it: ", o.Root)) {
				return errors.New("nothing was removed")
			}
			if err := errors.Join(devpg.Reset(o), draftsOf(o.Root).clear()); err != nil {
				return err
			}
			fmt.Fprintln(a.stdout, "removed the private Postgres and its data")
			return nil
		})(cmd, args)
	}
	return cmd
}
