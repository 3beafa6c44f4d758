package rewrite_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"

	"github.com/entgraph/entgraph/internal/migrate/rewrite"
)

// scan makes a file of its text, as the migrations are read.
func scan(text string) (*rewrite.File, error) {
	stmts, err := migrate.FileStmtDecls(&postgres.Driver{}, migrate.NewLocalFile("1.sql", []byte(text)))
	if err != nil {
		return nil, err
	}
	f := &rewrite.File{Text: text, Tx: !strings.HasPrefix(text, "-- atlas:txmode none")}
	for _, s := range stmts {
		f.Statements = append(f.Statements, s.Text)
	}
	return f, nil
}

func mustScan(t *testing.T, text string) *rewrite.File {
	t.Helper()
	f, err := scan(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const none = "-- atlas:txmode none\n\n"

func TestRewrite(t *testing.T) {
	t.Parallel()
	const set = "SET LOCAL lock_timeout = '5s';\n"
	tests := map[string]struct {
		up, down string
		hazards  []rewrite.Hazard
		want     []string // texts, each with "down:" before that of its way back
	}{
		"unnamed index": {"CREATE UNIQUE INDEX ON app.t (a)", "DROP INDEX app.t_a_idx;", []rewrite.Hazard{{Code: "LK101", Object: "app.t_a_idx"}},
			[]string{none + "CREATE UNIQUE INDEX CONCURRENTLY \"t_a_idx\" ON app.t (a);\n", "down:DROP INDEX app.t_a_idx;"}},
		"comments stay where they belong": {"-- One.\nALTER TABLE t ADD a int; -- two\nCREATE INDEX i ON t (a);\n-- The end.\n", "-- Back.\nDROP INDEX i;\n-- And this.\nALTER TABLE t DROP a;\n",
			[]rewrite.Hazard{{Code: "LK101", Object: "i", Statement: 1}},
			[]string{"-- One.\nALTER TABLE t ADD a int;\n-- The end.\n", "down:-- And this.\nALTER TABLE t DROP a;\n",
				none + "-- two\nCREATE INDEX CONCURRENTLY i ON t (a);\n", "down:" + none + "DROP INDEX CONCURRENTLY \"i\";\n"}},
		"allowances are repeated": {"-- entgraph:allow DL212 looked for duplicates\nALTER TABLE t ADD a int;\nCREATE INDEX i ON t (b);\n", "DROP INDEX i; ALTER TABLE t DROP a;",
			[]rewrite.Hazard{{Code: "LK101", Object: "i", Statement: 1}},
			[]string{"-- entgraph:allow DL212 looked for duplicates\nALTER TABLE t ADD a int;\n", "down:ALTER TABLE t DROP a;",
				none + "-- entgraph:allow DL212 looked for duplicates\nCREATE INDEX CONCURRENTLY i ON t (b);\n", "down:" + none + "DROP INDEX CONCURRENTLY \"i\";\n"}},
		"constraints inside a column": {"ALTER TABLE t ADD COLUMN a int DEFAULT 1 NOT NULL CONSTRAINT few CHECK (a < 9) REFERENCES u (id) ON DELETE SET NULL NOT DEFERRABLE, ADD b numeric(4, 2) UNIQUE DEFAULT NULL;",
			"ALTER TABLE t DROP COLUMN b, DROP COLUMN a;", []rewrite.Hazard{{Code: "LK105", Object: "few"}, {Code: "LK104", Object: "t_a_fkey"}, {Code: "LK107", Object: "t_b_key"}},
			[]string{"ALTER TABLE t ADD COLUMN a int DEFAULT 1 NOT NULL, ADD CONSTRAINT \"few\" CHECK (a < 9) NOT VALID, ADD CONSTRAINT \"t_a_fkey\" FOREIGN KEY (\"a\") REFERENCES u (id) ON DELETE SET NULL NOT DEFERRABLE NOT VALID, ADD b numeric(4, 2) DEFAULT NULL;\n",
				"down:ALTER TABLE t DROP COLUMN b, DROP COLUMN a;",
				none + "CREATE UNIQUE INDEX CONCURRENTLY \"t_b_key\" ON t (\"b\");\n", "down:" + none + "DROP INDEX CONCURRENTLY \"t_b_key\";\n",
				set + "ALTER TABLE t VALIDATE CONSTRAINT \"few\";\nALTER TABLE t VALIDATE CONSTRAINT \"t_a_fkey\";\nALTER TABLE t ADD CONSTRAINT \"t_b_key\" UNIQUE USING INDEX \"t_b_key\";\n",
				"down:" + set + "ALTER TABLE t DROP CONSTRAINT \"t_b_key\";\nCREATE UNIQUE INDEX \"t_b_key\" ON t (\"b\");\nALTER TABLE t DROP CONSTRAINT \"t_a_fkey\";\nALTER TABLE t ADD CONSTRAINT \"t_a_fkey\" FOREIGN KEY (\"a\") REFERENCES u (id) ON DELETE SET NULL NOT DEFERRABLE NOT VALID;\n" +
					"ALTER TABLE t DROP CONSTRAINT \"few\";\nALTER TABLE t ADD CONSTRAINT \"few\" CHECK (a < 9) NOT VALID;\n"}},
		"comments inside": {"ALTER TABLE t -- big\n  ADD COLUMN a int, /* rows\n are checked */ ADD -- at once\n  CONSTRAINT c CHECK (a > 0 /* always */) -- last\n;",
			"ALTER TABLE t DROP COLUMN a, /* and */ DROP CONSTRAINT c;", []rewrite.Hazard{{Code: "LK105", Object: "c"}},
			[]string{"-- big\n/* rows\n are checked */\n-- at once\n-- last\nALTER TABLE t ADD COLUMN a int, ADD CONSTRAINT \"c\" CHECK (a > 0 /* always */) NOT VALID;\n",
				"down:ALTER TABLE t DROP COLUMN a, /* and */ DROP CONSTRAINT c;",
				set + "ALTER TABLE t VALIDATE CONSTRAINT \"c\";\n",
				"down:" + set + "ALTER TABLE t DROP CONSTRAINT \"c\";\nALTER TABLE t ADD CONSTRAINT \"c\" CHECK (a > 0 /* always */) NOT VALID;\n"}},
		"comments in what is moved": {"-- First.\nALTER TABLE t ADD a int;\nCREATE /* not */ INDEX i -- why\n ON t (a); /* x */ DELETE FROM u -- all\n WHERE b = 1 -- end\n;", "DROP INDEX i; ALTER TABLE t DROP a;",
			[]rewrite.Hazard{{Code: "LK101", Object: "i", Statement: 1}, {Code: "LK115", Object: "u", Statement: 2}},
			[]string{"-- First.\nALTER TABLE t ADD a int;\n", "down:ALTER TABLE t DROP a;",
				set + "/* x */ -- end\nDELETE FROM u -- all\n WHERE b = 1;\n", "down:-- Nothing to take back: the schema stays as it is.\n",
				none + "-- why\nCREATE /* not */ INDEX CONCURRENTLY i ON t (a);\n", "down:" + none + "DROP INDEX CONCURRENTLY \"i\";\n"}},
		"a file for each table": {"-- Users.\nALTER TABLE users ADD x int;\n-- Logs.\nALTER TABLE public.\"Logs\" ADD y int /* y */;\nALTER TABLE users ADD CONSTRAINT c CHECK (x > 0);\n-- The end.\n",
			"ALTER TABLE public.\"Logs\" DROP y;\nALTER TABLE users DROP CONSTRAINT c, DROP x;\n", []rewrite.Hazard{{Code: "LK113", Statement: 1}, {Code: "LK105", Object: "c", Statement: 2}, {Code: "LK114"}},
			[]string{set + "-- Users.\nALTER TABLE users ADD x int;\nALTER TABLE users ADD CONSTRAINT \"c\" CHECK (x > 0) NOT VALID;\n", "down:" + set + "ALTER TABLE users DROP CONSTRAINT c, DROP x;\n",
				set + "-- Logs.\nALTER TABLE public.\"Logs\" ADD y int /* y */;\n-- The end.\n", "down:" + set + "ALTER TABLE public.\"Logs\" DROP y;\n",
				set + "ALTER TABLE users VALIDATE CONSTRAINT \"c\";\n", "down:" + set + "ALTER TABLE users DROP CONSTRAINT \"c\";\nALTER TABLE users ADD CONSTRAINT \"c\" CHECK (x > 0) NOT VALID;\n"}},
		"a default for each row": {"ALTER TABLE app.t ADD COLUMN a uuid NOT NULL DEFAULT gen_random_uuid() CHECK (a <> b), ADD c int DEFAULT (random() * 9)::int;", "ALTER TABLE app.t DROP a, DROP c;",
			[]rewrite.Hazard{{Code: "LK110", Object: "app.t.a"}, {Code: "LK110", Object: "app.t.c"}},
			[]string{"ALTER TABLE app.t ADD COLUMN a uuid CHECK (a <> b), ALTER COLUMN \"a\" SET DEFAULT gen_random_uuid(), ADD c int, ALTER COLUMN \"c\" SET DEFAULT (random() * 9)::int;\n"}},
		"timeouts for each table": {"-- Soon.\nSET lock_timeout = '2s';\nALTER TABLE a ADD x int;\nALTER TABLE b ADD y int;\n", "SET lock_timeout = '3s';\nALTER TABLE b DROP y;\n-- X.\nALTER TABLE a DROP x;\n", []rewrite.Hazard{{Code: "LK113", Statement: 2}},
			[]string{"-- Soon.\nSET lock_timeout = '2s';\nALTER TABLE a ADD x int;\n", "down:SET lock_timeout = '3s';\n-- X.\nALTER TABLE a DROP x;\n",
				"SET lock_timeout = '2s';\nALTER TABLE b ADD y int;\n", "down:SET lock_timeout = '3s';\nALTER TABLE b DROP y;\n"}},
		"attached partition": {"ALTER TABLE t ATTACH PARTITION app.p DEFAULT;", "ALTER TABLE t DETACH PARTITION app.p;", []rewrite.Hazard{{Code: "LK117", Object: "app.p", Bounds: "a > 1"}},
			[]string{"ALTER TABLE app.p ADD CONSTRAINT \"p_bounds\" CHECK (a > 1) NOT VALID;\n", "down:ALTER TABLE app.p DROP CONSTRAINT \"p_bounds\";\n",
				set + "ALTER TABLE app.p VALIDATE CONSTRAINT \"p_bounds\";\nALTER TABLE t ATTACH PARTITION app.p DEFAULT;\nALTER TABLE app.p DROP CONSTRAINT \"p_bounds\";\n",
				"down:" + set + "ALTER TABLE t DETACH PARTITION app.p;\nALTER TABLE app.p ADD CONSTRAINT \"p_bounds\" CHECK (a > 1) NOT VALID;\n"}},
		"reindex with options": {"REINDEX (VERBOSE) TABLE t;", "-- Nothing.", []rewrite.Hazard{{Code: "LK102", Object: "i"}},
			[]string{none + "REINDEX (VERBOSE) TABLE CONCURRENTLY t;\n", "down:-- Nothing."}},
		"deferrable unique constraint": {"ALTER TABLE ONLY \"T\" ADD UNIQUE NULLS NOT DISTINCT (a, b) INCLUDE (c) DEFERRABLE INITIALLY DEFERRED;", "ALTER TABLE \"T\" DROP CONSTRAINT IF EXISTS k, DROP COLUMN z;",
			[]rewrite.Hazard{{Code: "LK107", Object: "k"}},
			[]string{none + "CREATE UNIQUE INDEX CONCURRENTLY \"k\" ON \"T\" (a, b) INCLUDE (c) NULLS NOT DISTINCT;\n",
				"down:" + none + "DROP INDEX CONCURRENTLY \"k\";\nALTER TABLE \"T\" DROP COLUMN z;",
				set + "ALTER TABLE ONLY \"T\" ADD CONSTRAINT \"k\" UNIQUE USING INDEX \"k\" DEFERRABLE INITIALLY DEFERRED;\n",
				"down:" + set + "ALTER TABLE ONLY \"T\" DROP CONSTRAINT \"k\";\nCREATE UNIQUE INDEX \"k\" ON \"T\" (a, b) INCLUDE (c) NULLS NOT DISTINCT;\n"}},
		"long names of checks": {"ALTER TABLE t ALTER " + strings.Repeat("x", 63) + " SET NOT NULL;", "SELECT 1;", []rewrite.Hazard{{Code: "LK108", Object: "t." + strings.Repeat("x", 63)}},
			[]string{"ALTER TABLE t ADD CONSTRAINT \"t_" + strings.Repeat("x", 52) + "_not_null\" CHECK (\"" + strings.Repeat("x", 63) + "\" IS NOT NULL) NOT VALID;\n"}},
		"timeouts are repeated": {"SET lock_timeout = '2s';\nALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);\n", "ALTER TABLE t DROP CONSTRAINT c;\n", []rewrite.Hazard{{Code: "LK105", Object: "c", Statement: 1}},
			[]string{"SET lock_timeout = '2s';\nALTER TABLE t ADD CONSTRAINT \"c\" CHECK (a > 0) NOT VALID;\n", "down:ALTER TABLE t DROP CONSTRAINT c;\n",
				"SET lock_timeout = '2s';\nALTER TABLE t VALIDATE CONSTRAINT \"c\";\n",
				"down:" + set + "ALTER TABLE t DROP CONSTRAINT \"c\";\nALTER TABLE t ADD CONSTRAINT \"c\" CHECK (a > 0) NOT VALID;\n"}},
		"strings and dollars": {"SELECT 'a;b', $x$ CREATE INDEX ; -- $x$, U&'x';\nCREATE INDEX i ON t ((a || ';--'));\n", "DROP INDEX i;\n", []rewrite.Hazard{{Code: "LK101", Object: "i", Statement: 1}},
			[]string{"SELECT 'a;b', $x$ CREATE INDEX ; -- $x$, U&'x';\n", "down:-- Nothing to take back: the schema stays as it is.\n",
				none + "CREATE INDEX CONCURRENTLY i ON t ((a || ';--'));\n", "down:" + none + "DROP INDEX CONCURRENTLY \"i\";\n"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := mustScan(t, test.up)
			f.Down = mustScan(t, test.down)
			out := f.Rewrite(test.hazards)
			for i, why := range out.Why {
				if why != "" {
					t.Errorf("hazard %d: %s", i, why)
				}
			}
			var got []string
			for _, p := range out.Parts {
				got = append(got, p.Text, "down:"+p.Down)
			}
			if len(test.want) == 1 {
				got = got[:min(1, len(got))]
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%q, want\n%q", got, test.want)
			}
		})
	}
}

func TestRewriteRefuses(t *testing.T) {
	t.Parallel()
	key := []string{"id"}
	for name, test := range map[string]struct {
		up, down string
		hazard   rewrite.Hazard
		why      string
	}{
		"used later":        {"CREATE INDEX i ON t (a); ALTER INDEX i RENAME TO j", "", rewrite.Hazard{Code: "LK101", Object: "i"}, "a later statement of the file uses it"},
		"used in a block":   {"CREATE INDEX i ON t (a); DO $$ BEGIN EXECUTE 'DROP INDEX i'; END $$", "", rewrite.Hazard{Code: "LK101", Object: "i"}, "a later statement of the file uses it"},
		"table dropped":     {"CREATE INDEX i ON t (a); DROP TABLE t", "", rewrite.Hazard{Code: "LK101", Object: "i"}, "changes or uses the table"},
		"upsert later":      {"CREATE UNIQUE INDEX i ON t (a); INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING", "", rewrite.Hazard{Code: "LK101", Object: "i"}, "changes or uses the table"},
		"settings":          {"SET search_path = app; CREATE INDEX i ON t (a)", "", rewrite.Hazard{Code: "LK101", Object: "i", Statement: 1}, "the file changes settings"},
		"cascade":           {"DROP INDEX i CASCADE", "", rewrite.Hazard{Code: "LK102", Object: "i"}, "cannot be taken apart safely"},
		"no way back":       {"DROP INDEX i", "SELECT 1", rewrite.Hazard{Code: "LK102", Object: "i"}, "its down file has no statement that makes the index again"},
		"reindex schema":    {"REINDEX SCHEMA public", "", rewrite.Hazard{Code: "LK102", Object: "i"}, "cannot be taken apart safely"},
		"storage options":   {"ALTER TABLE t ADD CONSTRAINT u UNIQUE (a) WITH (fillfactor = 50)", "", rewrite.Hazard{Code: "LK107", Object: "u"}, "cannot be taken apart safely"},
		"within the column": {"ALTER TABLE t ADD COLUMN a int PRIMARY KEY", "", rewrite.Hazard{Code: "LK107", Object: "t_pkey"}, "no action of the statement is about it alone"},
		"column not sure":   {"ALTER TABLE t ADD COLUMN IF NOT EXISTS a int CHECK (a < 9)", "", rewrite.Hazard{Code: "LK105", Object: "t_a_check"}, "no action of the statement is about it alone"},
		"another name":      {"ALTER TABLE t ADD COLUMN a int CHECK (a < 9)", "", rewrite.Hazard{Code: "LK105", Object: "t_a_check1"}, "no action of the statement is about it alone"},
		"which of two":      {"ALTER TABLE t ADD CHECK (a > 0), ADD CHECK (a > 1)", "", rewrite.Hazard{Code: "LK105", Object: "t_a_check"}, "no action of the statement is about it alone"},
		"rows used later":   {"UPDATE t SET a = b; ALTER TABLE t DROP COLUMN b", "", rewrite.Hazard{Code: "LK115", Object: "t"}, "changes or uses the table"},
		"no key":            {"UPDATE t SET a = 1", "", rewrite.Hazard{Code: "DL204", Object: "t"}, "no primary key"},
		"own column":        {"UPDATE t SET n = t.n + 1", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "it reads the column n"},
		"column of another": {"UPDATE t SET a = 1, b = (SELECT a FROM u)", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "it reads the column a"},
		"own table":         {"UPDATE t AS x SET n = (SELECT count(*) FROM t)", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "it reads the table"},
		"volatile":          {"UPDATE t SET n = nextval('s')", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "it calls nextval"},
		"own function":      {"UPDATE t SET n = app.lower(b)", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "it calls lower"},
		"time":              {"UPDATE t SET a = CURRENT_TIMESTAMP", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "differ from batch to batch"},
		"today":             {"UPDATE t SET a = 'today'::date", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "differ from batch to batch"},
		"default":           {"UPDATE t SET a = DEFAULT", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "depends on DEFAULT"},
		"key itself":        {"UPDATE t SET id = b", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "it writes the primary key"},
		"list":              {"UPDATE t SET (a, b) = (1, 2)", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "cannot be taken apart safely"},
		"element":           {"UPDATE t SET a[1] = 2", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "cannot be taken apart safely"},
		"from":              {"UPDATE t SET a = u.b FROM u", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "more than an UPDATE"},
		"returning":         {"DELETE FROM t RETURNING id", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "cannot be taken apart safely"},
		"using":             {"DELETE FROM t USING u", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "cannot be taken apart safely"},
		"with":              {"WITH u AS (SELECT 1) DELETE FROM t", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "cannot be taken apart safely"},
		"read later":        {"UPDATE t SET a = (SELECT max(b) FROM u); DELETE FROM u WHERE b > 1", "", rewrite.Hazard{Code: "DL204", Object: "t", Key: key}, "what it reads"},
		"one table":         {"ALTER TABLE t DROP CONSTRAINT f", "", rewrite.Hazard{Code: "LK113"}, "one statement locks them"},
		"tables entangled":  {"ALTER TABLE t ADD a int; ALTER TABLE u ADD FOREIGN KEY (b) REFERENCES t NOT VALID", "", rewrite.Hazard{Code: "LK113"}, "the statements about u name t, too"},
		"two of one name":   {"ALTER TABLE t ADD a int; ALTER TABLE app.t ADD b int", "", rewrite.Hazard{Code: "LK113"}, "something else than one table"},
		"other statements":  {"ALTER TABLE t ADD a int; DROP VIEW v; ALTER TABLE u ADD b int", "", rewrite.Hazard{Code: "LK113"}, "something else than one table"},
		"other way back":    {"ALTER TABLE t ADD a int; ALTER TABLE u ADD b int", "DROP TABLE u", rewrite.Hazard{Code: "LK113"}, "on the way back is about something other"},
		"default if absent": {"ALTER TABLE t ADD COLUMN IF NOT EXISTS a uuid DEFAULT gen_random_uuid()", "", rewrite.Hazard{Code: "LK110", Object: "t.a"}, "no action of the statement is about it alone"},
		"serial":            {"ALTER TABLE t ADD COLUMN a serial", "", rewrite.Hazard{Code: "LK110", Object: "t.a"}, "no action of the statement is about it alone"},
		"default used":      {"ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid(); CREATE VIEW v AS SELECT a FROM t", "", rewrite.Hazard{Code: "LK110", Object: "t.a"}, "a later statement of the file uses it"},
		"detached":          {"ALTER TABLE t DETACH PARTITION p", "", rewrite.Hazard{Code: "LK117", Object: "p"}, "no action of the statement is about it alone"},
		"insert":            {"INSERT INTO t SELECT 1", "", rewrite.Hazard{Code: "LK115", Object: "t"}, "only UPDATE and DELETE"},
		"directive inside":  {"CREATE INDEX i\n-- atlas:txmode none\nON t (a)", "", rewrite.Hazard{Code: "LK101", Object: "i"}, "the file has directives"},
		"directives":        {"-- atlas:nolint\nCREATE INDEX i ON t (a)", "", rewrite.Hazard{Code: "LK101", Object: "i"}, "the file has directives"},
		"no other way":      {"CREATE INDEX i ON t (a)", "", rewrite.Hazard{Code: "LK101", Object: "i", Why: "partitioned"}, "partitioned"},
	} {
		f := mustScan(t, test.up)
		if test.down != "" {
			f.Down = mustScan(t, test.down)
		}
		out := f.Rewrite([]rewrite.Hazard{test.hazard})
		if len(out.Parts) > 0 || !strings.Contains(out.Why[0], test.why) {
			t.Errorf("%s: parts %q, why %q, want %q", name, out.Parts, out.Why, test.why)
		}
	}
}

var timeouts = regexp.MustCompile(`(?i)^\s*SET\s+(LOCAL\s+|SESSION\s+)?(lock|statement)_timeout\b`)

// FuzzFix: whatever the text is, nothing panics, a text without hazards stays as it is,
// and the words of statements that are not rewritten are all in the outcome.
func FuzzFix(f *testing.F) {
	for _, text := range []string{
		"CREATE INDEX i ON t (a);", "ALTER TABLE t ADD CHECK (a > 0), ALTER a SET NOT NULL;\nDROP INDEX a, \"b\"", "UPDATE t SET a = 1; SELECT 'x''y', $q$;$q$; -- end",
		"/* a /* b */ c */ ALTER TABLE ONLY a.\"b\" ADD PRIMARY KEY (x);", none + "REINDEX (VERBOSE) INDEX i;\nVACUUM t;\n", "-- x\n\n;\nSET lock_timeout = 1;ALTER TABLE t VALIDATE CONSTRAINT c",
		"CREATE /* not */ INDEX i -- why\n ON t (a) -- end\n; UPDATE t /* all */ SET a = 1 -- x", "UPDATE ONLY app.t AS x SET a = lower(x.b), c = (SELECT d FROM e WHERE e.f = x.b) -- all", "-- a\nALTER TABLE t ADD a int;ALTER TABLE u /* b */ ADD b int, ADD CHECK (b > 0); -- c", "ALTER TABLE t ADD a uuid DEFAULT f() NOT NULL, ADD COLUMN b int DEFAULT (random()*9)::int UNIQUE", "ALTER TABLE t ATTACH PARTITION app.i FOR VALUES FROM (1) TO (2)", "DELETE FROM t;UPDATE t SET a = a + 1", "ALTER TABLE t -- a\n ADD CHECK (a > 0 /* b */), -- c\n ALTER a SET NOT NULL",
	} {
		f.Add(text, "i", uint8(0))
	}
	f.Fuzz(func(t *testing.T, text, object string, at uint8) {
		file, err := scan(text)
		if err != nil || len(file.Statements) == 0 {
			return
		}
		file.Down, _ = scan(text)
		if out := file.Rewrite(nil); len(out.Parts) > 0 {
			t.Errorf("no hazard, but %q", out.Parts)
		}
		n := int(at) % len(file.Statements)
		var hazards []rewrite.Hazard
		for _, code := range rewrite.Codes {
			hazards = append(hazards, rewrite.Hazard{Code: code, Object: object, Statement: n, Key: []string{"id", object}, Bounds: "a > 1"})
		}
		out := file.Rewrite(hazards)
		all := ""
		for _, p := range out.Parts {
			all += p.Text
		}
		for i, sql := range file.Statements {
			sql = strings.TrimSuffix(sql, ";")
			// Files that run statement by statement have timeouts of their own, or none.
			if len(out.Parts) > 0 && i != n && !strings.Contains(all, sql) && !timeouts.MatchString(sql) {
				t.Errorf("statement %q is gone in %q", sql, all)
			}
		}
	})
}
