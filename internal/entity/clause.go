package entity

import (
	"slices"
	"strings"
)

// SQL is a text with places for the viewer's id: what rules ask is written before it is
// known which argument of a statement that is.
type SQL struct {
	pieces []string // between two of them is a place
}

// Text is a text without places.
func Text(sql string) SQL { return SQL{[]string{sql}} }

// Write appends a text.
func (s *SQL) Write(text string) { s.Add(Text(text)) }

// Add appends another text with its places. Copies of the text stay as they are.
func (s *SQL) Add(other SQL) {
	if len(s.pieces) == 0 || len(other.pieces) == 0 {
		s.pieces = slices.Concat(s.pieces, other.pieces)
		return
	}
	last := len(s.pieces) - 1
	s.pieces = slices.Concat(s.pieces, other.pieces[1:])
	s.pieces[last] += other.pieces[0]
}

// List appends texts with a separator between them.
func (s *SQL) List(separator string, parts ...SQL) {
	for i, part := range parts {
		if i > 0 {
			s.Write(separator)
		}
		s.Add(part)
	}
}

// viewer appends a place.
func (s *SQL) viewer() { s.Add(SQL{[]string{"", ""}}) }

// AsksViewer reports whether there is a place for the viewer's id.
func (s SQL) AsksViewer() bool { return len(s.pieces) > 1 }

// For is the text with the viewer's id, as SQL of the type of [Graph.ViewerKey], such as "$2::uuid".
func (s SQL) For(viewer string) string { return strings.Join(s.pieces, viewer) }

// Equal reports whether two texts are the same.
func (s SQL) Equal(other SQL) bool { return slices.Equal(s.pieces, other.pieces) }

// Clause is a condition as SQL that tells whether it depends on the row at all.
type Clause struct {
	SQL
	decided bool // always true, or never
	always  bool // of what is decided
}

// The clauses that do not depend on the row.
var (
	Always = Clause{SQL: Text("TRUE"), decided: true, always: true}
	Never  = Clause{SQL: Text("FALSE"), decided: true}
)

// Plain is a condition that depends on the row and does not ask for the viewer's id.
func Plain(sql string) Clause { return Clause{SQL: Text(sql)} }

// Always reports whether the clause holds for every row.
func (c Clause) Always() bool { return c.decided && c.always }

// Never reports whether it holds for none.
func (c Clause) Never() bool { return c.decided && !c.always }

// AnyOf and AllOf join clauses, in brackets if there is more than one left. They leave out
// what decides nothing.
func AnyOf(clauses ...Clause) Clause { return joined(clauses, " OR ", Always, Never) }

// AllOf is the clause that all of them hold; see [AnyOf].
func AllOf(clauses ...Clause) Clause { return joined(clauses, " AND ", Never, Always) }

// NotTrue is the clause that another one does not hold: for a row for which SQL does not know as well.
func NotTrue(c Clause) Clause {
	switch {
	case c.Always():
		return Never
	case c.Never():
		return Always
	}
	var out Clause
	out.Write("(")
	out.Add(c.SQL)
	out.Write(") IS NOT TRUE")
	return out
}

func joined(clauses []Clause, op string, absorbing, neutral Clause) Clause {
	var kept []SQL
	for _, c := range clauses {
		switch {
		case !c.decided:
			kept = append(kept, c.SQL)
		case c.always == absorbing.always:
			return absorbing
		}
	}
	switch len(kept) {
	case 0:
		return neutral
	case 1:
		return Clause{SQL: kept[0]}
	}
	var out Clause
	out.Write("(")
	out.List(op, kept...)
	out.Write(")")
	return out
}

// Exists is the clause that a table, or a join of some, has a row under a condition.
func Exists(from string, where Clause) Clause {
	if where.Never() {
		return Never
	}
	var out Clause
	out.Write("EXISTS (SELECT FROM " + from + " WHERE ")
	out.Add(where.SQL)
	out.Write(")")
	return out
}
