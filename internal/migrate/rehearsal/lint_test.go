package rehearsal_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
)

// hazard is a migration and the codes that are found in it.
type hazard struct {
	sql  string
	want string // exactly these, apart from HS501 and LK114
}

const none = "-- atlas:txmode none\n\n"

// lint rehearses the migrations one after the other on the schema, so that each finds
// what the ones before it have left.
func lint(t *testing.T, hazards ...hazard) {
	t.Helper()
	files := []string{schema}
	for _, h := range hazards {
		files = append(files, h.sql)
	}
	report, err := rehearsal.Run(t.Context(), rehearsal.Options{Dir: directory(t, files...), Scratch: scratch(t), Rows: 40})
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range hazards {
		if got := codes(t, rehearsal.Report{Files: report.Files[i+1 : i+2]}); got != h.want {
			t.Errorf("found %q, want %q in\n%s", got, h.want, h.sql)
		}
	}
}

// codes gives the codes that are found, once each, apart from those of every file.
func codes(t *testing.T, report rehearsal.Report) string {
	t.Helper()
	findings, err := rehearsal.Lint(report, rehearsal.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range findings {
		if f.Code != "HS501" && f.Code != "LK114" {
			all = append(all, f.Code)
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

func TestRulesOfIndexes(t *testing.T) {
	t.Parallel()
	lint(t,
		hazard{"CREATE INDEX i ON users (age)", "LK101"},
		hazard{none + "CREATE INDEX CONCURRENTLY i2 ON users (bio)", ""},
		hazard{"CREATE TABLE fresh (id bigint PRIMARY KEY, x text); CREATE INDEX fresh_x ON fresh (x)", ""},
		hazard{"REINDEX INDEX i", "LK102"},
		hazard{none + "REINDEX INDEX CONCURRENTLY i", ""},
		hazard{"DROP INDEX i", "LK102"},
		hazard{none + "DROP INDEX CONCURRENTLY i2", ""},
		hazard{none + "CREATE UNIQUE INDEX CONCURRENTLY u ON logs (id, word)", "DL212"},
		hazard{"ALTER TABLE logs ADD CONSTRAINT u_key UNIQUE USING INDEX u", ""},
		hazard{"ALTER TABLE logs ADD CONSTRAINT w UNIQUE (word, id)", "DL212 LK107"},
		hazard{none + "CREATE INDEX CONCURRENTLY again ON posts (author_id)", "DS402"},
		hazard{none + "CREATE INDEX CONCURRENTLY titles ON posts (title)", ""},
		hazard{"ALTER TABLE logs ADD CONSTRAINT ex EXCLUDE USING btree (id WITH =)", "LK112"},
	)
}

func TestRulesOfConstraints(t *testing.T) {
	t.Parallel()
	lint(t,
		hazard{"UPDATE logs SET user_id = (SELECT min(id) FROM users) WHERE true", ""},
		hazard{"ALTER TABLE logs ADD CONSTRAINT f1 FOREIGN KEY (user_id) REFERENCES users", "DS401 LK104"},
		hazard{none + "CREATE INDEX CONCURRENTLY logs_user ON logs (user_id)", ""},
		hazard{"ALTER TABLE logs ADD CONSTRAINT f2 FOREIGN KEY (user_id) REFERENCES users NOT VALID", ""},
		hazard{"ALTER TABLE logs VALIDATE CONSTRAINT f2", ""},
		hazard{"ALTER TABLE users ADD CONSTRAINT c1 CHECK (id > -999991)", "LK105"},
		hazard{"ALTER TABLE users ADD CONSTRAINT c2 CHECK (id > -999992) NOT VALID", ""},
		hazard{"ALTER TABLE users VALIDATE CONSTRAINT c2", ""},
		hazard{"ALTER TABLE users ADD CONSTRAINT c3 CHECK (id > -999993) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT c3", "LK106"},
		hazard{"UPDATE users SET age = 1 WHERE age IS NULL", ""},
		hazard{"ALTER TABLE users ALTER age SET NOT NULL", "LK108"},
		hazard{"ALTER TABLE users ALTER age DROP NOT NULL", "CP306"},
		hazard{"ALTER TABLE users ADD CONSTRAINT nn CHECK (age IS NOT NULL) NOT VALID", ""},
		hazard{"ALTER TABLE users VALIDATE CONSTRAINT nn; ALTER TABLE users ALTER age SET NOT NULL; ALTER TABLE users DROP CONSTRAINT nn", ""},
		hazard{"ALTER TABLE logs DROP CONSTRAINT f1", "LK113"},
		hazard{"ALTER TABLE logs DROP CONSTRAINT f2", "CP309 LK113"},
		hazard{"ALTER TABLE posts DROP CONSTRAINT posts_author_id_fkey; ALTER TABLE posts ADD CONSTRAINT pf FOREIGN KEY (author_id) REFERENCES users ON DELETE CASCADE NOT VALID", "CP310 LK113"},
	)
}

func TestRulesOfColumns(t *testing.T) {
	t.Parallel()
	lint(t,
		hazard{"ALTER TABLE users ALTER age TYPE bigint", "LK109"},
		hazard{"ALTER TABLE logs ALTER word TYPE text", ""},
		hazard{"ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid()", "LK110"},
		hazard{"ALTER TABLE users ADD COLUMN n int DEFAULT 1", ""},
		hazard{"ALTER TABLE users ADD COLUMN serial bigserial", "LK110"},
		hazard{"ALTER TABLE users ADD COLUMN g int GENERATED ALWAYS AS (1) STORED", "LK111"},
		hazard{"ALTER TABLE users DROP COLUMN g", "CP302"},
		hazard{"ALTER TABLE users ALTER n DROP DEFAULT", "CP307"},
		hazard{"ALTER TABLE users ALTER n SET DEFAULT 2", ""},
		hazard{"SET timezone = 'UTC'; ALTER TABLE users ALTER at TYPE timestamp", "DL209 DS406"},
		hazard{"SET timezone = 'Europe/Berlin'; ALTER TABLE users ALTER at TYPE timestamptz", "DL209 LK109"},
		hazard{"UPDATE users SET price = (id % 4) / 4.0 WHERE id < 30", ""}, // what chance makes may round to different values
		hazard{"ALTER TABLE users ALTER price TYPE numeric(10,0)", "DL211 LK109"},
		hazard{"ALTER TABLE users DROP COLUMN bio", "DL202"},
		hazard{"ALTER TABLE users ADD COLUMN empty text", ""},
		hazard{"ALTER TABLE users RENAME token TO secret", "CP304"},
		hazard{"ALTER TABLE logs RENAME TO events", "CP303"},
		hazard{"ALTER TABLE users ADD COLUMN a json, ADD COLUMN b char(3), ADD COLUMN c timestamp", "DS404 DS405 DS406"},
		hazard{"ALTER TABLE users ADD COLUMN d jsonb, ADD COLUMN e varchar(3), ADD COLUMN f timestamptz", ""},
		hazard{"ALTER TABLE users ADD COLUMN " + strings.Repeat("long", 17) + " int", "DS407"},
		hazard{"CREATE TABLE one (id int PRIMARY KEY); CREATE TABLE two (id bigint)", "DS403 DS408"},
		hazard{"ALTER TABLE users ALTER id RESTART WITH 5000", "DL213"},
		hazard{"ALTER TABLE users ALTER id SET INCREMENT 2", ""},
	)
}

func TestRulesOfRows(t *testing.T) {
	t.Parallel()
	lint(t,
		hazard{"UPDATE users SET age = 1", "DL204"},
		hazard{"UPDATE users SET age = (SELECT 1 WHERE true)", "DL204"},
		hazard{"UPDATE users SET age = 2 WHERE id < 20", ""},
		hazard{"ALTER TABLE users ADD COLUMN x int; UPDATE users SET x = 1 WHERE id < 20", "LK115"},
		hazard{none + "VACUUM FULL logs", "LK116"},
		hazard{none + "VACUUM logs", ""},
		hazard{"ALTER TABLE users ADD COLUMN y int; ALTER TABLE logs ADD COLUMN y int", "LK113"},
		hazard{"CREATE VIEW v AS SELECT id FROM logs", ""},
		hazard{"CREATE OR REPLACE VIEW v AS SELECT id, word FROM logs", "CP312"},
		hazard{"DROP VIEW v CASCADE", "CP312 DL205"},
		hazard{"TRUNCATE posts", "DL203"},
		hazard{"DELETE FROM posts", "DL204"},
		hazard{"DROP TABLE posts", "DL201 LK113"},
		hazard{"CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TABLE moods (id bigint PRIMARY KEY, m mood)", ""},
		hazard{"ALTER TYPE mood ADD VALUE 'calm'", ""},
		hazard{"INSERT INTO moods VALUES (-987654321, 'calm')", ""},
		hazard{"ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'", "CP308"},
		hazard{"CREATE TABLE parts (id bigint, PRIMARY KEY (id)) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF parts FOR VALUES FROM (1) TO (100000); CREATE TABLE p2 (id bigint PRIMARY KEY CHECK (id > 200000))", ""},
		hazard{"ALTER TABLE parts DETACH PARTITION p1", "LK113 LK117"},
		hazard{"ALTER TABLE parts ATTACH PARTITION p1 FOR VALUES FROM (1) TO (100000)", "LK117"},
		hazard{"ALTER TABLE parts ATTACH PARTITION p2 FOR VALUES FROM (200000) TO (MAXVALUE)", ""},
		hazard{none + "ALTER TABLE parts DETACH PARTITION p1 CONCURRENTLY", ""},
	)
}

func TestRulesOfFailures(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ sql, want string }{
		"not null":    {"ALTER TABLE users ADD COLUMN x int NOT NULL", "DL206"},
		"unique":      {"CREATE UNIQUE INDEX u ON users (role)", "DL207"},
		"cast":        {"ALTER TABLE users ALTER bio TYPE int", "DL208"},
		"overflow":    {"ALTER TABLE users ALTER age TYPE smallint", "DL208"},
		"check":       {"ALTER TABLE users ADD CHECK (id < 0)", "DL214"},
		"transaction": {"CREATE INDEX CONCURRENTLY i ON users (age)", "LK103"},
		"new label":   {"ALTER TYPE kind ADD VALUE 'c'; INSERT INTO kinds VALUES (-987654321, 'c')", "DL210"},
	}
	const more = schema + "CREATE TYPE kind AS ENUM ('a', 'b'); CREATE TABLE kinds (id bigint PRIMARY KEY, k kind);"
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := rehearsal.Run(t.Context(), rehearsal.Options{
				Dir: directory(t, more, test.sql), Scratch: scratch(t), Rows: 40, Latest: 1,
			})
			var failure *rehearsal.FailureError
			if !errors.As(err, &failure) {
				t.Errorf("got error %v, want a failed rehearsal", err)
			}
			if got := codes(t, report); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

func TestAllowances(t *testing.T) {
	t.Parallel()
	const drop = "ALTER TABLE users DROP COLUMN bio;"
	report := rehearseAll(t, "-- entgraph:allow DL202 nobody reads it since release 7\n-- entgraph:allow HS501 kept in the archive\n"+drop)
	findings, err := rehearsal.Lint(report, rehearsal.Settings{FailOn: []string{"error", "HS501", "loses-data"}})
	if err != nil {
		t.Fatal(err)
	}
	fails := map[string]bool{}
	for _, f := range findings {
		fails[f.Code] = f.Fails
		if f.Code == "DL202" && (f.Allowed != "nobody reads it since release 7" || f.Object != "users.bio" || f.Line != 3) {
			t.Errorf("finding: %+v", f)
		}
	}
	want := map[string]bool{"DL202": false, "HS501": false, "LK114": false, "loses-data": true}
	for code, fail := range want {
		if got, found := fails[code]; !found || got != fail {
			t.Errorf("%s: found %v, fails %v, want %v", code, found, got, fail)
		}
	}
	if len(fails) != len(want) {
		t.Errorf("found %v", fails)
	}
}

// Whoever wants warnings to fail wants errors to fail.
func TestWarningsIncludeErrors(t *testing.T) {
	t.Parallel()
	report := rehearseAll(t, "ALTER TABLE users DROP COLUMN bio;")
	for word, want := range map[string]map[rehearsal.Severity]bool{
		"error":   {rehearsal.Error: true, rehearsal.Warning: false},
		"warning": {rehearsal.Error: true, rehearsal.Warning: true},
		"LK101":   {rehearsal.Error: false, rehearsal.Warning: false},
	} {
		findings, err := rehearsal.Lint(report, rehearsal.Settings{FailOn: []string{word}})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[rehearsal.Severity]bool{}
		for _, f := range findings {
			seen[f.Severity] = true
			if f.Fails != want[f.Severity] {
				t.Errorf("fail on %s: %s %s fails: %v", word, f.Severity, f.Code, f.Fails)
			}
		}
		if len(seen) != 2 {
			t.Errorf("fail on %s: only %v were found", word, seen)
		}
	}
}

func TestLockTimeout(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"SET lock_timeout = '3s';", "SET LOCAL lock_timeout = '3s';"} {
		report := rehearseAll(t, set+" ALTER TABLE users ADD COLUMN x int; ALTER TABLE users ADD COLUMN y int", "down:ALTER TABLE users DROP x, DROP y")
		findings, err := rehearsal.Lint(report, rehearsal.Settings{})
		if err != nil || len(findings) > 0 {
			t.Errorf("%s: %v, %v", set, findings, err)
		}
	}
}

func TestBadAllowances(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"-- entgraph:allow DL202":        "the reason is missing",
		"-- entgraph:allow DL999 so":     "no rule or verdict has this name",
		"  --  entgraph:allow loses it ": "no rule or verdict has this name",
	} {
		report := rehearseAll(t, text+"\nCREATE TABLE x (id bigint PRIMARY KEY)")
		if _, err := rehearsal.Lint(report, rehearsal.Settings{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := rehearsal.Lint(rehearsal.Report{}, rehearsal.Settings{FailOn: []string{"everything"}}); err == nil {
		t.Error("fail on everything: no error")
	}
}

func TestRulesHaveTexts(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range rehearsal.Rules() {
		if seen[r.Code] || r.Title == "" || r.Effect == "" || r.Rewrite == "" {
			t.Errorf("rule %s is there twice, or a text is missing", r.Code)
		}
		seen[r.Code] = true
	}
}

// A file that says it is compatible is held to it.
func TestLintOfCompatible(t *testing.T) {
	t.Parallel()
	report, err := rehearsal.Run(t.Context(), rehearsal.Options{Scratch: scratch(t), Rows: 20, Dir: directory(t, schema,
		"compatible:ALTER TABLE users ADD COLUMN note text;",
		"compatible:ALTER TABLE users ADD COLUMN late text;\nUPDATE users SET late = 'x' WHERE id < 3;",
		"compatible:ALTER TABLE logs DROP COLUMN word;",
		"compatible:-- entgraph:allow HS506 nobody writes it\nALTER TABLE users ALTER role DROP NOT NULL;",
		"ALTER TABLE users DROP COLUMN note;")})
	if err != nil {
		t.Fatal(err)
	}
	findings, err := rehearsal.Lint(report, rehearsal.Settings{FailOn: []string{"HS506"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		if f.Code == "HS506" {
			got = append(got, fmt.Sprintf("%s: %s, fails %v", f.File, f.Object, f.Fails))
		}
	}
	want := []string{
		"20260003000000_step.compatible.sql: may change rows or rights: UPDATE users SET late = 'x' WHERE id < 3, fails true",
		"20260004000000_step.compatible.sql: column logs.word goes, fails true",
		"20260005000000_step.compatible.sql: column users.role changes: not null, fails false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
