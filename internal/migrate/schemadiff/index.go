package schemadiff

import (
	"regexp"
	"slices"
	"strings"
)

// createIndex builds an index: on a table that is in use without blocking it.
func (p *planner) createIndex(o *Object, at phase) {
	if name := p.adopt[o.Key]; name != "" {
		p.emit(main, renameIndex(o.Schema, name, o.Name))
		p.indexTargets(&Object{}, o, main)
		return
	}
	if !p.inUse(o) {
		p.emit(at, buildIndex(o, "", o.Name, o.Def))
		p.indexTargets(&Object{}, o, at)
		return
	}
	defer p.indexTargets(&Object{}, o, build)
	at = build // also where a column of it becomes NOT NULL later: only here there is no transaction
	p.phase[o.Key] = at
	if old := p.from.Objects[o.Key]; old == nil || !p.replaced(old) {
		p.emit(at, buildIndex(o, concurrently, o.Name, o.Def))
		return
	}
	// The old one serves until the new one is there.
	next := cut(o.Name, "_new")
	p.emit(at, buildIndex(o, concurrently, next, o.Def))
	p.emit(at, drop("INDEX CONCURRENTLY", o.ident()))
	p.emit(at, renameIndex(o.Schema, next, o.Name))
}

// inUse reports whether the table of an index may be big and in use, and the index be
// built concurrently.
func (p *planner) inUse(o *Object) bool {
	return p.opt.Online && o.Of == "" && (o.Kind == Constraint || o.Kind == Index) && p.from.Objects[o.table()] != nil &&
		p.to.Objects[o.table()] != nil && p.from.Objects[o.table()].Attr.Partition == ""
}

// replaced reports whether an index makes way for another of its name only when that
// is built: where no column of it has changed meanwhile.
func (p *planner) replaced(old *Object) bool {
	return p.inUse(old) && p.again[old.Key] && !slices.ContainsFunc(old.Needs, func(n Key) bool {
		was, now := p.from.Objects[n], p.to.Objects[n]
		return was == nil || now == nil || p.again[n] || p.swapped[n] || was.Type != now.Type
	})
}

func (p *planner) dropIndex(o *Object) {
	switch {
	case p.replaced(o):
	case p.inUse(o) && !p.again[o.Key] && !p.nameTaken(o.Key) && !p.outlived(o):
		p.emit(build, drop("INDEX CONCURRENTLY", o.ident()))
	default:
		p.emit(main, drop("INDEX", o.ident()))
	}
}

// outlived reports whether something that an index is made with is dropped before the
// phase in which indexes go.
func (p *planner) outlived(o *Object) bool {
	return slices.ContainsFunc(o.Needs, func(n Key) bool {
		return n.Kind != Column && n.Kind != Table && (p.to.Objects[n] == nil || p.again[n] || p.swapped[n])
	})
}

// nameTaken reports whether something else gets the name.
func (p *planner) nameTaken(k Key) bool {
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
func (p *planner) addConstraint(o *Object, at phase) {
	add := func(def string) Statement {
		return alterTable(o.onTable(), "ADD CONSTRAINT "+ident(o.Name)+" "+def)
	}
	m := uniqueClause.FindStringSubmatch(o.Def)
	ref := p.from.Objects[Key{Kind: Table, Schema: o.RefSchema, Name: o.RefTable}]
	p.orphans(o, at)
	switch {
	case !p.inUse(o):
		p.emit(at, add(o.Def))
	case m != nil && p.adopt[o.Key] != "":
		p.emit(main, add(m[1]+" USING INDEX "+ident(p.adopt[o.Key])+m[4]))
	case m != nil:
		p.emit(build, buildIndex(o, concurrently, o.Name, m[3]+m[2]))
		p.phase[o.Key] = finish
		p.emit(finish, add(m[1]+" USING INDEX "+ident(o.Name)+m[4]))
	case o.Shape == "c" && !strings.HasSuffix(o.Def, "NOT VALID"),
		o.Shape == "f" && !strings.HasSuffix(o.Def, "NOT VALID") && (ref == nil || ref.Attr.Partition == ""):
		p.emit(at, add(o.Def+" NOT VALID"))
		p.phase[o.Key] = max(at, main)
		p.emit(min(max(at, build)+1, validate), alterTable(o.onTable(), "VALIDATE CONSTRAINT "+ident(o.Name)))
	default:
		p.emit(at, add(o.Def))
	}
}
