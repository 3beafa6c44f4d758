package schemadiff

import "slices"

// closure lists keys with all that stands on them.
func closure(s *State, keys []Key) map[Key]bool {
	users := map[Key][]Key{}
	for k, o := range s.Objects {
		for _, n := range o.Needs {
			users[n] = append(users[n], k)
		}
	}
	all := map[Key]bool{}
	var visit func(Key)
	visit = func(k Key) {
		if all[k] || s.Objects[k] == nil || k.Kind == Table {
			return
		}
		all[k] = true
		for _, u := range users[k] {
			visit(u)
		}
	}
	for _, k := range keys {
		visit(k)
	}
	return all
}

// keep is the wanted state with what the second stage is for as it is now: columns that
// get another name or type, what stands on them, and what goes.
func (x *expander) keep() *State {
	var before, after []Key
	for _, e := range x.columns {
		before, after = append(before, e.old.Key), append(after, e.new.Key)
	}
	held := closure(x.from, before)
	for k := range closure(x.to, after) {
		held[k] = true
	}
	keep := &State{Objects: map[Key]*Object{}}
	for k, o := range x.to.Objects {
		if !held[k] {
			keep.Objects[k] = o
		}
	}
	for k, o := range x.from.Objects {
		if keep.Objects[k] == nil && (held[k] || x.goes(o)) {
			keep.Objects[k] = x.loosen(o)
		}
	}
	return keep
}

// goes reports whether old programs may need an object that has no place in the wanted
// state.
func (x *expander) goes(o *Object) bool {
	lacks := func(k Key) bool { return x.from.Objects[k] != nil && x.to.Objects[k] == nil }
	if o.Table != "" {
		view := Key{Kind: View, Schema: o.Schema, Name: o.Table}
		return o.Kind == Column || lacks(o.table()) || lacks(view) ||
			slices.ContainsFunc(o.Needs, func(n Key) bool { return n.Kind == Column && n.Table == o.Table && lacks(n) })
	}
	if o.Kind == Sequence && o.Sequence.OwnerTable != "" {
		return lacks(Key{Kind: Column, Schema: o.Sequence.OwnerSchema, Table: o.Sequence.OwnerTable, Name: o.Sequence.OwnerColumn})
	}
	taken := slices.ContainsFunc(x.to.keys(), func(k Key) bool {
		return k.Table == "" && k.Schema == o.Schema && k.Name == o.Name
	})
	return !taken && slices.Contains([]Kind{Table, View, Function, Enum, Domain, Composite, Range, Sequence}, o.Kind)
}

// loosen lets new programs leave out a column that goes.
func (x *expander) loosen(o *Object) *Object {
	if o.Kind != Column || x.to.Objects[o.Key] != nil || x.to.Objects[o.table()] == nil || !o.NotNull || o.Default+o.Identity != "" ||
		slices.ContainsFunc(x.columns, func(e *expansion) bool { return e.old.Key == o.Key }) ||
		slices.ContainsFunc(x.from.on(o.table(), Constraint), func(k *Object) bool { return k.Shape == "p" && slices.Contains(k.Columns, o.Name) }) {
		return o
	}
	loose := *o
	loose.NotNull = false
	return &loose
}
