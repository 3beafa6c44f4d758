package rehearsal_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
)

// touchSchema has tables that hang together in all ways in which a change of one may
// concern the rows of another.
const touchSchema = `CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN feeling AS mood;
CREATE TABLE roots (id int PRIMARY KEY);
CREATE TABLE users (id int PRIMARY KEY, root_id int REFERENCES roots, bio text);
CREATE TABLE posts (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users ON DELETE CASCADE);
CREATE TABLE likes (post_id int REFERENCES posts);
CREATE TABLE moods (m feeling);
CREATE TABLE events (at date) PARTITION BY RANGE (at);
CREATE TABLE events_now PARTITION OF events DEFAULT;
CREATE TABLE animals (name text);
CREATE TABLE cats () INHERITS (animals);
CREATE TABLE audits (what text);
CREATE TABLE watched (id int);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audits VALUES ('x'); RETURN NULL; END $$;
CREATE TRIGGER note AFTER UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION note();
CREATE FUNCTION tidy() RETURNS void LANGUAGE sql AS $$ DELETE FROM likes WHERE false $$;
CREATE FUNCTION built(t text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('ANALYZE %I', t); END $$;
CREATE VIEW loud AS SELECT * FROM audits;
CREATE SEQUENCE counter;
CREATE TABLE counted (id int DEFAULT nextval('counter'));
CREATE TABLE "Odd Name" (id int);
CREATE TABLE lonely (id int);`

var touchTables = strings.Fields("roots users posts likes moods events animals cats audits watched counted lonely")

// Sample rows are made only where a file may depend on them.
func TestOnlyTouchedTablesAreFilled(t *testing.T) {
	t.Parallel()
	every := strings.Join(touchTables, " ") + " Odd Name"
	tests := map[string]struct{ sql, want string }{
		"no table":            {"CREATE TABLE fresh (id int)", ""},
		"with its keys":       {"ALTER TABLE posts ADD COLUMN x int", "roots users posts"},
		"not who refers":      {"ALTER TABLE users ADD COLUMN x int; UPDATE users SET bio = 'x'", "roots users"},
		"deleted rows":        {"DELETE FROM users WHERE false", "roots users posts likes"},
		"a key that changes":  {"ALTER TABLE roots ALTER COLUMN id TYPE bigint", "roots users posts likes"},
		"quoted":              {`COMMENT ON TABLE "Odd Name" IS 'x'`, "Odd Name"},
		"type":                {"ALTER TYPE mood ADD VALUE 'glad'", "moods"},
		"partition":           {"COMMENT ON TABLE events_now IS 'x'", "events"},
		"heir":                {"ALTER TABLE cats ADD COLUMN x int", "animals cats"},
		"trigger":             {"UPDATE watched SET id = 1", "audits watched"},
		"function":            {"SELECT tidy()", "roots users posts likes"},
		"view":                {"COMMENT ON VIEW loud IS 'x'", "audits"},
		"sequence":            {"ALTER SEQUENCE counter CACHE 3", "counted"},
		"names that are made": {"DO $$ BEGIN EXECUTE 'ANALYZE ' || 'lonely'; END $$", every},
		"by a function":       {"SELECT built('lonely')", every},
		"a whole schema":      {"CREATE SCHEMA s; DROP SCHEMA s CASCADE", every},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var urls []string
			report, err := rehearsal.Run(t.Context(), rehearsal.Options{
				Dir: directory(t, touchSchema, "SELECT 1; "+test.sql), Scratch: kept(t, &urls), Rows: 5, Latest: 1,
			})
			if err != nil {
				t.Fatal(err)
			}
			var filled []string
			conn := migratetest.Connect(t, urls[1])
			for _, table := range append(slices.Clone(touchTables), "Odd Name") {
				if n := migratetest.Column[string](t, conn, `SELECT count(*)::text FROM "`+table+`"`); n[0] != "0" {
					filled = append(filled, table)
				}
			}
			if got := strings.Join(filled, " "); got != test.want || report.Filled != len(filled) {
				t.Errorf("%d filled: %s; want %s", report.Filled, got, test.want)
			}
		})
	}
}
