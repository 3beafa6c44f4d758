package rehearsal

import (
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
	"github.com/entgraph/entgraph/internal/sqltext"
)

var dataRules = []Rule{
	{"DL201", Error, "drops a table with rows", "The rows are gone, and programs that still use the table fail.",
		"first deploy programs without it, keep a copy, then drop it with -- entgraph:allow DL201 and the reason", droppedTables(true)},
	{"DL202", Error, "drops a column with values", "The values are gone, and programs that still select the column fail.",
		"first deploy programs without it, keep a copy, then drop it with -- entgraph:allow DL202 and the reason", droppedColumns(true)},
	{"DL203", Error, "empties a table", "All rows are gone; reads and writes wait meanwhile.",
		"delete the rows that are not needed, in batches", truncated},
	{"DL204", Error, "updates or deletes every row in one statement", "Every row is locked until it ends, the table grows to twice its size, replicas fall behind.",
		"batches by key, each a transaction of its own, in a file with " + sqlfile.NoTransaction, everyRow},
	{"DL205", Warning, "uses CASCADE", "It also drops or empties what only production has.",
		"name each object", cascades},
	{"DL206", Error, "requires a value that rows lack", "The file fails on a table with rows.",
		"add the column with a default, or nullable, fill the rows, then require it", failsWith(pgerrcode.NotNullViolation)},
	{"DL207", Error, "requires values to be unique that are not", "The file fails on rows that are there.",
		"merge the duplicates first", failsWith(pgerrcode.UniqueViolation)},
	{"DL208", Error, "casts values that do not fit", "The file fails on rows that are there.",
		"a USING clause, or a new column filled in batches", failsWith(pgerrcode.DatatypeMismatch, pgerrcode.StringDataRightTruncationDataException, pgerrcode.NumericValueOutOfRange,
			pgerrcode.InvalidTextRepresentation, pgerrcode.InvalidDatetimeFormat, pgerrcode.DatetimeFieldOverflow)},
	{"DL209", Error, "changes between timestamp with and without time zone", "What each value means depends on the TimeZone setting of the session that migrates.",
		"USING column AT TIME ZONE 'UTC', written out, and an allowance with the reason", timeZone},
	{"DL210", Error, "uses an enum value in the transaction that added it", "The file fails when it is applied.",
		"add the value in an earlier file", labelUsed},
	{"DL211", Error, "narrows a type so that values become equal or are lost", "Digits, letters or whole values are lost without an error.",
		"look for the values first; a new column keeps the old ones", narrowed},
	{"DL212", Warning, "makes values unique that were not before", "It fails when production has duplicates, and programs must expect the conflict.",
		"look for duplicates first: GROUP BY ... HAVING count(*) > 1", newlyUnique},
	{"DL213", Error, "restarts a sequence", "The next inserts fail with duplicate keys.",
		"leave RESTART out, or setval to the largest value", restarts},
	{"DL214", Error, "adds a constraint that rows break", "The file fails on rows that are there.",
		"correct the rows first; NOT VALID holds for new rows alone", failsWith(pgerrcode.CheckViolation, pgerrcode.ForeignKeyViolation, pgerrcode.ExclusionViolation)},
	{"DL215", Error, "makes a table unlogged", "It is empty after a crash of the server, and on every replica.",
		"keep it logged", unlogged},
	{"DL216", Warning, "drops something and creates it again without its rights", "Its owner and all grants are lost, also those made by hand, and everybody may execute a function that was created again.",
		"CREATE OR REPLACE, or the two statements around it that migrate diff writes", rightsLost},
}

// rightsLost is told at the statement that drops the object.
func rightsLost(f *File, s *Statement) (all []string) {
	for _, k := range f.remade {
		name := strings.Trim(strings.SplitN(k.Name, "(", 2)[0], `"`)
		drops := func(s Statement) bool {
			return dropOrRename.MatchString(s.SQL) && strings.Contains(s.SQL, name)
		}
		at := max(0, slices.IndexFunc(f.Statements, drops))
		if s == &f.Statements[at] {
			all = append(all, string(k.Kind)+" "+k.String())
		}
	}
	return all
}

var dropOrRename = regexp.MustCompile(`(?i)\b(DROP|RENAME)\b`)

func droppedTables(withRows bool) func(*File, *Statement) []string {
	return func(f *File, s *Statement) (all []string) {
		if s.after == nil {
			return nil
		}
		for oid, t := range s.before.Tables {
			if f.old(oid) && s.after.Tables[oid] == nil && t.Kind != "m" && (t.rows > 0) == withRows {
				all = append(all, t.Name)
			}
		}
		slices.Sort(all)
		return all
	}
}

func droppedColumns(withValues bool) func(*File, *Statement) []string {
	return func(f *File, s *Statement) []string {
		return f.columnsThat(s, func(c columnChange) bool {
			kept := c.before != nil && c.before.Generated != "" // can be computed again
			return c.after == nil && (c.before.values > 0 && !kept) == withValues
		})
	}
}

