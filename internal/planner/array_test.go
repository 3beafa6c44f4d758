package planner_test

import (
	"slices"
	"strings"
	"testing"

	"entgo.io/ent"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// TestArraysOnTheWire shows arrays that Postgres has made, also those that the API does not show.
func TestArraysOnTheWire(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, tc := range []struct {
		typ           entity.Type
		sql, out, not string
	}{
		{entity.String, `'{a,"b c","","\"","NULL"}'::text[]`, `["a","b c","","\"","NULL"]`, ""},
		{entity.String, `'{}'::varchar[]`, `[]`, ""},
		{entity.String, `'{a,NULL}'::text[]`, "", "has an element that is null"},
		{entity.Int, `'{{1,2},{3,4}}'::int[]`, "", "has more than one dimension"},
		{entity.Int, `'[0:1]={1,2}'::int[]`, "", "does not begin at 1"},
		{entity.Int, `'{-1,32767}'::smallint[]`, `[-1,32767]`, ""},
		{entity.BigInt, `'{9223372036854775807}'::bigint[]`, `["9223372036854775807"]`, ""},
		{entity.Float, `'{1.5,NaN}'::float8[]`, "", "has an element that is not a number"},
		{entity.Float32, `'{0.1}'::real[]`, `[0.1]`, ""},
		{entity.Time, `'{2026-01-31 12:00+01,infinity}'::timestamptz[]`, "", "has an element that is infinite"},
		{entity.Decimal, `'{1.50,2}'::numeric[]`, `["1.50","2"]`, ""},
		{entity.Bool, `'{t,f}'::boolean[]`, `[true,false]`, ""},
		{entity.Date, `'{2026-01-31}'::date[]`, `["2026-01-31"]`, ""},
	} {
		rows, err := conn.Query(t.Context(), "SELECT "+tc.sql, pgx.QueryResultFormats{pgx.BinaryFormatCode})
		if err != nil {
			t.Fatal(err)
		}
		var wire []byte
		for rows.Next() {
			wire = slices.Clone(rows.RawValues()[0])
			if oid := rows.FieldDescriptions()[0].DataTypeOID; !slices.Contains(entity.ListOf(tc.typ).Kind().Read, oid) {
				t.Errorf("%s has the OID %d, which is not read", tc.sql, oid)
			}
		}
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
		k := entity.ListOf(tc.typ).Kind()
		out, unfit := k.Append([]byte("x"), wire)
		if string(out) != "x"+tc.out || unfit != tc.not {
			t.Errorf("%s is shown as %s: %s", tc.sql, out, unfit)
		}
		if _, ok := k.Decode(wire); ok != (tc.not == "" || strings.Contains(tc.not, "number")) {
			t.Errorf("%s is decoded: %t", tc.sql, ok)
		}
		for n := range wire { // what is cut short is nothing
			if out, unfit := k.Append(nil, wire[:n]); unfit == "" && tc.out != "[]" && n != 12 {
				t.Errorf("%d bytes of %s are shown as %s", n, tc.sql, out)
			}
		}
	}
}

const thingSchema = `type Query { things(first: Int, after: String, last: Int, before: String, offset: Int, orderBy: [ThingOrder!], where: ThingWhereInput): ThingConnection! }
type ThingConnection { nodes: [Thing!]! totalCount: Int! }
type Thing { id: ID! tags: [String!] scores: [Int!] attributes: JSON }
enum ThingOrderField { ID }
input ThingOrder { field: ThingOrderField! }
scalar JSON
input JSONPathInput { path: [String!]! exists: Boolean isNull: Boolean eq: JSON neq: JSON in: [JSON!] notIn: [JSON!] gt: JSON gte: JSON lt: JSON lte: JSON contains: JSON }
input ThingWhereInput { tagsHas: String tagsHasAny: [String!] tagsHasAll: [String!] tags: [String!] tagsIsEmpty: Boolean scoresHas: Int scoresHasAny: [Int!] scoresHasAll: [Int!] scores: [Int!] scoresNEQ: [Int!] attributesContains: JSON attributesPath: [JSONPathInput!] }`

type thingMutation struct{}

func (thingMutation) ID() (id uuid.UUID, exists bool) { return id, false }

// TestGinServesArraysAndDocuments looks at plans over a large table: an index of the kind GIN
// finds what has elements, and what contains a document.
func TestGinServesArraysAndDocuments(t *testing.T) {
	t.Parallel()
	var policy ent.Policy = rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
	p, conn := plannerOf(t, entity.Entity{
		Name: "Thing", Field: "thing", Plural: "things", Prefix: "thing", Table: "things", Policy: &policy,
		Fields: []entity.Field{
			entity.IDField(thingMutation.ID, "id", entity.UUIDKey),
			entity.ListField("tags", "tags", entity.Item(entity.String, "character varying"), entity.Nullable, func(thingMutation, []string) {}),
			entity.ListField("scores", "scores", entity.Item(entity.Int, "integer"), entity.Nullable, func(thingMutation, []int) {}),
			entity.JSONField("attributes", "attributes", entity.Nullable, func(thingMutation, map[string]any) {}),
		},
	})
	for _, sql := range []string{
		`CREATE TABLE things (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tags varchar[], scores integer[], attributes jsonb)`,
		`INSERT INTO things (tags, scores, attributes) SELECT ARRAY['t' || i, 'u' || i % 7], ARRAY[i, i % 5], jsonb_build_object('size', i, 'kind', 'k' || i) FROM generate_series(1, 20000) i`,
		`CREATE INDEX things_tags ON things USING gin (tags)`, `CREATE INDEX things_scores ON things USING gin (scores)`, `CREATE INDEX things_attributes ON things USING gin (attributes jsonb_path_ops)`,
		`VACUUM ANALYZE things`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: thingSchema})
	for where, index := range map[string]string{
		`{tagsHas: "t7"}`: "things_tags", `{tagsHasAny: ["t7", "t8"]}`: "things_tags", `{tagsHasAll: ["t7", "u0"]}`: "things_tags", `{tags: ["t7", "u0"]}`: "things_tags",
		`{scoresHas: 7}`: "things_scores", `{scoresHasAll: [7, 2]}`: "things_scores", `{attributesContains: {size: 7}}`: "things_attributes",
		`{tagsIsEmpty: true}`: "", `{attributesPath: [{path: ["size"], eq: 7, gt: 6, lte: 7, neq: 8}, {path: "kind", in: ["k7", 3], exists: true}]}`: "",
	} {
		statements, err := p.Unsent(t, schema, `{ things(where: `+where+`) { totalCount } }`, nil, viewer.Viewer{System: true})
		if err != nil {
			t.Fatal(err)
		}
		plan, count := explainOne(t, conn, statements[0])
		if !strings.Contains(plan, "on "+index) && index != "" {
			t.Errorf("%s does not use %s:\n%s", where, index, plan)
		}
		if want := int64(1); count != want && !strings.Contains(where, "Any") && !strings.Contains(where, "Empty") {
			t.Errorf("%s finds %d rows", where, count)
		}
	}
	for _, filter := range []string{"scores", "scoresNEQ", "scoresHasAny", "scoresHasAll"} {
		where := filter + ": [" + strings.Repeat("1,", 10_001) + "]"
		_, err := p.Unsent(t, schema, `{ things(where: {`+where+`}) { totalCount } }`, nil, viewer.Viewer{System: true})
		if err == nil || !strings.Contains(err.Error(), filter+" has 10001 values, at most 10000 are allowed") {
			t.Errorf("%s of 10,001 values: %v", filter, err)
		}
	}
}

// explainOne runs a statement that counts, and tells its plan and the number.
func explainOne(t *testing.T, conn *pgx.Conn, o planner.Observed) (plan string, count int64) {
	t.Helper()
	args := o.Args()
	rows, err := conn.Query(t.Context(), "EXPLAIN "+o.SQL, args...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", o.SQL, err)
	}
	if err := conn.QueryRow(t.Context(), o.SQL, args...).Scan(&count); err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n"), count
}
