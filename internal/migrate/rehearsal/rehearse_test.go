package rehearsal_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/entgraph/entgraph/ent"
	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	const none = "-- atlas:txmode none\n\n"
	tests := map[string]struct {
		sql     string
		lock    rehearsal.Lock
		verdict rehearsal.Verdict
		effect  string // a part of it
	}{
		"comment":                {"COMMENT ON TABLE users IS 'x'", rehearsal.ShareUpdateExclusive, rehearsal.Safe, "nobody waits"},
		"new table":              {"CREATE TABLE notes (id int)", rehearsal.NoLock, rehearsal.Safe, "nobody waits"},
		"add column":             {"ALTER TABLE users ADD COLUMN x int DEFAULT 1", rehearsal.AccessExclusive, rehearsal.BriefLock, "wait briefly"},
		"volatile default":       {"ALTER TABLE users ADD COLUMN x uuid DEFAULT gen_random_uuid()", rehearsal.AccessExclusive, rehearsal.Rewrites, "rewrites users"},
		"stored generated":       {"ALTER TABLE users ADD COLUMN x int GENERATED ALWAYS AS (1) STORED", rehearsal.AccessExclusive, rehearsal.Rewrites, "rewrites users"},
		"wider type":             {"ALTER TABLE users ALTER age TYPE bigint", rehearsal.AccessExclusive, rehearsal.Rewrites, "rewrites users"},
		"type without rewrite":   {"ALTER TABLE logs ALTER word TYPE text", rehearsal.AccessExclusive, rehearsal.BriefLock, "wait briefly"},
		"longer varchar":         {"ALTER TABLE logs ALTER word TYPE varchar(90)", rehearsal.AccessExclusive, rehearsal.BriefLock, "wait briefly"},
		"type under a check":     {"ALTER TABLE users ALTER email TYPE text", rehearsal.AccessExclusive, rehearsal.BlocksReads, "reads all of users"},
		"less scale":             {"ALTER TABLE users ALTER price TYPE numeric(10,0)", rehearsal.AccessExclusive, rehearsal.LosesData, "users.price"},
		"set not null":           {"DELETE FROM users WHERE false; ALTER TABLE posts ALTER title DROP NOT NULL; ALTER TABLE posts ALTER title SET NOT NULL", rehearsal.AccessExclusive, rehearsal.BlocksReads, "reads all of posts"},
		"check":                  {"ALTER TABLE users ADD CONSTRAINT c CHECK (age > -99999999)", rehearsal.AccessExclusive, rehearsal.BlocksReads, "reads all of users"},
		"check not valid":        {"ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID", rehearsal.AccessExclusive, rehearsal.BriefLock, "wait briefly"},
		"foreign key":            {"ALTER TABLE posts ADD CONSTRAINT f FOREIGN KEY (author_id) REFERENCES users", rehearsal.ShareRowExclusive, rehearsal.BlocksWrites, "writes of posts, users wait meanwhile"},
		"foreign key not valid":  {"ALTER TABLE posts ADD CONSTRAINT f FOREIGN KEY (author_id) REFERENCES users NOT VALID", rehearsal.ShareRowExclusive, rehearsal.BriefLock, "writes of posts, users wait briefly"},
		"index":                  {"CREATE INDEX i ON users (age)", rehearsal.Share, rehearsal.BlocksWrites, "writes of users wait meanwhile"},
		"index concurrently":     {none + "CREATE INDEX CONCURRENTLY i ON users (age)", rehearsal.ShareUpdateExclusive, rehearsal.Safe, "nobody waits"},
		"drop index":             {"DROP INDEX posts_author", rehearsal.AccessExclusive, rehearsal.BriefLock, "posts wait briefly"},
		"drop concurrently":      {none + "DROP INDEX CONCURRENTLY posts_author", rehearsal.ShareUpdateExclusive, rehearsal.Safe, "nobody waits"},
		"vacuum full":            {none + "VACUUM FULL users", rehearsal.AccessExclusive, rehearsal.Rewrites, "rewrites users"},
		"update":                 {"UPDATE users SET age = 1", rehearsal.RowExclusive, rehearsal.BlocksWrites, "writes rows of users"},
		"update to null":         {"UPDATE users SET bio = NULL", rehearsal.RowExclusive, rehearsal.LosesData, "values of users.bio"},
		"drop column":            {"ALTER TABLE users DROP COLUMN bio", rehearsal.AccessExclusive, rehearsal.LosesData, "values of users.bio"},
		"drop table":             {"DROP TABLE posts", rehearsal.AccessExclusive, rehearsal.LosesData, "60 rows of posts"},
		"truncate":               {"TRUNCATE posts", rehearsal.AccessExclusive, rehearsal.LosesData, "60 rows of posts"},
		"delete":                 {"DELETE FROM posts", rehearsal.RowExclusive, rehearsal.LosesData, "60 rows of posts"},
		"rename":                 {"ALTER TABLE users RENAME bio TO biography", rehearsal.AccessExclusive, rehearsal.BriefLock, "wait briefly"},
		"rename table":           {"ALTER TABLE users RENAME TO people", rehearsal.AccessExclusive, rehearsal.BriefLock, "wait briefly"},
		"lock held while long":   {"ALTER TABLE logs ADD COLUMN x int; CREATE INDEX i ON users (age)", rehearsal.Share, rehearsal.BlocksReads, "reads and writes of logs wait meanwhile, locked by an earlier statement"},
		"none held without long": {none + "ALTER TABLE logs ADD COLUMN x int; CREATE INDEX i ON users (age)", rehearsal.Share, rehearsal.BlocksWrites, "writes of users wait meanwhile"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := rehearse(t, test.sql)
			s := f.Statements[len(f.Statements)-1]
			if s.Lock != test.lock || s.Verdict != test.verdict || !strings.Contains(s.Effect, test.effect) {
				t.Errorf("lock %s, verdict %s, effect %q; want %s, %s, %q", s.Lock, s.Verdict, s.Effect, test.lock, test.verdict, test.effect)
			}
			if f.Verdict != rehearsal.Irreversible || f.Reversible {
				t.Errorf("a file without a way back: %s", f.Verdict)
			}
		})
	}
}

