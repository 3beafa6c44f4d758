package schemadiff_test

import "testing"

// Rows that lack values of several columns get all of them, though each column has its
// check before the first row is filled.
func TestFillOfSeveralColumns(t *testing.T) {
	t.Parallel()
	j := newJudge(t, `CREATE TYPE mood AS ENUM ('low', 'high'); CREATE TABLE t (id int PRIMARY KEY, a date, b int[], c varchar(3), d mood, e char(3))`,
		`CREATE TYPE mood AS ENUM ('low', 'high'); CREATE TABLE t (id int PRIMARY KEY, a date NOT NULL, b int[] NOT NULL, c varchar(3) NOT NULL, d mood NOT NULL, e char(3) NOT NULL)`,
		`INSERT INTO t (id) VALUES (1); INSERT INTO t VALUES (2, '2000-01-01', '{1}', 'x', 'high', 'abc'), (3, NULL, '{2}', NULL, 'low', NULL)`)
	j.judge([]string{"--backfill t.a=now()", "--backfill t.b='{}'", "--backfill t.c=id", "--backfill t.d='low'", "--backfill t.e='xyz'"})
	if !j.true(`SELECT string_agg(b::text || c || d || e, ' ' ORDER BY id) = '{}1lowxyz {1}xhighabc {2}3lowxyz' FROM t`) {
		t.Error(j.script())
	}
	j.back()
}
