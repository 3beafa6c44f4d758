package plan_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// copyMigrations copies the program's own migrations.
func copyMigrations(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, entmigrate.Migrations); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestMigrationsMatchEntities(t *testing.T) {
	t.Parallel()
	missing, err := plan.Check(t.Context(), entmigrate.Migrations, plan.Desired{Tables: entmigrate.Tables, Objects: entmigrate.Objects}, scratch(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(missing) > 0 {
		t.Error("ent/schema was changed without a migration; run: ./run.sh migrate diff NAME\n" + schemadiff.Lines(missing))
	}
}

func TestSchemaSQLIsCurrent(t *testing.T) {
	t.Parallel()
	got, err := plan.SchemaSQL(t.Context(), entmigrate.Tables)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := plan.SchemaSQL(t.Context(), entmigrate.Tables)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, again); diff != "" {
			t.Fatalf("printed twice (-first +second):\n%s", diff)
		}
	}
	if diff := cmp.Diff(entmigrate.SchemaSQL, got); diff != "" {
		t.Errorf("ent/migrate/schema.sql is stale; run: ./run.sh generate (-file +want)\n%s", diff)
	}
}

func TestEmbeddedMigrationsAreTheFolder(t *testing.T) {
	t.Parallel()
	dir := os.DirFS(filepath.Join("..", "..", "..", "ent", "migrate", "migrations"))
	want, err := folder.Hash(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := folder.Hash(entmigrate.Migrations)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("hash of embedded migrations %s, of the dir %s", got, want)
	}
	if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(got) {
		t.Errorf("hash %q: want 16 hexadecimal digits", got)
	}
	if files, err := fs.Glob(entmigrate.Migrations, "*.sql"); err != nil || len(files) == 0 {
		t.Errorf("embedded files: %v, %v", files, err)
	}
}

// migrated gives a connection to a database with the program's own schema.
func migrated(t *testing.T) *pgx.Conn {
	t.Helper()
	url := empty(t)
	if _, err := database.Up(t.Context(), url, entmigrate.Migrations, database.UpOptions{}); err != nil {
		t.Fatal(err)
	}
	return migratetest.Connect(t, url)
}

// The API tells which field is in conflict by the name of the constraint.
func TestUniqueConstraintNames(t *testing.T) {
	t.Parallel()
	conn := migrated(t)
	migratetest.Exec(t, conn, `INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com'), ('bob', 'bob@example.com')`)
	migratetest.Exec(t, conn, `INSERT INTO profiles (user_id) SELECT id FROM users WHERE username = 'ada'`)
	migratetest.Exec(t, conn, `INSERT INTO tags (name) VALUES ('go')`)
	migratetest.Exec(t, conn, `INSERT INTO posts (title, author_id) SELECT 'Hello', id FROM users WHERE username = 'ada'`)
	migratetest.Exec(t, conn, `INSERT INTO taggings (post_id, tag_id) SELECT posts.id, tags.id FROM posts, tags`)
	// With the names that Ent gives them. Those of entities that somebody adds are looked up.
	provoke := map[string]string{
		"users_username_key":     `INSERT INTO users (username, email) VALUES ('ada', 'eve@example.com')`,
		"users_email_key":        `INSERT INTO users (username, email) VALUES ('eve', 'ada@example.com')`,
		"profiles_user_id_key":   `INSERT INTO profiles (user_id) SELECT id FROM users WHERE username = 'ada'`,
		"tags_name_key":          `INSERT INTO tags (name) VALUES ('go')`,
		"tagging_post_id_tag_id": `INSERT INTO taggings (post_id, tag_id) SELECT post_id, tag_id FROM taggings`,
		"sessions_token_hash_key": `INSERT INTO sessions (user_id, token_hash, used_at, expires_at)
			SELECT id, sha256('x'), now(), now() FROM users`, // two users
		"access_tokens_token_hash_key": `INSERT INTO access_tokens (user_id, name, scope, token_hash, expires_at)
			SELECT id, 'x', 'READ', sha256('x'), now() FROM users`,
		"identity_issuer_subject": `INSERT INTO identities (user_id, issuer, subject) SELECT id, 'https://id.example.com', '1' FROM users`,
	}
	for _, name := range uniqueNames() {
		query, ok := provoke[name]
		if !ok {
			query = `SELECT count(*) FROM pg_index WHERE indisunique AND indexrelid = to_regclass('public.' || quote_ident($1))`
			if n := migratetest.Value[int](t, conn, query, name); n != 1 {
				t.Errorf("%d unique indexes are called %s", n, name)
			}
			continue
		}
		if got := migratetest.Violation(t, conn, "23505", query); got != name {
			t.Errorf("constraint %s, want %s", got, name)
		}
	}
}

