package schemadiff

import (
	"regexp"
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
		drop := regexp.MustCompile(`^ALTER TABLE (.+) DROP COLUMN ` + regexp.QuoteMeta(ident(e.helper)) + `$`)
		i := slices.IndexFunc(f.Down, drop.MatchString)
		if i < 0 {
			continue
		}
		table := drop.FindStringSubmatch(f.Down[i])[1]
		note := lossNote + table + "." + ident(e.helper) + " WHERE " + e.lost(table)
		if !strings.Contains(note, "\n") { // a comment is a line
			f.Down[i] = note + "\n" + f.Down[i]
		}
	}
}

// lost is the condition on a row that the second column has a value which does not follow
// from the first. The table may still have its new name.
func (e *expansion) lost(table string) string {
	row := table[strings.LastIndex(table, `."`)+1:] // without the schema
	second := row + "." + ident(e.helper)
	// In the same type, as a text says how many digits it has.
	first := "(" + e.eval(e.using, row, e.old.Name) + ")::" + e.new.Type
	return second + " IS NOT NULL AND " + differs(second, first)
}
