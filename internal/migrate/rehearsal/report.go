package rehearsal

import (
	"fmt"
	"strings"
	"time"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// Report is what [Run] saw.
type Report struct {
	Server string   `json:"server"`              // such as "15.18"
	Rows   int      `json:"rows"`                // how many sample rows each filled table was to have
	Filled int      `json:"filled"`              // how many tables were given rows: those that the files touch
	Live   bool     `json:"live_rows,omitempty"` // they are those of a database
	Files  []File   `json:"files"`
	Notes  []string `json:"notes,omitempty"` // what the rehearsal could not see

	end *state // after the newest file; nil when it ended before
}

// File is what one migration did.
type File struct {
	Name          string      `json:"file"`
	Version       string      `json:"version"`
	Transactional bool        `json:"transactional"`
	Verdict       Verdict     `json:"verdict"`
	Reversible    bool        `json:"reversible"` // it has a down file, which led back
	Statements    []Statement `json:"statements"`

	text     string
	disturbs []string         // see [migrate.Disturbs]
	start    *catalog         // before the first statement
	settings Settings         // of [Lint]
	remade   []schemadiff.Key // what is another object under its name, and has not the rights it had

	use       []indexUse // of the database of live rows
	idleAfter time.Duration
}

// Statement is what one statement did. Tables are those that were there before the
// file: what it made itself nobody uses yet.
type Statement struct {
	Line int    `json:"line"`
	SQL  string `json:"sql"`
	// Lock is the strongest of Locks.
	Lock    Lock    `json:"lock,omitempty"`
	Verdict Verdict `json:"verdict"`
	Effect  string  `json:"effect"`
	// Bare: Postgres refuses it inside a transaction.
	Bare      bool        `json:"bare,omitempty"`
	Locks     []TableLock `json:"locks,omitempty"`
	Held      []TableLock `json:"held,omitempty"` // by earlier statements of the transaction
	Scanned   []TableRows `json:"scanned,omitempty"`
	Rewritten []TableRows `json:"rewritten,omitempty"`
	Wrote     []TableRows `json:"wrote,omitempty"` // rows updated or deleted
	Lost      []Loss      `json:"lost,omitempty"`
	Elapsed   Duration    `json:"elapsed_ms"`
	// PerMillion extrapolates Elapsed to a million rows of the tables that were read
	// or written; 0 when none was, or none had rows. An estimate: small tables are in
	// memory, and the fixed cost of a statement is in it.
	PerMillion Duration `json:"estimate_per_million_rows_ms,omitempty"`

	before, after *catalog
	lockTimeout   bool     // whether waiting for a lock is bounded
	notices       []string // SQLSTATE and text of what the server remarked
	failure       string   // SQLSTATE of the error, when it failed
}

// TableLock is a lock on a table.
type TableLock struct {
	Table string `json:"table"`
	Lock  Lock   `json:"lock"`
}

// TableRows is a table and how many rows were touched.
type TableRows struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	Whole bool   `json:"whole,omitempty"` // that is all that it has

	oid uint32
}

// Loss is what is gone of a table.
type Loss struct {
	Table  string `json:"table"`
	Column string `json:"column,omitempty"` // "" for whole rows
	Count  int64  `json:"count"`            // rows, or values of the column
	// Merged: the values are there, but that many fewer different ones.
	Merged bool `json:"merged,omitempty"`
}

// String names the loss: "1000 values of users.bio".
func (l Loss) String() string {
	switch {
	case l.Merged:
		return fmt.Sprintf("the difference between %d values of %s.%s", l.Count, l.Table, l.Column)
	case l.Column != "":
		return fmt.Sprintf("%d values of %s.%s", l.Count, l.Table, l.Column)
	}
	return fmt.Sprintf("%d rows of %s", l.Count, l.Table)
}

// Duration is a time that JSON shows in milliseconds.
type Duration time.Duration

// MarshalJSON gives milliseconds with three decimals.
func (d Duration) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%.3f", float64(d)/float64(time.Millisecond)), nil
}

// FailureError says that a rehearsal failed: the migration must not be deployed.
type FailureError struct {
	File string
	Line int    // 0 when it is not about one statement
	Step string // "sample", "statement", "up", "down", "up again", "desired"
	// Detail says what is wrong, and on differing schemas lists the differences.
	Detail string
	Err    error // the database's error, or nil
}

// Error gives the place, the step and what is wrong.
func (e *FailureError) Error() string {
	place := e.File
	if e.Line > 0 {
		place = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	text := fmt.Sprintf("rehearse %s: %s: %s", place, e.Step, e.Detail)
	if e.Err != nil {
		text += fmt.Sprintf(": %v", e.Err)
	}
	return text
}

// Unwrap gives the database's error.
func (e *FailureError) Unwrap() error { return e.Err }

// WayBackOf gives the migration whose way back alone failed, "" for another failure.
func (e *FailureError) WayBackOf() string {
	if e.Step != "down" {
		return ""
	}
	return strings.TrimPrefix(e.File, "down/")
}

// DependsOnRows says whether it may pass with other rows: the database refused a value
// or a constraint.
func (e *FailureError) DependsOnRows() bool {
	// Classes of SQLSTATEs. Source: PostgreSQL manual, error codes.
	class := sqltext.State(e.Err)[:min(2, len(sqltext.State(e.Err)))]
	return class == "22" || class == "23"
}
