package schemadiff

import (
	"maps"
	"slices"
	"strings"
)

// build finds the statements for everything but names: what goes, what comes or
// changes, what goes last.
func (p *planner) build() error {
	p.settled = slices.Clone(p.steps)
	p.disturb()
	drops := p.dropOrder()
	kept := p.remade()
	keep := p.keepRights(kept)
	if !p.holding {
		p.emit(main, keep...)
	}
	p.freeSequences()
	for _, k := range drops {
		if !p.goesLast(k) {
			p.drop(k)
		}
	}
	if err := p.makeAll(); err != nil {
		return err
	}
	for _, o := range p.to.of(Table) {
		old := p.from.Objects[o.Key]
		if old == nil {
			old = &Object{}
		}
		p.marks(old, o)
		p.inherited(old, o)
	}
	for _, s := range slices.Backward(p.oldTypes) {
		p.emit(main, s)
	}
	for _, s := range p.late {
		p.emit(s.phase, s.Statement)
	}
	if len(keep) > 0 || p.holding {
		p.emit(main, restoreRights)
	}
	for _, k := range drops {
		if p.goesLast(k) {
			p.drop(k)
		}
	}
	if slices.ContainsFunc(kept, func(k Key) bool { return p.phase[k] > main }) {
		return p.buildAtOnce()
	}
	return nil
}

// buildAtOnce plans once more in one transaction, because something that is dropped in
// the first would be made again in a later one, where nobody knows its rights any more.
func (p *planner) buildAtOnce() error {
	p.opt.Online = false
	p.steps, p.late, p.oldTypes = p.settled, nil, nil
	for _, m := range []map[Key]bool{p.again, p.swapped, p.bare, p.freed} {
		clear(m)
	}
	clear(p.phase)
	clear(p.loose)
	clear(p.fills)
	return p.build()
}

// freeSequences lets go of the sequences of columns that count in another way from now
// on: the new one may have the same name.
func (p *planner) freeSequences() {
	for _, old := range p.from.of(Column) {
		c := p.to.Objects[old.Key]
		switch {
		case c == nil:
		case old.Identity != "" && c.Identity == "":
			p.emit(main, alterColumn(c, "DROP IDENTITY"))
		case old.Identity == "" && c.Identity != "" && old.Default != "":
			p.emit(main, alterColumn(c, "DROP DEFAULT"))
			p.bare[c.Key] = true
			for _, s := range p.from.of(Sequence) {
				if s.Sequence.OwnerTable == c.Table && s.Sequence.OwnerSchema == c.Schema && s.Sequence.OwnerColumn == c.Name && p.to.Objects[s.Key] == nil {
					p.emit(main, drop("SEQUENCE", s.ident()))
					p.freed[s.Key] = true
				}
			}
		}
	}
}

// goesLast is for what something else may still use until that is changed. A function
// goes at once where that can be: a call may fit it and a new one alike.
func (p *planner) goesLast(k Key) bool {
	switch {
	case p.again[k]:
		return false
	case k.Kind == Function:
		return slices.ContainsFunc(p.from.keys(), func(user Key) bool {
			return user.Kind != Column && p.to.Objects[user] != nil && !p.again[user] && slices.Contains(p.from.Objects[user].Needs, k)
		})
	}
	return slices.Contains([]Kind{Sequence, Enum, Domain, Composite, Range, Collation, TextDictionary, TextConfiguration, Extension, Schema}, k.Kind)
}

// disturb finds what must be dropped and made again: what changed and cannot be
// altered, and what stands on something that goes, even for a moment.
func (p *planner) disturb() {
	needed := map[Key][]Key{} // by what is needed: who needs it
	for _, k := range p.from.keys() {
		for _, n := range p.from.Objects[k].Needs {
			needed[n] = append(needed[n], k)
		}
	}
	var queue []Key
	for _, k := range p.from.keys() {
		old, now := p.from.Objects[k], p.to.Objects[k]
		switch {
		case now == nil:
			queue = append(queue, k)
		case !sameDef(old, now) && p.remake(old, now):
			queue = append(queue, k)
			p.again[k] = true
		case k.Kind == Column && (old.Type != now.Type || old.Collation != now.Collation):
			queue = append(queue, k)
		case !sameDef(old, now) && p.swap(old, now):
			queue = append(queue, k)
			p.swapped[k] = true
		}
	}
	for len(queue) > 0 {
		cause := queue[0]
		queue = queue[1:]
		for _, k := range needed[cause] {
			if p.swapped[cause] && isType(k.Kind) && p.to.Objects[k] != nil && !p.swapped[k] {
				p.swapped[k] = true // it holds the old type
				queue = append(queue, k)
			} else if p.losesCheck(k, cause) {
				p.loose[k] = append(p.loose[k], cause)
				if p.contained(k) {
					p.swapped[k] = true
					queue = append(queue, k)
				}
			} else if p.swapped[cause] && k.Kind == Column && p.from.Objects[k].Generate == "" {
				queue = append(queue, k) // it gets the new type
			} else if p.to.Objects[k] != nil && !p.again[k] && !p.swapped[k] && p.falls(k, cause) {
				p.again[k] = true
				queue = append(queue, k)
			}
		}
	}
}

func isType(k Kind) bool { return slices.Contains([]Kind{Domain, Composite, Range}, k) }

