package oracle

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// Shrink makes a failing case small: it takes away selections, arguments, parts of
// values, directives, fragments and variables as long as it still fails. Calls of
// fails are bounded; the result is a case for which it was true, or the one given.
func Shrink(c Case, fails func(Case) bool) Case {
	calls := 0
	check := func(c Case) bool {
		calls++
		return calls <= 3000 && fails(c)
	}
	for {
		smaller, ok := step(c, check)
		if !ok {
			return c
		}
		c = smaller
	}
}

// step tries everything that can be taken away once, and keeps what still fails.
func step(c Case, fails func(Case) bool) (Case, bool) {
	progress := false
	for n := 0; ; {
		smaller, ok := without(c, n)
		if !ok {
			break
		}
		if fails(smaller) {
			c, progress = smaller, true
			continue // what comes next has the same number now
		}
		n++
	}
	for _, name := range slices.Sorted(maps.Keys(c.Variables)) {
		for _, v := range smallerValues(c.Variables[name]) {
			smaller := Case{Query: c.Query, Variables: maps.Clone(c.Variables)}
			if smaller.Variables[name] = v; fails(smaller) {
				c, progress = smaller, true
				break
			}
		}
	}
	return c, progress
}

// smallerValues lists a variable's value with one member or item less, at any depth.
func smallerValues(v any) []any {
	var out []any
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			smaller := maps.Clone(v)
			delete(smaller, key)
			out = append(out, smaller)
			for _, inner := range smallerValues(v[key]) {
				smaller := maps.Clone(v)
				smaller[key] = inner
				out = append(out, smaller)
			}
		}
	case []any:
		for i := range v {
			out = append(out, slices.Delete(slices.Clone(v), i, i+1))
			for _, inner := range smallerValues(v[i]) {
				smaller := slices.Clone(v)
				smaller[i] = inner
				out = append(out, smaller)
			}
		}
	}
	return out
}

// without takes away the n-th thing of a document; false when there are not so many.
func without(c Case, n int) (Case, bool) {
	doc, err := parser.ParseQuery(&ast.Source{Input: c.Query})
	if err != nil {
		return c, false
	}
	p := &pruner{doc: doc, left: n}
	p.document()
	if p.left >= 0 {
		return c, false
	}
	p.removeUnused()
	out := Case{Query: Format(doc), Variables: maps.Clone(c.Variables)}
	for name := range out.Variables {
		if doc.Operations[0].VariableDefinitions.ForName(name) == nil {
			delete(out.Variables, name)
		}
	}
	return out, true
}

// pruner walks a document and takes away the thing at which left is used up.
type pruner struct {
	doc  *ast.QueryDocument
	left int
}

// here reports, once, that the thing at hand is the one to take away.
func (p *pruner) here() bool {
	p.left--
	return p.left == -1
}

func (p *pruner) document() {
	op := p.doc.Operations[0]
	p.selections(&op.SelectionSet)
	for _, f := range p.doc.Fragments {
		p.selections(&f.SelectionSet)
	}
	for _, v := range op.VariableDefinitions {
		if v.DefaultValue != nil {
			if p.here() {
				v.DefaultValue = nil
				continue
			}
			p.value(v.DefaultValue)
		}
	}
}

// removeUnused removes what the rest no longer uses, which would not be valid.
func (p *pruner) removeUnused() {
	fragments, variables := map[string]bool{}, map[string]bool{}
	var use func(ast.SelectionSet)
	useValue := func(v *ast.Value) {
		for _, name := range variablesIn(v) {
			variables[name] = true
		}
	}
	useDirectives := func(list ast.DirectiveList) {
		for _, d := range list {
			for _, a := range d.Arguments {
				useValue(a.Value)
			}
		}
	}
	use = func(set ast.SelectionSet) {
		for _, sel := range set {
			switch sel := sel.(type) {
			case *ast.Field:
				useDirectives(sel.Directives)
				for _, a := range sel.Arguments {
					useValue(a.Value)
				}
				use(sel.SelectionSet)
			case *ast.InlineFragment:
				useDirectives(sel.Directives)
				use(sel.SelectionSet)
			case *ast.FragmentSpread:
				useDirectives(sel.Directives)
				if f := p.doc.Fragments.ForName(sel.Name); f != nil && !fragments[sel.Name] {
					fragments[sel.Name] = true
					use(f.SelectionSet)
				}
			}
		}
	}
	op := p.doc.Operations[0]
	use(op.SelectionSet)
	p.doc.Fragments = slices.DeleteFunc(p.doc.Fragments, func(f *ast.FragmentDefinition) bool { return !fragments[f.Name] })
	op.VariableDefinitions = slices.DeleteFunc(op.VariableDefinitions, func(v *ast.VariableDefinition) bool { return !variables[v.Variable] })
}

func variablesIn(v *ast.Value) []string {
	if v.Kind == ast.Variable {
		return []string{v.Raw}
	}
	var names []string
	for _, c := range v.Children {
		names = append(names, variablesIn(c.Value)...)
	}
	return names
}

// prune takes an element out of a list, if it is its turn.
func prune[S ~[]E, E any](p *pruner, list *S) {
	for i := range *list {
		if p.here() {
			*list = slices.Delete(slices.Clone(*list), i, i+1)
			return
		}
	}
}

// selections takes away a selection, or puts what is in a fragment in its place.
func (p *pruner) selections(set *ast.SelectionSet) {
	if len(*set) > 1 {
		prune(p, set)
	}
	for i, sel := range *set {
		var inner ast.SelectionSet
		switch sel := sel.(type) {
		case *ast.Field:
			p.directives(&sel.Directives)
			p.field(sel)
			continue
		case *ast.InlineFragment:
			p.directives(&sel.Directives)
			inner = sel.SelectionSet
		case *ast.FragmentSpread:
			p.directives(&sel.Directives)
			if f := p.doc.Fragments.ForName(sel.Name); f != nil {
				inner = f.SelectionSet
			}
		}
		if p.here() {
			*set = slices.Replace(slices.Clone(*set), i, i+1, inner...)
			return
		}
		if fragment, ok := sel.(*ast.InlineFragment); ok {
			p.selections(&fragment.SelectionSet)
		}
	}
}

func (p *pruner) directives(list *ast.DirectiveList) { prune(p, list) }

func (p *pruner) field(f *ast.Field) {
	if f.Alias != f.Name && p.here() {
		f.Alias = f.Name
	}
	prune(p, &f.Arguments)
	for _, a := range f.Arguments {
		p.value(a.Value)
	}
	if len(f.SelectionSet) > 0 {
		p.selections(&f.SelectionSet)
	}
}

func (p *pruner) value(v *ast.Value) {
	prune(p, &v.Children)
	for _, c := range v.Children {
		p.value(c.Value)
	}
}
