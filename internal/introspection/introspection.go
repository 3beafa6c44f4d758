// Package introspection answers __schema and __type from the schema itself, as the
// specification says: what a kind of type does not have is null and not an empty list,
// and the answer of an operation is bounded. gqlgen's own resolvers do neither.
//
// Types and directives come by name, all else in the order of the SDL. A [Schema] may be
// used by many goroutines at once.
package introspection

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"

	"github.com/entgraph/entgraph/internal/limit"
)

// Query asks for all that there is, as the tools of clients do.
//
//go:embed query.graphql
var Query string

// Schema answers questions about one schema.
type Schema struct {
	schema     *ast.Schema
	types      []*ast.Definition
	directives []*ast.DirectiveDefinition
	full       func() int
}

// New makes a Schema.
func New(schema *ast.Schema) *Schema {
	s := &Schema{schema: schema}
	s.types = slices.SortedFunc(maps.Values(schema.Types), func(a, b *ast.Definition) int { return cmp.Compare(a.Name, b.Name) })
	s.directives = slices.SortedFunc(maps.Values(schema.Directives), func(a, b *ast.DirectiveDefinition) int { return cmp.Compare(a.Name, b.Name) })
	s.full = sync.OnceValue(s.measure)
	return s
}

// measure is how many bytes the answer to [Query] has.
func (s *Schema) measure() int {
	doc, err := parser.ParseQuery(&ast.Source{Input: Query})
	if err != nil {
		panic(err) // embedded, and tested
	}
	core.Walk(s.schema, doc, &core.Events{})
	w := &Writer{Schema: s, oc: &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: map[string]any{}}, left: 1 << 30}
	for _, f := range graphql.CollectFields(w.oc, doc.Operations[0].SelectionSet, []string{s.schema.Query.Name}) {
		w.root(f)
	}
	return len(w.out)
}

// Writer answers one operation.
type Writer struct {
	*Schema
	oc   *graphql.OperationContext
	out  []byte
	left int // bytes that all answers of the operation may still take
}

// Writer begins the answer of an operation. Its fields together may take twice the bytes
// of all that there is to tell.
func (s *Schema) Writer(oc *graphql.OperationContext) *Writer {
	return &Writer{Schema: s, oc: oc, left: 2 * s.full()}
}

// Field is the value of a root field __schema or __type, nil for a type that there is
// not. It fails with a *limit.Error when the answers of the operation get too large.
func (w *Writer) Field(f graphql.CollectedField) ([]byte, error) {
	w.out = nil
	w.root(f)
	if w.left -= len(w.out); w.left < 0 {
		most := 2 * w.full()
		return nil, limit.Fixed("introspection would take more than %d bytes, which is twice the whole schema", most)
	}
	if string(w.out) == "null" {
		return nil, nil
	}
	return w.out, nil
}

func (w *Writer) root(f graphql.CollectedField) {
	if f.Name == "__schema" {
		w.object("__Schema", f.Selections, w.ofSchema)
		return
	}
	name, _ := f.ArgumentMap(w.oc.Variables)["name"].(string)
	w.definition(w.schema.Types[name], f.Selections)
}

// object writes what is selected of an object of a type. Once the answer is too large it
// goes on no further.
func (w *Writer) object(typ string, set ast.SelectionSet, field func(graphql.CollectedField)) {
	w.out = append(w.out, '{')
	for i, f := range graphql.CollectFields(w.oc, set, []string{typ}) {
		if len(w.out) > w.left {
			return
		}
		if i > 0 {
			w.out = append(w.out, ',')
		}
		w.text(f.Alias)
		w.out = append(w.out, ':')
		if f.Name == "__typename" {
			w.text(typ)
		} else {
			field(f)
		}
	}
	w.out = append(w.out, '}')
}