var (
	truncateStatement = regexp.MustCompile(`(?i)^\s*TRUNCATE\b`)
	writeStatement    = regexp.MustCompile(`(?i)^\s*(UPDATE|DELETE)\b`)
	deleteStatement   = regexp.MustCompile(`(?i)^\s*DELETE\b`)
	whereClause       = regexp.MustCompile(`(?i)\bWHERE\b`)
	cascadeWord       = regexp.MustCompile(`(?is)^\s*(DROP|ALTER|TRUNCATE)\b.*\bCASCADE\b`)
	cascadeAction     = regexp.MustCompile(`(?i)\bON\s+(DELETE|UPDATE)\s+CASCADE\b`)
	restartWord       = regexp.MustCompile(`(?is)^\s*(ALTER\b.*\bRESTART\b|TRUNCATE\b.*\bRESTART\s+IDENTITY\b)`)
)

var (
	textLiteral = regexp.MustCompile(`'(?:[^']|'')*'`)
	innermost   = regexp.MustCompile(`\([^()]*\)`)
)

// outermost is a statement without what is in brackets, such as sub-selects.
func outermost(sql string) string {
	sql = textLiteral.ReplaceAllString(sql, "''")
	for before := ""; before != sql; {
		before, sql = sql, innermost.ReplaceAllString(sql, " ")
	}
	return sql
}

func truncated(_ *File, s *Statement) (all []string) {
	for _, l := range s.Lost {
		if l.Column == "" && truncateStatement.MatchString(s.SQL) {
			all = append(all, l.Table)
		}
	}
	return all
}

func everyRow(_ *File, s *Statement) (all []string) {
	for _, w := range s.Wrote {
		if w.Whole && writeStatement.MatchString(s.SQL) && !whereClause.MatchString(outermost(s.SQL)) {
			all = append(all, w.Table)
		}
	}
	return all
}

// cascades goes by the text: what a CASCADE drops here says nothing about
// production.
func cascades(_ *File, s *Statement) []string {
	if !cascadeWord.MatchString(cascadeAction.ReplaceAllString(s.SQL, "")) {
		return nil
	}
	return []string{shorten(s.SQL, 40)}
}

func failsWith(codes ...string) func(*File, *Statement) []string {
	return func(_ *File, s *Statement) []string {
		if !slices.Contains(codes, s.failure) {
			return nil
		}
		return []string{shorten(s.SQL, 40)}
	}
}

func timeZone(f *File, s *Statement) []string {
	return f.columnsThat(s, func(c columnChange) bool {
		if !retyped(c) || !strings.HasPrefix(c.before.Type, "timestamp") || !strings.HasPrefix(c.after.Type, "timestamp") {
			return false
		}
		return strings.Contains(c.before.Type, "without") != strings.Contains(c.after.Type, "without")
	})
}

// labelUsed goes by the text of the later statements: the value as a literal.
func labelUsed(f *File, s *Statement) (all []string) {
	if !f.Transactional || s.before == nil {
		return nil
	}
	for oid, l := range s.before.Labels {
		t := f.start.Labels[oid]
		if t == nil && f.start.hasEnum(l.Type) && strings.Contains(s.SQL, sqltext.Literal(l.Name)) {
			all = append(all, l.Type+"."+l.Name)
		}
	}
	slices.Sort(all)
	return all
}

// hasEnum: the values of a type of the same transaction may be used at once.
func (c *catalog) hasEnum(name string) bool {
	for _, l := range c.Labels {
		if l.Type == name {
			return true
		}
	}
	return false
}

func narrowed(f *File, s *Statement) []string {
	return f.columnsThat(s, func(c columnChange) bool {
		return retyped(c) && (c.after.distinct < c.before.distinct || c.after.values < c.before.values)
	})
}

func newlyUnique(f *File, s *Statement) (all []string) {
	for _, i := range s.newIndexes() {
		if i.Unique && f.old(i.Table) {
			all = append(all, base(i.Name)) // as constraints have it
		}
	}
	for _, c := range s.newConstraints() {
		if c.Type == "u" && f.old(c.Table) && s.before.Indexes[c.Index] == nil {
			all = append(all, c.Name)
		}
	}
	return all
}

// unlogged looks at old tables alone: a new one may be a cache.
func unlogged(f *File, s *Statement) (all []string) {
	if s.after == nil {
		return nil
	}
	for oid, before := range s.before.Tables {
		if after := s.after.Tables[oid]; f.old(oid) && after != nil && !before.Unlogged && after.Unlogged {
			all = append(all, after.Name)
		}
	}
	slices.Sort(all)
	return all
}

func restarts(_ *File, s *Statement) []string {
	if !restartWord.MatchString(s.SQL) {
		return nil
	}
	return []string{shorten(s.SQL, 40)}
}
