package schemadiff

import (
	"slices"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// noteLosses writes the comments for second columns into the way back from an expand.
func (f *File) noteLosses() {
	for _, e := range f.beside {
		column := e.was.column(e.helper)
		i := slices.IndexFunc(f.Down, func(s Statement) bool { return s.drops == column })
		if i < 0 {
			continue
		}
		f.Down[i] = f.Down[i].losing(column.onTable(), e.helper, e.lost())
	}
}

// lost is the condition on a row that the second column has a value which does not follow
// from the first.
func (e *expansion) lost() string {
	row := sqltext.Ident(e.was.Name)
	second := row + "." + sqltext.Ident(e.helper)
	// In the same type, as a text says how many digits it has.
	first := "(" + e.eval(e.using, row, e.old.Name) + ")::" + e.new.Type
	return second + " IS NOT NULL AND " + differs(second, first)
}
