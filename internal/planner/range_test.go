package planner_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// rangeBounds are bounds of each range, in their order, as clients send them.
var rangeBounds = map[entity.Type][]string{
	entity.IntRange:           {"-2147483648", "-1", "0", "1", "2", "2147483646"},
	entity.BigIntRange:        {`"-9223372036854775808"`, `"-1"`, "0", "1", `"9223372036854775806"`},
	entity.DecimalRange:       {`"-1.50"`, "0", `"1"`, `"1.000"`, `"1.01"`, `"12345678901234567890.5"`},
	entity.LocalDateTimeRange: {`"0001-01-01T00:00:00"`, `"2026-01-31T12:00:00"`, `"2026-01-31T12:00:00.5"`, `"9999-12-31T23:59:59.999999"`},
	entity.TimeRange:          {`"0001-01-01T00:00:00Z"`, `"2026-01-31T12:00:00+01:00"`, `"2026-01-31T12:00:00Z"`, `"2026-01-31T12:00:00.5Z"`, `"9999-12-31T23:59:59.999999Z"`},
	entity.DateRange:          {`"0001-01-01"`, `"2024-02-28"`, `"2024-02-29"`, `"2024-03-01"`, `"9999-12-30"`},
}

// TestRangesAreCanonical compares each range of some bounds, as the API makes it of what a client
// sends, with what Postgres makes of the same one.
func TestRangesAreCanonical(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for typ, bounds := range rangeBounds {
		k := typ.Kind()
		bounds = append(slices.Clone(bounds), "null")
		for i, lower := range bounds {
			for j, upper := range bounds {
				if i > j && lower != "null" {
					continue
				}
				for _, brackets := range []string{"[)", "[]", "(]", "()"} {
					in := decoded(t, fmt.Sprintf(`{"lower": %s, "upper": %s, "bounds": %q}`, lower, upper, brackets))
					form, err := k.Operand(in)
					if err != nil {
						t.Fatalf("%s %v: %v", k.Scalar, in, err)
					}
					text := brackets[:1] + strings.Trim(strings.TrimPrefix(lower, "null"), `"`) + "," + strings.Trim(strings.TrimPrefix(upper, "null"), `"`) + brackets[1:]
					wire := rangeWire(t, conn, k, text)
					if back, ok := k.Decode(wire); back != form || !ok {
						t.Errorf("%s %s is %v, Postgres has %v", k.Scalar, text, form, back)
					}
					shown, unfit := k.Append(nil, wire)
					if again, err := k.Operand(decoded(t, string(shown))); again != form || err != nil {
						t.Errorf("%s %s is shown as %s: %s, and read as %v: %v", k.Scalar, text, shown, unfit, again, err)
					}
				}
			}
		}
	}
}

func decoded(t *testing.T, text string) (v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// rangeWire is the binary form of a range.
func rangeWire(t *testing.T, conn *pgx.Conn, k *entity.Kind, text string) (wire []byte) {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT $1::text::"+k.Cast, pgx.QueryResultFormats{pgx.BinaryFormatCode}, text)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		wire = slices.Clone(rows.RawValues()[0])
	}
	if rows.Err() != nil {
		t.Fatalf("%s: %v", text, rows.Err())
	}
	return wire
}

// TestRangesOnTheWire shows ranges that Postgres has made, also those that the API does not show,
// and sends them back as a cursor does.
func TestRangesOnTheWire(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	const infinite, years = "it has a bound that is infinite", "it has a bound that is not of the years 1 to 9999"
	for _, tc := range []struct {
		typ        entity.Type
		text, want string
	}{
		{entity.IntRange, "[1,3]", `{"lower":1,"upper":4,"bounds":"[)"}`}, {entity.IntRange, "empty", `{"lower":null,"upper":null,"bounds":"empty"}`}, {entity.IntRange, "(,)", `{"lower":null,"upper":null,"bounds":"()"}`},
		{entity.BigIntRange, "[1,9223372036854775806]", `{"lower":"1","upper":"9223372036854775807","bounds":"[)"}`},
		{entity.DecimalRange, "(1.50,2]", `{"lower":"1.50","upper":"2","bounds":"(]"}`}, {entity.DecimalRange, "[NaN,]", "it has a bound that is not a number"}, {entity.DecimalRange, "[1,Infinity]", infinite},
		{entity.DateRange, "[2026-01-31,)", `{"lower":"2026-01-31","upper":null,"bounds":"[)"}`}, {entity.DateRange, "[2026-01-31,9999-12-31]", years}, {entity.DateRange, "[0044-03-15 BC,2026-01-31]", years},
		{entity.LocalDateTimeRange, "[2026-01-31 12:00,2026-01-31 12:00:00.5]", `{"lower":"2026-01-31T12:00:00","upper":"2026-01-31T12:00:00.5","bounds":"[]"}`}, {entity.LocalDateTimeRange, "[-infinity,0044-03-15 12:00 BC]", infinite},
		{entity.TimeRange, "[2026-01-31 12:00+01,)", `{"lower":"2026-01-31T11:00:00Z","upper":null,"bounds":"[)"}`}, {entity.TimeRange, "[0044-03-15 12:00Z BC,20000-03-15 12:00Z]", years}, {entity.TimeRange, "[,infinity]", infinite},
	} {
		k := tc.typ.Kind()
		wire := rangeWire(t, conn, k, tc.text)
		out, unfit := k.Append([]byte("x"), wire)
		if got := string(out); got != "x"+tc.want && (got != "x" || "it "+unfit != tc.want) {
			t.Errorf("%s %s is shown as %s: %s", k.Scalar, tc.text, out, unfit)
		}
		back, ok := k.Decode(wire)
		var same bool
		if err := conn.QueryRow(t.Context(), "SELECT $1::text::"+k.Cast+" = $2::text::"+k.Cast, tc.text, back).Scan(&same); err != nil || !ok || !same {
			t.Errorf("%s %s is sent back as %v: %v", k.Scalar, tc.text, back, err)
		}
		for n := range wire { // what is cut short is nothing
			if out, unfit := k.Append(nil, wire[:n]); unfit == "" {
				t.Errorf("%d bytes of %s are shown as %s", n, tc.text, out)
			}
		}
	}
}

