package codegen_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	gqlgen "github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/executor"
	"github.com/entgraph/entgraph/internal/postgres"
)

const introspection = `query Introspection {
  __schema {
    queryType { name }
    mutationType { name }
    types {
      kind name description specifiedByURL
      fields(includeDeprecated: true) { name description args { ...value } type { ...type } }
      inputFields { ...value }
      interfaces { name }
      possibleTypes { name }
      enumValues(includeDeprecated: true) { name description }
    }
  }
}
fragment value on __InputValue { name description defaultValue type { ...type } }
fragment type on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`

type typeRef struct {
	Kind, Name string
	OfType     *typeRef
}

func (r *typeRef) String() string {
	switch r.Kind {
	case "NON_NULL":
		return r.OfType.String() + "!"
	case "LIST":
		return "[" + r.OfType.String() + "]"
	}
	return r.Name
}

type inputValue struct {
	Name, Description string
	DefaultValue      *string
	Type              typeRef
}

type introspected struct {
	Kind, Name, Description, SpecifiedByURL string
	Fields                                  []struct {
		Name, Description string
		Args              []inputValue
		Type              typeRef
	}
	InputFields   []inputValue
	Interfaces    []struct{ Name string }
	PossibleTypes []struct{ Name string }
	EnumValues    []struct{ Name, Description string }
}

// TestIntrospection guards what the plugin relies on: gqlgen embeds the sources as they
// were read, so that the served schema is the whole contract although gqlgen's Go code
// knows the entities only as scalars.
func TestIntrospection(t *testing.T) {
	t.Parallel()
	s, err := executor.New(&postgres.DB{}, apitest.App, executor.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	want := lines(contract(t))
	if got := lines(s.Schema()); !slices.Equal(got, want) {
		t.Errorf("the served schema differs from the committed SDL: %s", difference(got, want))
	}
	got := introspect(t, s)
	if !slices.Equal(got, want) {
		t.Errorf("introspection differs from the committed SDL: %s", difference(got, want))
	}
	for _, line := range []string{"OBJECT Post", "INPUT_OBJECT CreatePostInput", "ENUM PostStatus", "ENUM PostStatus = DRAFT", "INTERFACE Node", "OBJECT Post implements Node"} {
		if !slices.Contains(got, line) {
			t.Errorf("introspection has no %q", line)
		}
	}
}

// introspect asks the schema about itself as a client does.
func introspect(t *testing.T, s *executor.Schema) []string {
	t.Helper()
	ex := gqlgen.New(s)
	ex.Use(extension.Introspection{})
	ctx := graphql.StartOperationTrace(t.Context())
	oc, errs := ex.CreateOperationContext(ctx, &graphql.RawParams{Query: introspection})
	if errs != nil {
		t.Fatal(errs)
	}
	next, ctx := ex.DispatchOperation(ctx, oc)
	resp := next(ctx)
	if len(resp.Errors) > 0 {
		t.Fatal(resp.Errors)
	}
	var data struct {
		Schema struct{ Types []introspected } `json:"__schema"`
	}
	if err := json.Unmarshal(resp.Data, &data); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, typ := range data.Schema.Types {
		if !strings.HasPrefix(typ.Name, "__") {
			out = append(out, typ.lines()...)
		}
	}
	slices.Sort(out)
	return out
}

func (d *introspected) lines() []string {
	head := d.Kind + " " + d.Name
	out := []string{head, head + " # " + d.Description + d.SpecifiedByURL}
	for _, f := range d.Fields {
		var args []string
		for _, a := range f.Args {
			args = append(args, a.String())
		}
		out = append(out, fmt.Sprintf("%s.%s(%s): %s # %s", head, f.Name, strings.Join(args, ", "), &f.Type, f.Description))
	}
	for _, f := range d.InputFields {
		out = append(out, fmt.Sprintf("%s.%s # %s", head, f.String(), f.Description))
	}
	for _, i := range d.Interfaces {
		out = append(out, head+" implements "+i.Name)
	}
	for _, p := range d.PossibleTypes {
		out = append(out, head+" may be "+p.Name)
	}
	for _, v := range d.EnumValues {
		out = append(out, head+" = "+v.Name)
	}
	return out
}

func (v *inputValue) String() string {
	out := v.Name + ": " + v.Type.String()
	if v.DefaultValue != nil {
		out += " = " + *v.DefaultValue
	}
	return out
}

// lines writes a parsed schema as introspection does.
func lines(s *ast.Schema) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(s.Types)) {
		if def := s.Types[name]; !strings.HasPrefix(name, "__") {
			out = append(out, defLines(s, def)...)
		}
	}
	slices.Sort(out)
	return out
}

func defLines(s *ast.Schema, def *ast.Definition) []string {
	head := string(def.Kind) + " " + def.Name
	url := ""
	if d := def.Directives.ForName("specifiedBy"); d != nil {
		url = d.Arguments.ForName("url").Value.Raw
	}
	out := []string{head, head + " # " + def.Description + url}
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		if def.Kind == ast.InputObject {
			out = append(out, fmt.Sprintf("%s.%s # %s", head, valueText(f.Name, f.Type, f.DefaultValue), f.Description))
			continue
		}
		var args []string
		for _, a := range f.Arguments {
			args = append(args, valueText(a.Name, a.Type, a.DefaultValue))
		}
		out = append(out, fmt.Sprintf("%s.%s(%s): %s # %s", head, f.Name, strings.Join(args, ", "), f.Type, f.Description))
	}
	for _, i := range def.Interfaces {
		out = append(out, head+" implements "+i)
	}
	if def.Kind == ast.Interface || def.Kind == ast.Union {
		for _, p := range s.GetPossibleTypes(def) {
			out = append(out, head+" may be "+p.Name)
		}
	}
	for _, v := range def.EnumValues {
		out = append(out, head+" = "+v.Name)
	}
	return out
}

func valueText(name string, typ *ast.Type, def *ast.Value) string {
	out := name + ": " + typ.String()
	if def != nil {
		out += " = " + def.String()
	}
	return out
}

// difference lists what only one of two sorted lists has.
func difference(got, want []string) string {
	var out []string
	for _, line := range got {
		if _, ok := slices.BinarySearch(want, line); !ok {
			out = append(out, "+ "+line)
		}
	}
	for _, line := range want {
		if _, ok := slices.BinarySearch(got, line); !ok {
			out = append(out, "- "+line)
		}
	}
	return "\n" + strings.Join(out, "\n")
}
