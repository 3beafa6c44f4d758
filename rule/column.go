package rule

import (
	"slices"
	"time"
)

// Moment is a point in time that is told by the clock of the database when a rule is asked: see
// [Now].
type Moment struct{ offset time.Duration }

// Now is the moment at which the request's transaction began, by the clock of the database: one
// moment for all that a request reads and writes.
//
//	rule.LTE("published_at", rule.Now())                       // has begun
//	rule.GT("created_at", rule.Now().Add(-30*24*time.Hour))    // of the last thirty days
func Now() Moment { return Moment{} }

// Add is the moment so much later or, with a negative duration, earlier. What is less than a
// microsecond is dropped.
func (m Moment) Add(d time.Duration) Moment { return Moment{m.offset + d} }

// Value is what a column is compared with for equality: a text, which is how every type without
// a constant of its own is written as well ("12.50", "2026-01-31"), or one of Go's own.
type Value interface {
	string | bool | int | float64 | time.Time
}

// Ordered is what a column is compared with that comes before or after.
type Ordered interface {
	string | int | float64 | time.Time | Moment
}

// NEQ allows everybody when the row's column has another value. NULL is no other value: see
// [Not].
func NEQ[T Value](column string, value T) Cond { return NotIn(column, value) }

// NotIn allows everybody when the row's column has a value that is none of these. NULL is no
// value.
func NotIn[T Value](column string, values ...T) Cond {
	return Cond{Op: OpNotIn, Name: column, Values: constants(values)}
}

// LT allows everybody when the row's column has a lesser value. NULL is neither less nor more
// than anything. Texts are in the order of the column's collation.
func LT[T Ordered](column string, value T) Cond { return compared(OpLT, column, value) }

// LTE is [LT] or equal.
func LTE[T Ordered](column string, value T) Cond { return compared(OpLTE, column, value) }

// GT allows everybody when the row's column has a greater value; see [LT].
func GT[T Ordered](column string, value T) Cond { return compared(OpGT, column, value) }

// GTE is [GT] or equal.
func GTE[T Ordered](column string, value T) Cond { return compared(OpGTE, column, value) }

func compared(op Op, column string, value any) Cond {
	if m, ok := value.(Moment); ok {
		return Cond{Op: op, Name: column, Clock: true, Values: []any{m.offset.Truncate(time.Microsecond).String()}}
	}
	return Cond{Op: op, Name: column, Values: []any{constant(value)}}
}

// IsNull allows everybody when the row's column is NULL, as Ent's sql.IsNull and Postgres call it.
func IsNull(column string) Cond { return Cond{Op: OpIsNull, Name: column} }

// NotNull allows everybody when the row's column has a value.
func NotNull(column string) Cond { return Cond{Op: OpNotNull, Name: column} }

// Not allows whom the condition does not allow. What is NULL fulfils no comparison, so that a row
// with NULL fulfils the negation of each: Not(In("status", "DRAFT")) holds for a row without a
// status, which NotIn("status", "DRAFT") does not.
//
// It takes conditions on the row itself: of columns, of Owner, and Any and All of these. Whoever is
// not signed in owns nothing: All(SignedIn(), Not(Owner("author_id"))) leaves them out. The
// generator refuses it around others. Not of a role would open the row to all that are not named,
// those without sign-in among them. Not of Has or Visible would open it when what the edge led to
// is deleted, moved or not yet there, which no row shows: turn what is asked of the neighbour
// around, Has("orders", Not(…)), or keep the answer in a column.
func Not(cond Cond) Cond { return Cond{Op: OpNot, Kids: []Cond{cond}} }

// comparisons are the conditions on a column besides OpIn and OpOwner.
var comparisons = []Op{OpNotIn, OpLT, OpLTE, OpGT, OpGTE, OpIsNull, OpNotNull, OpContains, OpAt}

// OfColumn reports whether the condition is about one column of the row. It is the engine's own.
func (c Cond) OfColumn() bool {
	return c.Op == OpOwner || c.Op == OpIn || slices.Contains(comparisons, c.Op)
}

// Offset is what a condition with Clock adds to the moment of the request. It is the engine's
// own.
func (c Cond) Offset() time.Duration {
	for _, v := range c.Values {
		if text, ok := v.(string); ok && c.Clock {
			if d, err := time.ParseDuration(text); err == nil {
				return d
			}
		}
	}
	return 0
}

func constants[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = constant(v)
	}
	return out
}

// constant is a value as the API writes it, which JSON leaves as it is.
func constant(v any) any {
	if t, ok := v.(time.Time); ok {
		return t.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
	}
	return v
}
