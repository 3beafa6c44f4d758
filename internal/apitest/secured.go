package apitest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/ent"
	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/rls"
)

// ServerRole is the role of servers in tests with row-level security.
const ServerRole = "entgraph_test_server"

// SecuredDatabase is [Database] in which [ServerRole] may work. The role of
// TEST_DATABASE_URL needs CREATEROLE for it.
func SecuredDatabase(t testing.TB) string {
	t.Helper()
	hash, err := folder.Hash(entmigrate.Migrations)
	if err != nil {
		t.Fatalf("hash the migrations: %v", err)
	}
	return devpg.Clone(t, devpg.Template{
		Key: "secured " + hash,
		Build: func(ctx context.Context, url string) error {
			if _, err := database.Up(ctx, url, entmigrate.Migrations, database.UpOptions{StandIns: true}); err != nil {
				return err
			}
			return grant(ctx, url)
		},
	})
}

// RowRules are the program's rules as row-level security.
func RowRules() (rls.Rules, error) {
	g, err := entity.New(ent.Engine.Entities, entmigrate.Tables, entity.Store{})
	if err != nil {
		return rls.Rules{}, err
	}
	return rls.Make(g, entmigrate.Tables), nil
}

func grant(ctx context.Context, url string) (err error) {
	rules, err := RowRules()
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
