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

// orphans puts rows back, on the way back, into a table that was dropped: those that a
// foreign key of a table which stayed refers to.
func (p *planner) orphans(o *Object, at phase) {
	ref := Key{Kind: Table, Schema: o.RefSchema, Name: o.RefTable}
	if !p.auto || o.Shape != "f" || p.from.Objects[ref] != nil || p.from.Objects[o.table()] == nil || strings.HasSuffix(o.Def, " NOT VALID") {
		return
	}
	into, values := idents(o.RefColumns), idents(o.Columns)
	var system bool
	for _, c := range p.to.on(ref, Column) {
		known := slices.Contains(o.RefColumns, c.Name)
		system = system || known && c.Identity == "a"
		if known || !c.NotNull || c.Default+c.Generate+c.Identity != "" {
			continue
		}
		value := p.placeholder(c)
		if p.unique(c) && strings.Contains(value, "ctid") {
			value = "(row_number() OVER ())::" + c.Type
		}
		into, values = into+", "+ident(c.Name), values+", "+value
	}
	sql := "INSERT INTO " + ref.ident() + " (" + into + ")"
	if system {
		sql += " OVERRIDING SYSTEM VALUE"
	}
	var given []string
	for _, c := range o.Columns {
		given = append(given, ident(c)+" IS NOT NULL")
	}
	p.emit(at, fmt.Sprintf("%s\n  SELECT %s FROM (SELECT DISTINCT %s FROM %s WHERE %s) AS orphan\n  ON CONFLICT DO NOTHING",
		sql, values, idents(o.Columns), o.onTable(), strings.Join(given, " AND ")))
	for _, name := range o.RefColumns {
		if c := p.to.Objects[ref.column(name)]; c != nil && (c.Identity != "" || strings.Contains(c.Default, "nextval(")) {
			p.advance(c, at)
		}
	}
}