func TestDownLeadsBack(t *testing.T) {
	t.Parallel()
	f := rehearse(t, "ALTER TABLE users ADD COLUMN x int", "down:ALTER TABLE users DROP COLUMN x")
	if f.Verdict != rehearsal.BriefLock || !f.Reversible {
		t.Errorf("verdict %s, reversible %v", f.Verdict, f.Reversible)
	}
}

func TestDownThatDoesNotLeadBack(t *testing.T) {
	t.Parallel()
	err := rehearseError(t, "down", "ALTER TABLE users ADD COLUMN x int, ADD COLUMN y int", "down:ALTER TABLE users DROP COLUMN x")
	if !strings.Contains(err.Detail, "column users.y should not be there") {
		t.Error(err)
	}
}

func TestDownThatFails(t *testing.T) {
	t.Parallel()
	err := rehearseError(t, "down", "ALTER TABLE users ADD COLUMN x int", "down:\nALTER TABLE users DROP COLUMN z")
	if err.Line != 2 || !strings.Contains(err.Error(), `column "z" of relation "users" does not exist`) {
		t.Error(err)
	}
}

// Down files run as in a deployment: one that breaks a deferred key fails when it ends,
// one may run statement by statement, and the sums must match.
func TestDownAsInADeployment(t *testing.T) {
	t.Parallel()
	err := rehearseError(t, "down", "ALTER TABLE logs ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users DEFERRABLE INITIALLY DEFERRED NOT VALID",
		"down:UPDATE logs SET user_id = -812345678901234567; UPDATE users SET age = 1;")
	if err.Line != 0 || !strings.Contains(err.Error(), "commit") || !strings.Contains(err.Error(), `violates foreign key constraint "f"`) {
		t.Error(err)
	}
	dir := directory(t, schema, "ALTER TABLE users ADD COLUMN x int", "down:ALTER TABLE users DROP COLUMN x").(fstest.MapFS)
	delete(dir, "down/down.sum")
	if _, err := rehearsal.Run(t.Context(), rehearsal.Options{Dir: dir, Scratch: scratch(t), Rows: 10, Latest: 1}); !errors.Is(err, migrate.ErrChecksum) {
		t.Errorf("without sums: %v", err)
	}
	report := rehearseAll(t, "ALTER TABLE users ADD COLUMN x int; CREATE INDEX i ON users (age)", "down:-- atlas:txmode none\n\nDROP INDEX CONCURRENTLY i;\nALTER TABLE users DROP COLUMN x;")
	if !report.Files[0].Reversible {
		t.Errorf("not reversible: %+v", report.Files[0])
	}
}

// A file that finds another schema the second time does not repeat itself.
func TestUpAgainThatDiffers(t *testing.T) {
	t.Parallel()
	err := rehearseError(t, "up again", `DO $$ BEGIN
  IF (SELECT last_value FROM logs_seq) = 1 THEN CREATE TABLE one (id int); ELSE CREATE TABLE two (id int); END IF;
  PERFORM setval('logs_seq', 2);
END $$`, "down:DROP TABLE one")
	if !strings.Contains(err.Detail, "two") {
		t.Error(err)
	}
}

func TestStatementThatFailsOnRows(t *testing.T) {
	t.Parallel()
	err := rehearseError(t, "statement", "ALTER TABLE users ADD COLUMN a int;\nALTER TABLE users ADD COLUMN x int NOT NULL;")
	if err.Line != 2 || !strings.Contains(err.Error(), "contains null values") {
		t.Error(err)
	}
}