func (w *Writer) ofSchema(f graphql.CollectedField) {
	switch f.Name {
	case "description":
		w.optional(w.schema.Description)
	case "types":
		list(w, w.types, func(def *ast.Definition) { w.definition(def, f.Selections) })
	case "queryType":
		w.definition(w.schema.Query, f.Selections)
	case "mutationType":
		w.definition(w.schema.Mutation, f.Selections)
	case "subscriptionType":
		w.definition(w.schema.Subscription, f.Selections)
	case "directives":
		list(w, w.directives, func(d *ast.DirectiveDefinition) {
			w.object("__Directive", f.Selections, func(f graphql.CollectedField) { w.ofDirective(d, f) })
		})
	}
}

func (w *Writer) ofDirective(d *ast.DirectiveDefinition, f graphql.CollectedField) {
	switch f.Name {
	case "name":
		w.text(d.Name)
	case "description":
		w.optional(d.Description)
	case "isRepeatable":
		w.bool(d.IsRepeatable)
	case "locations":
		list(w, d.Locations, func(l ast.DirectiveLocation) { w.text(string(l)) })
	case "args":
		w.arguments(d.Arguments, f)
	}
}

// typ writes a type with its wrappers.
func (w *Writer) typ(t *ast.Type, set ast.SelectionSet) {
	kind, of := "LIST", t.Elem
	switch {
	case t.NonNull:
		inner := *t
		inner.NonNull = false
		kind, of = "NON_NULL", &inner
	case t.Elem == nil:
		w.definition(w.schema.Types[t.NamedType], set)
		return
	}
	w.object("__Type", set, func(f graphql.CollectedField) {
		switch f.Name {
		case "kind":
			w.text(kind)
		case "ofType":
			w.typ(of, f.Selections)
		default:
			w.null()
		}
	})
}

// definition writes a type without wrappers; null for nil.
func (w *Writer) definition(def *ast.Definition, set ast.SelectionSet) {
	if def == nil {
		w.null()
		return
	}
	w.object("__Type", set, func(f graphql.CollectedField) { w.ofType(def, f) })
}

func (w *Writer) ofType(def *ast.Definition, f graphql.CollectedField) {
	composite := def.Kind == ast.Object || def.Kind == ast.Interface
	switch name := f.Name; {
	case name == "kind":
		w.text(string(def.Kind))
	case name == "name":
		w.text(def.Name)
	case name == "description":
		w.optional(def.Description)
	case name == "specifiedByURL" && def.Kind == ast.Scalar:
		w.optional(argumentOf(def.Directives.ForName("specifiedBy"), "url"))
	case name == "isOneOf" && def.Kind == ast.InputObject:
		w.bool(def.Directives.ForName("oneOf") != nil)
	case name == "fields" && composite:
		w.fields(def, f)
	case name == "interfaces" && composite:
		list(w, def.Interfaces, func(name string) { w.definition(w.schema.Types[name], f.Selections) })
	case name == "possibleTypes" && def.IsAbstractType():
		list(w, w.possible(def), func(def *ast.Definition) { w.definition(def, f.Selections) })
	case name == "enumValues" && def.Kind == ast.Enum:
		list(w, current(w, f, def.EnumValues, func(v *ast.EnumValueDefinition) ast.DirectiveList { return v.Directives }), func(v *ast.EnumValueDefinition) {
			w.object("__EnumValue", f.Selections, func(f graphql.CollectedField) { w.named(f, v.Name, v.Description, v.Directives) })
		})
	case name == "inputFields" && def.Kind == ast.InputObject:
		list(w, current(w, f, def.Fields, func(v *ast.FieldDefinition) ast.DirectiveList { return v.Directives }), func(v *ast.FieldDefinition) {
			w.input(f, v.Name, v.Description, v.Type, v.DefaultValue, v.Directives)
		})
	default:
		w.null()
	}
}

// possible lists the objects of an interface or union by name; gqlparser counts the
// interfaces that implement one among them.
func (w *Writer) possible(def *ast.Definition) []*ast.Definition {
	objects := slices.DeleteFunc(slices.Clone(w.schema.GetPossibleTypes(def)), func(d *ast.Definition) bool { return d.Kind != ast.Object })
	slices.SortFunc(objects, func(a, b *ast.Definition) int { return cmp.Compare(a.Name, b.Name) })
	return objects
}

