package document

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"

	"github.com/entgraph/entgraph/internal/limit"
)

// overlap finds fields that would answer under one name and are not the same.
//
// The rule of the specification compares each pair of such fields, which is quadratic in
// their number, and so is gqlparser's. This one takes all fields of one name at one place
// of the answer as a group, compares each with the first, and goes on with what the whole
// group selects. As nothing but equality is compared, the verdict is the same, and each
// field is looked at once wherever its fragments place it, which was bounded before.
// Source: Simon Adameit's algorithm of Sangria, github.com/sangria-graphql/sangria/pull/12.
type overlap struct {
	*validation
	schema     *ast.Schema
	budget     int // fields that may be looked at
	signatures map[*ast.Field]string
}

// group is the fields of one name at one place of the answer.
type group struct {
	name   string
	fields []*ast.Field
}

func (o *overlap) document(doc *ast.QueryDocument) {
	o.signatures = map[*ast.Field]string{}
	for _, op := range doc.Operations {
		groups := o.collect([]ast.SelectionSet{op.SelectionSet})
		if o.names(groups); len(o.errs) == 0 {
			o.shapes(groups)
		}
	}
}

// shapes checks that the values of each group have one form, whatever the types that
// they belong to.
func (o *overlap) shapes(groups []*group) {
	for _, g := range groups {
		first := g.fields[0]
		for _, f := range g.fields[1:] {
			if a, b := typeOf(first), typeOf(f); o.differ(a, b) {
				o.conflict(first, f, "they return conflicting types %q and %q", a.String(), b.String())
				break
			}
		}
		o.shapes(o.collect(selections(g.fields)))
	}
}

// names checks that the fields of each group are one field with the same arguments,
// unless they belong to different objects: then only one of them answers.
func (o *overlap) names(groups []*group) {
	for _, g := range groups {
		abstract, concrete := o.byParent(g.fields)
		if len(abstract) > 0 || len(concrete) == 1 {
			o.same(g.fields)
		} else {
			for _, fields := range concrete {
				o.same(fields)
			}
		}
		if !slices.ContainsFunc(g.fields, func(f *ast.Field) bool { return len(f.SelectionSet) > 0 }) {
			continue
		}
		if len(concrete) == 0 {
			concrete = [][]*ast.Field{nil}
		}
		for _, fields := range concrete {
			o.names(o.collect(selections(slices.Concat(abstract, fields))))
		}
	}
}

// byParent tells the fields of interfaces and unions from those of objects, by object.
func (o *overlap) byParent(fields []*ast.Field) (abstract []*ast.Field, concrete [][]*ast.Field) {
	at := map[string]int{}
	for _, f := range fields {
		parent := f.ObjectDefinition
		if parent.Kind != ast.Object {
			abstract = append(abstract, f)
			continue
		}
		n, known := at[parent.Name]
		if !known {
			n = len(concrete)
			at[parent.Name] = n
			concrete = append(concrete, nil)
		}
		concrete[n] = append(concrete[n], f)
	}
	return abstract, concrete
}

func (o *overlap) same(fields []*ast.Field) {
	first := fields[0]
	for _, f := range fields[1:] {
		switch {
		case f.Name != first.Name:
			o.conflict(first, f, "%q and %q are different fields", first.Name, f.Name)
			return
		case len(f.Arguments) != len(first.Arguments) || len(f.Arguments) > 0 && o.signature(f) != o.signature(first):
			o.conflict(first, f, "they have differing arguments")
			return
		}
	}
}

func (o *overlap) conflict(first, other *ast.Field, reason string, args ...any) {
	o.report("OverlappingFieldsCanBeMerged",
		core.Message("Fields %q conflict because "+reason+". Use different aliases on the fields to fetch both if this was intentional.",
			append([]any{other.Alias}, args...)...),
		core.At(first.Position), core.At(other.Position))
}

// collect groups the fields of selection sets that answer at one place, in their order.
func (o *overlap) collect(sets []ast.SelectionSet) []*group {
	var groups []*group
	byName := map[string]*group{}
	spread := map[string]bool{}
	var visit func(set ast.SelectionSet)
	visit = func(set ast.SelectionSet) {
		for _, sel := range set {
			if o.step(); o.budget == 0 {
				panic(stopped{limit.Fixed("to compare the fields of the document by their names takes too long")})
			}
			o.budget--
			switch sel := sel.(type) {
			case *ast.Field:
				g := byName[sel.Alias]
				if g == nil {
					g = &group{name: sel.Alias}
					byName[sel.Alias] = g
					groups = append(groups, g)
				}
				g.fields = append(g.fields, sel)
			case *ast.InlineFragment:
				visit(sel.SelectionSet)
			case *ast.FragmentSpread:
				if !spread[sel.Name] {
					spread[sel.Name] = true
					visit(sel.Definition.SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		visit(set)
	}
	return groups
}

func selections(fields []*ast.Field) []ast.SelectionSet {
	var sets []ast.SelectionSet
	for _, f := range fields {
		if len(f.SelectionSet) > 0 {
			sets = append(sets, f.SelectionSet)
		}
	}
	return sets
}

// typeOf is the type of a field. The walker says that __typename may be null.
func typeOf(f *ast.Field) *ast.Type {
	if f.Name == "__typename" {
		return typenameType
	}
	return f.Definition.Type
}

var typenameType = ast.NonNullNamedType("String", nil)

// differ reports whether values of two types have different forms. What objects select
// is compared elsewhere.
func (o *overlap) differ(a, b *ast.Type) bool {
	if a.NonNull != b.NonNull || (a.Elem == nil) != (b.Elem == nil) {
		return true
	}
	if a.Elem != nil {
		return o.differ(a.Elem, b.Elem)
	}
	x, y := o.schema.Types[a.NamedType], o.schema.Types[b.NamedType]
	return (x.IsLeafType() || y.IsLeafType()) && x.Name != y.Name
}

// signature writes the arguments of a field such that equal ones are written equally.
func (o *overlap) signature(f *ast.Field) string {
	s, known := o.signatures[f]
	if !known {
		var b strings.Builder
		args := slices.Clone(f.Arguments)
		slices.SortFunc(args, func(a, b *ast.Argument) int { return strings.Compare(a.Name, b.Name) })
		for _, a := range args {
			b.WriteString(a.Name + ":")
			writeValue(&b, a.Value)
		}
		s = b.String()
		o.signatures[f] = s
	}
	return s
}

func writeValue(b *strings.Builder, v *ast.Value) {
	b.WriteString(strconv.Itoa(int(v.Kind)))
	b.WriteString(strconv.Quote(v.Raw))
	children := v.Children
	if v.Kind == ast.ObjectValue {
		children = slices.Clone(children)
		slices.SortStableFunc(children, func(a, b *ast.ChildValue) int { return strings.Compare(a.Name, b.Name) })
	}
	b.WriteByte('[')
	for _, c := range children {
		b.WriteString(c.Name + ":")
		writeValue(b, c.Value)
		b.WriteByte(',')
	}
	b.WriteByte(']')
}
