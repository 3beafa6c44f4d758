package rehearsal

import (
	"maps"
	"slices"
)

// old says whether a table was there before the file: others use it.
func (f *File) old(oid uint32) bool { return f.start != nil && f.start.Tables[oid] != nil }

// end is the catalog after the last statement that ran.
func (f *File) end() *catalog {
	for _, s := range slices.Backward(f.Statements) {
		if s.after != nil {
			return s.after
		}
	}
	return f.start
}

func touches(all []TableRows, oid uint32) bool {
	return slices.ContainsFunc(all, func(t TableRows) bool { return t.oid == oid })
}

// columnChange is a column before and after a statement; one of them may be nil.
type columnChange struct {
	oid           uint32
	num           int
	table         *table // after, or before when it is gone
	before, after *column
}

func (c columnChange) name() string {
	if c.after != nil {
		return c.table.Name + "." + c.after.Name
	}
	return c.table.Name + "." + c.before.Name
}

// columnChanges lists the columns of surviving old tables that differ, in order.
func (f *File) columnChanges(s *Statement) (all []columnChange) {
	if s.after == nil {
		return nil
	}
	for _, oid := range slices.Sorted(maps.Keys(s.before.Tables)) {
		b, a := s.before.Tables[oid], s.after.Tables[oid]
		if a == nil || !f.old(oid) {
			continue
		}
		nums := slices.Compact(slices.Sorted(slices.Values(append(b.order(), a.order()...))))
		for _, num := range nums {
			if x, y := b.Columns[num], a.Columns[num]; x == nil || y == nil || x.shape() != y.shape() {
				all = append(all, columnChange{oid, num, a, x, y})
			}
		}
	}
	return all
}

// shape is the column without what was counted, and what no program sees.
func (c column) shape() column {
	c.values, c.distinct, c.Comment = 0, 0, ""
	return c
}

// columnsThat names the changed columns for which want holds.
func (f *File) columnsThat(s *Statement, want func(columnChange) bool) (all []string) {
	for _, c := range f.columnChanges(s) {
		if want(c) {
			all = append(all, c.name())
		}
	}
	return all
}

// newConstraints lists the constraints that a statement added, by name.
func (s *Statement) newConstraints() []*constraint {
	if s.after == nil {
		return nil
	}
	return added(s.before.Constraints, s.after.Constraints, func(c *constraint) string { return c.Name })
}

func (s *Statement) goneConstraints() []*constraint {
	if s.after == nil {
		return nil
	}
	return added(s.after.Constraints, s.before.Constraints, func(c *constraint) string { return c.Name })
}

// newIndexes lists the indexes that a statement made for themselves: not those of a
// constraint, and not those that it rebuilt under their old name.
func (s *Statement) newIndexes() []*index {
	if s.after == nil {
		return nil
	}
	return ownIndexes(s.before, s.after)
}

// goneIndexes lists the indexes that a statement dropped for themselves.
func (s *Statement) goneIndexes() (all []*index) {
	if s.after == nil {
		return nil
	}
	for _, i := range ownIndexes(s.after, s.before) {
		t := s.after.Tables[i.Table]
		whole := t != nil && !slices.ContainsFunc(i.Columns, func(n int) bool { return n > 0 && t.Columns[n] == nil })
		if whole {
			all = append(all, i)
		}
	}
	return all
}

// ownIndexes lists the indexes of c that less has not, without those of constraints.
func ownIndexes(less, c *catalog) []*index {
	owned := map[uint32]bool{}
	for _, k := range c.Constraints {
		if k.Type != "f" { // whose index is that of the table referred to
			owned[k.Index] = true
		}
	}
	all := maps.Clone(c.Indexes)
	maps.DeleteFunc(all, func(oid uint32, i *index) bool {
		return owned[oid] || less.hasIndex(i.Name)
	})
	return added(less.Indexes, all, func(i *index) string { return i.Name })
}

func (c *catalog) hasIndex(name string) bool {
	for _, i := range c.Indexes {
		if i.Name == name {
			return true
		}
	}
	return false
}

// added lists what more has and less has not, ordered by name.
func added[V any](less, more map[uint32]V, name func(V) string) (all []V) {
	for oid, v := range more {
		if _, there := less[oid]; !there {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b V) int {
		if name(a) < name(b) {
			return -1
		}
		return 1
	})
	return all
}

// newTables lists the tables that a statement made and that are still there at the
// end of the file, with their oids.
func (f *File) newTables(s *Statement) map[uint32]*table {
	all := map[uint32]*table{}
	if s.after == nil {
		return all
	}
	for oid := range s.after.Tables {
		if last := f.end().Tables[oid]; s.before.Tables[oid] == nil && last != nil && last.Kind != "m" {
			all[oid] = last
		}
	}
	return all
}
