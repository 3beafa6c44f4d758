package schemadiff

import (
	"slices"
	"strings"
)

// lossNote begins the comment on a DROP COLUMN of a way back that says in which rows a
// value is lost: where the other column does not say the same. "migrate down" counts them
// before it drops the column.
const lossNote = "-- entgraph:loses "

// noteLosses writes the comments for second columns into the way back from an expand.
func (f *File) noteLosses() {
	for _, e := range f.beside {
		column := e.was.column(e.helper)
		i := slices.IndexFunc(f.Down, func(s Statement) bool { return s.drops == column })
		if i < 0 {
			continue
		}
		note := lossNote + column.onTable() + "." + ident(e.helper) + " WHERE " + e.lost()
		if !strings.Contains(note, "\n") { // a comment is a line
			f.Down[i] = f.Down[i].Noted(note)
		}
	}
}

// lost is the condition on a row that the second column has a value which does not follow
// from the first.
func (e *expansion) lost() string {
	row := ident(e.was.Name)
	second := row + "." + ident(e.helper)
	// In the same type, as a text says how many digits it has.
	first := "(" + e.eval(e.using, row, e.old.Name) + ")::" + e.new.Type
	return second + " IS NOT NULL AND " + differs(second, first)
}
