package rewrite

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseAlter(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]alter{
		"ALTER TABLE t ADD a int":                                    {"ALTER TABLE t", "t", "t", []string{"ADD a int"}, false},
		"alter table if exists only App.\"T\" drop a, add b int;":    {"alter table if exists only App.\"T\"", "App.\"T\"", "T", []string{"drop a", "add b int"}, true},
		"ALTER TABLE t ADD a numeric(4, 2), ADD CHECK (a IN (1, 2))": {"ALTER TABLE t", "t", "t", []string{"ADD a numeric(4, 2)", "ADD CHECK (a IN (1, 2))"}, false},
		"ALTER TABLE t ADD a int[] DEFAULT ARRAY[1, 2], DROP b":      {"ALTER TABLE t", "t", "t", []string{"ADD a int[] DEFAULT ARRAY[1, 2]", "DROP b"}, false},
		"ALTER TABLE t -- big\n DROP /* a, */ a , DROP b":            {"ALTER TABLE t", "t", "t", []string{"DROP /* a, */ a", "DROP b"}, false},
	} {
		if got, ok := parseAlter(sql); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %+v, %t", sql, got, ok)
		}
	}
	for _, sql := range []string{"ALTER TABLE t", "ALTER TABLE t * DROP a", "ALTER INDEX i RENAME TO j", "ALTER TABLE t ADD CHECK (a", "ALTER TABLE t DROP a; DROP TABLE t", "SELECT 1", ""} {
		if got, ok := parseAlter(sql); ok {
			t.Errorf("%q is read as %+v", sql, got)
		}
	}
	a, _ := parseAlter("ALTER TABLE ONLY app.t DROP a, DROP b")
	if got := a.with([]string{"DROP b"}) + "|" + a.with(nil) + "|" + a.one("DROP c"); got != "ALTER TABLE ONLY app.t DROP b||ALTER TABLE ONLY app.t DROP c" {
		t.Error(got)
	}
}

func TestParseConstraint(t *testing.T) {
	t.Parallel()
	for action, want := range map[string][3]string{ // name, kind, definition
		"ADD CONSTRAINT c CHECK (a > 0)":                    {"c", "CHECK", "CHECK (a > 0)"},
		`ADD CONSTRAINT "C d" FOREIGN KEY (a) REFERENCES u`: {"C d", "FOREIGN KEY", "FOREIGN KEY (a) REFERENCES u"},
		"add unique nulls not distinct (a)":                 {"", "UNIQUE", "unique nulls not distinct (a)"},
		"ADD PRIMARY KEY (a)":                               {"", "PRIMARY KEY", "PRIMARY KEY (a)"},
		"ADD CONSTRAINT e EXCLUDE USING gist (a WITH &&)":   {},
		"ADD COLUMN a int CHECK (a > 0)":                    {},
		"ADD CONSTRAINT":                                    {},
		"DROP CONSTRAINT c":                                 {},
	} {
		c, ok := parseConstraint(action)
		if !ok {
			c = constraint{}
		}
		if got := [3]string{c.name, c.kind, c.def}; got != want || ok != (want[1] != "") {
			t.Errorf("%q is read as %q, %t", action, got, ok)
		}
	}
	for def, want := range map[string]bool{"CHECK (a) NOT VALID": true, "CHECK (a) not  /* yet */ valid": true, "CHECK (a)": false, "CHECK (NOT VALID)": false, "VALID": false} {
		if got := (constraint{def: def}).notValid(); got != want {
			t.Errorf("%q is not valid: %t", def, got)
		}
	}
}

func TestIndexOfConstraint(t *testing.T) {
	t.Parallel()
	for action, want := range map[string][2]string{ // columns, tail
		"ADD UNIQUE (a, b)":                            {"(a, b)", ""},
		"ADD UNIQUE NULLS NOT DISTINCT (a) DEFERRABLE": {"(a) NULLS NOT DISTINCT", "DEFERRABLE"},
		"ADD UNIQUE NULLS DISTINCT (a) INCLUDE (b, c)": {"(a) INCLUDE (b, c)", ""},
		"ADD PRIMARY KEY (a) INITIALLY DEFERRED":       {"(a)", "INITIALLY DEFERRED"},
		"ADD UNIQUE USING INDEX i":                     {},
		"ADD UNIQUE (a) USING INDEX TABLESPACE fast":   {},
		"ADD UNIQUE (a) WITH (fillfactor = 70)":        {},
		"ADD UNIQUE (a) INCLUDE b":                     {},
	} {
		k, ok := parseConstraint(action)
		if !ok {
			t.Fatal(action)
		}
		columns, tail, ok := k.index()
		if !ok {
			columns, tail = "", ""
		}
		if got := [2]string{columns, tail}; got != want || ok != (want[0] != "") {
			t.Errorf("%q: %q, %t", action, got, ok)
		}
	}
}

