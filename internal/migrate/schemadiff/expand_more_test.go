package schemadiff_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// What a diff holds besides comes with the first stage, and what goes with the second.
func TestExpandBesideOtherChanges(t *testing.T) {
	t.Parallel()
	j := newJudge(t, `CREATE TYPE mood AS ENUM ('low', 'high');
		CREATE TABLE gone (id int PRIMARY KEY, t_id int);
		CREATE TABLE t (id int PRIMARY KEY, a text, old int NOT NULL, feel mood, n int)`,
		`CREATE TABLE fresh (id int PRIMARY KEY, b text);
		CREATE TABLE t (id int PRIMARY KEY, b text, plus int NOT NULL DEFAULT 2, n int NOT NULL DEFAULT 0);
		CREATE INDEX t_n ON t (n)`,
		`INSERT INTO t VALUES (1, 'x', 1, 'low', NULL); INSERT INTO gone VALUES (1, 1)`)
	j.dumped, j.expand = true, true
	if err := j.plan([]string{"--rename t.a=b", "--allow-drop t.old,t.feel,gone", "--backfill t.n=9"}, true); err != nil {
		t.Fatal(err)
	}
	for _, f := range j.files {
		if f.Part == "contract" {
			// The old program has all it knows, and the new one need not know what goes.
			j.filled.run(t, `INSERT INTO t (id, a, old, feel, n) VALUES (2, 'y', 2, 'high', 1); UPDATE gone SET t_id = 2`)
			j.filled.run(t, `INSERT INTO fresh VALUES (1, 'z'); INSERT INTO t (id, b) VALUES (3, 'z')`)
		}
		j.apply(f.Up, f.Tx)
	}
	j.arrived()
	if !j.true(`SELECT string_agg(b || n || plus, ' ' ORDER BY id) = 'x92 y12 z02' FROM t`) {
		t.Errorf("values are lost\n%s", j.script())
	}
	for _, f := range j.files {
		up := texts(f.Up)
		drops := strings.Contains(up, "DROP COLUMN")
		if f.Contract != drops || strings.Contains(up, "allow DL202") {
			t.Errorf("file %s\n%s", f.Part, j.script())
		}
	}
	j.back()
}

// What a trigger or a view cannot bridge is refused before anything is written.
func TestExpandRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, base, after, answer, want string }{
		{"value", `CREATE TYPE mood AS ENUM ('low', 'high')`, `CREATE TYPE mood AS ENUM ('low', 'great')`, "--rename mood.high=great", "a value has one name"},
		{"value that goes", `CREATE TYPE mood AS ENUM ('low', 'high')`, `CREATE TYPE mood AS ENUM ('low')`, "--allow-drop mood.high", "change enum mood"},
		{"attribute", `CREATE TYPE p AS (x int, y int); CREATE TABLE t (a p)`, `CREATE TYPE p AS (x int, z int); CREATE TABLE t (a p)`, "--rename p.y=z", "an attribute has one name"},
		{"attribute that goes", `CREATE TYPE p AS (x int, y int); CREATE TABLE t (a p)`, `CREATE TYPE p AS (x int); CREATE TABLE t (a p)`, "--allow-drop p.y", "change composite type p"},
		{"type", `CREATE TYPE mood AS ENUM ('low')`, `CREATE TYPE feel AS ENUM ('low')`, "--rename mood=feel", "rename enum mood to feel"},
		{"sequence", `CREATE SEQUENCE a`, `CREATE SEQUENCE b`, "--rename a=b", "rename sequence a to b"},
		{"partition key", `CREATE TABLE t (a int) PARTITION BY LIST (a)`, `CREATE TABLE t (b int) PARTITION BY LIST (b)`, "--rename t.a=b", "partition key"},
		{"computed", `CREATE TABLE t (a int, g int GENERATED ALWAYS AS (a * 2) STORED)`, `CREATE TABLE t (a bigint, g int GENERATED ALWAYS AS (a * 2) STORED)`, "--using t.a=a", "column t.g is computed from it"},
		{"heirs", `CREATE TABLE t (a int); CREATE TABLE u () INHERITS (t)`, `CREATE TABLE t (b int); CREATE TABLE u () INHERITS (t)`, "--rename t.a=b", "inherit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := newJudge(t, c.base, c.after, "")
			j.expand = true
			err := j.plan([]string{c.answer}, true)
			if !errors.Is(err, schemadiff.ErrExpand) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q\n%s", err, c.want, j.script())
			}
		})
	}
}

