package schemadiff_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// narrowCase is a change of the type of t.a.
type narrowCase struct {
	from, to string
	choices  string // all of them; "" asks nothing
	value    string // does not fit
	fails    bool   // with the first choice, so that the value stays
	becomes  string // with the last choice
}

var narrowCases = []narrowCase{
	{"text", "varchar(3)", `--using 't.a="a"' --using 't.a=left("a", 3)'`, "'abcdef'", true, "'abc'"},
	{"varchar(9)", "varchar(3)", `--using 't.a="a"' --using 't.a=left("a", 3)'`, "'abcdef'", true, "'abc'"},
	{"varchar(9)", "char(3)", `--using 't.a="a"' --using 't.a=left("a", 3)'`, "'abcdef'", true, "'abc'"},
	{"bigint", "integer", `--using 't.a="a"'`, "3000000000", true, ""},
	{"bigint[]", "smallint[]", `--using 't.a="a"'`, "'{70000}'", true, ""},
	{"integer", "numeric(3,0)", `--using 't.a="a"'`, "5000", true, ""},
	{"numeric(10,2)", "numeric(8,2)", `--using 't.a="a"'`, "12345678.5", true, ""},
	{"numeric(10,2)", "numeric(10,1)", `--using 't.a="a"::numeric(10,1)'`, "1.25", false, "1.3"},
	{"numeric", "integer", `--using 't.a="a"::integer'`, "1.5", false, "2"},
	{"timestamptz", "timestamp", `--using 't.a="a" AT TIME ZONE '\''UTC'\'''`, "'2020-01-01 10:00+02'", false, "'2020-01-01 08:00'"},
	{"timestamp", "date", `--using 't.a="a"::date'`, "'2020-01-01 10:00'", false, "'2020-01-01'"},
	{"double precision", "real", `--using 't.a="a"::real'`, "1.5", false, "1.5"},
	{"text", "integer", `--using 't.a="a"::integer'`, "'x'", true, ""},
	{"tsrange", "int4range", `--using 't.a="a"::text::int4range'`, "'[2020-01-01,2020-02-01)'", true, ""},
	{"varchar(3)", "varchar(9)", "", "", false, ""},
	{"char(3)", "char(9)", "", "", false, ""},
	{"varchar(3)", "char(3)", "", "", false, ""},
	{"varchar", "text", "", "", false, ""},
	{"integer", "bigint", "", "", false, ""},
	{"smallint[]", "integer[]", "", "", false, ""},
	{"numeric(10,2)", "numeric(12,4)", "", "", false, ""},
	{"numeric(10,2)", "numeric", "", "", false, ""},
	{"integer", "numeric", "", "", false, ""},
	{"date", "timestamp", "", "", false, ""},
	{"timestamp(3)", "timestamp", "", "", false, ""},
	{"timetz(3)", "timetz(6)", "", "", false, ""},
	{"timestamp", "timestamp(0)", `--using 't.a="a"::timestamp(0) without time zone'`, "'2020-01-01 10:00:00.7'", false, "'2020-01-01 10:00:01'"},
}

// A type that cannot hold every value is a question, and its answers keep the rows or
// fail: the first one lets the migration fail where a value does not fit.
func TestNarrowTypesAsk(t *testing.T) {
	t.Parallel()
	for _, c := range narrowCases {
		t.Run(c.from+" to "+c.to, func(t *testing.T) {
			t.Parallel()
			_, err := c.plan(t, schemadiff.Answers{})
			var open *schemadiff.UndecidedError
			if c.choices == "" {
				if err != nil {
					t.Errorf("got %v, want no question", err)
				}
				return
			}
			if !errors.As(err, &open) || strings.Join(open.Questions[0].Choices, " ") != c.choices {
				t.Fatalf("got %v, want %s", err, c.choices)
			}
			choices := open.Questions[0].Choices
			if c.fails {
				if failed, is := c.run(t, choices[0], c.value); !failed || !is {
					t.Errorf("failed %v, and the value is kept %v", failed, is)
				}
			}
			last := choices[len(choices)-1]
			if c.becomes != "" {
				if failed, is := c.run(t, last, c.becomes); failed || !is {
					t.Errorf("%s: failed %v, and the value is %s: %v", last, failed, c.becomes, is)
				}
			}
		})
	}
}

func narrowTable(typ string) string { return "CREATE TABLE t (id int PRIMARY KEY, a " + typ + ")" }

func (c narrowCase) plan(t *testing.T, a schemadiff.Answers) ([]schemadiff.File, error) {
	t.Helper()
	want, err := schemadiff.Read(t.Context(), open(t, narrowTable(c.to)).conn)
	if err != nil {
		t.Fatal(err)
	}
	return schemadiff.Plan(t.Context(), open(t, narrowTable(c.from)).conn, want, schemadiff.Options{Flags: a})
}

// run reports whether the migration fails with an answer, and then whether the value is
// this one.
func (c narrowCase) run(t *testing.T, choice, value string) (failed, is bool) {
	t.Helper()
	plan := func(a schemadiff.Answers) ([]schemadiff.File, error) { return c.plan(t, a) }
	files, _, err := decide(plan, []string{choice})
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, narrowTable(c.from)+"; INSERT INTO t VALUES (1, "+c.value+"), (2, NULL)")
	for _, f := range files {
		failed = failed || d.apply(t, f.Up, true) != nil
	}
	d.run(t, "ROLLBACK")
	if err := d.conn.QueryRowContext(t.Context(), "SELECT count(*) = 1 FROM t WHERE a = "+value).Scan(&is); err != nil {
		t.Fatal(err)
	}
	return failed, is
}
