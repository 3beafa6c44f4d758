package schemadiff_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// write is what a program does to the row {n}, and what programs see there afterwards.
type write struct {
	old      bool // by an old program, or by a new one
	sql      string
	was, now string // as the old and the new program see it
}

// sideCase is a change with programs at work: the old one until the contract, the new
// one between the first part and the way back from it.
type sideCase struct {
	name        string
	base, after string
	seed        string // rows that are there before
	answers     []string
	was, now    string // how the old and the new program read the row {n}, as text
	writes      []write
	// alone is a write of the new program after the contract.
	alone string
	sees  string // what it sees then
}

var sideCases = []sideCase{{
	name:  "text",
	base:  `CREATE TABLE t (id int PRIMARY KEY, a text, other int)`,
	after: `CREATE TABLE t (id int PRIMARY KEY, b text, other int)`,
	seed:  `INSERT INTO t VALUES (-1, 'x', 1), (-2, NULL, 2), (-3, '', 3)`,
	was:   `SELECT a FROM t WHERE id = {n}`, now: `SELECT b FROM t WHERE id = {n}`,
	writes: []write{
		{true, `INSERT INTO t (id, a) VALUES ({n}, 'one')`, "one", "one"},
		{false, `UPDATE t SET b = 'two' WHERE id = {n}`, "two", "two"},
		{true, `UPDATE t SET other = 7 WHERE id = {n}`, "two", "two"},
		{true, `UPDATE t SET a = NULL WHERE id = {n}`, "NULL", "NULL"},
		{false, `UPDATE t SET b = '' WHERE id = {n}`, "", ""},
		{false, `UPDATE t SET b = NULL WHERE id = {n}`, "NULL", "NULL"},
		{true, `INSERT INTO t (id, a) VALUES ({n}, 'up') ON CONFLICT (id) DO UPDATE SET a = excluded.a`, "up", "up"},
		{false, `INSERT INTO t (id, b) VALUES ({n}, 'new') ON CONFLICT (id) DO UPDATE SET b = excluded.b`, "new", "new"},
		{true, `DELETE FROM t WHERE id = {n}`, "none", "none"},
		{false, `INSERT INTO t (id, b) VALUES ({n}, 'three')`, "three", "three"},
		{true, `UPDATE t SET a = upper(a) WHERE id = {n}`, "THREE", "THREE"},
	},
	alone: `INSERT INTO t (id, b) VALUES ({n}, 'last')`, sees: "last",
}, {
	name:  "default and null",
	base:  `CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 3)`,
	after: `CREATE TABLE t (id int PRIMARY KEY, b int DEFAULT 3)`,
	seed:  `INSERT INTO t VALUES (-1, 1), (-2, NULL), (-3, 3)`,
	was:   `SELECT a FROM t WHERE id = {n}`, now: `SELECT b FROM t WHERE id = {n}`,
	writes: []write{
		{true, `INSERT INTO t (id, a) VALUES ({n}, NULL)`, "NULL", "NULL"},
		{false, `DELETE FROM t WHERE id = {n}`, "none", "none"},
		{false, `INSERT INTO t (id, b) VALUES ({n}, NULL)`, "NULL", "NULL"},
		{true, `DELETE FROM t WHERE id = {n}`, "none", "none"},
		{false, `INSERT INTO t (id) VALUES ({n})`, "3", "3"},
		{true, `DELETE FROM t WHERE id = {n}`, "none", "none"},
		{true, `INSERT INTO t (id) VALUES ({n})`, "3", "3"},
		{false, `UPDATE t SET b = b + 1 WHERE id = {n}`, "4", "4"},
		{true, `UPDATE t SET a = a + 1 WHERE id = {n}`, "5", "5"},
		{true, `UPDATE t SET a = DEFAULT WHERE id = {n}`, "3", "3"},
	},
	alone: `INSERT INTO t (id) VALUES ({n})`, sees: "3",
}, {
	name: "not null, unique, indexes, check, view, generated, volatile default",
	base: `CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL DEFAULT gen_random_uuid()::text, long int GENERATED ALWAYS AS (length(a)) STORED,
		CONSTRAINT t_a CHECK (a <> ''), CONSTRAINT t_key UNIQUE (a));
		CREATE INDEX t_lower ON t (lower(a), id) WHERE a <> 'x'; CREATE VIEW v AS SELECT id, a FROM t`,
	after: `CREATE TABLE t (id int PRIMARY KEY, b text NOT NULL DEFAULT gen_random_uuid()::text, long int GENERATED ALWAYS AS (length(b)) STORED,
		CONSTRAINT t_b CHECK (b <> ''), CONSTRAINT t_key UNIQUE (b));
		CREATE INDEX t_lower ON t (lower(b), id) WHERE b <> 'x'; CREATE VIEW v AS SELECT id, b FROM t`,
	seed: `INSERT INTO t VALUES (-1, 'p'), (-2, 'q')`,
	was:  `SELECT a || long FROM t WHERE id = {n}`, now: `SELECT b || long FROM t WHERE id = {n}`,
	writes: []write{
		{true, `INSERT INTO t (id, a) VALUES ({n}, 'a{n}')`, "a{n}3", "a{n}3"},
		{false, `UPDATE t SET b = 'bb{n}' WHERE id = {n}`, "bb{n}4", "bb{n}4"},
		{false, `INSERT INTO t (id, b) VALUES (0, 'bb{n}') ON CONFLICT (b) DO UPDATE SET b = 'c{n}'`, "c{n}3", "c{n}3"},
		{true, `INSERT INTO t (id, a) VALUES (0, 'c{n}') ON CONFLICT (a) DO UPDATE SET a = 'd{n}'`, "d{n}3", "d{n}3"},
		{true, `DELETE FROM t WHERE id = {n}`, "none", "none"},
		{false, `INSERT INTO t (id, b) VALUES ({n}, 'e{n}')`, "e{n}3", "e{n}3"},
	},
	alone: `INSERT INTO t (id, b) VALUES ({n}, 'f{n}')`, sees: "f{n}3",
}, {
	name: "identity and foreign keys",
	base: `CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int UNIQUE);
		CREATE TABLE u (id int PRIMARY KEY, t_id int REFERENCES t (id) ON DELETE SET NULL);`,
	after: `CREATE TABLE t (key int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME t_id_seq) PRIMARY KEY, n int UNIQUE);
		CREATE TABLE u (id int PRIMARY KEY, owner int CONSTRAINT u_t_id_fkey REFERENCES t (key) ON DELETE SET NULL);`,
	seed:    `INSERT INTO t (n) VALUES (-1), (-2); INSERT INTO u VALUES (-1, 1), (-2, NULL)`,
	answers: []string{"--rename t.id=key", "--rename u.t_id=owner"},
	was:     `SELECT (u.t_id = t.id)::text FROM u LEFT JOIN t ON t.n = u.id WHERE u.id = {n}`,
	now:     `SELECT (u.owner = t.key)::text FROM u LEFT JOIN t ON t.n = u.id WHERE u.id = {n}`,
	writes: []write{
		{true, `WITH x AS (INSERT INTO t (n) VALUES ({n}) RETURNING id) INSERT INTO u (id, t_id) SELECT {n}, 1 FROM x`, "false", "false"},
		{false, `UPDATE u SET owner = (SELECT key FROM t WHERE n = {n}) WHERE id = {n}`, "true", "true"},
		{true, `DELETE FROM t WHERE n = {n}`, "NULL", "NULL"},
		{false, `INSERT INTO t (n) VALUES ({n})`, "NULL", "NULL"},
		{true, `UPDATE u SET t_id = (SELECT id FROM t WHERE n = {n}) WHERE id = {n}`, "true", "true"},
	},
	alone: `WITH x AS (INSERT INTO t (n) VALUES ({n}) RETURNING key) INSERT INTO u (id, owner) SELECT {n}, 1 FROM x`, sees: "false",
}, {
	name:  "json and time",
	base:  `CREATE TABLE t (id int PRIMARY KEY, a json, since timestamptz(0) NOT NULL DEFAULT now())`,
	after: `CREATE TABLE t (id int PRIMARY KEY, b json, start timestamptz(0) NOT NULL DEFAULT now())`,
	seed:  `INSERT INTO t VALUES (-1, '{"x": 1}'), (-2, NULL)`,
	was:   `SELECT a->>'x' || (since > '2001-01-01')::text FROM t WHERE id = {n}`, now: `SELECT b->>'x' || (start > '2001-01-01')::text FROM t WHERE id = {n}`,
	answers: []string{"--rename t.a=b", "--rename t.since=start"},
	writes: []write{
		{true, `INSERT INTO t (id, a) VALUES ({n}, '{"x": 1}')`, "1true", "1true"},
		{false, `UPDATE t SET b = '{"x": 2}', start = '1999-01-01' WHERE id = {n}`, "2false", "2false"},
		{false, `DELETE FROM t WHERE id = {n}`, "none", "none"},
		{false, `INSERT INTO t (id, b) VALUES ({n}, '{"x": 3}')`, "3true", "3true"},
		{true, `UPDATE t SET since = '1998-01-01' WHERE id = {n}`, "3false", "3false"},
	},
	alone: `INSERT INTO t (id, b) VALUES ({n}, '{"x": 4}')`, sees: "4true",
}, {
	name:    "table, through a view",
	base:    `CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL DEFAULT 'd', other int)`,
	after:   `CREATE TABLE z (id int, a text NOT NULL DEFAULT 'd', other int, CONSTRAINT z_pkey PRIMARY KEY (id))`,
	seed:    `INSERT INTO t VALUES (-1, 'x')`,
	answers: []string{"--rename t=z"},
	was:     `SELECT a FROM t WHERE id = {n}`, now: `SELECT a FROM z WHERE id = {n}`,
	writes: []write{
		{true, `INSERT INTO t (id) VALUES ({n})`, "d", "d"},
		{true, `INSERT INTO t (id, a) VALUES ({n}, 'one') ON CONFLICT (id) DO UPDATE SET a = excluded.a`, "one", "one"},
		{false, `UPDATE z SET a = 'two' WHERE id = {n}`, "two", "two"},
		{true, `UPDATE t SET a = 'three', other = 1 WHERE id = {n}`, "three", "three"},
		{true, `DELETE FROM t WHERE id = {n}`, "none", "none"},
		{false, `INSERT INTO z (id, a) VALUES ({n}, 'four')`, "four", "four"},
	},
	alone: `INSERT INTO z (id) VALUES ({n})`, sees: "d",
}, {
	name:    "table and column",
	base:    `CREATE TABLE t (id int PRIMARY KEY, a text)`,
	after:   `CREATE TABLE z (id int, b text, CONSTRAINT z_pkey PRIMARY KEY (id))`,
	seed:    `INSERT INTO t VALUES (-1, 'x'), (-2, NULL)`,
	answers: []string{"--rename t=z", "--rename t.a=b"},
	was:     `SELECT a FROM t WHERE id = {n}`, now: `SELECT b FROM z WHERE id = {n}`,
	writes: []write{
		{true, `INSERT INTO t (id, a) VALUES ({n}, 'one')`, "one", "one"},
		{false, `UPDATE z SET b = 'two' WHERE id = {n}`, "two", "two"},
		{true, `UPDATE t SET a = NULL WHERE id = {n}`, "NULL", "NULL"},
		{false, `UPDATE z SET b = 'three' WHERE id = {n}`, "three", "three"},
	},
	alone: `INSERT INTO z (id, b) VALUES ({n}, 'last')`, sees: "last",
}, {
	name:    "another name and type",
	base:    `CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL, CONSTRAINT t_key UNIQUE (a))`,
	after:   `CREATE TABLE t (id int PRIMARY KEY, b int NOT NULL, CONSTRAINT t_key UNIQUE (b))`,
	seed:    `INSERT INTO t VALUES (-1, '-1'), (-2, '-02')`,
	answers: []string{"--rename t.a=b", "--using t.a=a::int", "--using-back t.a=b::text"},
	was:     `SELECT a FROM t WHERE id = {n}`, now: `SELECT b FROM t WHERE id = {n}`,
	writes: []write{
		{true, `INSERT INTO t (id, a) VALUES ({n}, '0{n}')`, "0{n}", "{n}"},
		{false, `UPDATE t SET b = {n} WHERE id = {n}`, "0{n}", "{n}"},
		{false, `UPDATE t SET b = 1{n} WHERE id = {n}`, "1{n}", "1{n}"},
		{false, `INSERT INTO t (id, b) VALUES (0, 1{n}) ON CONFLICT (b) DO UPDATE SET b = 2{n}`, "2{n}", "2{n}"},
		{true, `DELETE FROM t WHERE id = {n}`, "none", "none"},
		{false, `INSERT INTO t (id, b) VALUES ({n}, 3{n})`, "3{n}", "3{n}"},
		{true, `UPDATE t SET a = '00{n}' WHERE id = {n}`, "00{n}", "{n}"},
	},
	alone: `INSERT INTO t (id, b) VALUES ({n}, {n})`, sees: "{n}",
}, {
	// Until the contract there is but the old program.
	name: "type of a column that counts",
	base: `CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, n int UNIQUE, price numeric(10,3) NOT NULL DEFAULT 1.5);
		CREATE INDEX t_price ON t (price) WHERE price > 0; CREATE VIEW v AS SELECT id, price FROM t;
		CREATE TABLE u (id int PRIMARY KEY, t_id int NOT NULL REFERENCES t (id));`,
	after: `CREATE TABLE t (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, n int UNIQUE, price numeric(10,1) NOT NULL DEFAULT 1.5);
		CREATE INDEX t_price ON t (price) WHERE price > 0; CREATE VIEW v AS SELECT id, price FROM t;
		CREATE TABLE u (id int PRIMARY KEY, t_id bigint NOT NULL REFERENCES t (id));`,
	seed:    `INSERT INTO t (n, price) VALUES (-1, 2), (-2, 0); INSERT INTO u VALUES (-1, 1)`,
	answers: []string{"--using t.price=round(price,1)"},
	was:     `SELECT price::text FROM t WHERE n = {n}`, now: `SELECT price::text FROM t WHERE n = {n}`,
	writes: []write{
		{true, `INSERT INTO t (n, price) VALUES ({n}, 1.234)`, "1.234", "1.2"},
		{true, `UPDATE t SET price = DEFAULT WHERE n = {n}`, "1.500", "1.5"},
		{true, `UPDATE t SET price = 7.777 WHERE n = {n}`, "7.777", "7.8"},
		{true, `INSERT INTO u (id, t_id) SELECT {n}, id FROM t WHERE n = {n}`, "7.777", "7.8"},
	},
	alone: `INSERT INTO t (n, price) VALUES ({n}, 9)`, sees: "9.0",
}}

