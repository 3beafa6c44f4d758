package apptest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/rls"
	"github.com/entgraph/entgraph/internal/seed"
	"github.com/entgraph/entgraph/viewer"
)

// Subject is the app that is tested. What follows Migrations may be left out.
type Subject struct {
	// Name is that of the app, in lower case.
	Name       string
	Ent        entity.Engine
	Graph      api.Graph
	Migrations fs.FS
	// Authenticate is the app's own way to find out who asks, nil without one. Whom
	// [API.As] names counts more.
	Authenticate func(*http.Request) (viewer.Viewer, error)
	// Routes adds the app's own routes, nil without any.
	Routes func(*http.ServeMux)
	// Seed writes the app's sample data; see [API.Fill]. Nil: believable rows.
	Seed seed.Func
}

// ServerRole is the role of servers in tests with row-level security.
const ServerRole = "entgraph_test_server"

// Database returns the address of a migrated, empty database of the test's own.
func (s Subject) Database(t testing.TB) string {
	t.Helper()
	return devpg.Clone(t, devpg.Template{Key: "migrated " + s.hash(t), Build: s.migrate})
}

// SecuredDatabase is [Subject.Database] in which [ServerRole] may work. The role of
// TEST_DATABASE_URL needs CREATEROLE for it.
func (s Subject) SecuredDatabase(t testing.TB) string {
	t.Helper()
	return devpg.Clone(t, devpg.Template{
		Key: "secured " + s.hash(t),
		Build: func(ctx context.Context, url string) error {
			if err := s.migrate(ctx, url); err != nil {
				return err
			}
			return s.grant(ctx, url)
		},
	})
}

func (s Subject) hash(t testing.TB) string {
	t.Helper()
	hash, err := folder.Hash(s.Migrations)
	if err != nil {
		t.Fatalf("hash the migrations: %v", err)
	}
	external, err := plan.External(t.Context(), s.Ent.External)
	if err != nil {
		t.Fatalf("print the tables of others: %v", err)
	}
	return hash + external.SQL
}

func (s Subject) migrate(ctx context.Context, url string) error {
	external, err := plan.External(ctx, s.Ent.External)
	if err != nil {
		return err
	}
	_, err = database.Up(ctx, url, s.Migrations, database.UpOptions{StandIns: true, External: external})
	return err
}

// RowRules are the app's rules as row-level security.
func (s Subject) RowRules() (rls.Rules, error) {
	g, err := entity.New(s.Ent.Entities, s.Ent.Tables, entity.Store{})
	if err != nil {
		return rls.Rules{}, err
	}
	return rls.Make(g, s.Ent.Tables, s.Ent.Unsecured...), nil
}

func (s Subject) grant(ctx context.Context, url string) (err error) {
	rules, err := s.RowRules()
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	statements, err := rls.Grant(ctx, conn, rules, ServerRole)
	if err != nil {
		return err
	}
	// So that tests can act as the role without a password.
	statements = append(statements, "GRANT "+ServerRole+" TO CURRENT_USER")
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// AsServer is the address of a database for connections that act as [ServerRole].
func AsServer(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal("the address of the database is no URL")
	}
	q := u.Query()
	q.Set("options", "-crole="+ServerRole)
	u.RawQuery = q.Encode()
	return u.String()
}

// Fill writes the sample data of the app. All of its users have the password that everybody
// knows.
func (a *API) Fill(t testing.TB) {
	t.Helper()
	o := seed.For(a.Subject.Ent, a.Subject.Seed)
	o.PasswordHash = seed.DemoHash
	if err := seed.Run(t.Context(), a.DB, o); err != nil {
		t.Fatal(err)
	}
}
