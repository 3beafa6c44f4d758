package codegen_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/internal/entity"
)

// contract is the SDL that the module commits, generated and handwritten.
func contract(t *testing.T) *ast.Schema {
	t.Helper()
	var sources []*ast.Source
	for _, name := range []string{"graph/ent.graphql", "graph/auth.graphql", "graph/custom.graphql"} {
		text, err := os.ReadFile("../" + name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: name, Input: string(text)})
	}
	s, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTableMatchesSDL checks that the table in the binary and the SDL, which come from
// the same model, say the same: fields with their types, inputs, filters, orders and
// root fields.
func TestTableMatchesSDL(t *testing.T) {
	t.Parallel()
	s := contract(t)
	g, err := entity.New(ent.Engine.Entities, nil, entity.Store{})
	if err != nil {
		t.Fatal(err)
	}
	var roots []string
	for _, e := range g.Entities() {
		same(t, s, e.Name, shown(e))
		for kind, verb := range map[entity.RootKind]string{entity.Create: "Create", entity.Update: "Update", entity.Delete: "Delete"} {
			name := strings.ToLower(verb[:1]) + verb[1:] + e.Name
			if has := g.Mutation(name) != nil; has != e.Has(kind) || has != generated(s.Mutation.Fields.ForName(name)) {
				t.Errorf("the mutation %s is not in both", name)
			}
			if kind != entity.Delete && e.Has(kind) {
				same(t, s, verb+e.Name+"Input", inputs(e, kind == entity.Create))
			}
		}
		same(t, s, e.Name+"WhereInput", filters(e))
		var orders []string
		for _, o := range e.Orders() {
			orders = append(orders, o.Name)
		}
		var values []string
		for _, v := range s.Types[e.Name+"OrderField"].EnumValues {
			values = append(values, v.Name)
		}
		if !slices.Equal(orders, values) {
			t.Errorf("%s is ordered by %v, in the SDL by %v", e.Name, orders, values)
		}
		roots = append(roots, e.Field, e.Plural)
		for _, f := range e.Lookups() {
			roots = append(roots, e.LookupName(f))
		}
	}
	for _, name := range append(roots, "node", "nodes") {
		if s.Query.Fields.ForName(name) == nil || g.Query(name) == nil {
			t.Errorf("the query field %s is not in both", name)
		}
	}
	for _, f := range s.Mutation.Fields {
		if generated(f) && g.Mutation(f.Name) == nil {
			t.Errorf("the table has no mutation %s", f.Name)
		}
	}
}

// generated reports whether a field is of the generated SDL.
func generated(f *ast.FieldDefinition) bool {
	return f != nil && strings.HasSuffix(f.Position.Src.Name, "ent.graphql")
}

// same compares "name: Type" lines with the fields of a type.
func same(t *testing.T, s *ast.Schema, typ string, want []string) {
	t.Helper()
	var got []string
	for _, f := range s.Types[typ].Fields {
		got = append(got, f.Name+": "+f.Type.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s is in the table\n%s\nand in the SDL\n%s", typ, strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
}

// typeOf is the GraphQL type of a field; the table does not keep the name of an enum.
func typeOf(e *entity.Entity, f *entity.Field) string {
	if f.Type == entity.Enum {
		return e.Name + strings.ToUpper(f.Name[:1]) + f.Name[1:]
	}
	return f.Type.Scalar()
}

func mark(required bool) string {
	if required {
		return "!"
	}
	return ""
}

func shown(e *entity.Entity) []string {
	var out []string
	for i := range e.Fields {
		f := &e.Fields[i]
		out = append(out, fmt.Sprintf("%s: %s%s", f.Name, typeOf(e, f), mark(!f.MayBeNull())))
	}
	for _, c := range e.Computed {
		out = append(out, c.Name+": "+c.Type)
	}
	for i := range e.Edges {
		switch edge := &e.Edges[i]; {
		case !edge.ToMany():
			out = append(out, edge.Name+": "+edge.Type+mark(!edge.MayBeNull()))
		case edge.ThroughType != nil:
			out = append(out, fmt.Sprintf("%s: %s%s%sConnection!", edge.Name, e.Name, strings.ToUpper(edge.Name[:1]), edge.Name[1:]))
		default:
			out = append(out, edge.Name+": "+edge.Type+"Connection!")
		}
	}
	return out
}

func inputs(e *entity.Entity, create bool) []string {
	var out []string
	for i := range e.Fields {
		f := &e.Fields[i]
		if !f.Flags.Has(entity.ReadOnly) && (create || !f.Flags.Has(entity.Immutable)) {
			out = append(out, f.Name+": "+typeOf(e, f)+mark(create && !f.Flags.Has(entity.Optional)))
		}
	}
	for i := range e.Edges {
		edge := &e.Edges[i]
		switch {
		case edge.Input == "" || !create && edge.Immutable:
		case !edge.ToMany():
			out = append(out, edge.Input+": ID"+mark(create && edge.Required))
		default:
			out = append(out, edge.Input+": [ID!]")
			if !create {
				out = append(out, edge.AddInput+": [ID!]", edge.RemoveInput+": [ID!]")
			}
		}
	}
	return out
}

func filters(e *entity.Entity) []string {
	out := []string{"not: " + e.Name + "WhereInput", "and: [" + e.Name + "WhereInput!]", "or: [" + e.Name + "WhereInput!]"}
	for _, f := range e.Filters() {
		typ := "Boolean"
		switch {
		case f.With:
			typ = "[" + f.Edge.Type + "WhereInput!]"
		case f.Quantifier != "":
			typ = f.Edge.Type + "WhereInput"
		case f.Count:
			typ = f.Edge.Type + "CountInput"
		case f.Search:
			typ = "String"
		case f.Edge != nil || f.Op.Null():
		case f.Op == entity.AtPath:
			typ = "[" + entity.PathInput + "!]"
		case f.Op.List():
			typ = "[" + typeOf(e, f.Field) + "!]"
		default:
			typ = typeOf(e, f.Field)
		}
		out = append(out, f.Name+": "+typ)
	}
	return out
}