func TestParseActions(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]string{
		"ALTER COLUMN a SET NOT NULL": "a", `ALTER "B" SET NOT NULL`: "B", "ALTER a SET NOT NULL NULL": "", "ALTER a DROP NOT NULL": "", "ALTER a SET DEFAULT 1": "", "SET NOT NULL": "",
	} {
		column, ok := parseSetNotNull(action)
		if ok != (want != "") || ok && column.name() != want {
			t.Errorf("%q: %q, %t", action, column.text, ok)
		}
	}
	for action, want := range map[string]string{
		"DROP CONSTRAINT c": "c", "drop constraint IF EXISTS \"C\" RESTRICT": "C", "DROP CONSTRAINT c CASCADE": "", "DROP COLUMN c": "", "DROP CONSTRAINT": "",
	} {
		name, ok := parseNamed(action, "DROP", "CONSTRAINT")
		if ok != (want != "") || ok && name != want {
			t.Errorf("%q: %q, %t", action, name, ok)
		}
	}
	for action, want := range map[string]string{
		"ATTACH PARTITION app.p FOR VALUES IN (1)": "p", "DETACH PARTITION p": "p", "DETACH PARTITION p CONCURRENTLY": "", "ATTACH p": "", "DETACH PARTITION": "",
	} {
		child, ok := parseAttach(action, strings.Fields(action)[0])
		if ok != (want != "") || ok && child.name != want {
			t.Errorf("%q: %q, %t", action, child.name, ok)
		}
	}
}

func TestInlineConstraints(t *testing.T) {
	t.Parallel()
	for column, want := range map[string][]string{
		"a int":                            nil,
		"a int NOT NULL DEFAULT 1":         {"NOT NULL", "DEFAULT 1"},
		"a int DEFAULT NULL CHECK (a > 0)": {"DEFAULT NULL", "CHECK (a > 0)"},
		"a int CONSTRAINT c REFERENCES u ON DELETE SET NULL UNIQUE":    {"CONSTRAINT c REFERENCES u ON DELETE SET NULL", "UNIQUE"},
		"a int REFERENCES u ON UPDATE SET DEFAULT NOT DEFERRABLE NULL": {"REFERENCES u ON UPDATE SET DEFAULT NOT DEFERRABLE", "NULL"},
		"a int UNIQUE NULLS NOT DISTINCT":                              {"UNIQUE NULLS NOT DISTINCT"},
		"a text COLLATE \"C\" DEFAULT (NOT true)::text":                {"COLLATE \"C\"", "DEFAULT (NOT true)::text"},
		"a int GENERATED ALWAYS AS (b) STORED":                         {"GENERATED ALWAYS AS (b) STORED"},
	} {
		r, _ := read(column)
		var got []string
		for _, i := range inlines(r) {
			got = append(got, r.text(i.from, i.to))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q has %q, want %q", column, got, want)
		}
	}
}

func TestTakeOut(t *testing.T) {
	t.Parallel()
	a := alter{name: "t"}
	for action, test := range map[string]struct {
		hazards []Hazard
		left    string
		more    []string
	}{
		"ADD a int CHECK (a > 0) NOT NULL": {[]Hazard{{Code: "LK105", Object: "t_a_check"}}, "ADD a int NOT NULL", []string{`ADD CONSTRAINT "t_a_check" CHECK (a > 0)`}},
		"ADD COLUMN a int CONSTRAINT u UNIQUE REFERENCES b (id)": {[]Hazard{{Code: "LK107", Object: "u"}, {Code: "LK104", Object: "t_a_fkey"}}, "ADD COLUMN a int",
			[]string{`ADD CONSTRAINT "u" UNIQUE ("a")`, `ADD CONSTRAINT "t_a_fkey" FOREIGN KEY ("a") REFERENCES b (id)`}},
		"ADD a int CHECK (a > 1)":                      {[]Hazard{{Code: "LK105", Object: "other"}}, "ADD a int CHECK (a > 1)", nil},
		"ADD a int PRIMARY KEY":                        {[]Hazard{{Code: "LK107", Object: "t_pkey"}}, "ADD a int PRIMARY KEY", nil},
		"ADD COLUMN IF NOT EXISTS a int CHECK (a > 0)": {[]Hazard{{Code: "LK105", Object: "t_a_check"}}, "ADD COLUMN IF NOT EXISTS a int CHECK (a > 0)", nil},
		"ADD CONSTRAINT t_a_check CHECK (a > 0)":       {[]Hazard{{Code: "LK105", Object: "t_a_check"}}, "ADD CONSTRAINT t_a_check CHECK (a > 0)", nil},
		"DROP a":                                       {nil, "DROP a", nil},
	} {
		left, more := takeOut(a, action, test.hazards)
		if left != test.left || !slices.Equal(more, test.more) {
			t.Errorf("%q: left %q, more %q", action, left, more)
		}
	}
}