// uniqueNames lists what Ent calls its unique columns and indexes.
func uniqueNames() []string {
	var all []string
	for _, table := range entmigrate.Tables {
		for _, c := range table.Columns {
			if c.Unique && !isKey(table, c) {
				all = append(all, table.Name+"_"+c.Name+"_key")
			}
		}
		for _, i := range table.Indexes {
			if i.Unique {
				all = append(all, i.Name)
			}
		}
	}
	return all
}

func isKey(table *schema.Table, c *schema.Column) bool {
	return len(table.PrimaryKey) == 1 && table.PrimaryKey[0] == c
}

func TestSchemaReachesTheDatabase(t *testing.T) {
	t.Parallel()
	conn := migrated(t)
	migratetest.Exec(t, conn, `INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com'), ('bob', 'bob@example.com')`)
	migratetest.Exec(t, conn, `INSERT INTO profiles (user_id) SELECT id FROM users`)
	migratetest.Exec(t, conn, `INSERT INTO posts (title, author_id) SELECT 'Hello', id FROM users WHERE username = 'ada'`)

	ids := migratetest.Column[string](t, conn, `SELECT id::text FROM users ORDER BY id`)
	for _, id := range ids {
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
			t.Errorf("default id %s is no version 7 UUID", id)
		}
	}
	if got := migratetest.Value[string](t, conn, `SELECT role || status FROM posts, users WHERE author_id = users.id`); got != "MEMBERDRAFT" {
		t.Errorf("defaults of role and status: %s", got)
	}
	checks := map[string]string{
		"users_username_format": `INSERT INTO users (username, email) VALUES ('Ada', 'c@example.com')`,
		"users_email_format":    `INSERT INTO users (username, email) VALUES ('cem', 'C@example.com')`,
		"users_role_values":     `UPDATE users SET role = 'ROOT'`,
		"posts_title_valid":     `UPDATE posts SET title = ''`,
		"posts_body_valid":      `UPDATE posts SET body = repeat('x', 50001)`,
		"profiles_bio_valid":    `UPDATE profiles SET bio = ''`,
	}
	for name, query := range checks {
		if got := migratetest.Violation(t, conn, "23514", query); got != name {
			t.Errorf("check %s, want %s", got, name)
		}
	}
	migratetest.Violation(t, conn, "22001", `UPDATE posts SET title = repeat('x', 201)`)
	if got := migratetest.Violation(t, conn, "23503", `DELETE FROM users WHERE username = 'ada'`); got != "posts_users_posts" {
		t.Errorf("foreign key %s, want posts_users_posts", got)
	}
	migratetest.Exec(t, conn, `DELETE FROM users WHERE username = 'bob'`)
	if got := migratetest.Value[int](t, conn, `SELECT count(*) FROM profiles`); got != 1 {
		t.Errorf("profiles after their user was deleted: %d, want 1", got)
	}
	comments := migratetest.Column[string](t, conn, `SELECT c.relname || '.' || a.attname || ': ' || col_description(c.oid, a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND col_description(c.oid, a.attnum) IS NOT NULL
ORDER BY 1`)
	var declared []string
	for _, table := range entmigrate.Tables {
		for _, c := range table.Columns {
			if c.Comment != "" {
				declared = append(declared, table.Name+"."+c.Name+": "+c.Comment)
			}
		}
	}
	slices.Sort(declared)
	slices.Sort(comments)
	if diff := cmp.Diff(declared, comments); diff != "" || len(comments) < 20 {
		t.Errorf("comments of columns (-declared +there):\n%s", diff)
	}
}