func TestPrograms(t *testing.T) {
	t.Parallel()
	for _, c := range sideCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := newJudge(t, c.base, c.after, c.seed)
			j.dumped, j.dumpedBack, j.expand = true, true, true
			if err := j.plan(c.answers, true); err != nil {
				t.Fatal(err)
			}
			s := &side{judge: j, c: c, rows: map[string][2]string{}, n: 10}
			for range 2 { // and again after the way back
				s.up()
				s.down()
			}
		})
	}
}

// side plays the programs of a case. New rows are right from the first part on, those
// there were from the back-fill on.
type side struct {
	*judge
	c    sideCase
	n    int
	rows map[string][2]string // what both see in each row
}

func (s *side) fill(text string) string { return strings.ReplaceAll(text, "{n}", strconv.Itoa(s.n)) }

func (s *side) read(query string, n string) string {
	s.t.Helper()
	rows, err := s.filled.conn.QueryContext(s.t.Context(), strings.ReplaceAll(query, "{n}", n))
	if err != nil {
		s.t.Fatalf("%v\n%s\n%s", err, query, s.script())
	}
	defer rows.Close()
	out := "none"
	for rows.Next() {
		var text *string
		if err := rows.Scan(&text); err != nil {
			s.t.Fatal(err)
		}
		if out = "NULL"; text != nil {
			out = *text
		}
	}
	return out
}

