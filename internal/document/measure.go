package document

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/limit"
)

const (
	// maxName bounds the names that a client may choose or misspell, in bytes.
	maxName = 255
	// maxSteps bounds the selections that validation visits: it walks each operation and
	// each fragment with all fragments that it reaches. 5000 tokens of fragments that
	// spread each other ask for millions; real documents, ten to twenty thousand.
	maxSteps = 100_000
	// saturated is more than any limit, and far from overflowing.
	saturated = 1 << 40
)

// extent is how large a selection set is with its fragments expanded.
type extent struct{ fields, roots, depth int }

func (e *extent) add(o extent) {
	e.fields = min(e.fields+o.fields, saturated)
	e.roots = min(e.roots+o.roots, saturated)
	e.depth = max(e.depth, o.depth)
}

// measurer measures a document in linear time: each fragment once.
type measurer struct {
	fragments  map[string]*ast.FragmentDefinition
	extents    map[string]extent
	entered    map[string]bool // fragments on the way from the definition to here
	cycle      *ast.FragmentSpread
	long       *ast.Position // of a name that is too long
	directives int
	parts      map[string]*part
	here       *part
}

// part is one definition without what it spreads.
type part struct {
	selections int
	spreads    map[string]bool
}

// measure refuses what is too large and fragments that contain themselves.
func (s *Set) measure(doc *ast.QueryDocument) error {
	m := &measurer{
		fragments: map[string]*ast.FragmentDefinition{}, extents: map[string]extent{},
		entered: map[string]bool{}, parts: map[string]*part{},
	}
	for _, f := range doc.Fragments {
		if len(f.VariableDefinition) > 0 {
			return gqlerror.List{parseErrorAt(f.Position, "Unexpected variables of a fragment")}
		}
		if m.fragments[f.Name] == nil {
			m.fragments[f.Name] = f
		}
	}
	operations := make([]*part, len(doc.Operations))
	var sum, largest extent
	for i, op := range doc.Operations {
		operations[i] = m.operation(op, &sum, &largest)
	}
	for _, f := range doc.Fragments { // those that nothing spreads as well
		m.fragment(f.Name)
	}
	return s.judge(m, operations, sum.fields, largest)
}

func (m *measurer) operation(op *ast.OperationDefinition, sum, largest *extent) *part {
	p := &part{spreads: map[string]bool{}}
	m.here = p
	m.name(op.Position, op.Name)
	m.directiveList(op.Directives)
	for _, v := range op.VariableDefinitions {
		m.name(v.Position, v.Variable)
		m.name(v.Position, v.Type.Name())
		m.directiveList(v.Directives)
		m.value(v.DefaultValue)
	}
	e := m.set(op.SelectionSet)
	sum.add(e)
	largest.depth, largest.roots = max(largest.depth, e.depth), max(largest.roots, e.roots)
	return p
}

// judge compares what was measured with the limits.
func (s *Set) judge(m *measurer, operations []*part, fields int, largest extent) error {
	exceeded := func(setting string, most int, what string) error {
		return limit.Exceeded(setting, int64(most), what, most)
	}
	switch {
	case m.long != nil:
		return limit.Fixed("line %d, column %d: a name or number is longer than %d bytes", m.long.Line, m.long.Column, maxName)
	case m.directives > s.o.MaxDirectives:
		return exceeded("MAX_DOCUMENT_DIRECTIVES", s.o.MaxDirectives, "the document has more than %d directives")
	case m.cycle != nil:
		e := gqlerror.ErrorPosf(m.cycle.Position, "Cannot spread fragment %q within itself.", m.cycle.Name)
		return s.told(gqlerror.List{e}, 0)
	case largest.roots > s.o.MaxRootFields:
		return exceeded("MAX_ROOT_FIELDS", s.o.MaxRootFields, "the operation has more than %d root fields")
	case largest.depth > s.o.MaxDepth:
		return exceeded("MAX_DOCUMENT_DEPTH", s.o.MaxDepth, "the operation nests more than %d levels deep")
	case fields > s.o.MaxFields:
		return exceeded("MAX_DOCUMENT_FIELDS", s.o.MaxFields, "the document has more than %d fields, each fragment counted wherever it is spread")
	case m.steps(operations) > maxSteps:
		return limit.Fixed("the operations and fragments of the document spread too many others: to validate it takes more than %d steps", maxSteps)
	}
	return nil
}

