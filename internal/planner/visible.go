package planner

import (
	"slices"
	"strings"
)

// preamble shadows every table that a statement touches by a WITH query of the same
// name. It is the only place that names a real table: what a viewer may not see is
// left out here, and nothing else in the statement can reach it.
func (s *statement) preamble() string {
	slices.Sort(s.tables)
	var b strings.Builder
	for i, t := range slices.Compact(s.tables) {
		if i == 0 {
			b.WriteString("WITH ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(ident(t) + " AS NOT MATERIALIZED (SELECT * FROM public." + ident(t) + ")")
	}
	return b.String() + " "
}

// table returns the name under which a statement reads a table.
func (s *statement) table(name string) string {
	s.tables = append(s.tables, name)
	return ident(name)
}

// ident quotes a name.
func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