// Tables with partitions, row-level security, serial columns and long names.
func TestExpandOfOddTables(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 63)
	for _, c := range []struct {
		name, base, after, seed string
		answers                 []string
		at, check               string // before the contract, and at the end
	}{{
		name:  "partitions",
		base:  `CREATE TABLE t (k int NOT NULL, a text) PARTITION BY LIST (k); CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1); CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2); CREATE INDEX t_a ON t (a)`,
		after: `CREATE TABLE t (k int NOT NULL, b text) PARTITION BY LIST (k); CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1); CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2); CREATE INDEX t_a ON t (b)`,
		seed:  `INSERT INTO t SELECT 1 + n % 2, repeat('y', 700) FROM generate_series(1, 12000) n`, // over 500 pages each
		at:    `SELECT count(b) = 12000 FROM t`, check: `SELECT count(b) = 12000 FROM t`,
	}, {
		name: "policies",
		base: `CREATE TABLE t (id int PRIMARY KEY, a text); ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY;
			CREATE POLICY mine ON t USING (a <> 'secret')`,
		after: `CREATE TABLE z (id int, a text, CONSTRAINT z_pkey PRIMARY KEY (id)); ALTER TABLE z ENABLE ROW LEVEL SECURITY; ALTER TABLE z FORCE ROW LEVEL SECURITY;
			CREATE POLICY mine ON z USING (a <> 'secret')`,
		seed: `INSERT INTO t VALUES (1, 'secret'), (2, 'open')`, answers: []string{"--rename t=z"},
		at:    `SELECT reloptions = '{security_invoker=true}' FROM pg_class WHERE relname = 't'`,
		check: `SELECT count(*) = 2 FROM z`,
	}, {
		name:    "policy on the column",
		base:    `CREATE TABLE t (id int PRIMARY KEY, a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON t USING (a > 1)`,
		after:   `CREATE TABLE t (id int PRIMARY KEY, a text); ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON t USING (a::int > 1)`,
		seed:    `INSERT INTO t VALUES (1, 1), (2, NULL)`,
		answers: []string{"--using-back t.a=a::int"},
		at:      `SELECT count(a_new) = 1 FROM t`, check: `SELECT max(a) = '1' FROM t`,
	}, {
		name:  "serial",
		base:  `CREATE TABLE t (id serial PRIMARY KEY, n int)`,
		after: `CREATE TABLE t (id bigserial PRIMARY KEY, n int)`,
		seed:  `INSERT INTO t (n) SELECT n FROM generate_series(1, 9) n; DELETE FROM t WHERE n > 5`,
		at:    `SELECT count(id_new) = 5 FROM t`, check: `SELECT nextval('t_id_seq') = 10`,
	}, {
		name:  "identity",
		base:  `CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int)`,
		after: `CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int)`,
		seed:  `INSERT INTO t (n) SELECT n FROM generate_series(1, 9) n; DELETE FROM t WHERE n > 5`,
		at:    `SELECT count(id_new) = 5 FROM t`, check: `SELECT nextval('t_id_seq') = 10`,
	}, {
		name:  "long names",
		base:  `CREATE TABLE ` + long + ` (id int PRIMARY KEY, a` + long[1:] + ` int NOT NULL, CONSTRAINT u` + long[1:] + ` UNIQUE (a` + long[1:] + `))`,
		after: `CREATE TABLE ` + long + ` (id int PRIMARY KEY, a` + long[1:] + ` text NOT NULL, CONSTRAINT u` + long[1:] + ` UNIQUE (a` + long[1:] + `))`,
		seed:  `INSERT INTO ` + long + ` VALUES (1, 5)`,
		at:    `SELECT true`,
		check: `SELECT a` + long[1:] + ` = '5' FROM ` + long,
	}, {
		name:    "two columns of one index, one cast by the value of another column",
		base:    `CREATE SCHEMA app; CREATE TABLE app."T x" (id int PRIMARY KEY, "A" int, c int NOT NULL DEFAULT 1, unit text DEFAULT 'k', CONSTRAINT "k" UNIQUE ("A", c)); CREATE INDEX i ON app."T x" (("A" + c)) WHERE c > 0`,
		after:   `CREATE SCHEMA app; CREATE TABLE app."T x" (id int PRIMARY KEY, "B" int, c bigint NOT NULL DEFAULT 1, unit text DEFAULT 'k', CONSTRAINT "k" UNIQUE ("B", c)); CREATE INDEX i ON app."T x" (("B" + c)) WHERE c > 0`,
		seed:    `INSERT INTO app."T x" VALUES (1, 2, 3), (2, NULL, 4)`,
		answers: []string{"--rename app.T x.A=B", "--using app.T x.c=CASE unit WHEN 'k' THEN c * 1000::bigint ELSE c END", "--using-back app.T x.c=c/1000"},
		at:      `SELECT sum(c_new) = 7000 AND sum(c) = 7 AND sum("B") = 2 FROM app."T x"`,
		check:   `SELECT sum(c) = 7000 AND sum("B") = 2 FROM app."T x"`,
	}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := newJudge(t, c.base, c.after, c.seed)
			// Indexes of partitions keep the names that Postgres has given them.
			j.dumped, j.expand = c.name != "partitions", true
			if err := j.plan(c.answers, true); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				for _, f := range j.files {
					if f.Part == "contract" && !j.true(c.at) {
						t.Errorf("before the contract: %s\n%s", c.at, j.script())
					}
					j.apply(f.Up, f.Tx)
				}
				j.arrived()
				if !j.true(c.check) {
					t.Errorf("at the end: %s\n%s", c.check, j.script())
				}
				j.back()
				c.check = "SELECT true" // the sequence has gone on
			}
		})
	}
}

