package schemadiff

import (
	"slices"
	"strings"
)

// build finds the statements for everything but names: what goes, what comes or
// changes, what goes last.
func (w *way) build() error {
	w.settled = slices.Clone(w.steps)
	w.disturb()
	drops := w.dropOrder()
	kept := w.remade()
	keep := w.keepRights(kept)
	if !w.holding {
		w.emit(main, keep...)
	}
	w.freeSequences()
	for _, k := range drops {
		if !w.goesLast(k) {
			w.drop(k)
		}
	}
	if err := w.makeAll(); err != nil {
		return err
	}
	for _, o := range w.to.of(Table) {
		old := w.from.Objects[o.Key]
		if old == nil {
			old = &Object{}
		}
		w.marks(old, o)
		w.inherited(old, o)
	}
	for _, s := range slices.Backward(w.oldTypes) {
		w.emit(main, s)
	}
	for _, s := range w.late {
		w.emit(s.phase, s.Statement)
	}
	if len(keep) > 0 || w.holding {
		w.emit(main, restoreRights)
	}
	for _, k := range drops {
		if w.goesLast(k) {
			w.drop(k)
		}
	}
	if slices.ContainsFunc(kept, func(k Key) bool { return w.phase[k] > main }) {
		return w.buildAtOnce()
	}
	return nil
}

// buildAtOnce plans once more in one transaction, because something that is dropped in
// the first would be made again in a later one, where nobody knows its rights any more.
func (w *way) buildAtOnce() error {
	w.online = false
	w.steps, w.late, w.oldTypes = w.settled, nil, nil
	for _, m := range []map[Key]bool{w.again, w.swapped, w.bare, w.freed} {
		clear(m)
	}
	clear(w.phase)
	clear(w.loose)
	clear(w.fills)
	return w.build()
}

// freeSequences lets go of the sequences of columns that count in another way from now
// on: the new one may have the same name.
func (w *way) freeSequences() {
	for _, old := range w.from.of(Column) {
		c := w.to.Objects[old.Key]
		switch {
		case c == nil:
		case old.Identity != "" && c.Identity == "":
			w.emit(main, alterColumn(c, "DROP IDENTITY"))
		case old.Identity == "" && c.Identity != "" && old.Default != "":
			w.emit(main, alterColumn(c, "DROP DEFAULT"))
			w.bare[c.Key] = true
			for _, s := range w.from.of(Sequence) {
				if s.Sequence.OwnerTable == c.Table && s.Sequence.OwnerSchema == c.Schema && s.Sequence.OwnerColumn == c.Name && w.to.Objects[s.Key] == nil {
					w.emit(main, drop("SEQUENCE", s.ident()))
					w.freed[s.Key] = true
				}
			}
		}
	}
}

var makeRank = []Kind{Schema, Extension, Collation, TextDictionary, TextConfiguration, Enum, Domain, Composite, Range, Sequence, Table, Column, Constraint, Index,
	Statistics, Function, Aggregate, Operator, Cast, View, Rule, Trigger, Policy, Other, EventTrigger}

// makeAll creates and alters, what is needed first.
func (w *way) makeAll() error {
	keys := w.to.keys()
	slices.SortStableFunc(keys, func(a, b Key) int {
		if d := slices.Index(makeRank, a.Kind) - slices.Index(makeRank, b.Kind); d != 0 {
			return d
		}
		if a.Kind == Constraint && b.Kind == Constraint { // foreign keys last
			return constraintRank(w.to.Objects[a]) - constraintRank(w.to.Objects[b])
		}
		if a.Kind == Column && a.Table == b.Table && a.Schema == b.Schema {
			return w.to.Objects[a].place - w.to.Objects[b].place
		}
		return 0
	})
	seen := map[Key]bool{}
	var visit func(Key) error
	visit = func(k Key) error {
		o := w.to.Objects[k]
		if seen[k] || o == nil {
			return nil
		}
		seen[k] = true
		if k.Table != "" {
			if err := visit(k.table()); err != nil {
				return err
			}
		}
		for _, n := range w.neededFirst(o) {
			if err := visit(n); err != nil {
				return err
			}
		}
		return w.make(o)
	}
	for _, k := range keys {
		if err := visit(k); err != nil {
			return err
		}
	}
	return nil
}

func constraintRank(o *Object) int { return strings.Index("puxcf", o.Shape) }

// neededFirst is what o needs, for a table with what its columns and own constraints
// need.
func (p *pair) neededFirst(o *Object) []Key {
	if o.Kind != Table || p.from.Objects[o.Key] != nil {
		return o.Needs
	}
	all := slices.Clone(o.Needs)
	for _, kind := range []Kind{Column, Constraint} {
		for _, part := range p.to.on(o.Key, kind) {
			if part.Shape == "f" {
				continue
			}
			for _, n := range part.Needs {
				if n != o.Key && (n.Table != o.Name || n.Schema != o.Schema) {
					all = append(all, n)
				}
			}
		}
	}
	return all
}
