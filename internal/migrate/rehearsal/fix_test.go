package rehearsal_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
)

// written writes a migration directory of ups and ways back to disk; see directory.
func written(t *testing.T, files ...string) string {
	t.Helper()
	dir, dated := t.TempDir(), fstest.MapFS{}
	for name, f := range directory(t, files...).(fstest.MapFS) { // with versions that are times
		dated[strings.Replace(name, "202600", "202601", 1)] = f
	}
	if err := os.CopyFS(dir, dated); err != nil {
		t.Fatal(err)
	}
	if err := folder.Rehash(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fix fixes the last file of a directory of the schema and others.
func fix(t *testing.T, dir string) (rehearsal.Fixes, error) {
	t.Helper()
	return rehearsal.Fix(t.Context(), rehearsal.FixOptions{
		Options: rehearsal.Options{Scratch: scratch(t), Rows: 40, Latest: 1}, Folder: dir,
	})
}

func TestFix(t *testing.T) {
	t.Parallel()
	// Sample rows have a value then, which Postgres cannot conclude.
	const filled = "ALTER TABLE users ADD CHECK (coalesce(age, -1) > 0); ALTER TABLE logs ADD CHECK (coalesce(word, '') <> '')"
	tests := map[string]struct {
		before, up, down string // before fits the sample rows
		fixed            string // codes
		left             string
		files            string // suffixes
		first            string // text of the first file, when given
	}{
		"index": {up: "-- Find by age.\nCREATE INDEX users_age ON users (age);\n", down: "DROP INDEX users_age;\n", fixed: "LK101 LK114",
			first: "-- atlas:txmode none\n\n-- Find by age.\nCREATE INDEX CONCURRENTLY users_age ON users (age);\n"},
		"comments inside": {up: "ALTER TABLE users ADD COLUMN x int, -- new\n  /* old */ ADD CONSTRAINT c CHECK (age > -99999999 /* all */) -- end\n;\nCREATE INDEX users_age -- by age\n  ON users (age);\n",
			down: "DROP INDEX users_age;\nALTER TABLE users DROP CONSTRAINT c, /* and */ DROP COLUMN x;\n", fixed: "LK101 LK105 LK114", files: "build validate",
			first: "SET LOCAL lock_timeout = '5s';\n-- new\n/* old */\n-- end\nALTER TABLE users ADD COLUMN x int, ADD CONSTRAINT \"c\" CHECK (age > -99999999 /* all */) NOT VALID;\n"},
		"index beside a column": {up: "SET lock_timeout = '2s';\n-- Kept.\nALTER TABLE users ADD COLUMN x int;\n\n-- Moved.\nCREATE INDEX users_age ON users (age);\n",
			down: "DROP INDEX users_age;\nALTER TABLE users DROP COLUMN x;\n", fixed: "LK101", files: "build",
			first: "SET lock_timeout = '2s';\n-- Kept.\nALTER TABLE users ADD COLUMN x int;\n"},
		"drop index":       {up: "DROP INDEX posts_author; ALTER TABLE posts ADD COLUMN x int", down: "ALTER TABLE posts DROP COLUMN x; CREATE INDEX posts_author ON posts (author_id)", fixed: "LK102 LK114", files: "build"},
		"drop two indexes": {up: "CREATE INDEX a ON logs (word); DROP INDEX IF EXISTS posts_author, a", down: "CREATE INDEX posts_author ON posts (author_id)", fixed: "LK101 LK102 LK113 LK114"},
		"concurrently in a transaction": {up: "ALTER TABLE users ADD COLUMN x int; CREATE INDEX CONCURRENTLY i ON users (age)", down: "DROP INDEX i; ALTER TABLE users DROP COLUMN x",
			fixed: "LK103 LK114", files: "build"},
		"foreign key": {before: "ALTER TABLE logs ADD FOREIGN KEY (user_id) REFERENCES users; CREATE INDEX lu ON logs (user_id)", up: "ALTER TABLE logs ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users, ADD COLUMN x int;",
			down: "ALTER TABLE logs DROP CONSTRAINT f, DROP COLUMN x", fixed: "LK104 LK114", files: "validate",
			first: "SET LOCAL lock_timeout = '5s';\nALTER TABLE logs ADD CONSTRAINT \"f\" FOREIGN KEY (user_id) REFERENCES users NOT VALID, ADD COLUMN x int;\n"},
		"inside a column": {up: "ALTER TABLE logs ADD COLUMN owner_id bigint CONSTRAINT c CHECK (owner_id > 0) UNIQUE", down: "ALTER TABLE logs DROP COLUMN owner_id", fixed: "LK105 LK107 LK114", left: "DL212", files: "build finish",
			first: "SET LOCAL lock_timeout = '5s';\nALTER TABLE logs ADD COLUMN owner_id bigint, ADD CONSTRAINT \"c\" CHECK (owner_id > 0) NOT VALID;\n"},
		"validated too soon": {up: "ALTER TABLE users ADD CONSTRAINT c CHECK (age > -99999999) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT c", down: "ALTER TABLE users DROP CONSTRAINT c", fixed: "LK106 LK114", files: "validate"},
		"not null":           {before: filled, up: "ALTER TABLE users ALTER COLUMN age SET NOT NULL", down: "ALTER TABLE users ALTER COLUMN age DROP NOT NULL", fixed: "LK108 LK114", files: "finish"},
		"not null of two":    {before: filled, up: "ALTER TABLE users ALTER age SET NOT NULL; ALTER TABLE logs ALTER word SET NOT NULL", down: "ALTER TABLE users ALTER age DROP NOT NULL; ALTER TABLE logs ALTER word DROP NOT NULL", fixed: "LK108 LK113 LK114", files: "logs validate finish finish_2"},
		"primary key over null": {before: "CREATE TABLE keyless (a bigint, b bigint, CHECK (a > 0), CHECK (b > 0)); INSERT INTO keyless SELECT i, i FROM generate_series(900001, 900100) i; ALTER TABLE keyless ADD COLUMN u uuid UNIQUE DEFAULT gen_random_uuid(); UPDATE keyless SET a = a WHERE a IS NOT NULL",
			up: "ALTER TABLE keyless ADD PRIMARY KEY (u)", down: "ALTER TABLE keyless DROP CONSTRAINT keyless_pkey; ALTER TABLE keyless ALTER u DROP NOT NULL", fixed: "LK107 LK108 LK114", left: "DL212 DS402", files: "build finish"},
		"rows": {up: "ALTER TABLE users ADD COLUMN x int; UPDATE users SET x = 1 WHERE x IS NULL", down: "ALTER TABLE users DROP COLUMN x", fixed: "LK114 LK115", files: "rows"},
		"rows and not null": {up: "ALTER TABLE users ADD COLUMN x int; UPDATE users SET x = 1 WHERE x IS NULL; ALTER TABLE users ALTER x SET NOT NULL", down: "ALTER TABLE users DROP COLUMN x",
			fixed: "LK108 LK114 LK115", files: "rows check finish"},
		"every row": {up: "-- All.\nUPDATE users SET role = upper('member'), bio = lower(email) || '/' || age;\n", down: "SELECT 1", fixed: "DL204"},
		"every row beside a column": {up: "ALTER TABLE logs ADD COLUMN owner text; UPDATE logs AS l SET owner = (SELECT email FROM users WHERE users.id = l.user_id); UPDATE users SET bio = 'x' WHERE id > 3",
			down: "ALTER TABLE logs DROP COLUMN owner", fixed: "DL204 LK114 LK115", files: "rows"},
		"every row and then required": {up: "ALTER TABLE logs ADD COLUMN x int; UPDATE logs SET x = coalesce(x2, 1) + 1; ALTER TABLE logs ALTER x SET NOT NULL", before: "ALTER TABLE logs ADD COLUMN x2 int",
			down: "ALTER TABLE logs DROP COLUMN x", fixed: "DL204 LK108 LK114 LK115", files: "rows check finish"},
		"every row in an order":   {before: "CREATE TABLE pairs (a int, \"B\" text, n int, PRIMARY KEY (a, \"B\")); INSERT INTO pairs SELECT i % 7, i::text, i FROM generate_series(1, 2500) i", up: none + "DELETE FROM ONLY public.pairs;\nUPDATE logs SET word = 'x';\n", down: "SELECT 1", fixed: "DL204"},
		"every row of partitions": {before: "CREATE TABLE parts (id bigint PRIMARY KEY, x int) PARTITION BY RANGE (id); CREATE TABLE parts_1 PARTITION OF parts DEFAULT", up: "UPDATE parts SET x = 3", down: "SELECT 1", fixed: "DL204"},
		"every row twice":         {up: "UPDATE users SET age = age + 1", down: "SELECT 1", left: "DL204"},
		"rows that refer":         {before: "CREATE TABLE tree (id bigint PRIMARY KEY, up bigint REFERENCES tree)", up: "DELETE FROM tree", down: "SELECT 1", left: "DL204"},
		"two tables": {up: "ALTER TABLE users ADD COLUMN x int; ALTER TABLE logs ADD COLUMN y int, ADD CONSTRAINT c CHECK (y > 0); ALTER TABLE users ADD COLUMN z int", down: "ALTER TABLE logs DROP CONSTRAINT c, DROP COLUMN y; ALTER TABLE users DROP COLUMN z, DROP COLUMN x",
			fixed: "LK105 LK113 LK114", files: "logs validate"},
		"two tables at once": {before: "ALTER TABLE logs ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users NOT VALID", up: "SET lock_timeout = '2s'; ALTER TABLE logs DROP CONSTRAINT f; ALTER TABLE posts ADD COLUMN y int", down: "ALTER TABLE posts DROP COLUMN y; ALTER TABLE logs ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users NOT VALID", left: "CP309 LK113"},
		"default for each row": {up: "ALTER TABLE users ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE, ADD n int DEFAULT (random() * 9)::int;\nCREATE INDEX users_n ON users (n);", down: "DROP INDEX users_n; ALTER TABLE users DROP COLUMN token, DROP COLUMN n",
			fixed: "LK101 LK107 LK110 LK114", left: "DL212", files: "rows build check finish"},
		"default for each row of partitions": {before: "CREATE TABLE parts (id bigint PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE parts_1 PARTITION OF parts DEFAULT", up: "ALTER TABLE parts ADD COLUMN x uuid DEFAULT gen_random_uuid()", down: "ALTER TABLE parts DROP COLUMN x", fixed: "LK110 LK114", left: "LK113", files: "rows"},
		"default for heirs":                  {before: "CREATE TABLE heirs () INHERITS (logs)", up: "ALTER TABLE logs ADD COLUMN x uuid DEFAULT gen_random_uuid()", down: "ALTER TABLE logs DROP COLUMN x", fixed: "LK114", left: "LK110 LK113"},
		"attach a partition": {before: "CREATE SCHEMA app; CREATE TABLE app.parts (id bigint NOT NULL, x int) PARTITION BY RANGE (id, x); CREATE TABLE app.low (id bigint NOT NULL, x int NOT NULL)", up: "ALTER TABLE app.parts ATTACH PARTITION app.low FOR VALUES FROM (-9000000000000000000, 3) TO (MAXVALUE, MAXVALUE)", down: "ALTER TABLE app.parts DETACH PARTITION app.low",
			fixed: "LK114 LK117", files: "finish"},
		"attach the default": {before: "CREATE TABLE parts (id bigint, x text) PARTITION BY LIST (x); CREATE TABLE a PARTITION OF parts FOR VALUES IN ('it''s'); CREATE TABLE rest (id bigint, x text)", up: "ALTER TABLE rest ADD COLUMN y int; ALTER TABLE parts ADD COLUMN y int; ALTER TABLE parts ATTACH PARTITION rest DEFAULT", down: "ALTER TABLE parts DETACH PARTITION rest; ALTER TABLE parts DROP COLUMN y; ALTER TABLE rest DROP COLUMN y",
			fixed: "LK114 LK117", left: "LK113", files: "finish"},
		"detach a partition": {before: "CREATE TABLE parts (id bigint PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE low PARTITION OF parts FOR VALUES FROM (0) TO (1000000)", up: "ALTER TABLE parts DETACH PARTITION low", down: "ALTER TABLE parts ATTACH PARTITION low FOR VALUES FROM (0) TO (1000000)", fixed: "LK114", left: "LK113 LK117"},
		"without a way":      {up: "CREATE INDEX i ON users (age)", fixed: "LK101 LK114", left: "HS501"},
		"allowed":            {up: "-- entgraph:allow LK101 it is small\nCREATE INDEX i ON users (age)", down: "DROP INDEX i", fixed: "LK114"},
		"statement by statement": {up: none + "ALTER TABLE users ADD CONSTRAINT c CHECK (age > -99999999);\nCREATE INDEX i ON users (age);\n", down: "DROP INDEX i; ALTER TABLE users DROP CONSTRAINT c", fixed: "LK101 LK105 LK114",
			first: none + "SET lock_timeout = '5s';\nALTER TABLE users ADD CONSTRAINT \"c\" CHECK (age > -99999999) NOT VALID;\nALTER TABLE users VALIDATE CONSTRAINT \"c\";\nCREATE INDEX CONCURRENTLY i ON users (age);\n"},
		"keys statement by statement": {before: filled, up: none + "ALTER TABLE users ADD CONSTRAINT u UNIQUE (id, role);\nALTER TABLE users ALTER age SET NOT NULL;\n", down: "ALTER TABLE users DROP CONSTRAINT u, ALTER age DROP NOT NULL",
			fixed: "LK107 LK108 LK114", left: "DL212"},
		"partitioned": {before: "CREATE TABLE parts (id bigint PRIMARY KEY, x int) PARTITION BY RANGE (id)", up: "CREATE INDEX i ON parts (x)", down: "DROP INDEX i", fixed: "LK114", left: "LK101"},
		"other schema": {before: "CREATE SCHEMA app; CREATE TABLE app.things (id bigint PRIMARY KEY, x int)", up: "ALTER TABLE app.things ADD COLUMN y int; ALTER TABLE app.things ADD CONSTRAINT t UNIQUE (id, x); CREATE INDEX i ON app.things (x)",
			down: "DROP INDEX app.i; ALTER TABLE app.things DROP CONSTRAINT t; ALTER TABLE app.things DROP COLUMN y", fixed: "LK101 LK107 LK114", left: "DL212", files: "build finish"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := []string{schema}
			if test.before != "" {
				files = append(files, test.before)
			}
			files = append(files, test.up)
			if test.down != "" {
				files = append(files, "down:"+test.down)
			}
			dir := written(t, files...)
			out, err := fix(t, dir)
			if err != nil {
				t.Fatal(err)
			}
			var fixed, left, suffixes []string
			for _, f := range out.Fixed {
				fixed = append(fixed, f.Code)
			}
			for _, l := range out.Left {
				left = append(left, l.Code)
				if l.Why == "" {
					t.Errorf("no reason for %s", l.Code)
				}
			}
			for _, f := range out.Files {
				if _, suffix, ok := strings.Cut(strings.TrimSuffix(f.Name, ".sql"), "step_"); ok {
					suffixes = append(suffixes, suffix)
				}
			}
			for what, pair := range map[string][2]string{
				"fixed": {codeList(fixed), test.fixed}, "left": {codeList(left), test.left}, "files": {strings.Join(suffixes, " "), test.files},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s: got %q, want %q", what, pair[0], pair[1])
				}
			}
			if test.first != "" && (len(out.Files) == 0 || out.Files[0].SQL != test.first) {
				t.Errorf("first file: got %+v, want %q", out.Files, test.first)
			}
			if t.Failed() {
				for _, f := range out.Files {
					t.Logf("%s:\n%s\ndown:\n%s", f.Name, f.SQL, f.Down)
				}
				for _, l := range out.Left {
					t.Log(l.Code, l.Object, l.Why)
				}
			}
			checkWritten(t, dir, out)
		})
	}
}

