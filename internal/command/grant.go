package command

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/rls"
)

func (a *app) grantCommand() *cobra.Command {
	f := &migrateFlags{app: a}
	cmd := &cobra.Command{
		Use:   "grant ROLE",
		Short: "Give a server's role what it needs, for DATABASE_RLS=on",
		Long: `Give a server's role what it needs and nothing more, for DATABASE_RLS=on.

It creates the role if it does not exist, without a password: set one as your server
requires. Run it as the owner of the tables (MIGRATE_DATABASE_URL), once after the first
migration and again when a server says that something is not granted.`,
		Args: cobra.ExactArgs(1),
		RunE: a.onDatabase(func(ctx context.Context, url string, args []string) error {
			statements, err := a.grant(ctx, url, args[0], f.dryRun)
			if err != nil {
				return err
			}
			text := ""
			for _, sql := range statements {
				text += sql + ";\n"
			}
			return a.show(f.json, map[string]any{"sql": orEmpty(statements)}, text)
		}),
	}
	f.output(cmd)
	f.dry(cmd)
	return cmd
}

// grant runs, or with dryRun only lists, the statements for a server's role.
func (a *app) grant(ctx context.Context, url, role string, dryRun bool) (statements []string, err error) {
	rules, err := a.rowRules()
	if err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if statements, err = rls.Grant(ctx, conn, rules, role); err != nil || dryRun {
		return statements, err
	}
	// All or nothing: a part of them would be a server that fails later.
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, sql := range statements {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return nil
	})
	return statements, err
}

func (a *app) grantTo(ctx context.Context, url, role string) error {
	_, err := a.grant(ctx, url, role, false)
	return err
}

// rowRules are the program's access rules as row-level security.
func (a *app) rowRules() (rls.Rules, error) {
	g, err := entity.New(a.Ent.Entities, a.Ent.Tables, entity.Store{})
	if err != nil {
		return rls.Rules{}, fmt.Errorf("join the entities: %w", err)
	}
	return rls.Make(g, a.Ent.Tables, a.Ent.Unsecured...), nil
}

// checkDatabase fails unless the schema fits and row-level security is as it is configured.
func (a *app) checkDatabase(ctx context.Context, db *postgres.DB) error {
	if err := a.checkSchema(ctx, db); err != nil {
		return err
	}
	return a.checkSecurity(ctx, db)
}

// checkSecurity fails when row-level security is wanted and does not hold, and when it
// holds and nobody would tell it who asks.
func (a *app) checkSecurity(ctx context.Context, db *postgres.DB) error {
	rules, err := a.rowRules()
	if err != nil {
		return err
	}
	if db.RowSecurity() {
		if err := rls.Check(ctx, db.Write, rules); err != nil {
			return fmt.Errorf("DATABASE_RLS is on, but %w", err)
		}
		return nil
	}
	switch bound, err := rls.Bound(ctx, db.Write, rules); {
	case err != nil:
		return err
	case bound:
		return errors.New("row-level security binds the role of DATABASE_URL, so that it finds nothing: set DATABASE_RLS=on, or use the owner of the tables")
	}
	return nil
}

// serverURL is the address by which a server connects to the database that its owner
// reaches by another.
func (a *app) serverURL(cfg config.Config, owner string) string {
	switch {
	case cfg.DatabaseURL != "":
		return string(cfg.DatabaseURL)
	case !bool(cfg.DatabaseRLS):
		return owner
	}
	u, err := url.Parse(owner)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return owner // the check of the role tells
	}
	u.User = url.User(a.devRole())
	return u.String()
}
