// Package sqlfile owns the words of a migration file: what its first line says, the comments
// that are directives, how long a statement waits for a table, and the table that records
// which files have run. Who plans files, mends, reads or applies them takes the words from
// here, so that all mean the same.
//
// The words that begin with "atlas:" and the table are those of the atlas command line
// tool. The package knows neither folders nor databases.
package sqlfile

import (
	"regexp"
	"strings"
)

// LockTimeout bounds how long a statement of a planned file waits for a table, because all
// others wait behind it. The migration fails then, and can be tried again.
const LockTimeout = "5s"

// Statements, without the semicolon, that set [LockTimeout]: for the transaction of a file,
// for the session of a file whose statements run one by one, and back.
const (
	SetLocalLockTimeout = "SET LOCAL lock_timeout = '" + LockTimeout + "'"
	SetLockTimeout      = "SET lock_timeout = '" + LockTimeout + "'"
	ResetLockTimeout    = "RESET lock_timeout"
)

// SetsTimeout matches a statement that bounds how long others wait or run.
var SetsTimeout = regexp.MustCompile(`(?i)^\s*SET\s+(LOCAL\s+|SESSION\s+)?(lock_timeout|statement_timeout)\b`)

// NoTransaction is the first line of a file whose statements run one by one, each in a
// transaction of its own where Postgres takes it there. [Bare] is the line with the empty
// one that must follow.
const (
	NoTransaction = "-- atlas:txmode none"
	Bare          = NoTransaction + "\n\n"
)

// Checkpoint is the first line of a file that stands for all before it.
const Checkpoint = "-- atlas:checkpoint"

// Mode matches the line that says how a file runs, with the empty one after it, at the
// beginning of a text.
var Mode = regexp.MustCompile(`\A-- atlas:txmode [^\n]*\n\n?`)

// Go matches the beginning of a file that a Go function stands for; [GoLine] is that line.
var Go = regexp.MustCompile(`\A` + GoLine + `[ \t]*\r?\n`)

// GoLine is the first line of a file that a Go function stands for.
const GoLine = "-- entgraph:go"

// Directive matches a line that says how the whole file runs.
var Directive = regexp.MustCompile(`(?m)^[ \t]*--[ \t]*(atlas:|entgraph:go\b)`)

// Allowance matches a line that allows a finding of lint. Its groups are the code and the
// reason, either "" where it is missing.
var Allowance = regexp.MustCompile(`(?m)^[ \t]*--[ \t]*entgraph:allow\b[ \t]*(\S*)[ \t]*(.*?)[ \t\r]*$`)

// Allow writes a line, without its end, that allows a finding of lint for a reason, which
// becomes one line.
func Allow(code, reason string) string {
	return "-- entgraph:allow " + code + " " + strings.Join(strings.Fields(reason), " ")
}

// Replaces writes a line, without its end, for a file that is merged into the one with the
// line; sum is its sum in atlas.sum.
func Replaces(name, sum string) string { return "-- entgraph:replaces " + name + " " + sum }

// Replaced matches what [Replaces] writes. Its groups are version, description and sum.
var Replaced = regexp.MustCompile(`(?m)^-- entgraph:replaces ([^_\s]+)_(\S+)\.sql (\S+)[ \t]*\r?$`)

// Losing matches a comment on a statement of a down file that drops a column: the rows in
// which a value is lost, because no other column says the same. Its groups are the table,
// the column in quotes, and the condition.
var Losing = regexp.MustCompile(`^--\s*entgraph:loses\s+(.+?)\.("(?:[^"]|"")+")\s+WHERE\s+(.+?)\s*$`)

// Filling matches a comment on a statement that commits by itself and only gives values to
// a column that the same way back has added, so that nothing is lost by it.
var Filling = regexp.MustCompile(`(?m)^--\s*entgraph:fills\s+\S`)

// Loses and Fills begin the comments that [Losing] and [Filling] match.
const (
	Loses = "-- entgraph:loses "
	Fills = "-- entgraph:fills "
)

// Compatible ends the name of a file, before ".sql", with which programs go on that were
// written for the schema before it: 20260102150405_add_post_note.compatible.sql. It is in
// the name because that is all of a file that every tool, atlas too, copies into the
// table of revisions, where a program without the file finds it. No other part of a name
// that is made here holds a dot.
const Compatible = ".compatible"

// SaysCompatible reports whether a file says by its name, or by its description, that
// programs of the schema before it go on.
func SaysCompatible(name string) bool {
	return strings.HasSuffix(strings.TrimSuffix(name, ".sql"), Compatible)
}

// Down is the folder of the ways back in a migration directory, which atlas does not read.
// A way back has the name of its file.
const Down = "down"

// The table that records which files have run, in the schema public, as atlas does.
const (
	Revisions     = "atlas_schema_revisions"
	RevisionTable = "public." + Revisions
)

// SearchPath is where names without a schema are looked up by SQL that others run: a
// database, a role or a temporary table of theirs may give them another meaning.
const SearchPath = "public, pg_temp"
