package command_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/command"
	"github.com/entgraph/entgraph/internal/devpg"
)

// TestDevWithRowSecurity starts a checkout with one variable set: the server works as a
// role of its own, and refuses to start once a policy is gone.
func TestDevWithRowSecurity(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, command.MigrationDir), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := devpg.Reset(devpg.Options{Root: root}); err != nil {
			t.Errorf("remove the private Postgres: %v", err)
		}
	})
	p, api, database := devSession(t, root, "DATABASE_RLS=on")
	resp, err := http.Post(api, "application/json", strings.NewReader(`{"query": "{ posts { totalCount } users { totalCount } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Contains(body, []byte(`"users":{"totalCount":20}`)) || bytes.Contains(body, []byte(`"posts":{"totalCount":200}`)) {
		t.Errorf("%v: %s", err, body)
	}
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	var roles string
	err = conn.QueryRow(t.Context(), "SELECT string_agg(DISTINCT usename, ' ') FROM pg_stat_activity WHERE application_name = 'entgraph' AND datname = current_database()").Scan(&roles)
	if err != nil || roles != "entgraph_server" {
		t.Errorf("the server works as %s, %v", roles, err)
	}
	if _, err := conn.Exec(t.Context(), "DROP POLICY entgraph_read ON posts"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.interrupt(t)

	again := start(t, root, []string{"DATABASE_RLS=on"}, "dev")
	if err := again.cmd.Wait(); err == nil {
		t.Error("it started without a policy")
	}
	if text := again.errors(t); !strings.Contains(text, "policy entgraph_read on posts is missing") {
		t.Errorf("stderr: %s", text)
	}
}
