package example_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/internal/document"
	"github.com/entgraph/entgraph/internal/example"
	"github.com/entgraph/entgraph/web"
)

func documents(schema *ast.Schema) *document.Set {
	document.Prepare(schema)
	return document.New(schema, document.Options{Suggestions: true})
}

func parse(t *testing.T, sdl string) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "test.graphql", Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestSample holds the sample's examples to its schema, and each to a comment on top.
func TestSample(t *testing.T) {
	t.Parallel()
	examples, err := example.Read(t.Context(), graph.Examples, documents(graph.Graph.Schema()))
	if err != nil || len(examples) < 5 {
		t.Fatalf("%d examples: %v", len(examples), err)
	}
	for _, e := range examples {
		if !strings.HasPrefix(e.Query, "# ") || e.Variables == "" {
			t.Errorf("no comment on top, or no variables: %s", e.Query)
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	set := documents(parse(t, `type Query { star(name: String!, size: Int): String }`))
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	got, err := example.Read(t.Context(), fstest.MapFS{
		"b.graphql":         file("query B { star(name: \"b\") }\n"),
		"a/a.graphql":       file("query A($name: String!) { star(name: $name) }\n"),
		"a/a.json":          file("{\n  \"name\": \"a\"\n}\n"),
		"a/a.headers.json":  file(`{"X-Star": "1"}`),
		"README.md":         file("# Examples"),
		"bad1.graphql":      file(`query C { moon }`),
		"bad2.graphql":      file(`{ star(name: "a") }`),
		"bad3.graphql":      file(`query D($size: Int) { star(name: "a", size: $size) }`),
		"bad4.graphql":      file(`query E($size: Int) { star(name: "a", size: $size) }`),
		"bad4.json":         file(`{"size": "large"}`),
		"bad5.graphql":      file(`query F { star(name: "a") }`),
		"bad5.json":         file(`{"size": 1}`),
		"bad6.graphql":      file(`query G { star(name: "a") }`),
		"bad6.json":         file(`{"size"`),
		"bad7.graphql":      file(`query H { star(name: "a") }`),
		"bad7.headers.json": file(`{"X-Star": 1}`),
		"bad8.graphql":      file(`query I {`),
		"bad9.json":         file(`{}`),
	}, set)
	want := []web.Example{
		{Query: "query A($name: String!) { star(name: $name) }", Variables: "{\n  \"name\": \"a\"\n}", Headers: `{"X-Star": "1"}`},
		{Query: `query B { star(name: "b") }`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err == nil {
		t.Fatal("what does not fit was not told")
	}
	lines := strings.Split(err.Error(), "\n")
	for i, want := range []string{
		`bad1.graphql: line 1: Cannot query field "moon" on type "Query".`,
		`bad2.graphql: it must hold one operation with a name, which is the title of its tab`,
		`bad3.graphql: its variables lack size`,
		`bad4.graphql: variable.size: cannot use string as Int`,
		`bad5.graphql: its variables hold size, which the operation does not declare`,
		`bad6.graphql: its variables: unexpected EOF`,
		`bad7.graphql: its headers: json: cannot unmarshal number`,
		`bad8.graphql: line 1: Expected Name, found <EOF>`,
		`bad9.json: there is no bad9.graphql that it belongs to`,
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d: want %s in\n%v", i, want, err)
		}
	}
}

// fits holds an example to what an app's own are held to.
func fits(t *testing.T, set *document.Set, e web.Example) {
	t.Helper()
	_, err := example.Read(t.Context(), fstest.MapFS{
		"made.graphql": {Data: []byte(e.Query)}, "made.json": {Data: []byte(e.Variables)},
	}, set)
	if err != nil {
		t.Errorf("%v:\n%s\n%s", err, e.Query, e.Variables)
	}
}