// remake reports whether a changed object has to be dropped and made again.
func (p *planner) remake(old, now *Object) bool {
	switch old.Kind {
	case Constraint:
		return !validated(old, now) && !deferred(old, now)
	case Index:
		was := *old
		was.Parts = now.Parts // the targets of statistics
		return !sameDef(&was, now)
	case Statistics, Rule, Policy, Aggregate, Operator, Cast:
		return true
	case EventTrigger:
		return old.Def != now.Def
	case Trigger:
		return old.Def != now.Def
	case View:
		return !replaceable(old, now)
	case Function:
		return old.Type != now.Type || old.Shape != now.Shape
	case Column:
		return now.Generate != "" && (old.Generate != now.Generate || old.Default != now.Default || old.Type != now.Type)
	}
	return false
}

// validated reports whether a constraint only needs to be validated.
func validated(old, now *Object) bool {
	def, ok := strings.CutSuffix(old.Def, " NOT VALID")
	return ok && def == now.Def
}

// deferred reports whether a foreign key only changes when it is checked.
func deferred(old, now *Object) bool {
	return old.Shape == "f" && now.Shape == "f" && !strings.HasSuffix(old.Def, " NOT VALID") && undeferred(old.Def) == undeferred(now.Def)
}

func undeferred(def string) string {
	return strings.TrimSuffix(strings.TrimSuffix(def, " INITIALLY DEFERRED"), " DEFERRABLE")
}

// replaceable reports whether CREATE OR REPLACE VIEW takes the new definition: it may
// only add columns at the end.
func replaceable(old, now *Object) bool {
	return !old.Materialized && !now.Materialized && len(now.Parts) >= len(old.Parts) && slices.Equal(bareParts(old.Parts), bareParts(now.Parts)[:len(old.Parts)])
}

// falls reports whether k cannot stay while cause is dropped or changed.
func (p *planner) falls(k, cause Key) bool {
	retyped := cause.Kind == Column && p.to.Objects[cause] != nil && !p.again[cause]
	old, now := p.from.Objects[k], p.to.Objects[k]
	switch k.Kind {
	case View, Rule, Trigger, Policy, Function, Aggregate, Operator, Cast, EventTrigger:
		return true
	case Statistics:
		return !retyped
	case Constraint:
		return !retyped || old.Shape == "f" || !sameDef(old, now)
	case Index:
		return !retyped || !sameDef(old, now)
	case Column:
		return old.Generate != "" && cause.Kind != Table && cause != k.table()
	}
	return false
}

// dropOrder lists what goes, who stands on something before that.
func (p *planner) dropOrder() []Key {
	gone := map[Key]bool{}
	for _, k := range p.from.keys() {
		if p.to.Objects[k] == nil || p.again[k] {
			gone[k] = true
		}
	}
	users := map[Key][]Key{}
	for k := range gone {
		holder := k.table()
		for _, n := range p.from.Objects[k].Needs {
			users[n] = append(users[n], k)
			if gone[holder] && n != holder && n.Table != k.Table {
				users[n] = append(users[n], holder) // k goes along with that
			}
		}
		if k.Table != "" {
			users[k.table()] = append(users[k.table()], k)
		}
	}
	var order []Key
	seen := map[Key]bool{}
	var visit func(Key)
	visit = func(k Key) {
		if seen[k] {
			return
		}
		seen[k] = true
		slices.SortFunc(users[k], compareKeys)
		for _, u := range users[k] {
			visit(u)
		}
		order = append(order, k)
	}
	for _, k := range slices.SortedFunc(maps.Keys(gone), dropFirst) {
		visit(k)
	}
	return order
}

// dropFirst orders what is independent: foreign keys and what hangs on tables first.
func dropFirst(a, b Key) int {
	rank := func(k Key) int {
		if k.Kind == EventTrigger {
			return -2 // it would fire
		}
		return slices.Index([]Kind{Policy, Trigger, Rule, View, Constraint, Index, Statistics, Column, Table}, k.Kind)
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	return compareKeys(a, b)
}

var makeRank = []Kind{Schema, Extension, Collation, TextDictionary, TextConfiguration, Enum, Domain, Composite, Range, Sequence, Table, Column, Constraint, Index,
	Statistics, Function, Aggregate, Operator, Cast, View, Rule, Trigger, Policy, Other, EventTrigger}

// makeAll creates and alters, what is needed first.
func (p *planner) makeAll() error {
	keys := p.to.keys()
	slices.SortStableFunc(keys, func(a, b Key) int {
		if d := slices.Index(makeRank, a.Kind) - slices.Index(makeRank, b.Kind); d != 0 {
			return d
		}
		if a.Kind == Constraint && b.Kind == Constraint { // foreign keys last
			return constraintRank(p.to.Objects[a]) - constraintRank(p.to.Objects[b])
		}
		if a.Kind == Column && a.Table == b.Table && a.Schema == b.Schema {
			return p.to.Objects[a].place - p.to.Objects[b].place
		}
		return 0
	})
	seen := map[Key]bool{}
	var visit func(Key) error
	visit = func(k Key) error {
		o := p.to.Objects[k]
		if seen[k] || o == nil {
			return nil
		}
		seen[k] = true
		if k.Table != "" {
			if err := visit(k.table()); err != nil {
				return err
			}
		}
		for _, n := range p.neededFirst(o) {
			if err := visit(n); err != nil {
				return err
			}
		}
		return p.make(o)
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
func (p *planner) neededFirst(o *Object) []Key {
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

// after gives the phase in which o can be made: not before what it needs.
func (p *planner) after(o *Object, at phase) phase {
	if !p.opt.Online {
		return main
	}
	for _, n := range o.Needs {
		if there, ok := p.there[n]; ok && o.Kind != Column && slices.Contains(hasRights, o.Kind) {
			at = max(at, there) // it need not be filled
			continue
		}
		at = max(at, p.phase[n])
	}
	if o.Kind == Column {
		p.there[o.Key] = at
	}
	p.phase[o.Key] = at
	return at
}
