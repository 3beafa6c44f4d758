package planner_test

import (
	"strings"
	"testing"

	"entgo.io/ent"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

const citextSchema = `type Query { thingByName(name: String!): Thing things(first: Int, after: String, last: Int, before: String, offset: Int, orderBy: [ThingOrder!], where: ThingWhereInput): ThingConnection! }
type ThingConnection { nodes: [Thing!]! totalCount: Int! }
type Thing { id: ID! name: String }
enum ThingOrderField { ID NAME }
enum OrderDirection { ASC DESC }
input ThingOrder { field: ThingOrderField! direction: OrderDirection! = ASC }
input ThingWhereInput { not: ThingWhereInput name: String nameNEQ: String nameIn: [String!] nameNotIn: [String!] nameGT: String nameGTE: String nameLT: String nameLTE: String nameContains: String nameHasPrefix: String nameHasSuffix: String }`

// TestCitext compares a citext in sessions that do not search the schema of its extension, in
// which an operator without one would be that of texts, and by the index of the column.
func TestCitext(t *testing.T) {
	t.Parallel()
	var policy ent.Policy = rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
	for _, schema := range []string{"public", "extensions"} {
		t.Run(schema, func(t *testing.T) {
			t.Parallel()
			name := entity.Caseless(entity.StringField[string]("name", "name", entity.Nullable|entity.Unique, nil), `"`+schema+`"."citext"`)
			p, conn := plannerOf(t, entity.Entity{
				Name: "Thing", Field: "thing", Plural: "things", Prefix: "thing", Table: "things", Policy: &policy,
				Fields: []entity.Field{entity.IDField(thingMutation.ID, "id", entity.UUIDKey), name},
			})
			for _, sql := range []string{
				`CREATE SCHEMA IF NOT EXISTS ` + schema, `CREATE EXTENSION citext WITH SCHEMA ` + schema,
				`CREATE TABLE things (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name ` + schema + `.citext UNIQUE)`,
				`INSERT INTO things (name) SELECT 'Thing' || i FROM generate_series(1, 20000) i`, `INSERT INTO things (name) VALUES (NULL), ('ÄRGER'), ('zz'), ('B'), ('a')`,
				`VACUUM ANALYZE things`, `SET search_path = ''`,
			} {
				if _, err := conn.Exec(t.Context(), strings.Replace(sql, "INTO things", "INTO public.things", 1)); err != nil {
					t.Fatal(err)
				}
			}
			sdl := gqlparser.MustLoadSchema(&ast.Source{Input: citextSchema})
			for where, want := range map[string]int64{
				`{name: "tHING7"}`: 1, `{name: "ärger"}`: 1, `{nameNEQ: "ZZ"}`: 20003, `{nameIn: ["THING7", "A", "x"]}`: 2, `{nameNotIn: ["THING7", "A"]}`: 20002,
				`{nameGT: "ZY"}`: 2, `{nameGTE: "ZZ"}`: 2, `{nameLT: "b"}`: 1, `{nameLTE: "b"}`: 2, `{nameContains: "ING77"}`: 111, `{nameHasPrefix: "ÄRG"}`: 1, `{nameHasSuffix: "ger"}`: 1,
			} {
				statements, err := p.Unsent(t, sdl, `{ things(where: `+where+`) { totalCount } }`, nil, viewer.Viewer{System: true})
				if err != nil {
					t.Fatal(err)
				}
				plan, count := explainOne(t, conn, statements[0])
				if count != want {
					t.Errorf("%s finds %d, want %d: %s", where, count, want, statements[0].SQL)
				}
				if want < 10 && !strings.Contains(where, "Has") && !strings.Contains(plan, "things_name_key") {
					t.Errorf("%s does not use the index:\n%s", where, plan)
				}
			}
			for query, want := range map[string]string{
				`{ things(first: 2, orderBy: [{field: NAME}]) { nodes { name } } }`:                  "[a B]",
				`{ things(first: 2, orderBy: [{field: NAME, direction: DESC}]) { nodes { name } } }`: "[ ÄRGER]",
				`{ thingByName(name: "THING77") { name } }`:                                          "[Thing77]",
			} {
				if got := citextNames(t, p, sdl, conn, query); got != want {
					t.Errorf("%s gives %s, want %s", query, got, want)
				}
			}
		})
	}
}

// citextNames are the texts that the statement of a query reads first.
func citextNames(t *testing.T, p *planner.Planner, sdl *ast.Schema, conn *pgx.Conn, query string) string {
	t.Helper()
	statements, err := p.Unsent(t, sdl, query, nil, viewer.Viewer{System: true})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), statements[0].SQL, statements[0].Args()...)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for rows.Next() {
		for i, f := range rows.FieldDescriptions() {
			if f.DataTypeOID >= 16384 {
				names = append(names, string(rows.RawValues()[i]))
			}
		}
	}
	if rows.Err() != nil {
		t.Fatalf("%s: %v", statements[0].SQL, rows.Err())
	}
	return "[" + strings.Join(names, " ") + "]"
}
