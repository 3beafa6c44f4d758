package schemadiff

import (
	"cmp"
	"slices"
	"strings"
)

func (p *planner) createTable(o *Object, at phase) {
	at = p.afterParts(o, at)
	sql := "CREATE "
	if o.Attr.Persistence == "u" {
		sql += "UNLOGGED "
	}
	sql += "TABLE " + o.ident()
	parts := p.tableParts(o)
	switch {
	case o.Attr.Bound != "":
		sql += " PARTITION OF " + strings.Join(o.Attr.Parents, ", ")
		if len(parts) > 0 {
			sql += " (\n  " + strings.Join(parts, ",\n  ") + "\n)"
		}
		sql += " " + o.Attr.Bound
	case len(parts) == 0:
		sql += " ()"
	default:
		sql += " (\n  " + strings.Join(parts, ",\n  ") + "\n)"
	}
	if o.Attr.Bound == "" && len(o.Attr.Parents) > 0 {
		sql += " INHERITS (" + strings.Join(o.Attr.Parents, ", ") + ")"
	}
	if o.Attr.Partition != "" {
		sql += " PARTITION BY " + o.Attr.Partition
	}
	if len(o.Options) > 0 {
		sql += " WITH (" + strings.Join(o.Options, ", ") + ")"
	}
	p.emit(at, statement(sql))
	for _, c := range p.to.on(o.Key, Column) {
		p.columnExtras(nil, c, at)
		p.own(c, at)
		if c.Comment != "" {
			p.comment(c)
		}
	}
	for _, c := range p.to.on(o.Key, Constraint) {
		if p.inline(c) && c.Comment != "" {
			p.comment(c)
		}
	}
	if o.Attr.OfType != "" {
		p.emit(at, alterTable(o.ident(), "OF "+o.Attr.OfType))
	}
	p.security(&Object{}, o, at)
}

// afterParts gives the phase in which a table with its parts can be made.
func (p *planner) afterParts(o *Object, at phase) phase {
	for _, n := range p.neededFirst(o) {
		at = max(at, p.phase[n])
	}
	for _, kind := range []Kind{Column, Constraint} {
		for _, part := range p.to.on(o.Key, kind) {
			if p.inline(part) {
				p.phase[part.Key] = at
			}
		}
	}
	p.phase[o.Key] = at
	return at
}

// tableParts are the columns and the constraints of a new table.
func (p *planner) tableParts(o *Object) (parts []string) {
	columns := p.to.on(o.Key, Column)
	slices.SortFunc(columns, func(a, b *Object) int { return cmp.Compare(a.place, b.place) })
	for _, c := range columns {
		parts = append(parts, ident(c.Name)+" "+columnClause(c))
	}
	constraints := p.to.on(o.Key, Constraint)
	slices.SortStableFunc(constraints, func(a, b *Object) int { return constraintRank(a) - constraintRank(b) })
	for _, c := range constraints {
		if p.inline(c) {
			parts = append(parts, "CONSTRAINT "+ident(c.Name)+" "+c.Def)
		}
	}
	return parts
}

func (p *planner) alterTable(old, o *Object, at phase) {
	alter := func(action string) Statement { return alterTable(o.ident(), action) }
	if old.Attr.OfType != o.Attr.OfType {
		if o.Attr.OfType == "" {
			p.emit(at, alter("NOT OF"))
		} else {
			p.late = append(p.late, step{phase: at, Statement: alter("OF " + o.Attr.OfType)})
		}
	}
	if old.Attr.Persistence != o.Attr.Persistence {
		p.emit(at, alter("SET "+persistence(o)))
	}
	p.options(old, o, alter, at)
	p.emit(at, parents(old, o)...)
	p.security(old, o, at)
}

// options sets and resets the parameters of what is altered.
func (p *planner) options(old, o *Object, alter func(action string) Statement, at phase) {
	name := func(option string) string { n, _, _ := strings.Cut(option, "="); return n }
	kept := slices.DeleteFunc(slices.Clone(old.Options), func(option string) bool {
		return !slices.ContainsFunc(o.Options, func(s string) bool { return name(s) == name(option) })
	})
	same := slices.DeleteFunc(slices.Clone(kept), func(option string) bool { return !slices.Contains(o.Options, option) })
	if !slices.Equal(same, o.Options[:min(len(same), len(o.Options))]) {
		kept, same = nil, nil // Postgres appends what is set, and the order is seen in dumps
	}
	for _, option := range old.Options {
		if !slices.Contains(kept, option) {
			p.emit(at, alter("RESET ("+name(option)+")"))
		}
	}
	if set := slices.DeleteFunc(slices.Clone(o.Options), func(option string) bool { return slices.Contains(same, option) }); len(set) > 0 {
		p.emit(at, alter("SET ("+strings.Join(set, ", ")+")"))
	}
}

// parents detaches a partition, or an heir, from its parents and attaches it to others.
func parents(old, o *Object) (statements []Statement) {
	if slices.Equal(old.Attr.Parents, o.Attr.Parents) && old.Attr.Bound == o.Attr.Bound {
		return nil
	}
	for _, parent := range old.Attr.Parents {
		if old.Attr.Bound != "" {
			statements = append(statements, alterTable(parent, "DETACH PARTITION "+o.ident()))
		} else {
			statements = append(statements, alterTable(o.ident(), "NO INHERIT "+parent))
		}
	}
	for _, parent := range o.Attr.Parents {
		if o.Attr.Bound != "" {
			statements = append(statements, alterTable(parent, "ATTACH PARTITION "+o.ident()+" "+o.Attr.Bound))
		} else {
			statements = append(statements, alterTable(o.ident(), "INHERIT "+parent))
		}
	}
	return statements
}

// moveParts detaches and attaches first and alone: it changes which columns are a
// table's own.
func (p *planner) moveParts() (statements []Statement) {
	for _, o := range p.to.of(Table) {
		old := p.from.Objects[o.Key]
		if old == nil {
			continue
		}
		known := func(parent string) bool {
			return slices.ContainsFunc(p.from.of(Table), func(t *Object) bool { return typeName(t.Key) == parent })
		}
		if !slices.ContainsFunc(o.Attr.Parents, func(parent string) bool { return !known(parent) }) {
			statements = append(statements, parents(old, o)...)
		}
	}
	return statements
}

// security sets row-level security.
func (p *planner) security(old, o *Object, at phase) {
	alter := func(action string) Statement { return alterTable(o.ident(), action) }
	if old.Attr.Security != o.Attr.Security {
		p.emit(at, alter(map[bool]string{true: "ENABLE", false: "DISABLE"}[o.Attr.Security]+" ROW LEVEL SECURITY"))
	}
	if old.Attr.Force != o.Attr.Force {
		p.emit(at, alter(map[bool]string{true: "FORCE", false: "NO FORCE"}[o.Attr.Force]+" ROW LEVEL SECURITY"))
	}
}

// last is the latest phase of the indexes of a table.
func (p *planner) last(o *Object) phase {
	if p.opt.Online && p.from.Objects[o.Key] != nil {
		return finish
	}
	return main
}
