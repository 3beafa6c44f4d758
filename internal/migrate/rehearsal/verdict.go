package rehearsal

import (
	"fmt"
	"slices"
	"strings"
)

// Verdict says what a statement or a file does to a system at work. A greater one is
// worse; that of a file is the worst of its statements.
type Verdict int

// The verdicts, from harmless to final.
const (
	// Safe: reads and writes go on.
	Safe Verdict = iota
	// BriefLock: reads or writes wait, for a time that does not grow with the table.
	BriefLock
	// BlocksWrites: writes wait while a table is read through; reads go on.
	BlocksWrites
	// BlocksReads: reads and writes wait while a table is read through.
	BlocksReads
	// Rewrites: reads and writes wait while a table is rewritten, and the disk holds
	// it twice.
	Rewrites
	// LosesData: rows or values are gone.
	LosesData
	// Irreversible: the file has no way back. Only files have this verdict.
	Irreversible
)

var verdictNames = []string{"safe", "brief-lock", "blocks-writes", "blocks-reads", "rewrites", "loses-data", "irreversible"}

// String gives the word for people: "blocks writes".
func (v Verdict) String() string { return strings.ReplaceAll(verdictNames[v], "-", " ") }

// MarshalText gives the word for machines: "blocks-writes".
func (v Verdict) MarshalText() ([]byte, error) { return []byte(verdictNames[v]), nil }

// UnmarshalText reads what MarshalText gives.
func (v *Verdict) UnmarshalText(text []byte) error {
	i := slices.Index(verdictNames, string(text))
	if i < 0 {
		return fmt.Errorf("read verdict %q: want one of %s", text, strings.Join(verdictNames, ", "))
	}
	*v = Verdict(i)
	return nil
}

// Lock is a table lock of Postgres, weakest first. The zero value is none.
// Source: PostgreSQL manual, explicit locking.
type Lock int

// The locks of tables.
const (
	NoLock Lock = iota
	AccessShare
	RowShare
	RowExclusive
	ShareUpdateExclusive
	Share
	ShareRowExclusive
	Exclusive
	AccessExclusive
)

var lockNames = []string{"", "AccessShare", "RowShare", "RowExclusive", "ShareUpdateExclusive", "Share", "ShareRowExclusive", "Exclusive", "AccessExclusive"}

// String gives Postgres' name without the word Lock: "AccessExclusive".
func (l Lock) String() string { return lockNames[l] }

// MarshalText gives the same as String.
func (l Lock) MarshalText() ([]byte, error) { return []byte(lockNames[l]), nil }

// parseLock reads the mode of pg_locks; NoLock for one that no table has.
func parseLock(mode string) Lock {
	return Lock(max(0, slices.Index(lockNames, strings.TrimSuffix(mode, "Lock"))))
}

// judge gives the verdict of a statement, with the locks that earlier statements of
// its transaction hold.
func (s *Statement) judge() Verdict {
	switch {
	case len(s.Lost) > 0:
		return LosesData
	case len(s.Rewritten) > 0:
		return Rewrites
	}
	worst := Safe
	for _, l := range s.Locks {
		worst = max(worst, wait(l.Lock, s.long()))
	}
	if !s.long() {
		return worst
	}
	for _, l := range s.Held {
		worst = max(worst, wait(l.Lock, true))
	}
	if slices.ContainsFunc(s.Wrote, func(w TableRows) bool { return w.Whole }) {
		// Each written row is locked until the transaction ends.
		worst = max(worst, BlocksWrites)
	}
	return worst
}

// wait is the verdict of a lock that is held for long or not.
func wait(l Lock, long bool) Verdict {
	switch {
	case l < Share:
		return Safe
	case !long:
		return BriefLock
	case l < AccessExclusive:
		return BlocksWrites
	}
	return BlocksReads
}

// long says whether the statement takes a time that grows with a table.
func (s *Statement) long() bool { return len(s.Scanned)+len(s.Rewritten)+len(s.Wrote) > 0 }

// effect says in words what the verdict means here.
func (s *Statement) effect() string {
	var parts []string
	if len(s.Lost) > 0 {
		var lost []string
		for _, l := range s.Lost {
			lost = append(lost, l.String())
		}
		parts = append(parts, "loses "+strings.Join(lost, ", ")+" (of the rehearsal)")
	}
	if len(s.Rewritten) > 0 {
		parts = append(parts, "rewrites "+names(s.Rewritten))
	}
	if len(s.Wrote) > 0 {
		parts = append(parts, "writes rows of "+names(s.Wrote))
	}
	if len(s.Scanned) > 0 && len(s.Rewritten)+len(s.Wrote) == 0 {
		parts = append(parts, "reads all of "+names(s.Scanned))
	}
	own, held := s.Locks, []TableLock(nil)
	if s.long() {
		own, held = without(s.Locks, s.Held), without(s.Held, s.Locks)
	}
	if who := waiting(own, s.long()); who != "" {
		parts = append(parts, who)
	}
	if who := waiting(held, true); who != "" {
		parts = append(parts, who+", locked by an earlier statement")
	}
	if len(parts) == 0 {
		return "nobody waits"
	}
	return strings.Join(parts, "; ")
}

// without leaves out the locks on tables that others have a stronger one on.
func without(locks, others []TableLock) (left []TableLock) {
	for _, l := range locks {
		if !slices.ContainsFunc(others, func(o TableLock) bool { return o.Table == l.Table && o.Lock > l.Lock }) {
			left = append(left, l)
		}
	}
	return left
}

// waiting says who waits for which tables.
func waiting(locks []TableLock, long bool) string {
	time := "briefly"
	if long {
		time = "meanwhile"
	}
	var parts []string
	for _, group := range []struct {
		who  string
		want func(Lock) bool
	}{
		{"reads and writes", func(l Lock) bool { return l == AccessExclusive }},
		{"writes", func(l Lock) bool { return l >= Share && l < AccessExclusive }},
	} {
		var tables []string
		for _, l := range locks {
			if group.want(l.Lock) {
				tables = append(tables, l.Table)
			}
		}
		if len(tables) > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s wait %s", group.who, strings.Join(tables, ", "), time))
		}
	}
	return strings.Join(parts, ", ")
}

func names(all []TableRows) string {
	tables := make([]string, len(all))
	for i, t := range all {
		tables[i] = t.Table
	}
	return strings.Join(tables, ", ")
}