// play lets the programs that are there write, and looks after each write.
func (s *side) play(point string, now bool) {
	s.t.Helper()
	s.n++
	n := strconv.Itoa(s.n)
	for _, w := range s.c.writes {
		if !w.old && !now {
			break // what follows builds on it
		}
		s.filled.run(s.t, s.fill(w.sql))
		want := [2]string{s.fill(w.was), s.fill(w.now)}
		s.rows[n] = want
		s.look(point+": "+s.fill(w.sql), n, true, now, want)
	}
}

func (s *side) look(point, n string, old, now bool, want [2]string) {
	s.t.Helper()
	if old {
		if got := s.read(s.c.was, n); got != want[0] {
			s.t.Errorf("%s: the old program sees %q, not %q", point, got, want[0])
		}
	}
	if now {
		if got := s.read(s.c.now, n); got != want[1] {
			s.t.Errorf("%s: the new program sees %q, not %q", point, got, want[1])
		}
	}
}

// all looks at every row that was ever written.
func (s *side) all(point string, old, now bool) {
	s.t.Helper()
	for n, want := range s.rows {
		s.look(point+", row "+n, n, old, now, want)
	}
}

// both reports whether the case has a new program before the contract.
func (s *side) both() bool {
	return slices.ContainsFunc(s.c.writes, func(w write) bool { return !w.old })
}

