package rehearsal

import (
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

var lockRules = []Rule{
	{"LK101", Error, "builds an index without CONCURRENTLY", "Writes to the table wait until the index is built.",
		"CREATE INDEX CONCURRENTLY in a file of its own with " + sqlfile.NoTransaction, indexNotConcurrent},
	{"LK102", Error, "drops or rebuilds an index without CONCURRENTLY", "Reads and writes of the table wait, and queue behind the longest running query.",
		"DROP INDEX CONCURRENTLY or REINDEX ... CONCURRENTLY in a file with " + sqlfile.NoTransaction, dropNotConcurrent},
	{"LK103", Error, "must run outside of a transaction", "The file fails when it is applied.",
		"put the statement into a file of its own that begins with " + sqlfile.NoTransaction + " and an empty line", bareInTransaction},
	{"LK104", Error, "adds a foreign key that is checked at once", "Writes to both tables wait while all rows are checked.",
		"ADD CONSTRAINT ... NOT VALID, and VALIDATE CONSTRAINT in a later file", func(f *File, s *Statement) []string { return checkedAtOnce(f, s, "f") }},
	{"LK105", Error, "adds a CHECK that is checked at once", "Reads and writes wait while all rows are checked.",
		"ADD CONSTRAINT ... NOT VALID, and VALIDATE CONSTRAINT in a later file", func(f *File, s *Statement) []string { return checkedAtOnce(f, s, "c") }},
	{"LK106", Error, "validates a constraint in the transaction that added it", "The strong lock of ADD CONSTRAINT is held while all rows are checked.",
		"VALIDATE CONSTRAINT in a later file", validatedTooSoon},
	{"LK107", Error, "adds a primary key or unique constraint that builds its index", "Reads and writes wait until the index is built.",
		"CREATE UNIQUE INDEX CONCURRENTLY in a file of its own, then ADD CONSTRAINT ... USING INDEX", uniqueNotUsingIndex},
	{"LK108", Error, "sets NOT NULL by reading the table", "Reads and writes wait while all rows are checked.",
		"ADD CHECK (column IS NOT NULL) NOT VALID, VALIDATE it in a later file, SET NOT NULL, drop the check", notNullScans},
	{"LK109", Error, "changes a type by reading or rewriting the table", "Reads and writes wait while every row is checked or rewritten.",
		"a new column, filled in batches and kept up to date by a trigger, then a switch", typeRewrites},
	{"LK110", Error, "adds a column whose default is computed for each row", "Reads and writes wait while the table is rewritten.",
		"add the column without the default, set the default, fill the rows in batches", func(f *File, s *Statement) []string { return addedRewrites(f, s, false) }},
	{"LK111", Error, "adds a stored generated column", "Reads and writes wait while the table is rewritten.",
		"a plain column filled by a trigger and in batches, or a view", func(f *File, s *Statement) []string { return addedRewrites(f, s, true) }},
	{"LK112", Error, "adds an exclusion constraint", "Reads and writes wait until its index is built; it cannot be built concurrently.",
		"a new table with the constraint, filled in batches", exclusion},
	{"LK113", Warning, "locks several tables against reads in one transaction", "Each waits for the others' queries while it is locked; sessions that take them in another order deadlock.",
		"one file for each table", severalLocked},
	{"LK114", Warning, "waits for a lock without a bound", "While it waits behind a long query, every later query of the table waits behind it.",
		"SET lock_timeout = '3s' at the beginning of the file, and try again", noLockTimeout},
	{"LK115", Error, "writes rows in the transaction that changes a table", "The locks of the change are held until the last row is written.",
		"the rows in a file of their own, in batches", mixedWithRows},
	{"LK116", Error, "rewrites a table without changing it", "Reads and writes wait meanwhile, and the disk holds the table twice.",
		"pg_repack, or plain VACUUM", rewritesOnly},
	{"LK117", Error, "attaches a partition by reading it, or detaches one in a transaction", "The partition is locked while all rows are checked; the parent against all reads and writes.",
		"a validated CHECK that implies the bounds before ATTACH; DETACH PARTITION ... CONCURRENTLY", partition},
	{"LK118", Error, "reads a whole table that the transaction has locked", "The lock of the earlier statement is held while all rows are read.",
		"the statement that reads first, or in an earlier file", readsLocked},
}

func indexNotConcurrent(f *File, s *Statement) (all []string) {
	for _, i := range s.newIndexes() {
		if f.old(i.Table) && !s.Bare {
			all = append(all, i.Name)
		}
	}
	return all
}

func dropNotConcurrent(f *File, s *Statement) (all []string) {
	if s.Bare || s.after == nil {
		return nil
	}
	for _, i := range s.goneIndexes() {
		if f.old(i.Table) {
			all = append(all, i.Name)
		}
	}
	for oid, before := range s.before.Indexes {
		after := s.after.Indexes[oid]
		t, u := s.before.Tables[before.Table], s.after.Tables[before.Table]
		rebuilt := after != nil && after.Filenode != before.Filenode && t != nil && u != nil && t.Filenode == u.Filenode
		if rebuilt && f.old(before.Table) && len(f.columnChanges(s)) == 0 {
			all = append(all, before.Name)
		}
	}
	slices.Sort(all)
	return all
}

func bareInTransaction(f *File, s *Statement) []string {
	if s.Bare && f.Transactional {
		return []string{shorten(s.SQL, 40)}
	}
	return nil
}

func checkedAtOnce(f *File, s *Statement, kind string) (all []string) {
	for _, c := range s.newConstraints() {
		if c.Type == kind && c.Validated && f.old(c.Table) && touches(s.Scanned, c.Table) {
			all = append(all, c.Name)
		}
	}
	return all
}

func validatedTooSoon(f *File, s *Statement) (all []string) {
	if !f.Transactional || s.after == nil {
		return nil
	}
	for oid, before := range s.before.Constraints {
		after := s.after.Constraints[oid]
		if after != nil && !before.Validated && after.Validated && f.start.Constraints[oid] == nil && f.old(after.Table) {
			all = append(all, after.Name)
		}
	}
	slices.Sort(all)
	return all
}

func uniqueNotUsingIndex(f *File, s *Statement) (all []string) {
	for _, c := range s.newConstraints() {
		if (c.Type == "p" || c.Type == "u") && f.old(c.Table) && s.before.Indexes[c.Index] == nil {
			all = append(all, c.Name)
		}
	}
	return all
}

func notNullScans(f *File, s *Statement) []string {
	return f.columnsThat(s, func(c columnChange) bool {
		return c.before != nil && c.after != nil && !c.before.NotNull && c.after.NotNull && touches(s.Scanned, c.oid)
	})
}

func typeRewrites(f *File, s *Statement) []string {
	return f.columnsThat(s, func(c columnChange) bool {
		return retyped(c) && (touches(s.Rewritten, c.oid) || touches(s.Scanned, c.oid))
	})
}

func retyped(c columnChange) bool {
	return c.before != nil && c.after != nil && c.before.Type != c.after.Type
}

func addedRewrites(f *File, s *Statement, generated bool) []string {
	return f.columnsThat(s, func(c columnChange) bool {
		return c.before == nil && touches(s.Rewritten, c.oid) && (c.after.Generated != "") == generated &&
			(generated || c.after.Default != "" || c.after.Identity != "")
	})
}

func exclusion(f *File, s *Statement) (all []string) {
	for _, c := range s.newConstraints() {
		if c.Type == "x" && f.old(c.Table) {
			all = append(all, c.Name)
		}
	}
	return all
}

// exclusive lists the tables that nobody can read.
func exclusive(locks []TableLock) (tables []string) {
	for _, l := range locks {
		if l.Lock == AccessExclusive {
			tables = append(tables, l.Table)
		}
	}
	return tables
}

// severalLocked reports the statement with which the second table is locked.
func severalLocked(f *File, s *Statement) []string {
	if !f.Transactional {
		return nil
	}
	held := exclusive(s.Held)
	all := slices.Compact(slices.Sorted(slices.Values(append(exclusive(s.Locks), held...))))
	if len(held) > 1 || len(all) < 2 {
		return nil
	}
	return []string{strings.Join(all, ", ")}
}

// noLockTimeout reports the first statement of a file that may wait for long.
func noLockTimeout(f *File, s *Statement) []string {
	waits := func(s Statement) bool { return s.Lock >= Share && !s.Bare && !s.lockTimeout }
	first := slices.IndexFunc(f.Statements, waits)
	if first < 0 || &f.Statements[first] != s {
		return nil
	}
	for _, l := range s.Locks {
		if l.Lock == s.Lock {
			return []string{l.Table}
		}
	}
	return nil
}

func mixedWithRows(f *File, s *Statement) (all []string) {
	if !f.Transactional {
		return nil
	}
	changes := func(other Statement) bool { return other.Lock >= ShareRowExclusive && len(other.Wrote) == 0 }
	if !slices.ContainsFunc(f.Statements, changes) {
		return nil
	}
	for _, w := range s.Wrote {
		all = append(all, w.Table)
	}
	return all
}

func rewritesOnly(f *File, s *Statement) (all []string) {
	changed := f.columnChanges(s)
	for _, t := range s.Rewritten {
		if !slices.ContainsFunc(changed, func(c columnChange) bool { return c.oid == t.oid }) {
			all = append(all, t.Table)
		}
	}
	return all
}

func partition(f *File, s *Statement) (all []string) {
	if s.after == nil {
		return nil
	}
	for oid, before := range s.before.Tables {
		after := s.after.Tables[oid]
		if after == nil || !f.old(oid) || before.Parent == after.Parent {
			continue
		}
		if after.Parent != 0 && touches(s.Scanned, oid) || after.Parent == 0 && !s.Bare {
			all = append(all, after.Name)
		}
	}
	slices.Sort(all)
	return all
}

// readsLocked looks at statements that lock little by themselves, such as VALIDATE
// CONSTRAINT; writing rows is LK115.
func readsLocked(f *File, s *Statement) (all []string) {
	if s.Lock >= Share || len(s.Wrote) > 0 || len(validatedTooSoon(f, s)) > 0 {
		return nil
	}
	for _, t := range s.Scanned {
		for _, l := range s.Held {
			if l.Table == t.Table && l.Lock >= ShareRowExclusive {
				all = append(all, t.Table)
			}
		}
	}
	return all
}
