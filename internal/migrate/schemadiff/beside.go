package schemadiff

import "slices"

// Beside gives a state that also has those objects of another which s lacks and which keep
// names, as far as there is what they need: not a constraint on a column that neither has.
// Both stay as they are.
func (s *State) Beside(other *State, keep func(Key) bool) *State {
	all := &State{Objects: map[Key]*Object{}, user: s.user}
	for k, o := range other.Objects {
		if keep(k) {
			all.Objects[k] = o
		}
	}
	for k, o := range s.Objects {
		all.Objects[k] = o
	}
	for gone := true; gone; { // what needs it goes with it
		gone = false
		for k, o := range all.Objects {
			if s.Objects[k] == nil && !all.holds(other, o) {
				delete(all.Objects, k)
				gone = true
			}
		}
	}
	return all
}

// holds reports whether s has what an object of another state needs there.
func (s *State) holds(other *State, o *Object) bool {
	lacks := func(n Key) bool { return other.Objects[n] != nil && s.Objects[n] == nil }
	if o.Key.Table != "" {
		owner := o.Key.table()
		if lacks(owner) || lacks(Key{Kind: View, Schema: owner.Schema, Name: owner.Name}) {
			return false
		}
	}
	if q := o.Sequence; q != nil && q.OwnerTable != "" && lacks(Key{Kind: Column, Schema: q.OwnerSchema, Table: q.OwnerTable, Name: q.OwnerColumn}) {
		return false
	}
	return !slices.ContainsFunc(o.Needs, lacks)
}