func codeList(codes []string) string {
	slices.Sort(codes)
	return strings.Join(slices.Compact(codes), " ")
}

// checkWritten: what is on disk is what was told, with its sums.
func checkWritten(t *testing.T, dir string, out rehearsal.Fixes) {
	t.Helper()
	for _, f := range out.Files {
		if text, err := os.ReadFile(filepath.Join(dir, f.Name)); err != nil || string(text) != f.SQL {
			t.Errorf("%s: %q, %v", f.Name, text, err)
		}
	}
	if err := folder.Validate(os.DirFS(dir)); err != nil {
		t.Error(err)
	}
}

func TestFixWritesNothing(t *testing.T) {
	t.Parallel()
	index := []string{schema, "CREATE INDEX i ON users (age)", "down:DROP INDEX i"}
	tests := map[string]struct {
		files  []string
		change func(*rehearsal.FixOptions)
		left   string // in a reason, or
		err    string
	}{
		"dry run": {index, func(o *rehearsal.FixOptions) { o.DryRun = true }, "", ""},
		"applied": {index, func(o *rehearsal.FixOptions) { o.Applied = []string{"20260102000000"} }, "is applied and must not be changed", ""},
		"no room": {[]string{schema, "ALTER TABLE users ADD COLUMN x int; CREATE INDEX i ON users (age)"},
			func(o *rehearsal.FixOptions) {
				next := filepath.Join(o.Folder, "20260102000001_next.sql")
				if err := os.WriteFile(next, []byte("SELECT 1;"), 0o644); err != nil {
					t.Error(err)
				}
				if err := folder.Rehash(o.Folder); err != nil {
					t.Error(err)
				}
				o.Latest = 2
			}, "there is no version between it and 20260102000001_next.sql", ""},
		"fails anyway": {[]string{schema, "CREATE INDEX i ON users (age); ALTER TABLE users ADD COLUMN x int NOT NULL"}, nil, "", "contains null values"},
		"bad way back": {[]string{schema, "ALTER TABLE users ADD COLUMN x int; CREATE INDEX i ON users (age)", "down:DROP INDEX i"}, nil, "", "the schema is not the one before"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := written(t, test.files...)
			o := rehearsal.FixOptions{Options: rehearsal.Options{Scratch: scratch(t), Rows: 40, Latest: 1}, Folder: dir}
			if test.change != nil {
				test.change(&o)
			}
			before := snapshot(t, dir)
			out, err := rehearsal.Fix(t.Context(), o)
			if got := fmt.Sprint(err); test.err == "" && err != nil || !strings.Contains(got, test.err) {
				t.Errorf("got error %v, want %q", err, test.err)
			}
			if got := snapshot(t, dir); got != before {
				t.Errorf("was written: %s", got)
			}
			if test.left != "" && !slices.ContainsFunc(out.Left, func(l rehearsal.Left) bool { return strings.Contains(l.Why, test.left) }) {
				t.Errorf("left: %+v", out.Left)
			}
		})
	}
}

func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		fmt.Fprintf(&b, "%s:\n%s\n", path, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
