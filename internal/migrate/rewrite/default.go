package rewrite

import (
	"fmt"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// filledColumn is an ADD COLUMN with a default that differs from row to row.
type filledColumn struct {
	name    string
	add     string // the action without the default and NOT NULL
	value   string
	notNull bool
}

// parseFilled reads ADD [COLUMN] with a DEFAULT.
func parseFilled(action string) (f filledColumn, ok bool) {
	r, ok := read(action)
	if !ok || !r.take("ADD") || r.take("CONSTRAINT") {
		return f, false
	}
	if r.take("COLUMN"); r.take("IF", "NOT", "EXISTS") {
		return f, false // it is filled only if it is added
	}
	column, ok := r.ident()
	if !ok {
		return f, false
	}
	f.name = column.name()
	var kept []string
	from := 0
	for _, i := range inlines(r) {
		switch first := r.toks[i.body]; {
		case first.is("DEFAULT"):
			f.value = r.text(i.body+1, i.to)
		case first.is("NOT"):
			f.notNull = true
		case first.is("PRIMARY"), first.is("GENERATED"):
			return f, false
		default:
			continue
		}
		kept, from = append(kept, r.text(from, i.from)), i.to
	}
	kept = append(kept, r.text(from, len(r.toks)))
	f.add = joined(kept)
	return f, f.value != "" && !strings.ContainsAny(f.value, ";$")
}

// joined puts texts behind each other, without empty ones.
func joined(texts []string) string {
	var all []string
	for _, t := range texts {
		if t != "" {
			all = append(all, t)
		}
	}
	return strings.Join(all, " ")
}

// fillLater adds a column without a value for the rows there are, and fills them in
// batches. It gives the actions that stay.
func (w *work) fillLater(c *change, a alter, f filledColumn) string {
	left := f.add + ", ALTER COLUMN " + sqltext.Ident(f.name) + " SET DEFAULT " + f.value
	c.fills, c.names = true, append(c.names, f.name)
	c.later = append(c.later, step{phase: rows, bare: true, ups: []string{a.fill(f)}})
	if f.notNull {
		w.notNull(c, a, f.name) // whose check comes after the rows
	}
	return left
}

// fill writes the rows that have no value yet, some pages at a time. A partitioned table
// has as many pages as its largest partition.
func (a alter) fill(f filledColumn) string {
	return fmt.Sprintf(`DO $fill$
DECLARE
  page bigint := 0;
BEGIN
  WHILE page <= (SELECT greatest(pg_relation_size(%[1]s), max(pg_relation_size(relid))) FROM pg_partition_tree(%[1]s)) / current_setting('block_size')::bigint LOOP
    UPDATE %[2]s SET %[3]s = %[4]s
    WHERE %[3]s IS NULL AND ctid >= format('(%%s,0)', page)::tid AND ctid < format('(%%s,0)', page + 500)::tid;
    page := page + 500;
    COMMIT;
  END LOOP;
END
$fill$`, sqltext.Literal(a.table), a.table, sqltext.Ident(f.name), f.value)
}
