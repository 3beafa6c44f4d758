package schemadiff_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// A required column of any type may go or be loosened: the way back has a placeholder.
func TestPlaceholders(t *testing.T) {
	t.Parallel()
	const types = `CREATE TYPE pair AS (a int, "b c" text); CREATE TYPE span AS RANGE (SUBTYPE = int); CREATE TYPE mood AS ENUM ('it''s', 'b');
CREATE DOMAIN code AS varchar(3) CHECK (VALUE ~ '^[A-Z]') CHECK (length(VALUE) = 3 AND VALUE <> 'ABC' OR VALUE = 'ABD'); CREATE DOMAIN few AS int NOT NULL CHECK (VALUE BETWEEN 5 AND 9); CREATE DOMAIN nested AS few CHECK (VALUE > 7);
`
	columns := strings.Split(`smallint;int;bigint;numeric(5,2);real;float8;money;oid;bool;uuid;json;jsonb;interval;interval day;inet;cidr;macaddr;macaddr8;date;time;time(3);timetz;timetz(2);timestamp(0);timestamptz;
text;varchar(4);char(3);"char";name;bytea;bit;bit(5);varbit(4);bit varying;xml;tsvector;tsquery;jsonpath;pg_lsn;regclass;xid;point;line;lseg;box;path;polygon;circle;
int4range;tstzrange;numrange;int4multirange;span;span_multirange;pair;pair[];mood;mood[];int[];text[][];code;few;nested;code[];
text CHECK (c IN ('a', 'b'));int CHECK (c > 10 AND c < 13);text CHECK (length(c) >= 3);date CHECK (c < '2001-01-01');text CHECK (c ~ '@');numeric CHECK (c < 0);text DEFAULT 'd' CHECK (c = 'd');
int UNIQUE;text UNIQUE;uuid UNIQUE;date UNIQUE;timestamptz UNIQUE;time UNIQUE;bytea UNIQUE;inet UNIQUE;text DEFAULT 'x' UNIQUE;varchar(40) UNIQUE;money UNIQUE;int4range UNIQUE;int, UNIQUE (id, c);text, PRIMARY KEY (k, c);int, UNIQUE (k, c)`, ";")
	for _, column := range columns {
		column = strings.TrimSpace(column)
		t.Run(column, func(t *testing.T) {
			t.Parallel()
			typ, _, _ := strings.Cut(column, " CHECK")
			typ, _, _ = strings.Cut(strings.TrimSuffix(typ, " UNIQUE"), " DEFAULT")
			typ, tail, _ := strings.Cut(typ, ", ")
			with := strings.Replace(column, typ, typ+" NOT NULL", 1)
			goes := fmt.Sprintf("%sCREATE TABLE t (id int, k int, c %s)", types, with)
			stays := types + "CREATE TABLE t (id int, k int)"
			loose := strings.Replace(goes, "c "+typ+" NOT NULL", "c "+typ, 1)
			after := []string{stays, loose}
			if strings.HasPrefix(tail, "PRIMARY") || typ == "few" || typ == "nested" {
				after = after[:1] // cannot be loosened
			}
			for _, to := range after {
				j := newJudge(t, goes, to, "")
				j.judge([]string{"--allow-drop *"})
				rows := "INSERT INTO t (id, k) VALUES (1, 1), (2, 1), (3, 1)"
				if to == loose {
					rows = "INSERT INTO t (id, k, c) VALUES (1, 1, NULL), (2, 1, NULL), (3, 1, NULL)"
				}
				j.filled.run(t, rows)
				j.back()
			}
		})
	}
}

// What cannot have a way back goes there all the same, and says why.
func TestNoWayBack(t *testing.T) {
	t.Parallel()
	want := open(t, "CREATE TABLE t (id int, b text)")
	state, err := schemadiff.Read(t.Context(), want.conn)
	if err != nil {
		t.Fatal(err)
	}
	start := open(t, "CREATE TABLE t (id int, b boolean)")
	files, err := schemadiff.Plan(t.Context(), start.conn, state, schemadiff.Options{
		Down:  true,
		Flags: schemadiff.Answers{Using: map[string]string{"t.b": "b::text"}, UsingBack: map[string]string{"t.b": "no_such_function(b)"}},
	})
	if err != nil || len(files) != 1 || !strings.HasPrefix(files[0].OneWay, schemadiff.NoWayBack) || !strings.Contains(files[0].OneWay, "no_such_function") || files[0].Down != nil {
		t.Errorf("%v, files %+v", err, files)
	}
}

// An expression that is more than a cast has no way back that could be guessed.
func TestUsingAsksForTheWayBack(t *testing.T) {
	t.Parallel()
	const base, after = "CREATE TABLE t (id int, b text)", "CREATE TABLE t (id int, b boolean)"
	const using = `--using t.b=CASE b WHEN 'yes' THEN true ELSE false END`
	plan := func(t *testing.T, answers ...string) ([]schemadiff.File, error) {
		j := newJudge(t, base, after, "")
		want, err := schemadiff.Read(t.Context(), j.fresh.conn)
		if err != nil {
			t.Fatal(err)
		}
		var given schemadiff.Answers
		for _, a := range answers {
			if err := given.Add(a); err != nil {
				t.Fatal(err)
			}
		}
		return schemadiff.Plan(t.Context(), open(t, base).conn, want, schemadiff.Options{Flags: given, Online: true, Down: true})
	}
	_, err := plan(t, using)
	var undecided *schemadiff.UndecidedError
	if !errors.As(err, &undecided) || len(undecided.Questions) != 1 || !strings.HasPrefix(undecided.Questions[0].Choices[0], "--using-back ") {
		t.Errorf("got %v", err)
	}
	files, err := plan(t, using, `--using-back t.b=CASE WHEN b THEN 'yes' ELSE 'no' END`)
	if err != nil || !strings.Contains(texts(files[0].Down), "THEN 'yes' ELSE 'no' END") {
		t.Errorf("%v, %+v", err, files)
	}
	for _, plain := range []string{`--using t.b=b::boolean`, `--using t.b="b"::text::boolean`, `--using t.b=(b)::boolean`} {
		if _, err := plan(t, plain); err != nil {
			t.Errorf("%s: %v", plain, err)
		}
	}
}
