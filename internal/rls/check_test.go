package rls_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/rls"
)

// TestCheck breaks the second wall in every way that is known and wants each to be told.
func TestCheck(t *testing.T) {
	t.Parallel()
	url := apitest.SecuredDatabase(t)
	owner, server, want := connect(t, url), connect(t, apitest.AsServer(t, url)), rules(t)
	if err := rls.Check(t.Context(), server, want); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ sql, problem string }{
		"owner":              {`ALTER TABLE tags OWNER TO ` + apitest.ServerRole, `the role "entgraph_test_server" owns tags`},
		"security off":       {`ALTER TABLE posts DISABLE ROW LEVEL SECURITY`, "row-level security of posts is off"},
		"missing policy":     {`DROP POLICY entgraph_update ON posts`, "policy entgraph_update on posts is missing"},
		"foreign policy":     {`CREATE POLICY mine ON posts USING (true)`, "policy mine on posts is not one of the program's"},
		"other rules":        {`COMMENT ON POLICY entgraph_read ON posts IS 'Generated; 0000000000000000.'`, "policy entgraph_read on posts was made from other rules"},
		"missing trigger":    {`DROP TRIGGER entgraph_users_sets ON users`, "trigger entgraph_users_sets on users is missing"},
		"disabled trigger":   {`ALTER TABLE users DISABLE TRIGGER entgraph_users_sets`, "trigger entgraph_users_sets on users is disabled"},
		"missing function":   {`ALTER FUNCTION entgraph_taggings_post RENAME TO other`, "function entgraph_taggings_post is missing"},
		"forbidden function": {`REVOKE ALL ON FUNCTION entgraph_taggings_post FROM ` + apitest.ServerRole, "function entgraph_taggings_post is disabled or may not be used"},
		"missing privilege":  {`REVOKE DELETE ON posts FROM ` + apitest.ServerRole, "the role may not read and write posts"},
		"missing table":      {`ALTER TABLE attempts RENAME TO others`, "the table attempts is missing"},
	} {
		err := undone(t, owner, tc.sql, func() error {
			if _, err := owner.Exec(t.Context(), "SET LOCAL ROLE "+apitest.ServerRole); err != nil {
				t.Fatal(err)
			}
			return rls.Check(t.Context(), owner, want)
		})
		var told *rls.Error
		if !errors.As(err, &told) || !strings.Contains(err.Error(), tc.problem) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := rls.Check(t.Context(), owner, want); err == nil {
		t.Error("the owner passes")
	}
	for who, conn := range map[bool]*pgx.Conn{true: server, false: owner} {
		if bound, err := rls.Bound(t.Context(), conn, want); err != nil || bound != who {
			t.Errorf("bound %t, want %t: %v", bound, who, err)
		}
	}
}

// undone runs a statement, then f, and takes the statement back.
func undone(t *testing.T, conn *pgx.Conn, sql string, f func() error) error {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}()
	if _, err := tx.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	return f()
}

// TestGrantRefuses wants no privileges for a role that policies do not bind.
func TestGrantRefuses(t *testing.T) {
	t.Parallel()
	owner := connect(t, apitest.SecuredDatabase(t))
	var name string
	if err := owner.QueryRow(t.Context(), "SELECT current_user").Scan(&name); err != nil {
		t.Fatal(err)
	}
	_, err := rls.Grant(t.Context(), owner, rules(t), name)
	var told *rls.Error
	if !errors.As(err, &told) {
		t.Errorf("the owner: %v", err)
	}
}

// TestServerRoleOwnsNothing tries what no server needs.
func TestServerRoleOwnsNothing(t *testing.T) {
	t.Parallel()
	server := connect(t, apitest.AsServer(t, apitest.SecuredDatabase(t)))
	for _, sql := range []string{
		"ALTER TABLE posts DISABLE ROW LEVEL SECURITY", "DROP POLICY entgraph_read ON posts", "TRUNCATE posts",
		"CREATE TABLE mine (id int)", "DROP TRIGGER entgraph_users_sets ON users", "CREATE POLICY mine ON posts USING (true)",
		"CREATE OR REPLACE FUNCTION entgraph_taggings_post(uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
		"DELETE FROM atlas_schema_revisions",
	} {
		if _, err := server.Exec(t.Context(), sql); err == nil {
			t.Errorf("it may %s", sql)
		}
	}
	// Whose setting is not there is nobody, whatever the session was before.
	for _, table := range []string{"sessions", "attempts"} {
		var n int
		if err := server.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d rows, %v", table, n, err)
		}
	}
}
