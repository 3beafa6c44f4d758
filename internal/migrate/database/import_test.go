package database_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

func fsOf(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

// imports takes over src and runs the result up, down and up.
func imports(t *testing.T, src fstest.MapFS, o folder.ImportOptions, want ...string) string {
	t.Helper()
	dir, url := t.TempDir(), empty(t)
	o.Now = at(1)
	if all, err := folder.Import(src, dir, folder.ImportOptions{DryRun: true, Now: o.Now, UpSQL: o.UpSQL, DownSQL: o.DownSQL}); err != nil || len(all) == 0 || len(tree(t, dir)) > 0 {
		t.Fatalf("dry run: %v, %v", all, err)
	}
	if _, err := folder.Import(src, dir, o); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Fatalf("files (-want +got):\n%s", diff)
	}
	n := len(want) / 2
	conn := migratetest.Connect(t, url)
	empty := dump(t, conn)
	migratetest.Up(t, url, dir, n)
	after := dump(t, conn)
	if _, err := database.Down(t.Context(), url, os.DirFS(dir), database.DownOptions{To: folder.Base, AllowLoss: true}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(empty, dump(t, conn)); diff != "" {
		t.Errorf("left at the base:\n%s", diff)
	}
	migratetest.Up(t, url, dir, n)
	if diff := cmp.Diff(after, dump(t, conn)); diff != "" {
		t.Errorf("the second time up:\n%s", diff)
	}
	if _, err := folder.Import(src, dir, o); err == nil {
		t.Error("imported into a directory that is not empty")
	}
	if name, err := folder.New(dir, "next", folder.NewOptions{}); err != nil || name < want[n-1] {
		t.Errorf("the next file %s sorts before %s: %v", name, want[n-1], err)
	}
	return url
}

func TestImportGolangMigrate(t *testing.T) {
	t.Parallel()
	imports(t, fsOf(
		"1_init.up.sql", "BEGIN;\nCREATE TABLE a (id int);\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END; $$;\nCOMMIT;\n",
		"1_init.down.sql", "DROP FUNCTION f;\nDROP TABLE a;",
		"2_Index-It.up.sql", "CREATE INDEX CONCURRENTLY a_id ON a (id);",
		"2_Index-It.down.sql", "DROP INDEX CONCURRENTLY a_id;",
		"10_more.up.sql", "CREATE TABLE b (id int)",
		"10_more.down.sql", "DROP TABLE IF EXISTS b",
	), folder.ImportOptions{},
		"00000000000001_init.sql", "00000000000002_index_it.sql", "00000000000010_more.sql",
		"down/00000000000001_init.sql", "down/00000000000002_index_it.sql", "down/00000000000010_more.sql")
}

func TestImportGoose(t *testing.T) {
	t.Parallel()
	imports(t, fsOf(
		"00001_init.sql", `-- +goose Up
CREATE TABLE a (id int);
-- +goose StatementBegin
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN 1;
END;
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION f;
DROP TABLE a;
`,
		"20240102030405_index.sql", `-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY a_id ON a (id);
-- +goose Down
DROP INDEX CONCURRENTLY a_id;
`), folder.ImportOptions{},
		"00000000000001_init.sql", "20240102030405_index.sql", "down/00000000000001_init.sql", "down/20240102030405_index.sql")
}

const alembicOne = `"""add a

Revision ID: 1111
Revises:
Create Date: 2024-01-02 03:04:05
"""
from alembic import op
import sqlalchemy as sa

revision: str = '1111'
down_revision: Union[str, None] = None
branch_labels = None


def upgrade() -> None:
    """Upgrade schema."""
    # the table
    op.execute("CREATE TABLE a (id int, "
               'name text DEFAULT \'it\'\'s\')')
    op.execute(sa.text(r"""
        CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
    """))


def downgrade() -> None:
    op.execute("DROP FUNCTION f")
    op.execute("DROP TABLE a")
`

const alembicTwo = `"""Index a's id"""
revision = "2222"
down_revision = "1111"

def upgrade():
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY a_id ON a (id)")

def downgrade():
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY a_id")
`

func TestImportAlembic(t *testing.T) {
	t.Parallel()
	url := imports(t, fsOf("versions/b_one.py", alembicOne, "versions/a_two.py", alembicTwo, "env.py", "x"), folder.ImportOptions{},
		"20260131235959_add_a.sql", "20260201000000_index_a_s_id.sql", "down/20260131235959_add_a.sql", "down/20260201000000_index_a_s_id.sql")
	conn := migratetest.Connect(t, url)
	migratetest.Exec(t, conn, `INSERT INTO a DEFAULT VALUES`)
	if got := migratetest.Value[string](t, conn, `SELECT name FROM a`); got != "it's" {
		t.Errorf("name: %q", got)
	}
}

func TestImportAlembicSQL(t *testing.T) {
	t.Parallel()
	ops := strings.Replace(alembicTwo, `op.execute("CREATE INDEX CONCURRENTLY a_id ON a (id)")`, `op.create_index("a_id", "a", ["id"])`, 1)
	src := fsOf("versions/b_one.py", alembicOne, "versions/a_two.py", ops)
	_, err := folder.Import(src, t.TempDir(), folder.ImportOptions{})
	if err == nil || !strings.Contains(err.Error(), "a_two.py") || !strings.Contains(err.Error(), "alembic upgrade head --sql") {
		t.Errorf("with operations: %v", err)
	}
	imports(t, src, folder.ImportOptions{
		UpSQL: `BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 1111

CREATE TABLE a (id int);

INSERT INTO alembic_version (version_num) VALUES ('1111') RETURNING alembic_version.version_num;

-- Running upgrade 1111 -> 2222

COMMIT;

CREATE INDEX CONCURRENTLY a_id ON a (id);

BEGIN;

UPDATE alembic_version SET version_num='2222' WHERE alembic_version.version_num = '1111';

COMMIT;
`,
		DownSQL: `BEGIN;

-- Running downgrade 2222 -> 1111

DROP INDEX a_id;

UPDATE alembic_version SET version_num='1111' WHERE alembic_version.version_num = '2222';

-- Running downgrade 1111 -> 

DROP TABLE a;

DELETE FROM alembic_version WHERE alembic_version.version_num = '1111';

DROP TABLE alembic_version;

COMMIT;
`}, "20260131235959_add_a.sql", "20260201000000_index_a_s_id.sql", "down/20260131235959_add_a.sql", "down/20260201000000_index_a_s_id.sql")
}

func TestImportRefuses(t *testing.T) {
	t.Parallel()
	branch := strings.NewReplacer("2222", "3333").Replace(alembicTwo)
	for want, src := range map[string]fstest.MapFS{
		"found neither":                   fsOf("readme.txt", "x"),
		"want a name such as":             fsOf("init.up.sql", "SELECT 1;"),
		"no line \"-- +goose Up\"":        fsOf("1_a.sql", "SELECT 1;"),
		`pragma "ENVSUB ON"`:              fsOf("1_a.sql", "-- +goose ENVSUB ON\n-- +goose Up\nSELECT 1;"),
		"a migration in Go":               fsOf("1_a.sql", "-- +goose Up\nSELECT 1;", "2_b.go", "package x"),
		"must not control transactions":   fsOf("1_a.up.sql", "SELECT 1;\nCOMMIT;\nSELECT 2;"),
		"another file has version":        fsOf("1_a.up.sql", "SELECT 1;", "01_b.up.sql", "SELECT 1;"),
		"both follow":                     fsOf("versions/1.py", alembicOne, "versions/2.py", alembicTwo, "versions/3.py", branch),
		`revision "1111" that it follows`: fsOf("versions/2.py", alembicTwo),
		"cannot read revision":            fsOf("versions/2.py", strings.Replace(alembicTwo, `"1111"`, `("1", "2")`, 1)),
		"only op.execute":                 fsOf("versions/1.py", strings.Replace(alembicOne, "# the table", "bind = op.get_bind()", 1)),
		"want a plain string":             fsOf("versions/1.py", strings.Replace(alembicOne, `sa.text(r"""`, `sa.text(f"""`, 1)),
	} {
		_, err := folder.Import(src, t.TempDir(), folder.ImportOptions{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
