package command

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/executor"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/server"
	"github.com/entgraph/entgraph/viewer"
)

type appKey struct{}

// own lets what a command of the app's own runs, and those below it, find the app in its context,
// and work as the system. It changes the command, which is of this run alone.
func (a *app) own(cmd *cobra.Command) {
	known := func(cmd *cobra.Command) {
		if ctx := cmd.Context(); ctx.Value(appKey{}) == nil {
			cmd.SetContext(context.WithValue(viewer.NewContext(ctx, viewer.System()), appKey{}, a))
		}
	}
	for _, step := range []*func(*cobra.Command, []string) error{
		&cmd.PersistentPreRunE, &cmd.PreRunE, &cmd.RunE, &cmd.PostRunE, &cmd.PersistentPostRunE,
	} {
		if run := *step; run != nil {
			*step = func(cmd *cobra.Command, args []string) error { known(cmd); return run(cmd, args) }
		}
	}
	for _, step := range []*func(*cobra.Command, []string){
		&cmd.PersistentPreRun, &cmd.PreRun, &cmd.Run, &cmd.PostRun, &cmd.PersistentPostRun,
	} {
		if run := *step; run != nil {
			*step = func(cmd *cobra.Command, args []string) { known(cmd); run(cmd, args) }
		}
	}
	for _, below := range cmd.Commands() {
		a.own(below)
	}
}

// Transact is entgraph.Transact.
func Transact(ctx context.Context, f func(context.Context) error) error {
	if s := server.FromContext(ctx); s != nil {
		return s.Transact(ctx, f)
	}
	a, ok := ctx.Value(appKey{}).(*app)
	if !ok {
		return errors.New("entgraph.Transact: the context is neither that of a command of App.Commands nor that of a request to a route of App.Routes")
	}
	cfg, err := a.config()
	if err != nil {
		return err
	}
	return a.withSchema(ctx, cfg, func(_ *postgres.DB, schema *executor.Schema) error { return schema.Within(ctx, f) })
}

// withSchema runs f with the app's schema on the configured database, as the owner of its tables,
// whom no row security holds. It fails when the database is not what the program works with.
func (a *app) withSchema(ctx context.Context, cfg config.Config, f func(*postgres.DB, *executor.Schema) error) error {
	cfg.DatabaseRLS = false
	return a.withDatabase(ctx, cfg, func(url string) error {
		log := a.logger(cfg)
		db, err := a.open(ctx, cfg, url, log)
		if err != nil {
			return err
		}
		defer db.Close()
		if err := a.checkSchema(ctx, db); err != nil {
			return err
		}
		schema, err := a.schema(ctx, cfg, db, log)
		if err != nil {
			return err
		}
		return f(db, schema)
	})
}
