package schemadiff

import (
	"regexp"
	"slices"
	"strings"
)

// NamedAs gives a state in which foreign keys, and checks whose names nobody chose, have the
// names that they have in another one, where a name is all that differs, in which a unique
// constraint of the other one stands for the unique index that does the same, in which what
// always numbers a column there goes on doing so, and in which defaults that are one number are written as there. It is for states made of schemas that do not
// tell these: whose tables were there before need not rename what Postgres or another program has
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
		s.keepColumns(have, t.Key, now)
	}
	if len(now) == 0 {
		return s
	}
	return s.replaced(now)
}

// madeUp are the names of checks that Postgres or entity.OneOf makes up. Others are chosen, and
// clients read them when a check fails, so that a new one is a change.
var madeUp = regexp.MustCompile(`_check\d*$|_one_of$`)

// keepKeys finds foreign keys and checks of a table that have another name.
func (s *State) keepKeys(have *State, table Key, taken map[string]bool, now map[Key]*Object) {
	other := func(o *Object) bool { return o.Shape != "f" && o.Shape != "c" }
	old := slices.DeleteFunc(have.on(table, Constraint), other)
	for _, o := range slices.DeleteFunc(s.on(table, Constraint), other) {
		if o.Shape == "c" && !madeUp.MatchString(o.Name) {
			continue
		}
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

// keepColumns finds columns that Postgres numbers though the other state refuses given numbers, and
// those whose default is the same number in other words.
// The identity of a schema takes them, but nobody gives any: an id that clients or programs give
// is no identity.
func (s *State) keepColumns(have *State, table Key, now map[Key]*Object) {
	for _, c := range s.on(table, Column) {
		old := have.Objects[c.Key]
		if old == nil {
			continue
		}
		kept := *c
		if old.Identity == "a" && c.Identity == "d" {
			kept.Identity = "a"
		}
		if n := numberOf(c.Default); n != "" && n == numberOf(old.Default) && old.Type == c.Type {
			kept.Default = old.Default
		}
		if kept.Identity != c.Identity || kept.Default != c.Default {
			now[c.Key] = &kept
		}
	}
}

// aNumber is a number as Postgres writes one in a default: 0, '-1'::integer, '0.50'::numeric. A cast that could round
// is none.
var aNumber = regexp.MustCompile(`^(?:(-?\d+)|'(-?\d+)'::(?:smallint|integer|bigint|numeric)|(-?\d+\.\d+)|'(-?\d+\.\d+)'::numeric)$`)

// numberOf is the number that a default is, "" for another default.
func numberOf(expr string) string {
	m := aNumber.FindStringSubmatch(expr)
	return strings.Join(m[min(1, len(m)):], "")
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
