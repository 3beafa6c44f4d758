package rehearsal

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// Holding is what the program has always asked of the values of a column, such as by a validator,
// and what the database may come to ask by a CHECK of this name.
type Holding struct {
	Schema, Table, Column string // Schema "" is public
	Name                  string
	Condition             string // SQL on the column
}

// hold has made-up rows keep to what the program asks: rows that break it are not what a CHECK
// which says the same will meet. It gives the columns of which the database does not ask it yet.
func hold(tables []*sampleTable, all []Holding) (columns []string) {
	for _, h := range all {
		schema := h.Schema
		if schema == "" {
			schema = sqltext.Public
		}
		for _, t := range tables {
			if t.Schema != schema || t.Name != h.Table || slices.Contains(t.CheckNames, h.Name) {
				continue
			}
			for i := range t.Columns {
				if c := &t.Columns[i]; c.Name == h.Column {
					c.Checks, c.held = append(c.Checks, "("+h.Condition+")"), append(c.held, h.Condition)
					columns = append(columns, t.Name+"."+c.Name)
				}
			}
		}
	}
	return columns
}

// noteHeld says once which columns have rows that were made up to keep to validators.
func (r *run) noteHeld(columns []string) {
	if len(columns) == 0 || r.notedHeld {
		return
	}
	r.notedHeld = true
	r.report.Notes = append(r.report.Notes, fmt.Sprintf("made-up rows keep to the validators of %s, whose CHECKs are new; for rows of a database, which others may have written, add --from URL", strings.Join(columns, ", ")))
}

var numeral = regexp.MustCompile(`-?\b\d+(\.\d+)?`)

// within are candidates that are, or are as long as, the bounds of what is held.
func (c sampleColumn) within() (all []string) {
	for _, condition := range c.held {
		for _, n := range numeral.FindAllString(condition, -1) {
			length, err := strconv.Atoi(n)
			switch {
			case !c.text() && c.Base != "bytea":
				all = append(all, n)
			case c.text() && err == nil && length > 0 && length <= 1000:
				all = append(all, fmt.Sprintf("repeat('x', %d)", length))
			}
		}
	}
	return all
}
