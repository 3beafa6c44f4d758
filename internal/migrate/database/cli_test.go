package database_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

// atlasBinary builds the atlas command line tool once and gives its path.
var atlasBinary = sync.OnceValues(func() (string, error) {
	cmd := exec.Command("go", "tool", "-n", "-modfile=tools/atlas.mod", "atlas")
	cmd.Dir = repository
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
})

// repository is the module's root.
var repository = filepath.Join("..", "..", "..")

// cli runs atlas in a folder with the repository's atlas.hcl and a migration directory.
type cli struct {
	t    *testing.T
	root string // working directory
	dir  string // migration directory
	url  string // database
	dev  string // empty database
}

// newCLI copies atlas.hcl, the entities' schema and the program's migrations.
func newCLI(t *testing.T) *cli {
	t.Helper()
	c := &cli{t: t, root: t.TempDir(), url: empty(t), dev: empty(t)}
	c.dir = filepath.Join(c.root, "ent", "migrate", "migrations")
	if err := os.CopyFS(c.dir, entmigrate.Migrations); err != nil {
		t.Fatal(err)
	}
	hcl, err := os.ReadFile(filepath.Join(repository, "atlas.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	for path, data := range map[string][]byte{
		"atlas.hcl":              hcl,
		"ent/migrate/schema.sql": []byte(entmigrate.SchemaSQL),
	} {
		if err := os.WriteFile(filepath.Join(c.root, path), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// try runs atlas and gives what it writes.
func (c *cli) try(args ...string) (string, error) {
	c.t.Helper()
	binary, err := atlasBinary()
	if err != nil {
		c.t.Fatalf("build the atlas command line tool: %v", err)
	}
	cmd := exec.CommandContext(c.t.Context(), binary, args...)
	cmd.Dir = c.root
	cmd.Env = append(os.Environ(), "DATABASE_URL="+c.url, "ATLAS_DEV_URL="+c.dev, "ATLAS_NO_UPDATE_NOTIFIER=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// want runs atlas and expects it to succeed and to write part.
func (c *cli) want(part string, args ...string) {
	c.t.Helper()
	out, err := c.try(args...)
	if err != nil || !strings.Contains(out, part) {
		c.t.Fatalf("atlas %s: %v, want %q in:\n%s", strings.Join(args, " "), err, part, out)
	}
}

func (c *cli) apply() []string  { return []string{"migrate", "apply", "--env", "prod"} }
func (c *cli) status() []string { return []string{"migrate", "status", "--env", "prod"} }

// ours expects the library to see the same: n applied and no error.
func (c *cli) ours(n int) {
	c.t.Helper()
	st := migratetest.Status(c.t, c.url, c.dir)
	if err := st.Err(); err != nil {
		c.t.Error(err)
	}
	if len(st.Applied) != n {
		c.t.Errorf("applied %d, want %d", len(st.Applied), n)
	}
}

const (
	late1 = "29990101000000_late_one.sql"
	late2 = "29990102000000_late_two.sql"
)

// initial is how many migrations the program itself has.
func (c *cli) initial() int {
	c.t.Helper()
	files, err := filepath.Glob(filepath.Join(c.dir, "*.sql"))
	if err != nil {
		c.t.Fatal(err)
	}
	return len(files)
}

func TestAtlasBeginsAndWeContinue(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	n := c.initial()
	c.want("PENDING", c.status()...)
	c.want("", c.apply()...)
	c.ours(n)
	migratetest.Up(t, c.url, c.dir, 0)
	migratetest.WriteDir(t, c.dir, late1, "CREATE TABLE late_one ();")
	migratetest.Up(t, c.url, c.dir, 1)
	c.want("Migration Status: OK", c.status()...)
	migratetest.WriteDir(t, c.dir, late2, "CREATE TABLE late_two ();")
	c.want("CREATE TABLE late_two", c.apply()...)
	c.want("No migration files to execute", c.apply()...)
	c.ours(n + 2)
}

func TestWeBeginAndAtlasContinues(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	n := c.initial()
	migratetest.Up(t, c.url, c.dir, n)
	c.want("Migration Status: OK", c.status()...)
	migratetest.WriteDir(t, c.dir, late1, "CREATE TABLE late_one ();")
	c.want("PENDING", c.status()...)
	c.want("CREATE TABLE late_one", c.apply()...)
	migratetest.WriteDir(t, c.dir, late2, "-- atlas:txmode none\n\nCREATE TABLE late_two ();")
	migratetest.Up(t, c.url, c.dir, 1)
	c.want("Migration Status: OK", c.status()...)
	c.ours(n + 2)
}

// Files that stopped in the middle are resumed by the other side.
func TestResumeAcrossTools(t *testing.T) {
	t.Parallel()
	broken := "-- atlas:txmode none\n\nCREATE TABLE late (id int);\nINSERT INTO late VALUES (1);\nINSERT INTO late VALUES ('x');\n"
	mended := strings.Replace(broken, "'x'", "2", 1)
	for _, weBegin := range []bool{true, false} {
		c := newCLI(t)
		migratetest.Up(t, c.url, c.dir, c.initial())
		migratetest.WriteDir(t, c.dir, late1, broken)
		_, ourErr := c.stop(weBegin)
		if ourErr == nil {
			t.Fatal("the broken file was applied")
		}
		migratetest.WriteDir(t, c.dir, late1, mended)
		if weBegin {
			c.want("", c.apply()...)
		} else {
			migratetest.Up(t, c.url, c.dir, 1)
		}
		got := migratetest.Column[int](t, migratetest.Connect(t, c.url), `SELECT id FROM late ORDER BY id`)
		if diff := cmp.Diff([]int{1, 2}, got); diff != "" {
			t.Errorf("we begin: %t, rows (-want +got):\n%s", weBegin, diff)
		}
		c.want("Migration Status: OK", c.status()...)
	}
}

// stop applies with one of the tools.
func (c *cli) stop(we bool) (string, error) {
	if !we {
		return c.try(c.apply()...)
	}
	_, err := database.Up(c.t.Context(), c.url, os.DirFS(c.dir), database.UpOptions{})
	return "", err
}

func TestAtlasWaitsForOurLock(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	n := c.initial()
	migratetest.WriteDir(t, c.dir, late1, "CREATE TABLE late (id int);")
	// Whoever is asked while a file runs finds the lock taken.
	_, err := database.Up(t.Context(), c.url, os.DirFS(c.dir), database.UpOptions{Progress: func(e database.Event) {
		if e.Done || e.Index > 1 {
			return
		}
		out, err := c.try(append(c.apply(), "--lock-timeout", "10ms")...)
		if err == nil || !strings.Contains(out, "acquiring database lock") {
			t.Errorf("atlas at the same time: %v\n%s", err, out)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	c.ours(n + 1)
}

func TestAtlasValidatesAndAgrees(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.want("", "migrate", "validate", "--env", "local")
	c.want("no changes to be made", "migrate", "diff", "more", "--env", "local")
	migratetest.Up(t, c.url, c.dir, c.initial())
	// Nothing to change, and our history is not taken for a stray table.
	c.want("Schema is synced", "schema", "apply", "--env", "local", "--dry-run")
	if err := os.WriteFile(filepath.Join(c.dir, late1), []byte("CREATE TABLE late ();"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := c.try("migrate", "validate", "--env", "local"); err == nil || !strings.Contains(out, "checksum") {
		t.Errorf("validate with a file that atlas.sum lacks: %v\n%s", err, out)
	}
}

// With search_path in the URL atlas is bound to one schema; the history is the same.
func TestAtlasBoundToSchema(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	u, err := url.Parse(c.url)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", "public")
	u.RawQuery = q.Encode()
	c.url = u.String()
	c.want("", c.apply()...)
	migratetest.Up(t, c.url, c.dir, 0)
	c.ours(c.initial())
}

func TestRevisionsTableIsAtlas(t *testing.T) {
	t.Parallel()
	const describe = `SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), i.conname)
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_constraint i ON i.conrelid = a.attrelid AND a.attnum = ANY (i.conkey)
WHERE a.attrelid = 'public.atlas_schema_revisions'::regclass AND a.attnum > 0 ORDER BY a.attnum`
	theirs, ours := newCLI(t), newCLI(t)
	theirs.want("", theirs.apply()...)
	migratetest.Up(t, ours.url, ours.dir, ours.initial())
	want := migratetest.Column[string](t, migratetest.Connect(t, theirs.url), describe)
	if diff := cmp.Diff(want, migratetest.Column[string](t, migratetest.Connect(t, ours.url), describe)); diff != "" {
		t.Errorf("columns (-atlas +ours):\n%s", diff)
	}
	const rows = `SELECT concat_ws(' ', version, description, type, applied, total, error, error_stmt, hash) FROM atlas_schema_revisions ORDER BY version`
	want = migratetest.Column[string](t, migratetest.Connect(t, theirs.url), rows)
	if diff := cmp.Diff(want, migratetest.Column[string](t, migratetest.Connect(t, ours.url), rows)); diff != "" {
		t.Errorf("rows (-atlas +ours):\n%s", diff)
	}
}
