package schemadiff_test

import (
	"strings"
	"testing"
)

// A column that only moves between a table and its heirs keeps the heirs' values.
func TestColumnsOfHeirsAreKept(t *testing.T) {
	t.Parallel()
	const seed = "INSERT INTO b VALUES (1, 10); INSERT INTO a (created, e) VALUES (2, 20), (3, 30);"
	const three = "INSERT INTO x (id) VALUES (1); INSERT INTO y (id) VALUES (2);"
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
		"the lowest of three keeps it": {
			"CREATE TABLE x (id int, f int); CREATE TABLE y (y1 int) INHERITS (x); CREATE TABLE z (z1 int) INHERITS (y)",
			"CREATE TABLE x (id int); CREATE TABLE y (y1 int) INHERITS (x); CREATE TABLE z (z1 int, f int) INHERITS (y)",
			three + "INSERT INTO z (id, y1, z1, f) VALUES (3, 30, 300, 3)", []string{"--allow-drop x.f"}, "SELECT array_agg(f) = '{3}' FROM z", `"z" DROP COLUMN`},
		"each of three keeps another one": {
			"CREATE TABLE x (id int, e int, f int NOT NULL DEFAULT 7); CREATE TABLE y (y1 int) INHERITS (x); CREATE TABLE z (z1 int) INHERITS (y)",
			"CREATE TABLE x (id int); CREATE TABLE y (y1 int, e int) INHERITS (x); CREATE TABLE z (z1 int, f bigint NOT NULL DEFAULT 8) INHERITS (y)",
			three + "INSERT INTO z (id, y1, z1, e, f) VALUES (3, 30, 300, 33, 3)", []string{"--allow-drop x.e", "--allow-drop x.f"},
			"SELECT (SELECT array_agg(f) = '{3}' FROM z) AND array_agg(e ORDER BY e) = '{33,NULL}' FROM y", `"z" DROP COLUMN`},
		"the lowest and one above it keep it": {
			"CREATE TABLE x (id int, f int); CREATE TABLE y (y1 int) INHERITS (x); CREATE TABLE z (z1 int) INHERITS (y); CREATE TABLE w () INHERITS (x)",
			"CREATE TABLE x (id int); CREATE TABLE y (y1 int) INHERITS (x); CREATE TABLE z (z1 int, f int) INHERITS (y); CREATE TABLE w (f int) INHERITS (x)",
			three + "INSERT INTO z (id, y1, z1, f) VALUES (3, 30, 300, 3); INSERT INTO w VALUES (4, 4)", []string{"--allow-drop x.f"},
			"SELECT (SELECT array_agg(f) = '{3}' FROM z) AND array_agg(f) = '{4}' FROM w", `"z" DROP COLUMN`},
		"the lowest of four keeps it by two ways": {
			"CREATE TABLE x (id int, f int); CREATE TABLE y () INHERITS (x); CREATE TABLE y2 () INHERITS (x); CREATE TABLE m () INHERITS (y, y2); CREATE TABLE z (z1 int) INHERITS (m)",
			"CREATE TABLE x (id int); CREATE TABLE y () INHERITS (x); CREATE TABLE y2 () INHERITS (x); CREATE TABLE m () INHERITS (y, y2); CREATE TABLE z (z1 int, f int) INHERITS (m)",
			three + "INSERT INTO z (id, f) VALUES (3, 3)", []string{"--allow-drop x.f"}, "SELECT array_agg(f) = '{3}' FROM z", `"z" DROP COLUMN`},
		"it moves from the lowest of three to the highest": {
			"CREATE TABLE x (id int); CREATE TABLE y (y1 int) INHERITS (x); CREATE TABLE z (z1 int, f int) INHERITS (y)",
			"CREATE TABLE x (id int, f int); CREATE TABLE y (y1 int) INHERITS (x); CREATE TABLE z (z1 int) INHERITS (y)",
			"INSERT INTO x VALUES (1); INSERT INTO y VALUES (2, 20); INSERT INTO z VALUES (3, 30, 300, 3)", nil, "SELECT array_agg(f ORDER BY f) = '{3,NULL,NULL}' FROM x", "DROP COLUMN"},
		"it moves from the lowest and one above it to the highest": {
			"CREATE TABLE x (id int); CREATE TABLE y (y1 int) INHERITS (x); CREATE TABLE z (z1 int, f int) INHERITS (y); CREATE TABLE w (f int) INHERITS (x)",
			"CREATE TABLE x (id int, f int); CREATE TABLE y (y1 int) INHERITS (x); CREATE TABLE z (z1 int) INHERITS (y); CREATE TABLE w () INHERITS (x)",
			"INSERT INTO x VALUES (1); INSERT INTO z VALUES (3, 30, 300, 3); INSERT INTO w VALUES (4, 4)", nil, "SELECT array_agg(f ORDER BY f) = '{3,4,NULL}' FROM x", "DROP COLUMN"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newJudge(t, test.base, test.after, test.seed)
			// Postgres remembers, and dumps, that a column that is inherited now was an own one.
			j.dumped = test.lacks != "DROP COLUMN"
			j.judge(test.answers)
			for _, f := range j.files {
				if strings.Contains(texts(f.Up), test.lacks) {
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
