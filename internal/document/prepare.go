package document

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Prepare rewrites the defaults of a schema's arguments and input fields as [Set] does
// the literals of documents, so that an argument that was left out has the value that its
// default would have as a variable; and takes the directives out that nothing here
// executes: clients that find @defer in a schema wait for what never comes. The schema
// must not be in use yet, and be prepared once.
func Prepare(schema *ast.Schema) {
	delete(schema.Directives, "defer")
	p := preparer{schema: schema}
	for _, def := range schema.Types {
		for _, f := range def.Fields {
			p.literal(f.DefaultValue, f.Type)
			p.defaults(f.Arguments)
		}
	}
	for _, d := range schema.Directives {
		p.defaults(d.Arguments)
	}
}

func (p *preparer) defaults(args ast.ArgumentDefinitionList) {
	for _, a := range args {
		p.literal(a.DefaultValue, a.Type)
	}
}

// preparer finishes a valid document: it rewrites literals, lets go of the text and
// weighs what is left.
type preparer struct {
	schema    *ast.Schema
	constants map[string]any
	// bytes is about what the document takes in memory.
	bytes int64
}

// What a node takes with its position, and a value, in bytes, as measured.
const (
	nodeBytes  = 260
	valueBytes = 300
)

// source stands for the text in positions: the text itself, comments included, may be
// hundreds of times as large as what it says.
var source = &ast.Source{}

func (s *Set) prepare(doc *ast.QueryDocument) *document {
	p := &preparer{schema: s.schema, constants: map[string]any{}, bytes: 1024}
	doc.Comment = nil
	p.position(&doc.Position)
	for _, op := range doc.Operations {
		op.Comment, op.Description = nil, ""
		op.Name = p.name(&op.Position, op.Name)
		for _, v := range op.VariableDefinitions {
			v.Comment, v.Description = nil, ""
			v.Variable = p.name(&v.Position, v.Variable)
			p.typ(v.Type)
			p.literal(v.DefaultValue, v.Type)
			p.directives(v.Directives)
		}
		p.directives(op.Directives)
		p.set(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		f.Comment, f.Description = nil, ""
		f.Name = p.name(&f.Position, f.Name)
		f.TypeCondition = strings.Clone(f.TypeCondition)
		p.directives(f.Directives)
		p.set(f.SelectionSet)
	}
	return &document{QueryDocument: doc, constants: p.constants, bytes: p.bytes}
}

// name copies a name out of the text.
func (p *preparer) name(at **ast.Position, name string) string {
	p.position(at)
	p.bytes += nodeBytes + int64(len(name))
	return strings.Clone(name)
}

// position copies a position: the parser's are parts of tokens, which hold the text.
func (p *preparer) position(at **ast.Position) {
	if *at != nil {
		own := **at
		own.Src = source
		*at = &own
	}
}

func (p *preparer) typ(t *ast.Type) {
	for ; t != nil; t = t.Elem {
		p.position(&t.Position)
		t.NamedType = strings.Clone(t.NamedType)
	}
}

func (p *preparer) set(set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			sel.Comment = nil
			if sel.Alias == sel.Name {
				sel.Name = p.name(&sel.Position, sel.Name)
				sel.Alias = sel.Name
			} else {
				sel.Name, sel.Alias = strings.Clone(sel.Name), p.name(&sel.Position, sel.Alias)
			}
			p.arguments(sel.Arguments, sel.Definition.Arguments)
			p.directives(sel.Directives)
			p.set(sel.SelectionSet)
		case *ast.InlineFragment:
			sel.Comment = nil
			sel.TypeCondition = p.name(&sel.Position, sel.TypeCondition)
			p.directives(sel.Directives)
			p.set(sel.SelectionSet)
		case *ast.FragmentSpread:
			sel.Comment = nil
			sel.Name = p.name(&sel.Position, sel.Name)
			p.directives(sel.Directives)
		}
	}
}

func (p *preparer) directives(list ast.DirectiveList) {
	for _, d := range list {
		d.Name = p.name(&d.Position, d.Name)
		p.arguments(d.Arguments, d.Definition.Arguments)
	}
}