// Two tables may lose a column of one name on the way back, and each has its own note.
func TestLossesOfAnExpandAreNotedByTable(t *testing.T) {
	t.Parallel()
	j := newJudge(t, `CREATE TABLE t (id int PRIMARY KEY, a text); CREATE TABLE u (id int PRIMARY KEY, a text); CREATE TABLE v (id int PRIMARY KEY, a text)`,
		`CREATE TABLE t (id int PRIMARY KEY, b text); CREATE TABLE u (id int PRIMARY KEY, b text); CREATE TABLE w (id int, b text, CONSTRAINT v_pkey PRIMARY KEY (id))`, ``)
	j.expand = true
	j.judge([]string{"--rename t.a=b", "--rename u.a=b", "--rename v=w", "--rename v.a=b"})
	drops := 0
	for _, s := range j.files[0].Down {
		table, column, ok := strings.Cut(s.SQL, " DROP COLUMN ")
		if !ok {
			continue
		}
		drops++
		want := "-- entgraph:loses " + strings.TrimPrefix(table, "ALTER TABLE ") + "." + column + " WHERE "
		if len(s.Notes) != 1 || !strings.HasPrefix(s.Notes[0], want) {
			t.Errorf("got notes %q, want one that begins with %q", s.Notes, want)
		}
	}
	if drops != 3 {
		t.Errorf("%d columns are dropped, want 3\n%s", drops, j.script())
	}
	j.back()
}

// Each filling on the way back from a contract says that it loses nothing, or "migrate
// down" would refuse it.
func TestFillingsOfAContractAreNoted(t *testing.T) {
	t.Parallel()
	j := newJudge(t, `CREATE TABLE t (id int, part uuid, a text, PRIMARY KEY (id, part))`, `CREATE TABLE t (id int PRIMARY KEY, b text)`, `INSERT INTO t VALUES (1, gen_random_uuid(), 'x'), (2, gen_random_uuid(), 'y')`)
	j.expand = true
	j.judge([]string{"--rename t.a=b", "--allow-drop t.part"})
	fillings := 0
	for _, f := range j.files {
		for _, s := range f.Down {
			if strings.Contains(s.SQL, "DO $fill$") {
				fillings++
				if len(s.Notes) == 0 || !strings.HasPrefix(s.Notes[0], "-- entgraph:fills ") {
					t.Errorf("no note:\n%s", s)
				}
			}
		}
	}
	if fillings != 2 {
		t.Errorf("%d fillings, want those of both columns\n%s", fillings, j.script())
	}
	j.back()
}
