package rehearsal

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/database"
)

var compatibilityRules = []Rule{
	{"CP301", Warning, "drops a table without rows", "Programs that still use the table fail.",
		"first deploy programs without it", droppedTables(false)},
	{"CP302", Warning, "drops a column without values", "Programs that still select or insert the column fail.",
		"first deploy programs without it", droppedColumns(false)},
	{"CP303", Error, "renames a table", "Programs that know the old name fail until they are replaced.",
		"a view of the old name, dropped in a later release", renamedTables},
	{"CP304", Error, "renames a column", "Programs that know the old name fail until they are replaced.",
		"a new column, written by both, filled in batches; drop the old one in a later release", renamedColumns},
	{"CP305", Error, "renames or drops a schema or type", "Programs that know the old name fail.",
		"first deploy programs without it", renamedOrGone},
	{"CP306", Warning, "allows nulls", "Programs that do not expect a null may fail.",
		"first deploy programs that expect it", nullsAllowed},
	{"CP307", Warning, "drops a default", "Inserts that leave the column out store a null or fail.",
		"first deploy programs that give the value", defaultDropped},
	{"CP308", Error, "renames or removes an enum value", "Programs that know the old value fail.",
		"add the new value, change the rows, remove the old one in a later release", labelsChanged},
	{"CP309", Warning, "drops a foreign key", "Nothing keeps the references valid any more.",
		"replace it in the same transaction by one that is NOT VALID", foreignKeysGone},
	{"CP310", Warning, "changes what a delete does to the rows that refer to it", "A delete that used to fail may now delete more rows, or the reverse.",
		"check the programs that delete", onDeleteChanged},
	{"CP311", Warning, "tightens a check", "Programs that write values that were allowed fail.",
		"first deploy programs that keep to it", checksTightened},
	{"CP312", Warning, "drops or changes a view", "Programs that read it may fail.",
		"add columns at its end alone, or make a view of another name", viewsChanged},
	{"CP313", Error, "drops something that other objects depend on", "It fails, or also drops indexes and constraints on other columns, views and generated columns.",
		"change or drop what uses it first, by name", takenAlong},
}

var designRules = []Rule{
	{"DS401", Warning, "adds a foreign key without an index", "Deleting or changing the row referred to reads the whole table.",
		"an index that begins with the key's columns", keysWithoutIndex},
	{"DS402", Warning, "adds an index that another one repeats", "Every write keeps both.", "leave it out", repeatedIndexes},
	{"DS403", Warning, "makes an integer primary key", "It runs out after two billion rows, and widening it rewrites the table.",
		"bigint or uuid", newColumns("p", "smallint", "integer")},
	{"DS404", Warning, "makes a json column", "It has no equality and no index.", "jsonb", newColumns("", "json")},
	{"DS405", Warning, "makes a char(n) column", "Values are padded with spaces.", "text or varchar", newColumns("", "character(")},
	{"DS406", Warning, "makes a timestamp without time zone", "Which moment it means depends on who reads it.", "timestamptz", newColumns("", "timestamp without", "timestamp(")},
	{"DS407", Error, "has a name over 63 bytes", "Postgres cuts it, so that it may equal another one.", "a shorter name", namesCut},
	{"DS408", Warning, "makes a table without a primary key", "Rows cannot be told apart; logical replication cannot update them.", "a primary key", withoutPrimaryKey},
	{"DS409", Warning, "leaves an index that another one begins with", "Every write keeps both, and the longer one serves the same queries.",
		"drop the shorter one, or do not add it", shorterIndexes},
	{"DS415", Warning, "affects the whole server", "It also affects other databases of the server, or its files and programs; a second database finds it already done; and it has not been tried, because trials of migrations leave it out.",
		"do it where the server is set up; a migration may name roles, and grant them rights on what it makes", serverWide},
}

func renamedTables(f *File, s *Statement) (all []string) {
	if s.after == nil {
		return nil
	}
	for oid, before := range s.before.Tables {
		if after := s.after.Tables[oid]; after != nil && f.old(oid) && after.Name != before.Name {
			all = append(all, before.Name+" to "+after.Name)
		}
	}
	slices.Sort(all)
	return all
}

func renamedColumns(f *File, s *Statement) (all []string) {
	for _, c := range f.columnChanges(s) {
		if c.before != nil && c.after != nil && c.before.Name != c.after.Name {
			all = append(all, fmt.Sprintf("%s.%s to %s", c.table.Name, c.before.Name, c.after.Name))
		}
	}
	return all
}

func nullsAllowed(f *File, s *Statement) []string {
	return f.columnsThat(s, func(c columnChange) bool {
		return c.before != nil && c.after != nil && c.before.NotNull && !c.after.NotNull
	})
}

func defaultDropped(f *File, s *Statement) []string {
	return f.columnsThat(s, func(c columnChange) bool {
		return c.before != nil && c.after != nil && c.before.Default != "" && c.after.Default == "" && c.after.Identity == "" && c.before.Generated == ""
	})
}

func labelsChanged(f *File, s *Statement) (all []string) {
	if s.after == nil {
		return nil
	}
	for oid, before := range s.before.Labels {
		if f.start.Labels[oid] == nil {
			continue
		}
		after := s.after.Labels[oid]
		same := func(l *label) bool { return *l == *before }
		moved := after == nil && (slices.ContainsFunc(slices.Collect(maps.Values(s.after.Labels)), same) ||
			slices.ContainsFunc(slices.Collect(maps.Values(f.end().Labels)), same))
		if !moved && (after == nil || after.Name != before.Name) {
			all = append(all, before.Type+"."+before.Name)
		}
	}
	slices.Sort(all)
	return all
}