func TestParseFilled(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]filledColumn{
		"ADD a uuid NOT NULL DEFAULT gen_random_uuid()":      {"a", "ADD a uuid", "gen_random_uuid()", true},
		"ADD COLUMN \"A\" int DEFAULT 1 + 1 CHECK (\"A\">0)": {"A", "ADD COLUMN \"A\" int CHECK (\"A\">0)", "1 + 1", false},
		"ADD a int":                                {},
		"ADD a int DEFAULT 1 PRIMARY KEY":          {},
		"ADD a text DEFAULT $$;$$":                 {},
		"ADD COLUMN IF NOT EXISTS a int DEFAULT 1": {},
		"ADD CONSTRAINT a CHECK (b = 1)":           {},
	} {
		got, ok := parseFilled(action)
		if !ok {
			got = filledColumn{}
		}
		if got != want || ok != (want.value != "") {
			t.Errorf("%q is read as %+v, %t", action, got, ok)
		}
	}
}

func TestParseCreateIndex(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]createIndex{
		"CREATE INDEX i ON t (a)":                             {"i", "t", "", "CREATE INDEX CONCURRENTLY i ON t (a)"},
		"create unique index \"I\" on app.T using btree (a);": {"I", "t", "app.", "create unique index CONCURRENTLY \"I\" ON app.T using btree (a)"},
		"CREATE INDEX IF NOT EXISTS i ON t (a) WHERE b":       {"i", "t", "", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a) WHERE b"},
		"CREATE INDEX CONCURRENTLY i ON t (a)":                {"i", "t", "", "CREATE INDEX CONCURRENTLY i ON t (a)"},
		"CREATE INDEX ON t (a)":                               {"seen", "t", "", "CREATE INDEX CONCURRENTLY \"seen\" ON t (a)"},
	} {
		if got, ok := parseCreateIndex(sql, "app.seen"); !ok || got != want {
			t.Errorf("%q is read as %q, %t", sql, got, ok)
		}
	}
	for _, sql := range []string{"CREATE INDEX i ON ONLY t (a)", "CREATE TABLE t ()", "CREATE INDEX i", "CREATE INDEX", "DROP INDEX i"} {
		if got, ok := parseCreateIndex(sql, "i"); ok {
			t.Errorf("%q is read as %q", sql, got)
		}
	}
	if got, ok := parseCreateIndex("CREATE INDEX ON t (a)", ""); ok {
		t.Errorf("an index without a name is %q", got)
	}
}

func TestParseDropAndReindex(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]dropIndex{
		"DROP INDEX i": {[]string{"i"}, []string{"DROP INDEX CONCURRENTLY i"}},
		"drop index concurrently if exists a.I, \"J\" restrict": {[]string{"i", "J"}, []string{"DROP INDEX CONCURRENTLY IF EXISTS a.I", "DROP INDEX CONCURRENTLY IF EXISTS \"J\""}},
		"DROP INDEX i CASCADE": {},
		"DROP INDEX i,":        {},
		"DROP TABLE i":         {},
	} {
		got, ok := parseDropIndex(sql)
		if !ok {
			got = dropIndex{}
		}
		if !reflect.DeepEqual(got, want) || ok != (want.names != nil) {
			t.Errorf("%q is read as %q, %t", sql, got, ok)
		}
	}
	for sql, want := range map[string]string{
		"REINDEX INDEX i": "REINDEX INDEX CONCURRENTLY i", "reindex (verbose) table CONCURRENTLY app.t": "reindex (verbose) table CONCURRENTLY app.t",
		"REINDEX SCHEMA public": "", "REINDEX INDEX": "", "REINDEX (VERBOSE INDEX i": "", "ANALYZE t": "",
	} {
		got, ok := concurrentReindex(sql)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, %t", sql, got, ok)
		}
	}
	for path, want := range map[string]string{"t": "", "app.t": "app.", `"A b".t`: `"A b".`, "db.app.t": "db.app."} {
		if got := schemaOf(path); got != want {
			t.Errorf("the schema of %s is %q", path, got)
		}
	}
}
