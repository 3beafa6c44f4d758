package database_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// Drift tells which rights of the migrations a database lacks, and what everybody may do
// though they forbid it. What was granted by hand is left alone.
func TestDriftOfRights(t *testing.T) {
	t.Parallel()
	role, other := prefix(t)+"reader", prefix(t)+"owner"
	sql := strings.NewReplacer("@reader", role, "@owner", other).Replace(`CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT a FROM t;
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;
GRANT SELECT ON v TO @reader;
GRANT UPDATE (a) ON t TO @reader WITH GRANT OPTION;
ALTER VIEW v OWNER TO @owner;
`)
	dir := t.TempDir()
	if err := os.CopyFS(dir, migrations(t, map[string]string{"20260101000000_rights.sql": sql})); err != nil {
		t.Fatal(err)
	}
	live := migratetest.Connect(t, devpg.Empty(t))
	run := func(script string) {
		t.Helper()
		if _, err := live.Exec(t.Context(), script); err != nil {
			t.Fatal(err)
		}
	}
	drift := func() []string {
		t.Helper()
		scratch, _ := dropped(t)
		all, err := plan.Drift(t.Context(), plan.Source(live.Config().ConnString()), plan.Source("file://"+dir), plan.SourceOptions{Scratch: scratch})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(schemadiff.Lines(all)), "\n")
	}
	run("CREATE ROLE " + role + "; CREATE ROLE " + other)
	run(sql + "GRANT ALL ON t TO " + role)
	if got := drift(); !slices.Equal(got, []string{""}) {
		t.Errorf("drift where there is none: %q", got)
	}
	run("DROP VIEW v; DROP FUNCTION f(); CREATE VIEW v AS SELECT a FROM t; CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; REVOKE UPDATE (a), UPDATE ON t FROM " + role)
	want := []string{
		"column t.a is different: privilege UPDATE (a) TO " + role + " WITH GRANT OPTION is missing, not granted",
		"function f() is different: privilege EXECUTE TO PUBLIC is granted, not revoked",
		"view v is different: privilege SELECT TO " + role + " is missing, not granted, owner is postgres, not " + other,
	}
	if got := drift(); !slices.Equal(got, want) {
		t.Errorf("drift:\n%s", strings.Join(got, "\n"))
	}
}
