package introspection_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/document"
	"github.com/entgraph/entgraph/internal/introspection"
	"github.com/entgraph/entgraph/internal/limit"
)

// testSchema is parsed once: its SDL says all that one can say.
func testSchema(t *testing.T) *ast.Schema {
	t.Helper()
	sdl, err := os.ReadFile("testdata/schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: string(sdl)})
	if err != nil {
		t.Fatal(err)
	}
	document.Prepare(schema)
	return schema
}

// ask answers a query of introspection fields.
func ask(t *testing.T, schema *ast.Schema, query string, vars map[string]any) (string, error) {
	t.Helper()
	doc, errs := gqlparser.LoadQuery(schema, query)
	if errs != nil {
		t.Fatal(errs)
	}
	oc := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: vars}
	w := introspection.New(schema).Writer(oc)
	var out []string
	for _, f := range graphql.CollectFields(oc, oc.Operation.SelectionSet, []string{schema.Query.Name}) {
		value, err := w.Field(f)
		if err != nil {
			return "", err
		}
		if value == nil {
			value = []byte("null")
		}
		out = append(out, `"`+f.Alias+`":`+string(value))
	}
	return "{" + strings.Join(out, ",") + "}", nil
}

// All that graphql-js tells about a schema is told here in the same way: what a kind does
// not have is null. Only the texts of the specification's own types are gqlparser's.
func TestIntrospectionIsThatOfGraphQLJS(t *testing.T) {
	t.Parallel()
	kept, err := os.ReadFile("testdata/introspection.json")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := ask(t, testSchema(t), introspection.Query, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, got := introspection.Comparable(t, kept), introspection.Comparable(t, []byte(answer))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-graphql-js +here):\n%s", diff)
	}
}

func TestSelections(t *testing.T) {
	t.Parallel()
	schema := testSchema(t)
	tests := map[string]struct {
		query, want string
		vars        map[string]any
	}{
		"no such type":                 {`{__type(name:"Nothing"){name}}`, `{"__type":null}`, nil},
		"typename":                     {`{__schema{__typename queryType{__typename k:kind}}}`, `{"__schema":{"__typename":"__Schema","queryType":{"__typename":"__Type","k":"OBJECT"}}}`, nil},
		"no mutation fields of others": {`{__schema{subscriptionType{name} mutationType{name}}}`, `{"__schema":{"subscriptionType":null,"mutationType":{"name":"Change"}}}`, nil},
		"without what is deprecated": {`{__type(name:"Root"){fields{name args{name}}}}`,
			`{"__type":{"fields":[{"name":"name","args":[{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"}]},{"name":"list","args":[]},{"name":"id","args":[]}]}}`, nil},
		"with it by variable": {`query($all:Boolean){__type(name:"Kind"){enumValues(includeDeprecated:$all){name deprecationReason}}}`,
			`{"__type":{"enumValues":[{"name":"SMALL","deprecationReason":null},{"name":"LARGE","deprecationReason":null},{"name":"OLD","deprecationReason":"rare"}]}}`, map[string]any{"all": true}},
		"null is not true":   {`query($all:Boolean){__type(name:"In"){inputFields(includeDeprecated:$all){name}}}`, `{"__type":{"inputFields":[{"name":"r"},{"name":"list"},{"name":"nested"},{"name":"text"},{"name":"on"},{"name":"f"},{"name":"nothing"}]}}`, map[string]any{"all": nil}},
		"name by variable":   {`query($n:String!){__type(name:$n){kind isOneOf specifiedByURL}}`, `{"__type":{"kind":"INPUT_OBJECT","isOneOf":true,"specifiedByURL":null}}`, map[string]any{"n": "One"}},
		"fragments and skip": {`{__type(name:"Any"){...A ...on __Type{kind}}} fragment A on __Type{name @skip(if:true) possibleTypes{name}}`, `{"__type":{"possibleTypes":[{"name":"Root"},{"name":"Thing"}],"kind":"UNION"}}`, nil},
		"wrappers":           {`{__type(name:"Root"){fields{type{kind name fields{name} ofType{kind ofType{kind ofType{kind ofType{name}}}}}}}}`, `{"__type":{"fields":[{"type":{"kind":"NON_NULL","name":null,"fields":null,"ofType":{"kind":"SCALAR","ofType":null}}},{"type":{"kind":"NON_NULL","name":null,"fields":null,"ofType":{"kind":"LIST","ofType":{"kind":"LIST","ofType":{"kind":"NON_NULL","ofType":{"name":"Any"}}}}}},{"type":{"kind":"SCALAR","name":"ID","fields":null,"ofType":null}}]}}`, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ask(t, schema, test.query, test.vars)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !json.Valid([]byte(got)) {
				t.Error("no JSON")
			}
		})
	}
}

// The whole schema may be asked for twice in one operation, and no more, by aliases or by
// types within types.
func TestIntrospectionIsBounded(t *testing.T) {
	t.Parallel()
	schema := testSchema(t)
	twice := strings.Replace(introspection.Query, "__schema {", "a: __schema { types { ...FullType } } b: __schema {", 1)
	if _, err := ask(t, schema, twice, nil); err != nil {
		t.Errorf("twice: %v", err)
	}
	aliases := "{" + strings.Repeat("x", 1) + ":__schema{types{...T}}" + strings.Repeat(" y:__schema{types{...T}}", 1)
	for _, name := range strings.Fields("a b c d e f g h i j k l") {
		aliases += " " + name + ":__schema{types{...T}}"
	}
	within := "{__schema{types{fields{type{fields{type{name description} args{type{name description}}}}}"
	for _, name := range strings.Fields("a b c d e f g h i j k l") {
		within += " " + name + ":fields{type{description fields{description type{name description} args{type{name description}}}}}"
	}
	for name, query := range map[string]string{
		"aliases": aliases + "} fragment T on __Type{kind name description fields(includeDeprecated:true){name description args{name description}}}",
		"within":  within + "}}}",
	} {
		_, err := ask(t, schema, query, nil)
		var refused *limit.Error
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
