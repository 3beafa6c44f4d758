package schemadiff

import (
	"slices"
	"strings"
)

// NamedAs gives a state in which foreign keys have the names that they have in another one,
// where a name is all that differs, and in which a unique constraint of the other one stands
// for the unique index that does the same. It is for states made of schemas that do not tell
// these: whose tables were there before need not rename what Postgres or another program has
// named. s stays as it is.
func (s *State) NamedAs(have *State) *State {
	now := map[Key]*Object{} // by key in s: what takes its place
	for _, t := range s.of(Table) {
		if have.Objects[t.Key] == nil {
			continue
		}
		taken := map[string]bool{}
		for _, o := range s.on(t.Key, Constraint) {
			taken[o.Name] = true
		}
		s.keepKeys(have, t.Key, taken, now)
		s.keepUnique(have, t.Key, taken, now)
	}
	if len(now) == 0 {
		return s
	}
	return s.replaced(now)
}

// keepKeys finds foreign keys of a table that have another name.
func (s *State) keepKeys(have *State, table Key, taken map[string]bool, now map[Key]*Object) {
	foreign := func(o *Object) bool { return o.Shape != "f" }
	old := slices.DeleteFunc(have.on(table, Constraint), foreign)
	for _, o := range slices.DeleteFunc(s.on(table, Constraint), foreign) {
		if have.Objects[o.Key] != nil {
			continue
		}
		i := slices.IndexFunc(old, func(h *Object) bool { return !taken[h.Name] && s.Objects[h.Key] == nil && sameDef(o, h) })
		if i < 0 {
			continue
		}
		kept := *o
		kept.Key, taken[old[i].Name] = old[i].Key, true
		now[o.Key] = &kept
	}
}

// keepUnique finds unique indexes of a table that are there as constraints.
func (s *State) keepUnique(have *State, table Key, taken map[string]bool, now map[Key]*Object) {
	old := slices.DeleteFunc(have.on(table, Constraint), func(o *Object) bool { return o.Shape != "u" })
	for _, o := range s.on(table, Index) {
		if have.Objects[o.Key] != nil || !o.Unique {
			continue
		}
		i := slices.IndexFunc(old, func(h *Object) bool { return !taken[h.Name] && does(h, o) })
		if i < 0 {
			continue
		}
		kept := *old[i]
		kept.Comment, taken[kept.Name] = o.Comment, true
		now[o.Key] = &kept
	}
}

// does reports whether a unique constraint does what an index does. Postgres writes the columns
// of both in the same way, and an index has more to say than a constraint can.
func does(constraint, index *Object) bool {
	columns, ok := strings.CutPrefix(constraint.Def, "UNIQUE ")
	return ok && !index.Invalid && len(index.Options) == 0 && len(index.Parts) == 0 && index.Def == "USING btree "+columns
}

// replaced is the state with other objects in the place of some, by their keys.
func (s *State) replaced(now map[Key]*Object) *State {
	out := &State{Objects: make(map[Key]*Object, len(s.Objects)), user: s.user}
	for k, o := range s.Objects {
		if to := now[k]; to != nil {
			k, o = to.Key, to
		}
		if other := func(n Key) bool { return now[n] != nil }; slices.ContainsFunc(o.Needs, other) {
			changed := *o
			changed.Needs = slices.Clone(o.Needs)
			for i, n := range changed.Needs {
				if to := now[n]; to != nil {
					changed.Needs[i] = to.Key
				}
			}
			o = &changed
		}
		out.Objects[k] = o
	}
	return out
}
