package rehearsal

import (
	"slices"
	"strings"
)

// unfixable says why Postgres has no other way to do what was found.
func (f *File) unfixable(one Finding) string {
	s := &f.Statements[one.statement]
	partitioned := func(c *catalog, oid uint32) bool { return c.Tables[oid] != nil && c.Tables[oid].Kind == "p" }
	if one.Code == "DL204" && f.refersToItself(one) {
		return "its rows refer to each other, so that they cannot be deleted in parts"
	}
	if one.Code == "LK113" && f.lockTogether() {
		return "one statement locks several tables"
	}
	if one.Code == "LK110" && f.inherited(one) {
		return "other tables inherit it"
	}
	const no = "Postgres cannot do it another way on a partitioned table"
	for _, i := range append(s.newIndexes(), s.goneIndexes()...) {
		if i.Name == one.Object && partitioned(s.before, i.Table) {
			return no
		}
	}
	for _, c := range s.newConstraints() {
		if c.Name == one.Object && (partitioned(s.before, c.Table) || partitioned(s.before, c.Refers)) {
			return no
		}
	}
	return ""
}

// bounds gives the condition on the rows of a partition that is attached; one that has
// partitions itself has none.
func (f *File) bounds(one Finding) string {
	s := &f.Statements[one.statement]
	if one.Code != "LK117" || s.after == nil {
		return ""
	}
	for oid, t := range s.after.Tables {
		if before := s.before.Tables[oid]; t.Name == one.Object && t.Kind == "r" && before != nil && before.Parent == 0 {
			return t.Bounds
		}
	}
	return ""
}

// inherited says whether the table of a column has heirs that are no partitions.
func (f *File) inherited(one Finding) bool {
	tables := f.Statements[one.statement].before.Tables
	for _, heir := range tables {
		parent := tables[heir.Parent]
		if parent != nil && parent.Kind != "p" && strings.HasPrefix(one.Object, parent.Name+".") {
			return true
		}
	}
	return false
}

// lockTogether says whether a single statement locks several tables.
func (f *File) lockTogether() bool {
	return slices.ContainsFunc(f.Statements, func(s Statement) bool { return len(exclusive(s.Locks)) > 1 })
}

// written gives the table whose rows a statement writes.
func (f *File) written(one Finding) (uint32, *table) {
	s := &f.Statements[one.statement]
	for _, w := range s.Wrote {
		if w.Table == one.Object {
			return w.oid, s.before.Tables[w.oid]
		}
	}
	return 0, nil
}

// key gives the columns of the primary key of the table that is written, or that its
// partition belongs to.
func (f *File) key(one Finding) []string {
	oid, t := f.written(one)
	before := f.Statements[one.statement].before
	for t != nil && t.Parent != 0 {
		if oid, t = t.Parent, before.Tables[t.Parent]; t != nil && t.Kind != "p" {
			return nil // an heir has a key of its own
		}
	}
	if t == nil {
		return nil
	}
	for _, c := range before.Constraints {
		if c.Table == oid && c.Type == "p" {
			return t.columnNames(c.Columns)
		}
	}
	return nil
}

// refersToItself says whether a foreign key of the table that rows are deleted from is on
// itself.
func (f *File) refersToItself(one Finding) bool {
	oid, _ := f.written(one)
	s := &f.Statements[one.statement]
	for _, c := range s.before.Constraints {
		if c.Type == "f" && c.Table == oid && c.Refers == oid && deleteStatement.MatchString(s.SQL) {
			return true
		}
	}
	return false
}
