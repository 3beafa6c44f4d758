package schemadiff

import (
	"regexp"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// createIndex builds an index: on a table that is in use without blocking it.
func (w *way) createIndex(o *Object, at phase) {
	if name := w.adopt[o.Key]; name != "" {
		w.emit(main, renameIndex(o.Schema, name, o.Name))
		w.indexTargets(&Object{}, o, main)
		return
	}
	if !w.inUse(o) {
		w.emit(at, buildIndex(o, "", o.Name, o.Def))
		w.indexTargets(&Object{}, o, at)
		return
	}
	defer w.indexTargets(&Object{}, o, build)
	at = build // also where a column of it becomes NOT NULL later: only here there is no transaction
	w.phase[o.Key] = at
	if old := w.from.Objects[o.Key]; old == nil || !w.replaced(old) {
		w.emit(at, buildIndex(o, concurrently, o.Name, o.Def))
		return
	}
	// The old one serves until the new one is there.
	next := sqltext.Cut(o.Name, "_new")
	w.emit(at, buildIndex(o, concurrently, next, o.Def))
	w.emit(at, drop("INDEX CONCURRENTLY", o.ident()))
	w.emit(at, renameIndex(o.Schema, next, o.Name))
}

// inUse reports whether the table of an index may be big and in use, and the index be
// built concurrently.
func (w *way) inUse(o *Object) bool {
	return w.online && o.Of == "" && (o.Kind == Constraint || o.Kind == Index) && w.from.Objects[o.table()] != nil &&
		w.to.Objects[o.table()] != nil && w.from.Objects[o.table()].Attr.Partition == ""
}

// replaced reports whether an index makes way for another of its name only when that
// is built: where no column of it has changed meanwhile.
func (w *way) replaced(old *Object) bool {
	return w.inUse(old) && w.again[old.Key] && !slices.ContainsFunc(old.Needs, func(n Key) bool {
		was, now := w.from.Objects[n], w.to.Objects[n]
		return was == nil || now == nil || w.again[n] || w.swapped[n] || was.Type != now.Type
	})
}

func (w *way) dropIndex(o *Object) {
	switch {
	case w.replaced(o):
	case w.inUse(o) && !w.again[o.Key] && !w.nameTaken(o.Key) && !w.outlived(o):
		w.emit(build, drop("INDEX CONCURRENTLY", o.ident()))
	default:
		w.emit(main, drop("INDEX", o.ident()))
	}
}

// outlived reports whether something that an index is made with is dropped before the
// phase in which indexes go.
func (d *disturbance) outlived(o *Object) bool {
	return slices.ContainsFunc(o.Needs, func(n Key) bool {
		return n.Kind != Column && n.Kind != Table && (d.to.Objects[n] == nil || d.again[n] || d.swapped[n])
	})
}

// nameTaken reports whether something else gets the name.
func (p *pair) nameTaken(k Key) bool {
	for _, kind := range []Kind{Constraint, Index, Table, View, Sequence} {
		for _, o := range p.to.of(kind) {
			if o.Schema == k.Schema && o.Name == k.Name {
				return true
			}
		}
	}
	return false
}

var uniqueClause = regexp.MustCompile(`^(UNIQUE|PRIMARY KEY)( NULLS NOT DISTINCT)? (\([^)]*\)(?: INCLUDE \([^)]*\))?)((?: DEFERRABLE)?(?: INITIALLY DEFERRED)?)$`)

// addConstraint adds a constraint: on a table that is in use without reading all of it
// under a lock.
func (w *way) addConstraint(o *Object, at phase) {
	add := func(def string) Statement {
		return alterTable(o.onTable(), "ADD CONSTRAINT "+sqltext.Ident(o.Name)+" "+def)
	}
	m := uniqueClause.FindStringSubmatch(o.Def)
	ref := w.from.Objects[Key{Kind: Table, Schema: o.RefSchema, Name: o.RefTable}]
	w.orphans(o, at)
	switch {
	case !w.inUse(o):
		w.emit(at, add(o.Def))
	case m != nil && w.adopt[o.Key] != "":
		w.emit(main, add(m[1]+" USING INDEX "+sqltext.Ident(w.adopt[o.Key])+m[4]))
	case m != nil:
		w.emit(build, buildIndex(o, concurrently, o.Name, m[3]+m[2]))
		w.phase[o.Key] = finish
		w.emit(finish, add(m[1]+" USING INDEX "+sqltext.Ident(o.Name)+m[4]))
	case o.Shape == "c" && !strings.HasSuffix(o.Def, "NOT VALID"),
		o.Shape == "f" && !strings.HasSuffix(o.Def, "NOT VALID") && (ref == nil || ref.Attr.Partition == ""):
		w.emit(at, add(o.Def+" NOT VALID"))
		w.phase[o.Key] = max(at, main)
		w.emit(min(max(at, build)+1, validate), alterTable(o.onTable(), "VALIDATE CONSTRAINT "+sqltext.Ident(o.Name)))
	default:
		w.emit(at, add(o.Def))
	}
}