func (w *Writer) fields(def *ast.Definition, f graphql.CollectedField) {
	fields := slices.DeleteFunc(slices.Clone(def.Fields), func(v *ast.FieldDefinition) bool { return len(v.Name) > 1 && v.Name[:2] == "__" })
	list(w, current(w, f, fields, func(v *ast.FieldDefinition) ast.DirectiveList { return v.Directives }), func(v *ast.FieldDefinition) {
		w.object("__Field", f.Selections, func(f graphql.CollectedField) {
			switch f.Name {
			case "args":
				w.arguments(v.Arguments, f)
			case "type":
				w.typ(v.Type, f.Selections)
			default:
				w.named(f, v.Name, v.Description, v.Directives)
			}
		})
	})
}

func (w *Writer) arguments(args ast.ArgumentDefinitionList, f graphql.CollectedField) {
	list(w, current(w, f, args, func(v *ast.ArgumentDefinition) ast.DirectiveList { return v.Directives }), func(v *ast.ArgumentDefinition) {
		w.input(f, v.Name, v.Description, v.Type, v.DefaultValue, v.Directives)
	})
}

func (w *Writer) input(f graphql.CollectedField, name, description string, typ *ast.Type, value *ast.Value, directives ast.DirectiveList) {
	w.object("__InputValue", f.Selections, func(f graphql.CollectedField) {
		switch {
		case f.Name == "type":
			w.typ(typ, f.Selections)
		case f.Name != "defaultValue":
			w.named(f, name, description, directives)
		case value == nil:
			w.null()
		default:
			w.text(literal(value))
		}
	})
}

// named writes what all that has a name has.
func (w *Writer) named(f graphql.CollectedField, name, description string, directives ast.DirectiveList) {
	deprecated := directives.ForName("deprecated")
	switch f.Name {
	case "name":
		w.text(name)
	case "description":
		w.optional(description)
	case "isDeprecated":
		w.bool(deprecated != nil)
	case "deprecationReason":
		reason := argumentOf(deprecated, "reason")
		if deprecated != nil && reason == "" {
			reason = "No longer supported"
		}
		w.optional(reason)
	}
}

// current leaves out what is deprecated unless the field asks for it.
func current[T any](w *Writer, f graphql.CollectedField, all []T, directives func(T) ast.DirectiveList) []T {
	if f.ArgumentMap(w.oc.Variables)["includeDeprecated"] == true {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(v T) bool { return directives(v).ForName("deprecated") != nil })
}

func list[T any](w *Writer, all []T, item func(T)) {
	w.out = append(w.out, '[')
	for i, v := range all {
		if len(w.out) > w.left {
			return
		}
		if i > 0 {
			w.out = append(w.out, ',')
		}
		item(v)
	}
	w.out = append(w.out, ']')
}

func (w *Writer) null() { w.out = append(w.out, "null"...) }

func (w *Writer) bool(b bool) {
	text := "false"
	if b {
		text = "true"
	}
	w.out = append(w.out, text...)
}

func (w *Writer) optional(s string) {
	if s == "" {
		w.null()
		return
	}
	w.text(s)
}

func (w *Writer) text(s string) {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	w.out = append(w.out, b...)
}

func argumentOf(d *ast.Directive, name string) string {
	if d == nil {
		return ""
	}
	a := d.Arguments.ForName(name)
	if a == nil {
		return ""
	}
	return a.Value.Raw
}

// literal writes a default as graphql-js prints it.
func literal(v *ast.Value) string {
	var parts []byte
	for i, c := range v.Children {
		if i > 0 {
			parts = append(parts, ", "...)
		}
		if v.Kind == ast.ObjectValue {
			parts = append(parts, c.Name+": "...)
		}
		parts = append(parts, literal(c.Value)...)
	}
	switch v.Kind {
	case ast.ListValue:
		return "[" + string(parts) + "]"
	case ast.ObjectValue:
		return "{" + string(parts) + "}"
	}
	return v.String()
}