// conflicts reports whether the new program wants a unique index on its column.
func (s *side) conflicts() bool {
	return slices.ContainsFunc(s.c.writes, func(w write) bool { return strings.Contains(w.sql, "ON CONFLICT (b)") })
}

func (s *side) up() {
	s.t.Helper()
	s.play("before", false)
	filled, ended := false, false
	for _, f := range s.files {
		s.apply(f.Up, f.Tx)
		filled = filled || f.Part == "backfill"
		ended = ended || f.Part == "contract"
		if !ended {
			s.play("after "+f.Part, s.both() && (filled || !s.conflicts()))
		}
		s.all("after "+f.Part, !ended, filled && s.both() || ended)
	}
	s.n++
	s.filled.run(s.t, s.fill(s.c.alone))
	if got := s.read(s.c.now, strconv.Itoa(s.n)); got != s.fill(s.c.sees) {
		s.t.Errorf("at the end: got %q, want %q", got, s.fill(s.c.sees))
	}
	s.arrived()
	s.sequences()
}

// down goes back, with both programs at work before the contract.
func (s *side) down() {
	s.t.Helper()
	for i, f := range slices.Backward(s.files) {
		s.apply(f.Down, !f.DownBare)
		ended := i > 0 && strings.HasPrefix(f.Part, "contract") && f.Part != "contract"
		if ended || f.Part == "expand" {
			continue
		}
		s.keepNew()
		s.play("back from "+f.Part, s.both() && (f.Part != "backfill" || !s.conflicts()))
		s.all("back from "+f.Part, true, s.both())
	}
	s.same(s.start, s.dumpedBack)
	s.all("back", true, false)
	s.sequences()
}

// keepNew takes what old programs see of values that went through the new type: digits
// that it does not have are gone.
func (s *side) keepNew() {
	for n, want := range s.rows {
		if want[0] != want[1] {
			want[0] = s.read(s.c.was, n)
			s.rows[n] = want
		}
	}
}
