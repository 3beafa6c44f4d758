package rewrite

import (
	"regexp"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// apart are the statements of a file that each change one table, by table.
type apart struct {
	tables []string       // as stored, in the order in which they are changed
	ups    map[int]string // table of each statement that stays in the file
	downs  map[int]string // and of its way back
}

// takeApart finds the table of each statement that stays in the file, and of each on its
// way back. It gives the reason why they cannot be in files of their own, or "".
func (w *work) takeApart() (*apart, string) {
	a := &apart{ups: map[int]string{}, downs: map[int]string{}}
	paths := map[string]string{}
	var all []string
	for i, c := range w.body.chunks {
		sql := w.left(i)
		if sql == "" || sqlfile.SetsTimeout.MatchString(sql) {
			continue
		}
		table, path, ok := oneTable(sql)
		if before := paths[table]; !ok || before != "" && before != path {
			return nil, "a statement is about something else than one table"
		}
		paths[table], a.ups[i] = path, table
		if !slices.Contains(a.tables, table) {
			a.tables = append(a.tables, table)
		}
		all = append(all, table, c.sql)
	}
	if w.file.Down != nil && !w.file.Down.Tx {
		return nil, "its down file is not one transaction"
	}
	for i, c := range w.down.chunks {
		sql := w.without(c.sql)
		if sql == "" || sqlfile.SetsTimeout.MatchString(sql) {
			continue
		}
		table, path, ok := oneTable(sql)
		if !ok || paths[table] != path {
			return nil, "a statement on the way back is about something other than one of the tables"
		}
		a.downs[i] = table
		all = append(all, table, sql)
	}
	if len(a.tables) < 2 {
		return nil, "one statement locks them"
	}
	if why := a.entangled(all); why != "" {
		return nil, why
	}
	return a, ""
}

// oneTable gives the table of an ALTER TABLE, as stored and as written.
func oneTable(sql string) (table, path string, ok bool) {
	a, ok := parseAlter(bare(sql))
	return a.name, strings.TrimPrefix(a.table, "public."), ok
}

// left is what stays of a statement in its place.
func (w *work) left(i int) string {
	if c := w.changes[i]; c != nil {
		return c.keep
	}
	return w.body.chunks[i].sql
}

// entangled says whether a statement about one table names another one; all are tables
// and statements in turn.
func (a *apart) entangled(all []string) string {
	for i := 0; i < len(all); i += 2 {
		for _, other := range a.tables {
			if other != all[i] && mentions(all[i+1], other) {
				return "the statements about " + all[i] + " name " + other + ", too"
			}
		}
	}
	return ""
}

var unfit = regexp.MustCompile(`[^a-z0-9_]+`)

// byTable writes a file for each table.
func (w *work) byTable() (all []Part) {
	for k, table := range w.apart.tables {
		p := Part{Suffix: unfit.ReplaceAllString(strings.ToLower(table), "_"), Text: w.upOf(table, k == 0), Down: w.downOf(table)}
		if k == 0 {
			p.Text = w.body.header + p.Text
		}
		if k == len(w.apart.tables)-1 {
			p.Text = lines(strings.TrimRight(p.Text, "\n") + "\n" + strings.TrimLeft(w.body.rest, "\n"))
		}
		all = append(all, p)
	}
	return all
}

// upOf is what changes a table. The first file has the timeouts of the whole in their
// place, the others repeat them.
func (w *work) upOf(table string, first bool) string {
	var up strings.Builder
	own := false
	for i, c := range w.body.chunks {
		change := w.changes[i]
		switch {
		case change == nil && first && sqlfile.SetsTimeout.MatchString(c.sql):
			own = true
			up.WriteString(c.lead + c.sql + or(c.tail, ";"))
		case w.apart.ups[i] != table:
		case change != nil:
			up.WriteString(c.lead + change.notes + change.keep + or(c.tail, ";"))
		default:
			up.WriteString(c.lead + c.sql + or(c.tail, ";"))
		}
	}
	if own {
		return lines(up.String())
	}
	return w.timeouts() + lines(up.String())
}

// downOf is the way back of a table, with the timeouts of the whole or one.
func (w *work) downOf(table string) string {
	var set, down strings.Builder
	for i := range w.body.chunks {
		if change := w.changes[i]; change != nil && change.table == table {
			for _, sql := range change.back {
				down.WriteString("\n" + sql + ";")
			}
		}
	}
	for i, c := range w.down.chunks {
		switch {
		case sqlfile.SetsTimeout.MatchString(c.sql):
			set.WriteString(c.sql + ";\n")
		case w.apart.downs[i] == table:
			lead := c.lead
			if down.Len() > 0 && strings.TrimSpace(lead) == "" {
				lead = "\n"
			}
			down.WriteString(lead + w.without(c.sql) + or(c.tail, ";"))
		}
	}
	switch {
	case down.Len() == 0:
		return nothingBack
	case set.Len() == 0:
		set.WriteString(sqlfile.SetLocalLockTimeout + ";\n")
	}
	return set.String() + lines(down.String())
}

// lines is a text without empty lines before it, and with an end of line.
func lines(text string) string { return strings.Trim(text, " \t\r\n") + "\n" }
