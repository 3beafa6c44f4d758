package rehearsal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
)

// Each table is filled although something about it refuses most values.
func TestSampleRows(t *testing.T) {
	t.Parallel()
	tables := map[string]string{
		"many_types": `(id uuid PRIMARY KEY, a smallint, b real, c money, d date, e time, f interval, g json, h jsonb, i bytea, j inet, k cidr, l macaddr,
  m text[], n int[], o tsvector, p point, q int4range, r tstzrange, s char(3), t bool, u numeric, v numeric(4,2), w varchar(2), x xml, y bit(3), z timestamp)`,
		"required":      `(id bigint PRIMARY KEY, a date NOT NULL, b jsonb NOT NULL, c text[] NOT NULL, d numeric(5,3) NOT NULL, e bytea NOT NULL)`,
		"checked":       `(code text NOT NULL CHECK (code ~ '^[A-Z]{2}$'), slug text NOT NULL CHECK (slug ~ '^[a-z]+(-[a-z0-9]+)*$'), state text NOT NULL CHECK (state IN ('it''s', 'b')), n int NOT NULL CHECK (n BETWEEN 5 AND 90))`,
		"hashes":        `(id bigint PRIMARY KEY, short bytea NOT NULL CHECK (octet_length(short) = 16), hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32), long bytea NOT NULL CHECK (octet_length(long) = 64))`,
		"pair":          `(id bigint PRIMARY KEY, starts date NOT NULL, ends date NOT NULL, CHECK (starts < ends))`,
		"labels":        `(id bigint PRIMARY KEY, m mood NOT NULL, n small NOT NULL)`,
		"one_to_one":    `(id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, user_id bigint NOT NULL UNIQUE REFERENCES users)`,
		"many_to_many":  `(user_id bigint REFERENCES users, post_id bigint REFERENCES posts, PRIMARY KEY (user_id, post_id))`,
		"tree":          `(id bigint PRIMARY KEY, parent_id bigint REFERENCES tree)`,
		"parted":        `(id bigint, country text NOT NULL) PARTITION BY LIST (country)`,
		"generated":     `(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED)`,
		`"Quoted.Name"`: `("a b" bigint PRIMARY KEY, "select" text)`,
		"cycle_a":       `(id bigint PRIMARY KEY, b_id bigint)`,
		"cycle_b":       `(id bigint PRIMARY KEY, a_id bigint NOT NULL REFERENCES cycle_a)`,
		"deferred":      `(id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED)`,
		"none":          `()`,
	}
	order := []string{"many_types", "required", "checked", "pair", "labels", "one_to_one", "many_to_many", "tree", "parted", "generated", `"Quoted.Name"`, "cycle_a", "cycle_b", "deferred", "none"}
	ddl := schema + "CREATE TYPE mood AS ENUM ('sad', 'gl''ad'); CREATE DOMAIN small AS int CHECK (VALUE BETWEEN 0 AND 9);\n"
	check := "SELECT 1;\n"
	for _, name := range order {
		ddl += "CREATE TABLE " + name + " " + tables[name] + ";\n"
		check += fmt.Sprintf("DO $$ BEGIN IF (SELECT count(*) FROM %s) < 20 THEN RAISE 'too few rows in %%', %s; END IF; END $$;\n",
			name, "'"+strings.Trim(name, `"`)+"'")
	}
	ddl += `CREATE TABLE parted_de PARTITION OF parted FOR VALUES IN ('de');
ALTER TABLE cycle_a ADD FOREIGN KEY (b_id) REFERENCES cycle_b;`
	report, err := rehearsal.Run(t.Context(), rehearsal.Options{Dir: directory(t, ddl, check), Scratch: scratch(t), Rows: 40, Latest: 1})
	if err != nil || len(report.Notes) > 0 {
		t.Errorf("%v, notes: %v", err, report.Notes)
	}
}

// A table that cannot be filled is told and does not stop the rehearsal.
func TestSampleRowsRefused(t *testing.T) {
	t.Parallel()
	report := rehearseAll(t, "CREATE TABLE never (id int CHECK (id <> id) NOT NULL)", "ALTER TABLE never ADD COLUMN x int")
	if len(report.Notes) != 1 || !strings.Contains(report.Notes[0], `never has no rows: every sample row was refused`) || !strings.Contains(report.Notes[0], "never_id_check") {
		t.Errorf("notes: %q", report.Notes)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	dir := directory(t, schema, "CREATE TABLE x (id bigint PRIMARY KEY)")
	for name, o := range map[string]rehearsal.Options{
		"both":     {Since: "20260001000000", Latest: 1},
		"negative": {Latest: -1},
		"rows":     {Rows: -2},
		"unknown":  {Since: "2019"},
	} {
		o.Dir, o.Scratch = dir, scratch(t)
		if _, err := rehearsal.Run(t.Context(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	report, err := rehearsal.Run(t.Context(), rehearsal.Options{Dir: dir, Scratch: scratch(t), Rows: 10, Since: "20260002000000"})
	if err != nil || len(report.Files) != 1 || report.Files[0].Version != "20260002000000" {
		t.Errorf("%v, files: %+v", err, report.Files)
	}
}

// Without rows nothing that depends on them stops the rehearsal, and the report says so.
func TestNoSampleRows(t *testing.T) {
	t.Parallel()
	const unique = "CREATE UNIQUE INDEX users_role ON users (role)"
	err := rehearseError(t, "statement", unique)
	if !err.DependsOnRows() {
		t.Errorf("depends on no rows: %v", err)
	}
	if err := rehearseError(t, "statement", "CREATE INDEX x ON users (nothing)"); err.DependsOnRows() {
		t.Errorf("depends on rows: %v", err)
	}
	report, failed := rehearsal.Run(t.Context(), rehearsal.Options{Dir: directory(t, schema, unique), Scratch: scratch(t), Rows: -1})
	if failed != nil || report.Rows != 0 || len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "without sample rows") {
		t.Errorf("%v, %d rows, notes %q", failed, report.Rows, report.Notes)
	}
}

// A migration may add rows: sequences are behind the sample rows.
func TestSequencesAreBehindSampleRows(t *testing.T) {
	t.Parallel()
	rehearseAll(t, "CREATE TABLE counted (id serial PRIMARY KEY, \"Other Id\" bigint GENERATED ALWAYS AS IDENTITY UNIQUE)",
		"INSERT INTO users (email, role) SELECT 'new@x', 'ADMIN' FROM generate_series(1, 100); INSERT INTO counted SELECT FROM generate_series(1, 100)")
}
