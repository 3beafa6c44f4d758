package rewrite

import (
	"strings"
	"testing"
)

func TestParseWrite(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]struct{ table, path, name, row, rest string }{
		"UPDATE t SET a = 1":                      {"t", "t", "t", `"t"`, "a = 1"},
		"UPDATE ONLY app.T AS x SET a = 1":        {"ONLY app.T", "app.T", "t", "x", "a = 1"},
		`update "T" y set a = 1, b = 2;`:          {`"T"`, `"T"`, "T", "y", "a = 1, b = 2"},
		"DELETE FROM t":                           {"t", "t", "t", `"t"`, ""},
		"DELETE FROM ONLY app.t AS x -- all rows": {"ONLY app.t", "app.t", "t", "x", ""},
	} {
		w, r, ok := parseWrite(sql)
		if !ok || w.table != want.table || w.path != want.path || w.name != want.name || w.row != want.row || r.rest() != want.rest {
			t.Errorf("%q is read as %+v, rest %q, %t", sql, w, r.rest(), ok)
		}
	}
	for _, sql := range []string{"UPDATE t SET", "UPDATE t", "DELETE FROM t WHERE a", "DELETE FROM t USING u", "DELETE FROM t RETURNING a", "DELETE t", "INSERT INTO t VALUES (1)", "UPDATE (t) SET a = 1", ""} {
		if w, _, ok := parseWrite(sql); ok {
			t.Errorf("%q is read as %+v", sql, w)
		}
	}
}

// TestTwice tells apart what may be written to a row twice, since batches that were broken
// off begin again.
func TestTwice(t *testing.T) {
	t.Parallel()
	for sql, why := range map[string]string{
		"UPDATE t SET a = 1, b = 'x'":                                "",
		"UPDATE t SET a = lower(b), c = b::varchar(9)":               "",
		"UPDATE t SET a = (SELECT max(c) FROM u WHERE u.b = t.b)":    "",
		"UPDATE t SET a = (SELECT u.a FROM u)":                       "",
		"UPDATE t SET a = pg_catalog.upper(b)":                       "",
		"UPDATE t AS x SET a = x.b + 1":                              "",
		"UPDATE t SET a = CASE WHEN b IN (1, 2) THEN 3 ELSE (4) END": "",
		"UPDATE t SET a = a + 1":                                     "it reads the column a",
		"UPDATE t SET a = 1, b = a":                                  "it reads the column a",
		"UPDATE t AS x SET a = x.a || 'b'":                           "it reads the column a",
		"UPDATE t SET a = (SELECT count(*) FROM t)":                  "it reads the table",
		"UPDATE t SET a = random()":                                  "it calls random",
		"UPDATE t SET a = app.upper(b)":                              "it calls upper",
		"UPDATE t SET a = current_date":                              "it depends on CURRENT_DATE",
		"UPDATE t SET a = 'tomorrow'":                                "it depends on TOMORROW",
		"UPDATE t SET id = b":                                        "it writes the primary key",
		"UPDATE t SET a = 1 WHERE b":                                 "more than an UPDATE",
		"UPDATE t SET a = u.b FROM u":                                "more than an UPDATE",
		"UPDATE t SET a = 1 RETURNING a":                             "more than an UPDATE",
		"UPDATE t SET (a, b) = (1, 2)":                               "cannot be taken apart",
		"UPDATE t SET a[1] = 2":                                      "cannot be taken apart",
	} {
		w, r, ok := parseWrite(sql)
		if !ok {
			t.Fatal(sql)
		}
		if got := w.notRepeatable(r, []string{"id"}); got != why && (why == "" || !strings.Contains(got, why)) {
			t.Errorf("%q: %q, want %q", sql, got, why)
		}
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	c, why := inBatches("UPDATE app.t SET a = $batches$x$batches$", []Hazard{{Code: "DL204", Object: "app.t", Key: []string{"Id", "no"}}})
	if why != "" || !c.rows || c.table != "t" || len(c.later) != 1 || !c.later[0].bare || c.later[0].phase != rows {
		t.Fatalf("%+v, %q", c, why)
	}
	block := c.later[0].ups[0]
	for _, part := range []string{
		"DO $batches_$\n", // the statement has the first mark
		"  entgraph_first_1 app.t.\"Id\"%TYPE;\n  entgraph_first_2 app.t.\"no\"%TYPE;\n",
		"UPDATE app.t SET a = $batches$x$batches$\n      WHERE (\"t\".\"Id\", \"t\".\"no\") >= (entgraph_first_1, entgraph_first_2) AND (\"t\".\"Id\", \"t\".\"no\") <= (entgraph_last_1, entgraph_last_2);\n    COMMIT;",
		"ORDER BY \"Id\" DESC, \"no\" DESC LIMIT 1",
	} {
		if !strings.Contains(block, part) {
			t.Errorf("%q is not in\n%s", part, block)
		}
	}
	if one, _ := inBatches("DELETE FROM t", []Hazard{{Code: "DL204", Object: "t", Key: []string{"id"}}}); !strings.Contains(one.later[0].ups[0], `WHERE "t"."id" >= entgraph_first_1 AND "t"."id" <= entgraph_last_1;`) {
		t.Errorf("a key of one column: %s", one.later[0].ups[0])
	}
	if _, why := inBatches("UPDATE t SET a = 1", []Hazard{{Code: "DL204", Object: "t"}}); !strings.Contains(why, "no primary key") {
		t.Error(why)
	}
	if _, why := inBatches("UPDATE t SET a = ';'", []Hazard{{Code: "DL204", Object: "t", Key: []string{"id"}}}); !strings.Contains(why, "cannot be taken apart") {
		t.Error(why)
	}
}

// TestBatchesOfPartition: of the hazards of a table and of its partitions the one that is
// about the table tells the key.
func TestBatchesOfPartition(t *testing.T) {
	t.Parallel()
	c, why := inBatches("DELETE FROM app.t", []Hazard{{Code: "DL204", Object: "app.t_1", Key: []string{"b"}}, {Code: "DL204", Object: "app.t", Key: []string{"a"}}})
	if why != "" || !strings.Contains(c.later[0].ups[0], `"t"."a" >=`) {
		t.Errorf("%+v, %q", c, why)
	}
}

func TestSources(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"UPDATE t SET a = 1": "",
		"UPDATE t SET a = (SELECT b FROM u JOIN app.v ON true), c = d": "u app v c",
		"DELETE FROM t USING u, w":                                     "t u w",
	} {
		if got := strings.Join(sources(sql), " "); got != want {
			t.Errorf("%q may read %q, want %q", sql, got, want)
		}
	}
}

func TestFillInBatches(t *testing.T) {
	t.Parallel()
	a, _ := parseAlter("ALTER TABLE app.\"it's\" ADD a int DEFAULT f() NOT NULL")
	f, ok := parseFilled(a.actions[0])
	if !ok {
		t.Fatal(a)
	}
	block := a.fill(f)
	for _, part := range []string{`pg_relation_size('app."it''s"')`, `UPDATE app."it's" SET "a" = f()`, `WHERE "a" IS NULL AND ctid >= format('(%s,0)', page)::tid`, "COMMIT;"} {
		if !strings.Contains(block, part) {
			t.Errorf("%q is not in\n%s", part, block)
		}
	}
}
