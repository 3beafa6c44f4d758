package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/seed"
	"github.com/entgraph/entgraph/web"
)

func (a *app) devCommand() *cobra.Command {
	watched := true
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Serve the API for development, with database, migrations and sample data",
		Long: `Serve the API for development.

Without DATABASE_URL it starts a private Postgres that belongs to this checkout, applies
pending migrations to it and fills it, when it is new, with sample data. With
DATABASE_RLS=on the server works there as a role of its own, which it creates.

In a database of DATABASE_URL it does so only when that is empty; a database that is in use
is served as it is.

In a checkout it builds and serves what is saved, after generating what follows from
ent/schema and graph/*.graphql. A changed schema is shown as SQL and applied to the private
Postgres, as a draft that "migrate diff NAME" makes a migration; before rows are lost it
asks. Until everything is well the API from before goes on.`,
		Args: cobra.NoArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return work(func(ctx context.Context, _ []string) error { return a.dev(ctx, cmd.InOrStdin(), watched) })(cmd, args)
	}
	cmd.Flags().BoolVar(&watched, "watch", true, "in a checkout, build and serve anew what is saved")
	cmd.AddCommand(a.apiCommand())
	return cmd
}

func (a *app) dev(ctx context.Context, in io.Reader, watched bool) error {
	// First, because production needs settings that dev has no use for.
	if config.EnvironmentOf(config.Development, a.environ) == config.Production {
		return fmt.Errorf("dev is not for production, and APP_ENV is production: unset it, or run: %s serve", a.Name)
	}
	cfg, err := a.config()
	if err != nil {
		return err
	}
	if cfg.DatabaseURL == "" && cfg.MigrateDatabaseURL != "" {
		return errors.New("MIGRATE_DATABASE_URL is set and DATABASE_URL is not: set both, or none for a private Postgres")
	}
	tune(cfg)
	// Before the database, which takes longer and fails less often.
	ln, err := a.listenDev(cfg.Addr)
	if err != nil {
		return err
	}
	defer ln.Close()
	return a.withDatabase(ctx, cfg, func(url string) error {
		if src := sources(); watched && src != nil {
			switch alone, unlock, err := src.lock(); {
			case err != nil:
				return err
			case alone:
				return errors.Join(a.watch(ctx, cfg, url, ln, src, in), unlock())
			}
			fmt.Fprintln(a.stdout, "this checkout is watched by another dev already; this one serves what was built")
		}
		return a.devOn(ctx, cfg, url, ln)
	})
}

func (a *app) devOn(ctx context.Context, cfg config.Config, url string, ln net.Listener) error {
	log := a.devLogger(cfg)
	fresh, err := a.migrateDev(ctx, cfg, url)
	if err != nil {
		return err
	}
	demo, err := a.prepare(ctx, cfg, url, fresh, log)
	if err != nil {
		return err
	}
	db, err := a.open(ctx, cfg, a.serverURL(cfg, url), log)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := a.checkSecurity(ctx, db); err != nil {
		return err
	}
	s, err := a.server(ctx, cfg, db, log, "")
	if err != nil {
		return err
	}
	a.printAddresses(cfg, url, ln, demo, false)
	if err := s.Serve(ctx, ln); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, "\nstopped")
	return nil
}

// migrateDev applies pending migrations to the private Postgres, and to a database in which
// there is nothing yet. It reports whether sample data may go into it. Who develops on
// another database changes it by a command: its address may be that of a production.
func (a *app) migrateDev(ctx context.Context, cfg config.Config, url string) (fresh bool, err error) {
	if !usesPrivate(cfg) {
		switch empty, err := database.Empty(ctx, url); {
		case err != nil:
			return false, err
		case !empty:
			status, err := database.ReadStatus(ctx, url, a.Migrations)
			if err != nil {
				return false, err
			}
			return false, status.Err()
		}
	}
	if err := a.needMigration(); err != nil {
		return false, err
	}
	if root, ok := a.drafted(cfg); ok {
		return true, a.withSettling(ctx, cfg, root, asker{}, func(s settling) error {
			s.dir = a.Migrations // those of the program that is served
			return s.run(ctx)
		})
	}
	external, err := plan.External(ctx, a.Ent.External)
	if err != nil {
		return false, err
	}
	o := database.UpOptions{Operator: a.Name, Progress: database.Print(a.stdout), StandIns: usesPrivate(cfg), External: external}
	_, err = database.Up(ctx, url, a.Migrations, o)
	return true, err
}

// needMigration fails for a project that has just begun.
func (a *app) needMigration() error {
	files, err := fs.Glob(a.Migrations, "*.sql")
	if err != nil {
		return fmt.Errorf("look for migrations: %w", err)
	}
	if len(files) == 0 && len(a.Ent.Tables) > 0 {
		return fmt.Errorf("there is no migration yet; plan the first with: %s", a.rebuilt("migrate diff init"))
	}
	return nil
}

// prepare fills a fresh database as its owner, and makes the server's role in a private one.
// It gives the name of a sample user who can sign in with the password that everybody knows.
func (a *app) prepare(ctx context.Context, cfg config.Config, url string, fresh bool, log *slog.Logger) (demo string, err error) {
	if cfg.DatabaseRLS && cfg.DatabaseURL == "" {
		if err := a.grantTo(ctx, url, a.devRole()); err != nil {
			return "", err
		}
	}
	cfg.DatabaseRLS = false
	db, err := a.open(ctx, cfg, url, log)
	if err != nil {
		return "", err
	}
	defer db.Close()
	if fresh {
		if err := a.fillNew(ctx, cfg, db); err != nil {
			return "", err
		}
	}
	return seed.Demo(ctx, db, a.Ent.Account)
}

// fillNew writes the sample data into a database without rows.
func (a *app) fillNew(ctx context.Context, cfg config.Config, db *postgres.DB) error {
	empty, err := seed.Empty(ctx, db, a.sampleData(cfg))
	if err != nil || !empty {
		return err
	}
	switch err := a.fill(ctx, cfg, db, ""); {
	case errors.Is(err, seed.ErrNotEmpty): // somebody's own data
		return nil
	case err != nil:
		return err
	}
	fmt.Fprintln(a.stdout, "filled the new database with sample data")
	return nil
}

// printAddresses says where everything is, and who can sign in to the sample data.
func (a *app) printAddresses(cfg config.Config, url string, ln net.Listener, demo string, watched bool) {
	fmt.Fprintf(a.stdout, "\n%s is running for development\n\n", a.Name)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	row := func(name, value string) { fmt.Fprintf(w, "  %s\t%s\n", name, value) }
	row("API", apiURL(cfg, ln))
	switch {
	case !web.Built():
		row("Playground", "not in this binary: releases of entgraph have it; in a checkout of it run: ./run.sh build")
	case cfg.Playground:
		row("Playground", baseURL(ln)+"/playground")
	default:
		row("Playground", "off (PLAYGROUND=false)")
	}
	row("Web", baseURL(ln)+"/")
	if cfg.DatabaseURL == "" {
		row("Database", "psql '"+url+"'")
	} else {
		row("Database", cfg.DatabaseURL.String())
	}
	if demo != "" {
		row("Sign in", fmt.Sprintf("%s, password %s", demo, seed.DemoPassword))
	}
	if watched {
		row("Sources", "what you save is built and served")
	}
	_ = w.Flush() // a closed terminal does not stop the server
	fmt.Fprint(a.stdout, "\nCtrl-C stops everything.\n\n")
}
