package database_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	atlas "ariga.io/atlas/sql/migrate"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
)

// dropped gives scratch databases that are dropped.
func dropped(t *testing.T) (database.Scratch, *pgx.Conn) {
	t.Helper()
	admin := migratetest.Connect(t, devpg.Empty(t))
	return func(ctx context.Context) (string, func(context.Context) error, error) {
		url := devpg.Empty(t)
		cfg, err := pgx.ParseConfig(url)
		if err != nil {
			return "", nil, err
		}
		return url, func(context.Context) error {
			_, err := migratetest.Connect(t, devpg.Empty(t)).Exec(context.Background(), "DROP DATABASE "+pgx.Identifier{cfg.Database}.Sanitize()+" WITH (FORCE)")
			return err
		}, nil
	}, admin
}

// prefix begins the names of a test's roles, which no other run of it has.
func prefix(t *testing.T) string {
	t.Helper()
	return "role_" + strings.ToLower(rand.Text()[:10]) + "_"
}

// roleFile names roles in every way, none of which the server has.
func roleFile(prefix string) string {
	return strings.ReplaceAll(`CREATE ROLE @made LOGIN PASSWORD 'x;y' SUPERUSER;
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '@block') THEN CREATE ROLE @block LOGIN PASSWORD 'a;b'; END IF; END $$;
DO $$ BEGIN CREATE USER @always; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE USER @plain; END $$;
DO $$ BEGIN EXECUTE 'CREATE ROLE @said LOGIN PASSWORD ''a;b'''; EXECUTE format('CREATE ROLE %I', '@put'); EXECUTE $x$DROP ROLE @gone$x$; END $$;
CREATE TABLE t (id int, a int);
COPY t TO PROGRAM 'exit 3'; COPY t FROM '/missing/rows'; SELECT lo_export(0, '/missing/file'); INSERT INTO t SELECT length(pg_read_file('missing'));
CREATE VIEW v AS SELECT a FROM t;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
GRANT SELECT ON t TO @reader, @said, @put, "@Odd ""role" WITH GRANT OPTION;
GRANT @member TO @made;
ALTER VIEW v OWNER TO @owner;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t FOR SELECT TO @viewer USING (a > 0);
ALTER DEFAULT PRIVILEGES FOR ROLE @deployer GRANT SELECT ON TABLES TO @reader;
CREATE SCHEMA s AUTHORIZATION @owner;
DO $$ BEGIN SET LOCAL ROLE @setter; RESET ROLE; END $$;
ALTER ROLE @gone SET search_path = x; DROP ROLE @gone; COMMENT ON ROLE @made IS 'x';
ALTER SYSTEM SET work_mem = '77MB'; ALTER DATABASE production SET work_mem = '77MB'; GRANT CONNECT ON DATABASE production TO @reader;
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid();
`, "@", prefix)
}

func roleDirectory(t *testing.T, prefix string) fstest.MapFS {
	t.Helper()
	files := map[string]string{"20260101000000_rights.sql": roleFile(prefix), "20260102000000_more.sql": "REVOKE SELECT ON t FROM " + prefix + "reader; ALTER TABLE t ALTER COLUMN id TYPE bigint;\n"}
	return migrations(t, files)
}

func migrations(t *testing.T, files map[string]string) fstest.MapFS {
	t.Helper()
	dir, all := fstest.MapFS{}, []atlas.File{}
	for name, text := range files {
		dir[name] = &fstest.MapFile{Data: []byte(text)}
		all = append(all, atlas.NewLocalFile(name, []byte(text)))
	}
	slices.SortFunc(all, func(a, b atlas.File) int { return strings.Compare(a.Name(), b.Name()) })
	sum, err := atlas.NewHashFile(all)
	if err != nil {
		t.Fatal(err)
	}
	text, err := sum.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	dir["atlas.sum"] = &fstest.MapFile{Data: text}
	return dir
}

