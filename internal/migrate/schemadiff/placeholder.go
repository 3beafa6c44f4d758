package schemadiff

import (
	"fmt"
	"slices"
	"strings"
)

// placeholder is what rows get on the way back in a column whose values are lost. It
// satisfies what the catalog shows: references and uniqueness.
func (p *planner) placeholder(c *Object) string {
	for _, k := range p.to.on(c.table(), Constraint) {
		if k.Shape == "f" && len(k.Columns) == 1 && k.Columns[0] == c.Name {
			return fmt.Sprintf("(SELECT min(%s::text) FROM %s)::%s", ident(k.RefColumns[0]), k.Ref, c.Type)
		}
	}
	if c.Default != "" && !strings.Contains(c.Default, "nextval(") {
		return c.Default
	}
	value := p.zero(c)
	if !p.unique(c) {
		return value
	}
	// The place of a row is a number of its own.
	const row = "((ctid::text::point)[0]::bigint * 10000 + (ctid::text::point)[1]::bigint)"
	switch {
	case value == "''":
		return row + "::text"
	case value == "0":
		return row
	}
	return value
}

// unique reports whether a column alone must be unique.
func (p *planner) unique(c *Object) bool {
	alone := func(o *Object) bool { return slices.Equal(o.Columns, []string{c.Name}) }
	return slices.ContainsFunc(p.to.on(c.table(), Constraint), func(o *Object) bool { return strings.Contains("pu", o.Shape) && alone(o) }) ||
		slices.ContainsFunc(p.to.on(c.table(), Index), func(o *Object) bool { return o.Unique && alone(o) })
}