func TestConcurrentlyInATransaction(t *testing.T) {
	t.Parallel()
	err := rehearseError(t, "up", "CREATE INDEX CONCURRENTLY i ON users (age)")
	if !strings.Contains(err.Detail, "atlas:txmode none") {
		t.Error(err)
	}
}

// holdings are what the validators of the sample ask, as the CHECKs of its tables say it.
func holdings() (all []rehearsal.Holding) {
	for _, e := range ent.Engine.Entities {
		for _, table := range ent.Engine.Tables {
			if table.Name != e.Table {
				continue
			}
			for _, c := range e.Checks {
				all = append(all, rehearsal.Holding{Table: e.Table, Column: c.Column, Name: c.Name, Condition: table.Annotation.Checks[c.Name]})
			}
		}
	}
	return all
}

func TestProgramsOwnMigrations(t *testing.T) {
	t.Parallel()
	report, err := rehearsal.Run(t.Context(), rehearsal.Options{Dir: entmigrate.Migrations, Scratch: scratch(t), Rows: 200, Holds: holdings()})
	if err != nil {
		t.Fatal(err)
	}
	for _, note := range report.Notes {
		if !strings.HasPrefix(note, "made-up rows keep to the validators of ") {
			t.Errorf("note: %s", note)
		}
	}
	const table = "ALTER TABLE \"posts\" ADD COLUMN \"search\" tsvecto… AccessExclusive rewrites"
	if !strings.Contains(strings.Join(strings.Fields(report.Table(false)), " "), table) {
		t.Errorf("want %q in\n%s", table, report.Table(false))
	}
}

// The rehearsal keeps statements prepared in the session in which migrations run.
func TestMigrationsThatEndPreparedStatements(t *testing.T) {
	t.Parallel()
	for name, files := range map[string][]string{
		"up":           {"DEALLOCATE ALL; ALTER TABLE users ADD COLUMN x int", "down:ALTER TABLE users DROP COLUMN x"},
		"by itself":    {"-- atlas:txmode none\n\nDISCARD ALL;\nALTER TABLE users ADD COLUMN x int;", "down:ALTER TABLE users DROP COLUMN x"},
		"down":         {"ALTER TABLE users ADD COLUMN x int", "down:ALTER TABLE users DROP COLUMN x; DEALLOCATE ALL"},
		"leaves some":  {"PREPARE p AS SELECT 1; ALTER TABLE users ADD COLUMN x int", "down:PREPARE q AS SELECT 1; ALTER TABLE users DROP COLUMN x"},
		"in the past":  {"PREPARE p AS SELECT 1; DEALLOCATE p", "ALTER TABLE users ADD COLUMN x int", "down:ALTER TABLE users DROP COLUMN x"},
		"in a routine": {"DO $$ BEGIN EXECUTE 'deallocate all'; END $$; ALTER TABLE users ADD COLUMN x int", "down:ALTER TABLE users DROP COLUMN x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if f := rehearse(t, files...); !f.Reversible || f.Verdict != rehearsal.BriefLock {
				t.Errorf("verdict %s, reversible %v", f.Verdict, f.Reversible)
			}
		})
	}
}

// Rows are counted again only of tables that the statement has locked: it must not
// matter how it comes to write another one.
func TestLossesInOtherTables(t *testing.T) {
	t.Parallel()
	const more = `CREATE TABLE likes (id bigint PRIMARY KEY, post_id bigint NOT NULL REFERENCES posts ON DELETE CASCADE);
CREATE TABLE trail (id bigint PRIMARY KEY, note text);
CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM trail; RETURN NULL; END $$;
CREATE TRIGGER forget AFTER DELETE ON posts EXECUTE FUNCTION forget();
CREATE TABLE parent (id bigint PRIMARY KEY, note text);
CREATE TABLE child (PRIMARY KEY (id)) INHERITS (parent);
CREATE TABLE parts (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE parts_all PARTITION OF parts DEFAULT;`
	for sql, want := range map[string]string{
		"DELETE FROM posts":                     "60 rows of likes, 60 rows of posts, 60 rows of trail",
		"TRUNCATE posts CASCADE":                "60 rows of likes, 60 rows of posts",
		"DELETE FROM child":                     "60 rows of child, 60 rows of parent",
		"UPDATE child SET note = NULL":          "values of child.note, values of parent.note",
		"DELETE FROM parts_all":                 "60 rows of parts_all",
		"UPDATE users SET age = 1 WHERE id < 0": "",
	} {
		t.Run(sql, func(t *testing.T) {
			t.Parallel()
			f := rehearse(t, more, sql)
			var lost []string
			for _, l := range f.Statements[0].Lost {
				text := l.String()
				if l.Column != "" {
					_, text, _ = strings.Cut(text, " ") // nulls are by chance
				}
				lost = append(lost, text)
			}
			if got := strings.Join(lost, ", "); got != want {
				t.Errorf("lost %q, want %q", got, want)
			}
		})
	}
}
