package rehearsal

import (
	"regexp"
	"slices"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

var historyRules = []Rule{
	{"HS501", Warning, "has no way back", "A release that fails cannot be rolled back with its schema.",
		"a file of the same name in down/, or -- entgraph:allow HS501 with the reason", noWayBack},
	{"HS502", Error, "cannot be run again after a crash", "When the connection is lost during the statement, nobody knows whether it is done, and up may do it twice.",
		"IF EXISTS or IF NOT EXISTS; in a block that commits, ON CONFLICT or a WHERE that leaves out what is done", notRestartable},
	{"HS503", Error, "is older than the newest applied one", "up refuses it, and databases differ in what they have seen.",
		"migrate rebase", nil},
	{"HS504", Error, "was edited after it had been applied", "up refuses it, and the database has what the file said before.",
		"restore the file and put the change into a new one; migrate repair where the database is right", nil},
	{"HS505", Error, "is applied, and the directory lacks it", "up refuses to go on, and nobody can take it back.",
		"restore the file from the branch that has it", nil},
	{"HS506", Error, "says by its name that it is compatible, and may not be", "Servers of the release before stay ready and work on a schema that they were not made for.",
		"take .compatible out of the name before it is applied anywhere, or -- entgraph:allow HS506 with the reason why they keep working", saysCompatible},
}

// noWayBack is told at the first statement of a file.
func noWayBack(f *File, s *Statement) []string {
	if f.Verdict != Irreversible || s != &f.Statements[0] {
		return nil
	}
	return []string{f.Name}
}

// saysCompatible is told at the first statement of a file.
func saysCompatible(f *File, s *Statement) []string {
	if !sqlfile.SaysCompatible(f.Name) || s != &f.Statements[0] {
		return nil
	}
	return f.disturbs
}

// What up runs outside of a transaction, it may have to run again: see the package
// migrate, which looks what became of indexes and partitions. Everything else commits
// together with the row that says so.
var (
	repeatable = regexp.MustCompile(`(?is)^\s*(CREATE\s+(UNIQUE\s+)?INDEX|DROP\s+INDEX|REINDEX|VACUUM|ANALYZE|CLUSTER|ALTER\s+SYSTEM|ALTER\s+TABLE\b.*\bDETACH\s+PARTITION)\b` +
		`|^\s*(CREATE|DROP|ALTER)\b[^;]*?\bIF\s+(NOT\s+)?EXISTS\b`)
	block      = regexp.MustCompile(`(?i)^\s*DO\b`)
	blockWrite = regexp.MustCompile(`(?is)\b(INSERT\s+INTO|UPDATE|CALL|EXECUTE)\b[^;]*`)
	guarded    = regexp.MustCompile(`(?is)^INSERT\b.*\b(ON\s+CONFLICT|NOT\s+EXISTS|EXCEPT)\b|^UPDATE\b.*\bWHERE\b`)
)

func notRestartable(f *File, s *Statement) []string {
	if !s.Bare || f.Transactional || repeatable.MatchString(s.SQL) {
		return nil
	}
	unguarded := func(write string) bool { return !guarded.MatchString(write) }
	if block.MatchString(s.SQL) && !slices.ContainsFunc(blockWrite.FindAllString(s.SQL, -1), unguarded) {
		return nil
	}
	return []string{shorten(s.SQL, 40)}
}

// LintHistory looks for hazards between a directory and a database, in what
// [database.ReadHistory] gives.
func LintHistory(entries []database.Entry, settings Settings) ([]Finding, error) {
	if err := settings.Check(); err != nil {
		return nil, err
	}
	var all []Finding
	for _, e := range entries {
		for code, is := range map[string]bool{
			"HS503": e.OutOfOrder, "HS504": e.Edited, "HS505": e.State == database.StateMissing,
		} {
			if !is || slices.Contains(settings.Off, code) {
				continue
			}
			f := ruleOf(code).finding(e.Version+"_"+e.Description+".sql", 1, "")
			f.Fails = settings.forbids(f)
			all = append(all, f)
		}
	}
	return all, nil
}
