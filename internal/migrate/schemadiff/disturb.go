package schemadiff

import (
	"maps"
	"slices"
	"strings"
)

// disturbance is what cannot stay as it is, because something else changes.
type disturbance struct {
	*pair
	*decisions
	again   map[Key]bool  // dropped and made again, because of something below
	swapped map[Key]bool  // types that are made again
	loose   map[Key][]Key // functions that go, by domains that call them
	parted  map[Key]bool  // columns that heirs keep when their table gives them up
	dropped map[Key]bool  // gone already, and made again by this way
}

// disturb finds what must be dropped and made again: what changed and cannot be
// altered, and what stands on something that goes, even for a moment.
func (d *disturbance) disturb() {
	needed := map[Key][]Key{} // by what is needed: what needs it
	for _, k := range d.from.keys() {
		for _, n := range d.from.Objects[k].Needs {
			needed[n] = append(needed[n], k)
		}
	}
	var queue []Key
	for _, k := range d.from.keys() {
		old, now := d.from.Objects[k], d.to.Objects[k]
		switch {
		case now == nil:
			queue = append(queue, k)
		case !sameDef(old, now) && remake(old, now):
			queue = append(queue, k)
			d.again[k] = true
		case k.Kind == Column && (old.Type != now.Type || old.Collation != now.Collation):
			queue = append(queue, k)
		case !sameDef(old, now) && d.swap(old, now):
			queue = append(queue, k)
			d.swapped[k] = true
		}
	}
	for len(queue) > 0 {
		cause := queue[0]
		queue = queue[1:]
		for _, k := range needed[cause] {
			if d.swapped[cause] && isType(k.Kind) && d.to.Objects[k] != nil && !d.swapped[k] {
				d.swapped[k] = true // it holds the old type
				queue = append(queue, k)
			} else if d.losesCheck(k, cause) {
				d.loose[k] = append(d.loose[k], cause)
				if d.contained(k) {
					d.swapped[k] = true
					queue = append(queue, k)
				}
			} else if d.swapped[cause] && k.Kind == Column && d.from.Objects[k].Generate == "" {
				queue = append(queue, k) // it gets the new type
			} else if d.to.Objects[k] != nil && !d.again[k] && !d.swapped[k] && d.falls(k, cause) {
				d.again[k] = true
				queue = append(queue, k)
			}
		}
	}
}

func isType(k Kind) bool { return slices.Contains([]Kind{Domain, Composite, Range}, k) }

// remake reports whether a changed object has to be dropped and made again.
func remake(old, now *Object) bool {
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
func (d *disturbance) falls(k, cause Key) bool {
	retyped := cause.Kind == Column && d.to.Objects[cause] != nil && !d.again[cause]
	old, now := d.from.Objects[k], d.to.Objects[k]
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

// dropOrder lists what goes, and before each of them what stands on it.
func (d *disturbance) dropOrder() []Key {
	gone := map[Key]bool{}
	for _, k := range d.from.keys() {
		if d.to.Objects[k] == nil || d.again[k] {
			gone[k] = true
		}
	}
	users := map[Key][]Key{}
	for k := range gone {
		holder := k.table()
		for _, n := range d.from.Objects[k].Needs {
			users[n] = append(users[n], k)
			if gone[holder] && n != holder && n.Table != k.Table {
				users[n] = append(users[n], holder) // k is dropped with it
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

// goesLast is for what something else may still use until that is changed. A function
// goes at once where that can be: a call may fit it and a new one alike.
func (d *disturbance) goesLast(k Key) bool {
	switch {
	case d.again[k]:
		return false
	case k.Kind == Function:
		return slices.ContainsFunc(d.from.keys(), func(user Key) bool {
			return user.Kind != Column && d.to.Objects[user] != nil && !d.again[user] && slices.Contains(d.from.Objects[user].Needs, k)
		})
	}
	return slices.Contains([]Kind{Sequence, Enum, Domain, Composite, Range, Collation, TextDictionary, TextConfiguration, Extension, Schema}, k.Kind)
}
