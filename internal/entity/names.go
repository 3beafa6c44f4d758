package entity

import (
	"slices"
	"strings"
	"unicode"
)

// Op compares a field with a value of a filter.
type Op string

// The operators, named as the endings of a WhereInput's keys. The meaning is Ent's.
const (
	EQ           Op = ""
	NEQ          Op = "NEQ"
	In           Op = "In"
	NotIn        Op = "NotIn"
	GT           Op = "GT"
	GTE          Op = "GTE"
	LT           Op = "LT"
	LTE          Op = "LTE"
	Contains     Op = "Contains"
	HasPrefix    Op = "HasPrefix"
	HasSuffix    Op = "HasSuffix"
	EqualFold    Op = "EqualFold"
	ContainsFold Op = "ContainsFold"
	Matches      Op = "Matches" // a regular expression
	Has          Op = "Has"     // an array has an element, HasAny one of some, HasAll all of them
	HasAny       Op = "HasAny"
	HasAll       Op = "HasAll"
	IsEmpty      Op = "IsEmpty"
	Within       Op = "Within"
	Covers       Op = "Covers"
	Overlaps     Op = "Overlaps"
	Before       Op = "Before"
	After        Op = "After"
	AtPath       Op = "Path" // conditions on the values at paths of a document
	IsNil        Op = "IsNil"
	NotNil       Op = "NotNil"
)

// List reports whether the operator takes a list.
func (o Op) List() bool { return o == In || o == NotIn || o == HasAny || o == HasAll }

// OfItems reports whether the operator compares elements of an array.
func (o Op) OfItems() bool { return o == Has || o == HasAny || o == HasAll }

// Compares reports whether the operator compares whole values, so that it is one of a
// comparison such as IntComparison.
func (o Op) Compares() bool {
	switch o {
	case EQ, NEQ, In, NotIn, GT, GTE, LT, LTE:
		return true
	}
	return false
}

// Key is the operator as a key of a comparison: "eq", "notIn".
func (o Op) Key() string {
	switch o {
	case EQ:
		return "eq"
	case In, NotIn:
		return lowerFirst(string(o))
	}
	return strings.ToLower(string(o))
}

// Null reports whether the operator asks for NULL; its value is a Boolean.
func (o Op) Null() bool { return o == IsNil || o == NotNil }

// Ops lists the operators of a field in the order of the SDL.
func (f *Field) Ops() []Op {
	ops := slices.Clone(f.Type.Kind().Ops)
	if f.Flags.Has(Equatable) {
		ops = slices.Clone(equality)
	}
	if f.Flags.Has(Verbatim) {
		ops = nil
	}
	if f.Flags.Has(Nullable) {
		ops = append(ops, IsNil, NotNil)
	}
	return ops
}

// Quantifier says for how many entities at a to-many edge a filter must be true. Its
// text is the ending of a WhereInput's key.
type Quantifier string

// The quantifiers. A filter that is neither true nor false, as one that compares with
// NULL, is not true.
const (
	Some  Quantifier = "Some"  // for at least one
	None  Quantifier = "None"  // for none
	Every Quantifier = "Every" // for all; so also where there is none
)

// Quantifiers lists them in the order of the SDL.
var Quantifiers = []Quantifier{Some, None, Every}

// Filter is the meaning of one key of a WhereInput: a comparison of a field, or a
// condition on an edge.
type Filter struct {
	Name  string
	Field *Field
	Op    Op
	Edge  *Edge
	// With: the value is a list of WhereInputs that one neighbour must fulfil; without
	// it, and without a Quantifier, the value says whether there is a neighbour.
	With bool
	// Quantifier: the value is one WhereInput. Empty for other filters.
	Quantifier Quantifier
	// Count: the value compares how many entities there are at a to-many edge.
	Count bool
	// Search: the value is what is looked for in the entity's [Search].
	Search bool
}

// source names what the filter comes from, for an error.
func (f *Filter) source() string {
	switch {
	case f.Search:
		return "the field or edge, since entity.Searchable needs the name"
	case f.Edge != nil:
		return "the edge " + f.Edge.Name
	}
	return "the field " + f.Field.Name
}

// Filters lists the keys of the entity's WhereInput in the order of the SDL, without
// and, or and not.
func (e *Entity) Filters() []*Filter {
	var out []*Filter
	for i := range e.Fields {
		f := &e.Fields[i]
		for _, op := range f.Ops() {
			out = append(out, &Filter{Name: f.Name + string(op), Field: f, Op: op})
		}
	}
	for i := range e.Edges {
		edge := &e.Edges[i]
		name := "has" + upperFirst(edge.Name)
		out = append(out, &Filter{Name: name, Edge: edge}, &Filter{Name: name + "With", Edge: edge, With: true})
		if edge.ToMany() {
			for _, q := range Quantifiers {
				out = append(out, &Filter{Name: edge.Name + string(q), Edge: edge, Quantifier: q})
			}
			out = append(out, &Filter{Name: edge.Name + "Count", Edge: edge, Count: true})
		}
	}
	if e.Search != nil {
		out = append(out, &Filter{Name: SearchFilter, Search: true})
	}
	return out
}

// Order is one value of an OrderField enum: an own field, a field of a to-one edge,
// the number of entities at a to-many edge, or how well an entity fits a search.
type Order struct {
	Name  string
	Field *Field
	Edge  *Edge
	// Relevance: the best first when ascending. It needs what is searched for.
	Relevance bool
}

// Count reports whether the order is by the number of entities at an edge.
func (o *Order) Count() bool { return o.Field == nil && !o.Relevance }

// Type is the type of the values that are ordered.
func (o *Order) Type() Type {
	switch {
	case o.Relevance:
		return Float
	case o.Count():
		return BigInt
	}
	return o.Field.Type
}

// source names what the order comes from, for an error.
func (o *Order) source() string {
	switch {
	case o.Relevance:
		return "the field or edge, since entity.Searchable needs the name"
	case o.Edge != nil:
		return "the edge " + o.Edge.Name
	}
	return "the field " + o.Field.Name
}

// Nullable reports whether the key can be NULL.
func (o *Order) Nullable() bool {
	switch {
	case o.Count(), o.Relevance:
		return false
	case o.Edge != nil:
		return o.Edge.MayBeNull() || o.Field.MayBeNull()
	default:
		return o.Field.MayBeNull()
	}
}

func (e *Entity) makeOrders() []*Order {
	var out []*Order
	for _, f := range e.ordered() {
		out = append(out, &Order{Name: constant(f.Name), Field: f})
	}
	for i := range e.Edges {
		edge := &e.Edges[i]
		if edge.ToMany() {
			out = append(out, &Order{Name: constant(edge.Name) + "_COUNT", Edge: edge})
			continue
		}
		for _, f := range edge.Target.ordered() {
			out = append(out, &Order{Name: constant(edge.Name) + "_" + constant(f.Name), Field: f, Edge: edge})
		}
	}
	if e.Search != nil {
		out = append(out, &Order{Name: RelevanceOrder, Relevance: true})
	}
	return out
}

// ordered lists the fields by which a list can be ordered.
func (e *Entity) ordered() []*Field {
	var out []*Field
	for i := range e.Fields {
		if f := &e.Fields[i]; !f.Type.Kind().Unordered && !f.Flags.Has(Long) {
			out = append(out, f)
		}
	}
	return out
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// constant turns a camelCase name into an enum value: "createdAt" into "CREATED_AT",
// "parentID" into "PARENT_ID".
func constant(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		starts := i > 0 && unicode.IsUpper(r) &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if starts && runes[i-1] != '_' {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}