// steps counts what validation visits, up to a little more than its limit.
func (m *measurer) steps(operations []*part) int {
	total := 0
	var reach func(p *part, seen map[string]bool)
	reach = func(p *part, seen map[string]bool) {
		total += 1 + p.selections
		for name := range p.spreads {
			if next := m.parts[name]; next != nil && !seen[name] && total <= maxSteps {
				seen[name] = true
				reach(next, seen)
			}
		}
	}
	for _, p := range operations {
		reach(p, map[string]bool{})
	}
	for _, p := range m.parts {
		reach(p, map[string]bool{})
	}
	return total
}

func (m *measurer) set(set ast.SelectionSet) extent {
	var e extent
	for _, sel := range set {
		m.here.selections++
		switch sel := sel.(type) {
		case *ast.Field:
			m.name(sel.Position, sel.Name)
			m.name(sel.Position, sel.Alias)
			m.arguments(sel.Arguments)
			m.directiveList(sel.Directives)
			inner := m.set(sel.SelectionSet)
			e.add(extent{fields: 1 + inner.fields, roots: 1, depth: 1 + inner.depth})
		case *ast.InlineFragment:
			m.name(sel.Position, sel.TypeCondition)
			m.directiveList(sel.Directives)
			e.add(m.set(sel.SelectionSet))
		case *ast.FragmentSpread:
			m.name(sel.Position, sel.Name)
			m.directiveList(sel.Directives)
			m.here.spreads[sel.Name] = true
			if m.entered[sel.Name] && m.cycle == nil {
				m.cycle = sel
			}
			e.add(m.fragment(sel.Name))
		}
	}
	return e
}

func (m *measurer) fragment(name string) extent {
	if e, known := m.extents[name]; known || m.entered[name] {
		return e
	}
	f := m.fragments[name]
	if f == nil {
		return extent{} // validation tells
	}
	m.entered[name] = true
	outer := m.here
	m.here = &part{spreads: map[string]bool{}}
	m.parts[name] = m.here
	m.name(f.Position, f.Name)
	m.name(f.Position, f.TypeCondition)
	m.directiveList(f.Directives)
	e := m.set(f.SelectionSet)
	m.here = outer
	delete(m.entered, name)
	m.extents[name] = e
	return e
}

func (m *measurer) directiveList(list ast.DirectiveList) {
	m.directives += len(list)
	for _, d := range list {
		m.name(d.Position, d.Name)
		m.arguments(d.Arguments)
	}
}

func (m *measurer) arguments(list ast.ArgumentList) {
	for _, a := range list {
		m.name(a.Position, a.Name)
		m.value(a.Value)
	}
}

func (m *measurer) value(v *ast.Value) {
	if v == nil {
		return
	}
	if v.Kind == ast.EnumValue || v.Kind == ast.Variable || v.Kind == ast.IntValue || v.Kind == ast.FloatValue {
		m.name(v.Position, v.Raw)
	}
	for _, c := range v.Children {
		m.name(v.Position, c.Name)
		m.value(c.Value)
	}
}

func (m *measurer) name(at *ast.Position, name string) {
	if len(name) > maxName && m.long == nil {
		m.long = at
	}
}

func parseErrorAt(at *ast.Position, message string) *gqlerror.Error {
	e := gqlerror.ErrorPosf(at, "%s", message)
	e.Extensions = map[string]any{"code": "GRAPHQL_PARSE_FAILED"}
	return e
}

// shown quotes a name for a message.
func shown(name string) string { return fmt.Sprintf("%q", name) }
