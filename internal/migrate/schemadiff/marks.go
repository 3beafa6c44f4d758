package schemadiff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// marks sets what a table says about its indexes, last of all: a mark goes with the
// index that it is on.
func (w *way) marks(old, o *Object) {
	remade := func(index string) bool {
		on := Key{Schema: o.Schema, Table: o.Name, Name: index}
		for _, kind := range []Kind{Index, Constraint} {
			on.Kind = kind
			if w.again[on] || w.to.Objects[on] != nil && w.from.Objects[on] == nil {
				return true
			}
		}
		return false
	}
	replica, _ := strings.CutPrefix(o.Attr.Replica, "USING INDEX ")
	if old.Attr.Replica != o.Attr.Replica || replica != o.Attr.Replica && remade(sqltext.Unquote(replica)) {
		word := o.Attr.Replica
		if word == "" {
			word = "DEFAULT"
		}
		w.lastly(o, alterTable(o.ident(), "REPLICA IDENTITY "+word))
	}
	switch {
	case o.Attr.Cluster == "" && old.Attr.Cluster != "":
		w.lastly(o, alterTable(o.ident(), "SET WITHOUT CLUSTER"))
	case o.Attr.Cluster != "" && (old.Attr.Cluster != o.Attr.Cluster || remade(o.Attr.Cluster)):
		w.lastly(o, alterTable(o.ident(), "CLUSTER ON "+sqltext.Ident(o.Attr.Cluster)))
	}
}

// lastly runs a statement on the indexes of a table when all of them are there.
func (w *way) lastly(o *Object, s Statement) {
	w.late = append(w.late, step{phase: max(main, w.phase[o.Key], w.last(o)), Statement: s})
}

// inherited sets the defaults that a table has for columns of its parents. They come
// last: a default of the parent goes to all its heirs.
func (w *way) inherited(old, o *Object) {
	find := func(t *Object, name string) (string, bool) {
		i := slices.IndexFunc(t.Attr.Inherited, func(part Part) bool { return part.Name == name })
		if i < 0 {
			return "", false
		}
		return t.Attr.Inherited[i].Def, true
	}
	set := func(name, value string) {
		s := alterColumn(&Object{Key: o.Key.column(name)}, defaultTo(value))
		at := max(main, w.phase[o.Key])
		for _, c := range w.to.of(Column) {
			if c.Name == name {
				at = max(at, w.phase[c.Key])
			}
		}
		w.late = append(w.late, step{phase: at, Statement: s})
	}
	for _, part := range o.Attr.Inherited {
		if was, ok := find(old, part.Name); !ok || was != part.Def || w.defaultChanges(part.Name) {
			set(part.Name, part.Def)
		}
	}
	for _, part := range old.Attr.Inherited {
		if _, ok := find(o, part.Name); !ok {
			if value, ok := w.parentDefault(o, part.Name); ok {
				set(part.Name, value)
			}
		}
	}
}

// defaultChanges reports whether any column of a name gets another default, or loses it
// for a moment.
func (w *way) defaultChanges(name string) bool {
	return slices.ContainsFunc(w.to.of(Column), func(c *Object) bool {
		old := w.from.Objects[c.Key]
		return c.Name == name && (old == nil || w.bare[c.Key] || old.Default != c.Default || old.Type != c.Type)
	})
}

// parentDefault finds the default of an inherited column.
func (p *pair) parentDefault(o *Object, name string) (string, bool) {
	for _, t := range p.to.of(Table) {
		if !slices.Contains(o.Attr.Parents, typeName(t.Key)) {
			continue
		}
		if c := p.to.Objects[t.column(name)]; c != nil {
			return c.Default, true
		}
		return p.parentDefault(t, name)
	}
	return "", false
}

// targets sets how much ANALYZE gathers for a column, and what it is told.
func (w *way) targets(old, c *Object, at phase) {
	value := func(o *Object) int {
		if o.Target == nil {
			return -1
		}
		return *o.Target
	}
	if value(old) != value(c) {
		w.emit(at, alterColumn(c, fmt.Sprintf("SET STATISTICS %d", value(c))))
	}
	w.options(old, c, func(action string) Statement { return alterColumn(c, action) }, at)
}

// indexTargets does so for the expressions of an index.
func (w *way) indexTargets(old, o *Object, at phase) {
	for _, part := range o.Parts {
		if !slices.Contains(old.Parts, part) {
			w.emit(at, alter("INDEX", o.ident(), "ALTER COLUMN "+part.Name+" SET STATISTICS "+part.Def))
		}
	}
	for _, part := range old.Parts {
		if !slices.ContainsFunc(o.Parts, func(now Part) bool { return now.Name == part.Name }) {
			w.emit(at, alter("INDEX", o.ident(), "ALTER COLUMN "+part.Name+" SET STATISTICS -1"))
		}
	}
}

// bareParts are parts without their comments.
func bareParts(parts []Part) []Part {
	bare := slices.Clone(parts)
	for i := range bare {
		bare[i].Comment, bare[i].Default = "", ""
	}
	return bare
}

// viewDefaults sets the defaults of a view's columns.
func (w *way) viewDefaults(old, o *Object, at phase) {
	for _, part := range o.Parts {
		i := slices.IndexFunc(old.Parts, func(was Part) bool { return was.Name == part.Name })
		if o.Kind != View || i < 0 && part.Default == "" || i >= 0 && old.Parts[i].Default == part.Default {
			continue
		}
		w.emit(at, alter("VIEW", o.ident(), "ALTER COLUMN "+sqltext.Ident(part.Name)+" "+defaultTo(part.Default)))
	}
}

// partComments comments on columns of a view or composite type, and on constraints of a
// domain. Old is without parts for a new one.
func (w *way) partComments(old, o *Object) {
	if o.Kind == Index {
		return
	}
	at := max(main, w.phase[o.Key])
	w.viewDefaults(old, o, at)
	for _, part := range o.Parts {
		i := slices.IndexFunc(old.Parts, func(was Part) bool { return was.Name == part.Name })
		was := ""
		if i >= 0 && (o.Kind != Domain || old.Parts[i].Def == part.Def) {
			was = old.Parts[i].Comment
		}
		if was == part.Comment {
			continue
		}
		text := "NULL"
		if part.Comment != "" {
			text = sqltext.Literal(part.Comment)
		}
		if o.Kind == Domain {
			w.emit(at, statement("COMMENT ON CONSTRAINT "+sqltext.Ident(part.Name)+" ON DOMAIN "+o.ident()+" IS "+text))
		} else {
			w.emit(at, statement("COMMENT ON COLUMN "+o.ident()+"."+sqltext.Ident(part.Name)+" IS "+text))
		}
	}
}
