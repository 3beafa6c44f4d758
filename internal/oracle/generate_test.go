package oracle_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/oracle"
)

// usage is what operations used of the schema: "Type.field", "Input.field", enum values
// and argument names.
type usage map[string]bool

func (u usage) document(doc *ast.QueryDocument) {
	u.selections(doc.Operations[0].SelectionSet)
	for _, f := range doc.Fragments {
		u.selections(f.SelectionSet)
	}
}

func (u usage) selections(set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			u[sel.ObjectDefinition.Name+"."+sel.Name] = true
			for _, a := range sel.Arguments {
				u[a.Name] = true
				u.value(a.Value)
			}
			u.selections(sel.SelectionSet)
		case *ast.InlineFragment:
			u["inline fragment"] = true
			u.selections(sel.SelectionSet)
		case *ast.FragmentSpread:
			u["fragment"] = true
		}
	}
}

func (u usage) value(v *ast.Value) {
	for _, c := range v.Children {
		if v.Kind == ast.ObjectValue {
			u[v.Definition.Name+"."+c.Name] = true
		}
		u.value(c.Value)
	}
	if v.Kind == ast.EnumValue {
		u[v.Definition.Name+"."+v.Raw] = true
	}
}

// TestGeneratorUsesEverything makes operations until nothing of the schema is left
// that none has used.
func TestGeneratorUsesEverything(t *testing.T) {
	t.Parallel()
	b := newBench(t, 5, 6)
	g, used := oracle.NewGenerator(b.views[0].evaluator, b.world, maxPage, 5), usage{}
	missing := b.generated()
	n := 0
	for ; len(missing) > 0; n++ {
		if n == 30_000 {
			t.Fatalf("never used: %s", strings.Join(missing, ", "))
		}
		doc, errs := gqlparser.LoadQueryWithRules(b.views[0].evaluator.Schema, g.Roll(g.Operation()).Query, nil)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		used.document(doc)
		missing = slices.DeleteFunc(missing, func(name string) bool { return used[name] })
	}
	t.Logf("%d operations", n)
}

// generated lists what queries over entities can use of the schema.
func (b *bench) generated() []string {
	names := []string{"first", "after", "last", "before", "offset", "orderBy", "where", "keys", "fragment", "inline fragment"}
	for _, f := range b.views[0].evaluator.Schema.Query.Fields {
		if b.world.Graph.Query(f.Name) != nil {
			names = append(names, "Query."+f.Name)
		}
	}
	for _, def := range b.views[0].evaluator.Schema.Types {
		if def.BuiltIn || def.Name == "Query" || def.Name == "Mutation" || ofMutations.MatchString(def.Name) {
			continue
		}
		for _, f := range def.Fields {
			names = append(names, def.Name+"."+f.Name)
		}
		for _, v := range def.EnumValues {
			names = append(names, def.Name+"."+v.Name)
		}
	}
	return names
}

// ofMutations matches the inputs and payloads of mutations.
var ofMutations = regexp.MustCompile(`Payload$|^(Create|Update|Sign|Change)\w+Input$`)

// TestShrink shrinks an operation of which one filter is wrong.
func TestShrink(t *testing.T) {
	t.Parallel()
	b := newBench(t, 6, 12)
	c := oracle.Case{
		Query: `query($n: Int, $w: PostWhereInput, $on: Boolean!) {
			users { nodes { ...U posts(first: $n, where: $w) { totalCount @include(if: $on) nodes { title author { email } } } } }
			tags { totalCount }
		}
		fragment U on User { id createdAt }`,
		Variables: map[string]any{"n": 3, "on": true, "w": map[string]any{
			"title": "a", "or": []any{map[string]any{"bodyNEQ": "b"}, map[string]any{"titleContains": "x", "status": "DRAFT"}}}},
	}
	small := oracle.Shrink(c, func(c oracle.Case) bool {
		_, err := b.views[0].Try(c)
		text, _ := json.Marshal(c)
		return err == nil && strings.Contains(string(text), "titleContains") && strings.Contains(c.Query, "posts(")
	})
	const want = `{"query":"query ($w: PostWhereInput) {\n  users {\n    nodes {\n      posts(where: $w) {\n        nodes {\n          author {\n            email\n          }\n        }\n      }\n    }\n  }\n}\n","variables":{"w":{"or":[{"titleContains":"x"}]}}}`
	if text, _ := json.Marshal(small); string(text) != want {
		t.Errorf("shrunk to\n%s\n%s", text, want)
	}
}
