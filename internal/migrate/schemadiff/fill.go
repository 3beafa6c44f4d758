package schemadiff

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// filling is a column whose rows without a value get one.
type filling struct{ column, typ, value string }

// fillRows fills a column some pages at a time. All columns of a table are filled by one
// update: each has its check by then, which a row that still lacks one of them breaks.
func (w *way) fillRows(c *Object, value string) {
	table := c.table()
	w.fills[table] = append(w.fills[table], filling{sqltext.Ident(c.Name), c.Type, value})
	s := batched(table, w.to.Objects[table].Attr.Partition != "", fillUpdate(c.onTable(), w.fills[table]))
	for i := range w.steps {
		if w.steps[i].fills == table {
			w.steps[i].Statement = s
			return
		}
	}
	w.steps = append(w.steps, step{phase: build, Statement: s})
}

// modifier is the length of a type, which a cast would cut values to.
var modifier = regexp.MustCompile(`\([0-9, -]+\)`)

func fillUpdate(table string, columns []filling) string {
	if len(columns) == 1 {
		f := columns[0]
		return fmt.Sprintf("UPDATE %s SET %s = %s\n    WHERE %[2]s IS NULL", table, f.column, f.value)
	}
	var set, lacks []string
	for _, f := range columns {
		typ := f.typ
		if !strings.HasPrefix(typ, "character(") && !strings.HasPrefix(typ, "bit(") { // these mean one character without a length
			typ = modifier.ReplaceAllString(typ, "")
		}
		set = append(set, fmt.Sprintf("%s = coalesce(%[1]s, (%s)::%s)", f.column, f.value, typ))
		lacks = append(lacks, f.column+" IS NULL")
	}
	return "UPDATE " + table + " SET " + strings.Join(set, ", ") + "\n    WHERE (" + strings.Join(lacks, " OR ") + ")"
}

// batched runs an update of a table, which ends in a condition, some pages at a time.
// Each batch is a transaction, so that locks are short and a rerun goes on where the last
// one ended. A partitioned table has as many pages as its largest partition.
func batched(table Key, parted bool, update string) Statement {
	name := sqltext.Literal(table.ident())
	size := "pg_relation_size(" + name + ")"
	if parted {
		size = "(SELECT coalesce(max(pg_relation_size(relid)), 0) FROM pg_partition_tree(" + name + "))"
	}
	sql := fmt.Sprintf(`DO $fill$
DECLARE
  page bigint := 0;
BEGIN
  WHILE page <= %s / current_setting('block_size')::bigint LOOP
    %s AND ctid >= format('(%%s,0)', page)::tid AND ctid < format('(%%s,0)', page + 500)::tid;
    page := page + 500;
    COMMIT;
  END LOOP;
END
$fill$`, size, update)
	return Statement{SQL: sql, Writes: true, fills: table}
}