// server describes what belongs to the whole server of tests whose names begin so.
func server(t *testing.T, conn *pgx.Conn, prefix string) (roles []string) {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1)
UNION ALL SELECT name || sourceline FROM pg_file_settings WHERE setting = '77MB' ORDER BY 1`, prefix)
	if err != nil {
		t.Fatal(err)
	}
	roles, err = pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return roles
}

// A directory may name roles that a server has not: they are there while it is tried, on
// many databases at once, and gone afterwards, with all else that is of the whole server.
func TestRolesStandIn(t *testing.T) {
	t.Parallel()
	prefix := prefix(t)
	scratch, admin := dropped(t)
	dir := roleDirectory(t, prefix)
	folder := t.TempDir()
	if err := os.CopyFS(folder, dir); err != nil {
		t.Fatal(err)
	}
	o := plan.SourceOptions{Scratch: scratch}
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			report, err := rehearsal.Run(t.Context(), rehearsal.Options{Dir: dir, Scratch: scratch, Rows: 3})
			if err != nil {
				t.Errorf("rehearse: %v", err)
			}
			findings, err := rehearsal.Lint(report, rehearsal.Settings{})
			if err != nil || !slices.ContainsFunc(findings, func(f rehearsal.Finding) bool {
				return f.Code == "DS415" && strings.Contains(f.Object, "ALTER SYSTEM")
			}) {
				t.Errorf("lint: %v, %v", err, findings)
			}
		})
		wg.Go(func() {
			text, err := plan.Inspect(t.Context(), plan.Source("file://"+folder), o)
			if err != nil || !strings.Contains(text, `TO `+prefix+`viewer`) {
				t.Errorf("inspect: %v\n%s", err, text)
			}
		})
		wg.Go(func() {
			schema := filepath.Join(t.TempDir(), fmt.Sprintf("schema%d.sql", i))
			if err := os.WriteFile(schema, []byte(roleFile(prefix)+"ALTER TABLE t ADD COLUMN b int;\nALTER TABLE t ALTER COLUMN id TYPE bigint;"), 0o600); err != nil {
				t.Error(err)
			}
			parts, err := plan.SchemaDiff(t.Context(), plan.SchemaDiffOptions{SourceOptions: o, From: plan.Source("file://" + folder), To: plan.Source("file://" + schema)})
			if err != nil || len(parts) != 1 || !strings.Contains(parts[0].SQL, `ADD COLUMN "b"`) {
				t.Errorf("diff: %v, %v", err, parts)
			}
		})
	}
	wg.Wait()
	if left := server(t, admin, prefix); len(left) > 0 {
		t.Errorf("left on the server: %q", left)
	}
}

// A role that the server has is taken as it is, and stays.
func TestRolesOfTheServerStay(t *testing.T) {
	t.Parallel()
	prefix := prefix(t)
	scratch, admin := dropped(t)
	for _, sql := range []string{"CREATE ROLE " + prefix + "made LOGIN CONNECTION LIMIT 7", "CREATE ROLE " + prefix + "reader"} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := rehearsal.Run(t.Context(), rehearsal.Options{Dir: roleDirectory(t, prefix), Scratch: scratch, Rows: -1}); err != nil {
		t.Fatal(err)
	}
	if left := server(t, admin, prefix); !slices.Equal(left, []string{prefix + "made", prefix + "reader"}) {
		t.Errorf("on the server: %q", left)
	}
	var login, super bool
	if err := admin.QueryRow(t.Context(), "SELECT rolcanlogin, rolsuper FROM pg_roles WHERE rolname = $1 AND rolconnlimit = 7", prefix+"made").Scan(&login, &super); err != nil || !login || super {
		t.Errorf("the role was changed: %v, login %v, superuser %v", err, login, super)
	}
}

// What cannot be left out of a block is refused by its name.
func TestServerWideCallInABlock(t *testing.T) {
	t.Parallel()
	scratch, _ := dropped(t)
	for statement, name := range map[string]string{
		"PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE false": "pg_terminate_backend", "COPY (SELECT 1) TO PROGRAM 'exit 3'": "COPY",
		"EXECUTE 'COPY (SELECT 1) TO PROGRAM ''exit 3'''": "COPY", "EXECUTE format('COPY %I FROM ''/missing''', 't')": "COPY", "PERFORM pg_read_file('x')": "pg_read_file",
	} {
		dir := migrations(t, map[string]string{"20260101000000_x.sql": "DO $$ BEGIN " + statement + "; END $$;\n"})
		_, err := rehearsal.Run(t.Context(), rehearsal.Options{Dir: dir, Scratch: scratch})
		if err == nil || !strings.Contains(err.Error(), ": "+name+" acts on") || !strings.Contains(err.Error(), "statement of its own") {
			t.Errorf("%s: got %v", statement, err)
		}
	}
}

// Roles that a live database has, and the scratch server has not, are no obstacle; nor is a
// mistake in a statement about a role taken for a missing one.
func TestRolesOfALiveDatabase(t *testing.T) {
	t.Parallel()
	scratch, _ := dropped(t)
	role := prefix(t) + "user"
	live := migratetest.Connect(t, devpg.Empty(t))
	for _, sql := range []string{"CREATE ROLE " + role, "CREATE TABLE t (a int)", "CREATE POLICY p ON t TO " + role + " USING (a > 1)"} {
		if _, err := live.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	source := plan.Source("postgres" + strings.TrimPrefix(live.Config().ConnString(), "postgres"))
	text, err := plan.Inspect(t.Context(), source, plan.SourceOptions{Scratch: scratch})
	if err != nil || !strings.Contains(text, role) {
		t.Errorf("%v\n%s", err, text)
	}
	dir := migrations(t, map[string]string{"20260101000000_x.sql": "GRANT SELECT ON missing TO " + role + ";\n"})
	var failure *rehearsal.FailureError
	if _, err := rehearsal.Run(t.Context(), rehearsal.Options{Dir: dir, Scratch: scratch}); !errors.As(err, &failure) || !strings.Contains(err.Error(), `"missing" does not exist`) {
		t.Errorf("got %v", err)
	}
}

func TestServerWide(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]bool{
		"-- why\n/* and */ CREATE ROLE x": true, "create user x": true, "CREATE USER MAPPING FOR x SERVER y": false, `CREATE USER "MAPPING"`: true,
		"CREATE USER mary": true, "CREATE USER maple": true, "ALTER SYSTEM RESET ALL": true, "CREATE DATABASE x": true, "DROP SUBSCRIPTION s": true, "CREATE TABLESPACE x LOCATION 'y'": true,
		"GRANT a TO b": true, "GRANT SELECT ON t TO b": false, "REVOKE a FROM b": true, "GRANT ALL\nON\nt TO b": false,
		"COMMENT ON ROLE x IS 'y'": true, "COMMENT ON TABLE x IS 'COMMENT ON ROLE'": false, "ALTER TABLE t OWNER TO x": false, "CREATE TABLE role (id int)": false,
		"SELECT pg_reload_conf()": true, "SELECT 1": false, "DO $$ BEGIN ALTER ROLE x LOGIN; END $$": true, "DO $$ BEGIN PERFORM 1; END $$": false,
		"COPY t TO PROGRAM 'x'": true, "copy (SELECT 1)\nto /* a */ '/x'": true, "COPY t (a) FROM E'/x'": true, "COPY t FROM STDIN": false, "COPY t TO STDOUT (NULL 'x')": false,
		"SELECT lo_import('/x')": true, "INSERT INTO t SELECT pg_read_file('x')": true, "WITH x AS (SELECT pg_ls_dir('.')) DELETE FROM t": true, "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO x": false,
		"DO $$ BEGIN EXECUTE 'CREATE ROLE x'; END $$": true, "DO $$ BEGIN EXECUTE 'CREATE TABLE role (a int)'; END $$": false, "DO $$ BEGIN CREATE USER MAPPING FOR x SERVER y; END $$": false,
		"DO $$ BEGIN INSERT INTO t VALUES ('copy it from'); END $$": false, "DO $$ BEGIN COPY t TO '/x'; END $$": true,
		"GRANT CONNECT ON DATABASE x TO y": true, "CREATE PUBLICATION p FOR ALL TABLES": false, "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO x": false,
	} {
		if got := database.ServerWide(sql); got != want {
			t.Errorf("%s: %v", sql, got)
		}
	}
}

// A file that lacks roles is told once, and the roles that were made in one line; a failure
// that is left is told as before.
func TestStandInsAreToldOnce(t *testing.T) {
	t.Parallel()
	role, url := prefix(t), devpg.Empty(t)
	admin := migratetest.Connect(t, url)
	t.Cleanup(func() {
		for _, name := range []string{"one", "two"} {
			for _, sql := range []string{"DROP OWNED BY ", "DROP ROLE "} {
				if _, err := admin.Exec(context.Background(), sql+role+name); err != nil {
					t.Error(err)
				}
			}
		}
	})
	tell := func(files map[string]string) (string, error) {
		var out strings.Builder
		_, err := database.Up(t.Context(), url, migrations(t, files), database.UpOptions{StandIns: true, Progress: database.Print(&out)})
		return regexp.MustCompile(`\d+ ms`).ReplaceAllString(out.String(), "N ms"), err
	}
	files := map[string]string{
		"20260101000000_a.sql": "CREATE TABLE a (id int);\n",
		"20260102000000_b.sql": "GRANT SELECT ON a TO " + role + "one;\nGRANT SELECT ON a TO " + role + "two;\n",
	}
	want := "1/2  20260101000000_a.sql  1 statement, N ms\n2/2  20260102000000_b.sql  2 statements, N ms\n" +
		"     made the roles " + role + "one, " + role + "two without a login: migrations name them, and this server lacked them\n"
	if got, err := tell(files); err != nil || got != want {
		t.Errorf("%v\n%swant\n%s", err, got, want)
	}
	files["20260103000000_c.sql"] = "GRANT SELECT ON nothing TO " + role + "one;\n"
	if got, err := tell(files); err == nil || got != "1/1  20260103000000_c.sql  failed after N ms\n" {
		t.Errorf("%v\n%s", err, got)
	}
}
