package migrate

import (
	"errors"
	"fmt"
	"strings"
)

// Reasons for which a migration is refused. Test for them with errors.Is.
var (
	// ErrPending: files of the directory are not applied yet.
	ErrPending = errors.New("migrations are pending")
	// ErrPartial: the last run stopped in the middle of a file that is not in a transaction.
	ErrPartial = errors.New("a migration is applied in part")
	// ErrNewer: the database has migrations that are newer than the directory.
	ErrNewer = errors.New("the database is newer than this program")
	// ErrDiverged: the database has an older migration that the directory lacks.
	ErrDiverged = errors.New("the database has a migration that this program does not know")
	// ErrEdited: a file was changed after it had been applied.
	ErrEdited = errors.New("an applied migration was edited")
	// ErrOutOfOrder: a file is not applied although a later one is.
	ErrOutOfOrder = errors.New("a migration is older than the last applied one")
	// ErrUnmanaged: there are tables but no migration history.
	ErrUnmanaged = errors.New("the database has tables but no migration history")
	// ErrMissing: the database lacks what its history says that it has.
	ErrMissing = errors.New("the database lacks tables or columns that its history says it has")
	// ErrDiffers: the database is not what the migrations make that are to count as applied.
	ErrDiffers = errors.New("the database is not what the migrations make")
	// ErrChecksum: atlas.sum and the files do not match.
	ErrChecksum = errors.New("atlas.sum does not match the migration files")
	// ErrDestructive: a planned migration would lose data.
	ErrDestructive = errors.New("the migration would lose data")
	// ErrLocked: another process held the migration lock for too long.
	ErrLocked = errors.New("another migration is running")
	// ErrApplied: a file that is to be changed or removed is applied already.
	ErrApplied = errors.New("the migration is applied")
	// ErrIrreversible: a migration that is to be taken back has no down file.
	ErrIrreversible = errors.New("a migration cannot be taken back")
	// ErrReverting: the last run stopped in the middle of a down file that is not in a transaction.
	ErrReverting = errors.New("a migration is taken back in part")
	// ErrPooler: the address leads to a pooler that has no session for the migration alone.
	ErrPooler = errors.New("the address leads to a connection pooler")
)

// StateError says why a database cannot be served or migrated as it is, and what
// to do. Reason is one of the errors of this package.
type StateError struct {
	Reason error
	Detail string // what, such as file names; a list of lines begins with a line end
	Advice string // what to do; may be empty
}

// Refuse makes a [StateError].
func Refuse(reason error, detail, advice string) *StateError {
	return &StateError{Reason: reason, Detail: detail, Advice: advice}
}

// Error gives reason, detail and advice, in one line unless detail is a list.
func (e *StateError) Error() string {
	before, after := ": ", "; "
	if strings.HasPrefix(e.Detail, "\n") {
		before, after = ":", "\n"
	}
	s := e.Reason.Error() + before + e.Detail
	if e.Advice != "" {
		s += after + e.Advice
	}
	return s
}

// Unwrap gives the reason.
func (e *StateError) Unwrap() error { return e.Reason }

// StatementError says which statement of a migration failed.
type StatementError struct {
	File      string // name of the file
	Statement int    // counted from 1
	Line      int    // line where the statement begins, counted from 1
	SQL       string
	Err       error  // the database's error
	Advice    string // what to do; may be empty
}

// Error gives the place, the database's error and the statement.
func (e *StatementError) Error() string {
	s := fmt.Sprintf("apply %s: statement %d, line %d: %v", e.File, e.Statement, e.Line, e.Err)
	if e.Advice != "" {
		s += "; " + e.Advice
	}
	return s + "\n" + e.SQL
}

// Unwrap gives the database's error.
func (e *StatementError) Unwrap() error { return e.Err }

// ErrNoVersion is what errors of [NoVersion] are.
var ErrNoVersion = errors.New("no file has this version")

// NoVersion says that what was to be done, such as "squash", found no file of the version.
func NoVersion(what, version string) error {
	return fmt.Errorf("%s %s: %w", what, version, ErrNoVersion)
}

// Count writes how many there are of a thing whose plural ends with s.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
