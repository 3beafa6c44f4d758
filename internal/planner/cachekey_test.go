package planner

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/entgraph/entgraph/ent"
	_ "github.com/entgraph/entgraph/ent/runtime" // the policies
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// keyed is an operation whose plan depends on everything that a plan may depend on.
const keyed = `query($a: Boolean!, $b: Boolean! = true, $c: Boolean!, $n: Int, $last: Int, $where: PostWhereInput, $order: [PostOrder!], $name: String!, $id: ID!) {
	userByUsername(username: $name) { id email @skip(if: $c) posts(first: $n) @include(if: $a) { totalCount } }
	node(id: $id) { id ... on Post @include(if: $b) { title } ... on User { ...user @skip(if: $a) } }
	again: node(id: $id) { ... on Post { author { email } } ... on Tag { name @include(if: $c) } }
	posts(first: $n, last: $last, where: $where, orderBy: $order) {
		nodes { id title @include(if: $a) tags(first: $n) @include(if: $b) { nodes { name id @skip(if: $a) } } author @skip(if: $b) { username } }
		totalCount @include(if: $c)
		aggregate @skip(if: $a) { count }
	}
}
fragment user on User { username profile @include(if: $b) { bio } }`

func fuzzSchema(f testing.TB) (*ast.Schema, *entity.Graph) {
	f.Helper()
	text, err := os.ReadFile("../../graph/ent.graphql")
	if err != nil {
		f.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "ent.graphql", Input: string(text)})
	if err != nil {
		f.Fatal(err)
	}
	g, err := entity.New(ent.Engine.Entities, nil, entity.Store{})
	if err != nil {
		f.Fatal(err)
	}
	return schema, g
}

func fuzzPlanner(t testing.TB, g *entity.Graph) *Planner {
	t.Helper()
	p, err := New(g, Options{Computed: map[string]ComputedFunc{"User.displayName": func([]any) (any, error) { return "", nil }}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fuzzRequest makes the variables and the viewer of a request from bytes.
func fuzzRequest(data []byte) (map[string]any, viewer.Viewer) {
	at := func(i int) int {
		if i < len(data) {
			return int(data[i])
		}
		return 0
	}
	one := func(i int, list ...any) any { return list[at(i)%len(list)] }
	vars := map[string]any{
		"a": at(0)&1 > 0, "c": at(0)&2 > 0, "name": "ada", "n": one(1, nil, 0, 1, 20, 100), "last": one(2, nil, nil, 3),
		"where": one(3, nil, map[string]any{}, map[string]any{"title": "x"}, map[string]any{"hasTags": at(4)&1 > 0},
			map[string]any{"hasAuthorWith": []any{map[string]any{"email": "a@b.c"}}}, map[string]any{"idIn": []any{}}),
		"order": one(5, nil, []any{}, []any{map[string]any{"field": "PUBLISHED_AT", "direction": "DESC"}}, []any{map[string]any{"field": "AUTHOR_EMAIL"}}),
		"id":    one(6, "post_01h455vb4pex5vsknk084sn02q", "user_01h455vb4pex5vsknk084sn02q", "tag_01h455vb4pex5vsknk084sn02q"),
	}
	if at(0)&4 > 0 {
		vars["b"] = at(0)&8 > 0 // absent it has its default
	}
	who := one(7, viewer.Viewer{}, viewer.System(), viewer.Viewer{UserID: key.UUID(uuid.UUID{1}), Role: "MEMBER"},
		viewer.Viewer{UserID: key.UUID(uuid.UUID{2}), Role: "MEMBER"}, viewer.Viewer{UserID: key.UUID(uuid.UUID{3}), Role: "ADMIN"})
	return vars, who.(viewer.Viewer)
}

// statements describes everything that a request would send.
func (p *Planner) statements(t *testing.T, schema *ast.Schema, doc *ast.QueryDocument, vars map[string]any, who viewer.Viewer) []string {
	t.Helper()
	coerced, err := validator.VariableValues(schema, doc.Operations[0], vars)
	if err != nil {
		t.Fatal(err)
	}
	oc := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: coerced}
	b := p.binder(oc, who, &budget{ctx: t.Context(), opts: &p.opts, spent: &spent{}})
	var out []string
	for _, field := range graphql.CollectFields(oc, doc.Operations[0].SelectionSet, []string{"Query"}) {
		o, err := b.selection(Selection{Field: field, Root: p.graph.Query(field.Name), Key: field.Alias})
		if out = append(out, fmt.Sprint(field.Alias, " ", err)); err != nil {
			continue
		}
		for _, x := range o.executions {
			for i := range x.states {
				st := &x.states[i]
				for _, q := range append([]*query{st.rows, st.count}, st.aggregates...) {
					if q != nil {
						out = append(out, fmt.Sprintf("%s %v", q.sql, q.with(st)))
					}
				}
			}
		}
	}
	return out
}

// FuzzPlanKey sends requests of one operation to a planner that keeps its plans and to
// one that has none, and compares what they would send.
func FuzzPlanKey(f *testing.F) {
	schema, g := fuzzSchema(f)
	doc, errs := gqlparser.LoadQueryWithRules(schema, keyed, nil)
	if len(errs) > 0 {
		f.Fatal(errs)
	}
	warm := fuzzPlanner(f, g)
	for i := range 256 { // more than one operation keeps
		f.Add([]byte{byte(i), byte(i / 3), byte(i / 5), byte(i / 7), byte(i), byte(i / 2), byte(i / 4), byte(i / 16)})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		vars, who := fuzzRequest(data)
		got := warm.statements(t, schema, doc, vars, who)
		want := fuzzPlanner(t, g).statements(t, schema, doc, vars, who)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v for %s:\nkept  %s\nfresh %s", vars, who, strings.Join(got, "\n      "), strings.Join(want, "\n      "))
		}
	})
}
