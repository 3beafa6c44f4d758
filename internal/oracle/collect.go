package oracle

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// collected is one entry of an answer: all fields of one response key.
type collected struct {
	*ast.Field
	key  string
	sets []ast.SelectionSet
}

// collect gathers the fields of an object in the order of their first appearance.
// Source: GraphQL specification, section 6.3.2.
func (ev *evaluation) collect(typ string, sets []ast.SelectionSet) []*collected {
	c := &collector{evaluation: ev, typ: typ, spread: map[string]bool{}}
	for _, set := range sets {
		c.walk(set)
	}
	return c.fields
}

type collector struct {
	*evaluation
	typ    string
	spread map[string]bool
	fields []*collected
}

func (c *collector) walk(set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if c.included(sel.Directives) {
				c.add(sel)
			}
		case *ast.InlineFragment:
			if c.included(sel.Directives) && c.applies(sel.TypeCondition) {
				c.walk(sel.SelectionSet)
			}
		case *ast.FragmentSpread:
			if !c.included(sel.Directives) || c.spread[sel.Name] {
				continue
			}
			c.spread[sel.Name] = true
			if f := c.doc.Fragments.ForName(sel.Name); c.applies(f.TypeCondition) {
				c.walk(f.SelectionSet)
			}
		}
	}
}

func (c *collector) add(f *ast.Field) {
	i := slices.IndexFunc(c.fields, func(other *collected) bool { return other.key == f.Alias })
	if i < 0 {
		i = len(c.fields)
		c.fields = append(c.fields, &collected{Field: f, key: f.Alias})
	}
	c.fields[i].sets = append(c.fields[i].sets, f.SelectionSet)
}

// included evaluates @skip and @include.
func (c *collector) included(directives ast.DirectiveList) bool {
	for _, d := range directives {
		v, _ := c.literal(d.Arguments.ForName("if").Value)
		if v == (d.Name == "skip") {
			return false
		}
	}
	return true
}

// applies reports whether a fragment on a type is for the object.
func (c *collector) applies(condition string) bool {
	return condition == "" || condition == c.typ || slices.Contains(c.Schema.Types[c.typ].Interfaces, condition) ||
		slices.Contains(c.Schema.Types[condition].Types, c.typ)
}