func (p *preparer) arguments(args ast.ArgumentList, defs ast.ArgumentDefinitionList) {
	for _, a := range args {
		a.Comment = nil
		a.Name = p.name(&a.Position, a.Name)
		p.literal(a.Value, defs.ForName(a.Name).Type)
	}
}

// literal rewrites a value in place to what a variable of the type would give.
func (p *preparer) literal(v *ast.Value, typ *ast.Type) {
	if v == nil {
		return
	}
	p.text(v)
	switch {
	case v.Kind == ast.Variable || v.Kind == ast.NullValue:
	case typ.Elem != nil:
		if v.Kind != ast.ListValue {
			single := *v
			*v = ast.Value{
				Kind: ast.ListValue, Children: ast.ChildValueList{{Value: &single, Position: v.Position}},
				Position: v.Position, Definition: v.Definition, ExpectedType: typ,
			}
		}
		for _, c := range v.Children {
			p.within(c, typ.Elem, nil)
		}
		p.empty(v)
	default:
		p.named(v, p.schema.Types[typ.NamedType])
	}
}

func (p *preparer) named(v *ast.Value, def *ast.Definition) {
	switch {
	case def.Kind == ast.InputObject:
		for _, c := range v.Children {
			f := def.Fields.ForName(c.Name)
			p.within(c, f.Type, f.DefaultValue)
		}
		for _, f := range def.Fields {
			if f.DefaultValue != nil && v.Children.ForName(f.Name) == nil {
				v.Children = append(v.Children, &ast.ChildValue{Name: f.Name, Value: f.DefaultValue, Position: v.Position})
			}
		}
	case def.Kind != ast.Scalar:
	case def.Name == "ID" && v.Kind == ast.IntValue:
		v.Kind = ast.StringValue
	case def.Name == "Float" && v.Kind == ast.IntValue:
		v.Kind = ast.FloatValue
	case !builtIn[def.Name]:
		p.custom(v)
	}
}

// within rewrites a value inside of a list or object. A variable there that is not given
// has the default of its place; without one it is null in a list and absent in an object.
func (p *preparer) within(c *ast.ChildValue, typ *ast.Type, placeDefault *ast.Value) {
	c.Comment = nil
	c.Name = strings.Clone(c.Name)
	p.position(&c.Position)
	p.literal(c.Value, typ)
	if c.Value.Kind == ast.Variable {
		// Not the definition of an operation, of which several may share a fragment; its
		// default is among the variables already.
		c.Value.VariableDefinition = &ast.VariableDefinition{Variable: c.Value.Raw, Type: typ, DefaultValue: placeDefault}
	}
}

// custom moves what a literal would change into constants: numbers that do not fit 64
// bits or a float64, and lists without items.
func (p *preparer) custom(v *ast.Value) {
	for _, c := range v.Children {
		c.Comment = nil
		c.Name = strings.Clone(c.Name)
		p.position(&c.Position)
		p.text(c.Value)
		p.custom(c.Value)
	}
	switch v.Kind {
	case ast.FloatValue:
		p.constant(v, json.Number(v.Raw))
	case ast.IntValue:
		if _, err := strconv.ParseInt(v.Raw, 10, 64); err != nil {
			p.constant(v, json.Number(v.Raw))
		}
	case ast.ListValue:
		p.empty(v)
	case ast.Variable:
		v.VariableDefinition = nil
	}
}

// empty keeps a list without items from becoming a nil slice, which is null in JSON.
func (p *preparer) empty(v *ast.Value) {
	if v.Kind == ast.ListValue && len(v.Children) == 0 {
		p.constant(v, []any{})
	}
}

// constant puts a variable in the place of a literal whose value only a variable can hold.
// The defaults of a schema have none.
func (p *preparer) constant(v *ast.Value, value any) {
	if p.constants == nil {
		return
	}
	name := "=" + strconv.Itoa(len(p.constants)) // a client cannot write it
	p.constants[name] = value
	*v = ast.Value{Kind: ast.Variable, Raw: name, Position: v.Position, Definition: v.Definition, ExpectedType: v.ExpectedType}
}

// text lets go of the document's text.
func (p *preparer) text(v *ast.Value) {
	v.Comment = nil
	v.Raw = strings.Clone(v.Raw)
	p.position(&v.Position)
	p.bytes += valueBytes + int64(len(v.Raw))
}
