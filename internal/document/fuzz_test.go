package document

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/limit"
)

// Any text and variables give an operation whose arguments can be read, or an error for
// the client.
func FuzzOperation(f *testing.F) {
	for _, documents := range broken {
		for _, text := range documents {
			f.Add(text, `{"a":1,"first":null}`)
		}
	}
	f.Add(chain(5), "{}")
	f.Add("query($w:Where=[{min:1}]){pets(where:$w){...F}} fragment F on Pet{friend(near:true){id}}", `{"w":{"kinds":["SMALL"],"and":{"not":{}}}}`)
	f.Add(`{echo(j:{a:[],b:1e999,c:99999999999999999999,d:$x},big:12345678901234567890)}`, "{}")
	f.Add(`query($x:JSON=[1.50,[]]){echo(j:[$x,{a:$x}])}`, `{"x":{"a":1e400}}`)
	schema := newSchema(f, zoo)
	set := New(schema, Options{Suggestions: true})
	f.Fuzz(func(t *testing.T, text, vars string) {
		params := &graphql.RawParams{Query: text}
		d := json.NewDecoder(strings.NewReader(vars))
		d.UseNumber()
		if d.Decode(&params.Variables) != nil || text == "" {
			return
		}
		oc, err := set.Operation(graphql.StartOperationTrace(t.Context()), params)
		var list gqlerror.List
		var refused *limit.Error
		switch {
		case err == nil:
			seen := map[string]bool{}
			readArguments(t, oc, oc.Operation.SelectionSet, seen)
		case errors.As(err, &list):
			if len(list) == 0 || len(list) > 21 || len(list.Error()) > 100_000 {
				t.Errorf("%d errors", len(list))
			}
		case !errors.As(err, &refused):
			t.Errorf("%T: %v", err, err)
		}
	})
}

// readArguments reads all arguments as execution does.
func readArguments(t *testing.T, oc *graphql.OperationContext, set ast.SelectionSet, seen map[string]bool) {
	graphql.CollectFields(oc, set, nil)
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			for _, a := range sel.Definition.Arguments {
				if v, has := sel.ArgumentMap(oc.Variables)[a.Name]; has && v == nil && a.Type.NonNull && included(oc, sel) {
					t.Errorf("null for %s: %s", a.Name, a.Type)
				}
			}
			readArguments(t, oc, sel.SelectionSet, seen)
		case *ast.InlineFragment:
			readArguments(t, oc, sel.SelectionSet, seen)
		case *ast.FragmentSpread:
			if !seen[sel.Name] {
				seen[sel.Name] = true
				readArguments(t, oc, sel.Definition.SelectionSet, seen)
			}
		}
	}
}

// included reports whether nothing may leave a field out, for all that is known here.
func included(_ *graphql.OperationContext, f *ast.Field) bool { return len(f.Directives) == 0 }