const staySchema = `type Query { stays(first: Int, after: String, last: Int, before: String, offset: Int, orderBy: [StayOrder!], where: StayWhereInput): StayConnection! }
type StayConnection { nodes: [Stay!]! totalCount: Int! }
type Stay { id: ID! during: DateRange seats: IntRange }
enum StayOrderField { ID }
input StayOrder { field: StayOrderField! }
scalar Date
scalar DateRange
scalar IntRange
input StayWhereInput { not: StayWhereInput during: DateRange duringNEQ: DateRange duringIn: [DateRange!] duringNotIn: [DateRange!] duringContains: Date duringCovers: DateRange duringWithin: DateRange
duringOverlaps: DateRange duringBefore: DateRange duringAfter: DateRange duringIsEmpty: Boolean seatsContains: Int seatsOverlaps: IntRange }`

// TestGistServesRanges looks at plans over a large table: an index of the kind GiST finds what
// lies to a range or a value as is asked.
func TestGistServesRanges(t *testing.T) {
	t.Parallel()
	var policy ent.Policy = rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
	set := func(thingMutation, string) {}
	p, conn := plannerOf(t, entity.Entity{
		Name: "Stay", Field: "stay", Plural: "stays", Prefix: "stay", Table: "stays", Policy: &policy,
		Fields: []entity.Field{
			entity.IDField(thingMutation.ID, "id", entity.UUIDKey),
			entity.TextField("during", "during", entity.DateRange, entity.Nullable, set, nil),
			entity.TextField("seats", "seats", entity.IntRange, entity.Nullable, set, nil),
		},
	})
	for _, sql := range []string{
		`CREATE TABLE stays (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), during daterange, seats int4range)`,
		`INSERT INTO stays (during, seats) SELECT daterange(date '2000-01-01' + 2 * i, date '2000-01-01' + 2 * i + 2), int4range(3 * i, 3 * i + 2) FROM generate_series(0, 19999) i`,
		`INSERT INTO stays (during) VALUES ('empty')`,
		`CREATE INDEX stays_during ON stays USING gist (during)`, `CREATE INDEX stays_seats ON stays USING gist (seats)`, `VACUUM ANALYZE stays`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: staySchema})
	for where, want := range map[string]int64{
		`{during: {lower: "2000-01-03", upper: "2000-01-05"}}`: 1, `{during: {lower: "2000-01-03", upper: "2000-01-04", bounds: "[]"}}`: 1, `{duringContains: "2000-01-04"}`: 1, `{duringCovers: {lower: "2000-01-04", upper: "2000-01-05"}}`: 1,
		`{duringWithin: {lower: "2000-01-02", upper: "2000-01-06"}}`: 2, `{duringOverlaps: {lower: "2000-01-02", upper: "2000-01-06"}}`: 3, `{duringBefore: {lower: "2000-01-03"}}`: 1,
		`{duringAfter: {upper: "2109-07-05"}}`: 1, `{duringIsEmpty: true}`: 1, `{duringIsEmpty: false}`: 20000, `{seatsContains: 4}`: 1, `{seatsContains: 5}`: 0, `{seatsOverlaps: {lower: 4, upper: 7}}`: 2,
		`{duringIn: [{lower: "2000-01-03", upper: "2000-01-05"}, {bounds: "empty"}]}`: 2, `{duringNotIn: [{bounds: "empty"}]}`: 20000, `{not: {duringContains: "2000-01-04"}}`: 20000,
	} {
		statements, err := p.Unsent(t, schema, `{ stays(where: `+where+`) { totalCount } }`, nil, viewer.Viewer{System: true})
		if err != nil {
			t.Fatal(err)
		}
		plan, count := explainOne(t, conn, statements[0])
		if used := strings.Contains(plan, "on stays_") || strings.Contains(plan, "using stays_"); used != (want < 10) && !strings.Contains(where, "In:") {
			t.Errorf("%s uses an index: %t\n%s", where, used, plan)
		}
		if count != want {
			t.Errorf("%s finds %d rows, want %d", where, count, want)
		}
	}
	for where, want := range map[string]string{
		`{duringContains: "2026-02-30"}`: "duringContains must be a day", `{duringCovers: {lower: "2026-02-30"}}`: "duringCovers lower must be a day", `{during: "[2026-01-01,)"}`: "during must be an object",
		`{duringIn: [{bounds: "empty"}, {upper: 3}]}`: "duringIn[1] upper must be a day", `{seatsContains: 1, seatsOverlaps: {from: 1}}`: "seatsOverlaps must be an object",
	} {
		if _, err := p.Unsent(t, schema, `{ stays(where: `+where+`) { totalCount } }`, nil, viewer.Viewer{System: true}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", where, err)
		}
	}
}