// foreignKeysGone leaves out those of dropped tables and columns, and those that the
// file replaces.
func foreignKeysGone(f *File, s *Statement) (all []string) {
	for _, c := range s.goneConstraints() {
		t := f.end().Tables[c.Table]
		if c.Type != "f" || !f.old(c.Table) || t == nil || f.end().Tables[c.Refers] == nil {
			continue
		}
		lostColumn := slices.ContainsFunc(c.Columns, func(n int) bool { return t.Columns[n] == nil })
		if !lostColumn && f.end().foreignKey(c) == nil {
			all = append(all, c.Name)
		}
	}
	return all
}

// foreignKey finds the key with the same columns.
func (c *catalog) foreignKey(like *constraint) *constraint {
	for _, k := range c.Constraints {
		if k.Type == "f" && k.Table == like.Table && k.Refers == like.Refers && slices.Equal(k.Columns, like.Columns) {
			return k
		}
	}
	return nil
}

func onDeleteChanged(f *File, s *Statement) (all []string) {
	for _, c := range s.newConstraints() {
		if c.Type != "f" || !f.old(c.Table) {
			continue
		}
		if before := f.start.foreignKey(c); before != nil && before.OnDelete != c.OnDelete {
			all = append(all, c.Name)
		}
	}
	return all
}

func viewsChanged(f *File, s *Statement) (all []string) {
	if s.after == nil {
		return nil
	}
	for oid, before := range s.before.Views {
		after := s.after.Views[oid]
		if f.start.Views[oid] != nil && (after == nil || after.Name != before.Name || after.Def != before.Def) {
			all = append(all, before.Name)
		}
	}
	slices.Sort(all)
	return all
}

func keysWithoutIndex(f *File, s *Statement) (all []string) {
	for _, c := range s.newConstraints() {
		if c.Type == "f" && f.end().Tables[c.Table] != nil && !f.end().covers(c.Table, c.Columns) {
			all = append(all, c.Name)
		}
	}
	return all
}

// covers says whether an index begins with the columns, in any order.
func (c *catalog) covers(table uint32, columns []int) bool {
	want := slices.Sorted(slices.Values(columns))
	for _, i := range c.Indexes {
		if i.Table == table && !i.Partial && len(i.Columns) >= len(want) &&
			slices.Equal(slices.Sorted(slices.Values(i.Columns[:len(want)])), want) {
			return true
		}
	}
	return false
}

func repeatedIndexes(f *File, s *Statement) (all []string) {
	for _, i := range s.newIndexes() {
		for _, other := range f.end().Indexes {
			plain := strings.Replace(other.Shape, "CREATE UNIQUE INDEX", "CREATE INDEX", 1)
			if other.Name != i.Name && other.Table == i.Table && (other.Shape == i.Shape || plain == i.Shape) && f.end().hasIndex(i.Name) {
				all = append(all, i.Name+" repeats "+other.Name)
			}
		}
	}
	slices.Sort(all)
	return all
}

// newColumns finds new columns whose type begins with one of the given. With kind "p"
// only those of a new primary key of one column.
func newColumns(kind string, types ...string) func(*File, *Statement) []string {
	return func(f *File, s *Statement) (all []string) {
		if s.after == nil {
			return nil
		}
		for oid, t := range s.after.Tables {
			for num, c := range t.Columns {
				before := s.before.Tables[oid]
				if before != nil && before.Columns[num] != nil && before.Columns[num].Type == c.Type {
					continue
				}
				if hasType(c.Type, types) && (kind == "" || s.after.primaryKey(oid, num)) {
					all = append(all, t.Name+"."+c.Name)
				}
			}
		}
		slices.Sort(all)
		return all
	}
}

// hasType compares with whole types, or with beginnings that end in a bracket or word.
func hasType(name string, types []string) bool {
	return slices.ContainsFunc(types, func(t string) bool {
		return name == t || (strings.HasSuffix(t, "(") || strings.Contains(t, " ")) && strings.HasPrefix(name, t) && !strings.HasSuffix(name, "with time zone")
	})
}

func (c *catalog) primaryKey(table uint32, num int) bool {
	for _, k := range c.Constraints {
		if k.Table == table && k.Type == "p" && slices.Equal(k.Columns, []int{num}) {
			return true
		}
	}
	return false
}

// nameTooLong is the SQLSTATE of the server's notice that it has cut a name.
const nameTooLong = "42622 "

func namesCut(_ *File, s *Statement) (all []string) {
	for _, n := range s.notices {
		if text, ok := strings.CutPrefix(n, nameTooLong); ok {
			all = append(all, text)
		}
	}
	return all
}

func withoutPrimaryKey(f *File, s *Statement) (all []string) {
	for oid, t := range f.newTables(s) {
		has := false
		for _, k := range f.end().Constraints {
			has = has || k.Table == oid && k.Type == "p"
		}
		if !has && t.Parent == 0 {
			all = append(all, t.Name)
		}
	}
	slices.Sort(all)
	return all
}

func serverWide(_ *File, s *Statement) []string {
	if !database.ServerWide(s.SQL) {
		return nil
	}
	return []string{shorten(s.SQL, 40)}
}
