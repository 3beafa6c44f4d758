package schemadiff_test

import (
	"slices"
	"strings"
	"testing"
)

// A column that only moves between a table and its heirs keeps the heirs' values.
func TestColumnsOfHeirsAreKept(t *testing.T) {
	t.Parallel()
	const seed = "INSERT INTO b VALUES (1, 10); INSERT INTO a (created, e) VALUES (2, 20), (3, 30);"
	tests := map[string]struct {
		base, after, seed string
		answers           []string
		check             string
		lacks             string // no statement has this
	}{
		"the table gives it up": {
			"CREATE TABLE b (created int, e int); CREATE TABLE a (a1 int) INHERITS (b)",
			"CREATE TABLE b (created int); CREATE TABLE a (a1 int, e int) INHERITS (b)",
			seed, []string{"--allow-drop b.e"}, "SELECT array_agg(e ORDER BY e) = '{20,30}' FROM a", `"a" DROP COLUMN`},
		"one heir keeps it with another type, one does not": {
			"CREATE TABLE b (created int, e int NOT NULL DEFAULT 7); CREATE TABLE a () INHERITS (b); CREATE TABLE a2 () INHERITS (b); CREATE TABLE below () INHERITS (a); CREATE VIEW v AS SELECT e FROM b",
			"CREATE TABLE b (created int); CREATE TABLE a (e bigint NOT NULL DEFAULT 8) INHERITS (b); CREATE TABLE a2 () INHERITS (b); CREATE TABLE below () INHERITS (a); CREATE VIEW v AS SELECT 1 AS e",
			seed + "INSERT INTO below VALUES (4, 40)", []string{"--allow-drop b.e"}, "SELECT array_agg(e ORDER BY e) = '{20,30,40}' FROM a", `"a" DROP COLUMN`},
		"the table takes it over": {
			"CREATE TABLE b (created int, o int); CREATE TABLE a (e int) INHERITS (b)",
			"CREATE TABLE b (created int, o int, e int); CREATE TABLE a () INHERITS (b)",
			"INSERT INTO b VALUES (1, 2); INSERT INTO a VALUES (2, 3, 20), (3, 4, 30)", nil, "SELECT array_agg(e ORDER BY e) = '{20,30,NULL}' FROM b", "DROP COLUMN"},
		"the table takes it over as another type that is required": {
			"CREATE TABLE b (created int); CREATE TABLE a (e int NOT NULL) INHERITS (b); CREATE TABLE a2 (e int) INHERITS (b)",
			"CREATE TABLE b (created int, e bigint NOT NULL DEFAULT 5); CREATE TABLE a () INHERITS (b); CREATE TABLE a2 () INHERITS (b)",
			"INSERT INTO b VALUES (1); INSERT INTO a VALUES (2, 20); INSERT INTO a2 VALUES (3, NULL), (4, 40)", nil, "SELECT array_agg(e ORDER BY e) = '{5,5,20,40}' FROM b", "DROP COLUMN"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newJudge(t, test.base, test.after, test.seed)
			j.judge(test.answers)
			for _, f := range j.files {
				if slices.ContainsFunc(f.Up, func(s string) bool { return strings.Contains(s, test.lacks) }) {
					t.Errorf("a column is dropped:\n%s", j.script())
				}
			}
			if got := j.answers.AllowDrop; len(got) != len(test.answers) {
				t.Errorf("it asked to drop %q", got)
			}
			if !j.true(test.check) {
				t.Errorf("values are lost: %s\n%s", test.check, j.script())
			}
			j.again()
			if !j.true(test.check) && test.lacks == "DROP COLUMN" {
				t.Errorf("values are lost on the way back or there again: %s\n%s", test.check, j.script())
			}
		})
	}
}
