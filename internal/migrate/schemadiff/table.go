package schemadiff

import (
	"cmp"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

func (w *way) createTable(o *Object, at phase) {
	at = w.afterParts(o, at)
	sql := "CREATE "
	if o.Attr.Persistence == "u" {
		sql += "UNLOGGED "
	}
	sql += "TABLE " + o.ident()
	parts := w.tableParts(o)
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
	w.emit(at, statement(sql))
	for _, c := range w.to.on(o.Key, Column) {
		w.columnExtras(nil, c, at)
		w.own(c, at)
		if c.Comment != "" {
			w.comment(c)
		}
	}
	for _, c := range w.to.on(o.Key, Constraint) {
		if inline(c) && c.Comment != "" {
			w.comment(c)
		}
	}
	if o.Attr.OfType != "" {
		w.emit(at, alterTable(o.ident(), "OF "+o.Attr.OfType))
	}
	w.security(&Object{}, o, at)
}

// afterParts gives the phase in which a table with its parts can be made.
func (w *way) afterParts(o *Object, at phase) phase {
	for _, n := range w.neededFirst(o) {
		at = max(at, w.phase[n])
	}
	for _, kind := range []Kind{Column, Constraint} {
		for _, part := range w.to.on(o.Key, kind) {
			if inline(part) {
				w.phase[part.Key] = at
			}
		}
	}
	w.phase[o.Key] = at
	return at
}

// tableParts are the columns and the constraints of a new table.
func (w *way) tableParts(o *Object) (parts []string) {
	columns := w.to.on(o.Key, Column)
	slices.SortFunc(columns, func(a, b *Object) int { return cmp.Compare(a.place, b.place) })
	for _, c := range columns {
		parts = append(parts, sqltext.Ident(c.Name)+" "+columnClause(c))
	}
	constraints := w.to.on(o.Key, Constraint)
	slices.SortStableFunc(constraints, func(a, b *Object) int { return constraintRank(a) - constraintRank(b) })
	for _, c := range constraints {
		if inline(c) {
			parts = append(parts, "CONSTRAINT "+sqltext.Ident(c.Name)+" "+c.Def)
		}
	}
	return parts
}

func (w *way) alterTable(old, o *Object, at phase) {
	alter := func(action string) Statement { return alterTable(o.ident(), action) }
	if old.Attr.OfType != o.Attr.OfType {
		if o.Attr.OfType == "" {
			w.emit(at, alter("NOT OF"))
		} else {
			w.late = append(w.late, step{phase: at, Statement: alter("OF " + o.Attr.OfType)})
		}
	}
	if old.Attr.Persistence != o.Attr.Persistence {
		w.emit(at, alter("SET "+persistence(o)))
	}
	w.options(old, o, alter, at)
	w.emit(at, parents(old, o)...)
	w.security(old, o, at)
}

// options sets and resets the parameters of what is altered.
func (w *way) options(old, o *Object, alter func(action string) Statement, at phase) {
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
			w.emit(at, alter("RESET ("+name(option)+")"))
		}
	}
	if set := slices.DeleteFunc(slices.Clone(o.Options), func(option string) bool { return slices.Contains(same, option) }); len(set) > 0 {
		w.emit(at, alter("SET ("+strings.Join(set, ", ")+")"))
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
func (p *pair) moveParts() (statements []Statement) {
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
func (w *way) security(old, o *Object, at phase) {
	alter := func(action string) Statement { return alterTable(o.ident(), action) }
	if old.Attr.Security != o.Attr.Security {
		w.emit(at, alter(map[bool]string{true: "ENABLE", false: "DISABLE"}[o.Attr.Security]+" ROW LEVEL SECURITY"))
	}
	if old.Attr.Force != o.Attr.Force {
		w.emit(at, alter(map[bool]string{true: "FORCE", false: "NO FORCE"}[o.Attr.Force]+" ROW LEVEL SECURITY"))
	}
}

// last is the latest phase of the indexes of a table.
func (w *way) last(o *Object) phase {
	if w.online && w.from.Objects[o.Key] != nil {
		return finish
	}
	return main
}
