package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// transactionTimeout is newer than pgerrcode: Postgres 17 has it. Source: PostgreSQL
// manual, appendix A.
const transactionTimeout = "25P04"

// ConstraintKind is the kind of a constraint.
type ConstraintKind int

// The kinds of constraints.
const (
	UniqueConstraint ConstraintKind = iota + 1
	ForeignKeyConstraint
	CheckConstraint
	NotNullConstraint
	ExclusionConstraint
)

// String gives the kind's name in SQL, in lower case.
func (k ConstraintKind) String() string {
	switch k {
	case UniqueConstraint:
		return "unique"
	case ForeignKeyConstraint:
		return "foreign key"
	case CheckConstraint:
		return "check"
	case NotNullConstraint:
		return "not null"
	case ExclusionConstraint:
		return "exclusion"
	}
	return "unknown"
}

// Code gives the SQLSTATE of an error that the server reported, else "".
func Code(err error) string { return sqltext.State(err) }

// Constraint tells which constraint a statement violated. The name is the
// constraint's; a not-null constraint has none before Postgres 18 and gives its
// column's name instead. A foreign key may be that of another table: deleting a row
// that others still refer to names the constraint of those.
func Constraint(err error) (name string, kind ConstraintKind, ok bool) {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return "", 0, false
	}
	switch e.Code {
	case pgerrcode.UniqueViolation:
		kind = UniqueConstraint
	case pgerrcode.ForeignKeyViolation, pgerrcode.RestrictViolation:
		kind = ForeignKeyConstraint
	case pgerrcode.CheckViolation:
		kind = CheckConstraint
	case pgerrcode.NotNullViolation:
		return e.ColumnName, NotNullConstraint, true
	case pgerrcode.ExclusionViolation:
		kind = ExclusionConstraint
	default:
		return "", 0, false
	}
	return e.ConstraintName, kind, true
}

// IsDenied reports whether row-level security, or a rule that a trigger keeps, refused a
// written row. A privilege that the role lacks altogether is no such thing: the server is
// set up wrongly then. The two share a code; where in Postgres they come from tells them
// apart in every language.
func IsDenied(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == pgerrcode.InsufficientPrivilege && (e.Routine == "ExecWithCheckOptions" || e.Routine == "exec_stmt_raise")
}

// badValues says of the codes of class 22, data exception, and of class 54, program limit
// exceeded, what is wrong with a value. Source: PostgreSQL manual, appendix A.
var badValues = map[string]string{
	pgerrcode.StringDataRightTruncationDataException: "is too long",
	pgerrcode.NumericValueOutOfRange:                 "is out of range",
	pgerrcode.InvalidDatetimeFormat:                  "is not a date or time that the database accepts",
	pgerrcode.DatetimeFieldOverflow:                  "is a date or time out of range",
	pgerrcode.InvalidTimeZoneDisplacementValue:       "is a time zone out of range",
	pgerrcode.IntervalFieldOverflow:                  "is an interval out of range",
	pgerrcode.CharacterNotInRepertoire:               "has a character that the database does not accept",
	pgerrcode.InvalidTextRepresentation:              "does not have the form that the database accepts",
	pgerrcode.InvalidBinaryRepresentation:            "does not have the form that the database accepts",
	pgerrcode.UntranslatableCharacter:                "has a character that the database does not accept",
	pgerrcode.ProgramLimitExceeded:                   "is too large for the database",
}

// BadValue says what the server found wrong with a value that it was sent, such as "is
// out of range", "" for every other error. The text is for clients. Which value it was
// the server does not always tell.
func BadValue(err error) string {
	code := Code(err)
	if text := badValues[code]; text != "" {
		return text
	}
	if strings.HasPrefix(code, "22") {
		return "is not a value that the database accepts"
	}
	return ""
}

// IsTooComplex reports whether the statement needs more than the server gives to one:
// depth of its stack, arguments, or room for temporary files.
func IsTooComplex(err error) bool {
	switch Code(err) {
	case pgerrcode.StatementTooComplex, pgerrcode.TooManyColumns, pgerrcode.TooManyArguments, pgerrcode.ConfigurationLimitExceeded:
		return true
	}
	return false
}

// IsTimeout reports whether a time limit ended the work: the context's deadline, or
// one of the server's for a statement, a lock or a transaction. A context that was
// cancelled is no timeout.
func IsTimeout(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if errors.Is(err, context.Canceled) {
		return false
	}
	switch Code(err) {
	case pgerrcode.QueryCanceled, pgerrcode.LockNotAvailable, pgerrcode.IdleInTransactionSessionTimeout, transactionTimeout:
		return true
	}
	return false
}

// IsConflict reports whether a transaction was undone because another one changed the same
// rows at the same time: a deadlock or a serialization failure. The same transaction may
// succeed when it is run again.
func IsConflict(err error) bool {
	code := Code(err)
	return code == pgerrcode.DeadlockDetected || code == pgerrcode.SerializationFailure
}

// IsUnavailable reports whether the database cannot be reached or cannot serve now,
// so that the same work may succeed later: no connection, a lost one, too many, a
// server that starts or stops. A deadline that passes while connecting is a timeout
// as well. A context that was cancelled says nothing about the database.
func IsUnavailable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	var unreachable *UnreachableError
	var connect *pgconn.ConnectError
	var network *net.OpError
	switch code := Code(err); {
	case errors.As(err, &unreachable):
		return true
	case errors.As(err, &connect):
		return true
	case code != "":
		return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "53") || strings.HasPrefix(code, "57P")
	case errors.Is(err, context.DeadlineExceeded):
		return false
	}
	return errors.As(err, &network) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, puddle.ErrClosedPool) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed)
}
