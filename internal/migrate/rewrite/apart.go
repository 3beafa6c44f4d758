package rewrite

import (
	"regexp"
	"slices"
	"strings"
)

// apart are the statements of a file that each change one table, by table.
type apart struct {
	tables []string       // as stored, in the order in which they are changed
	ups    map[int]string // table of each statement that stays in the file
	downs  map[int]string // and of its way back
}

// takeApart finds the table of each statement that stays in the file, and of each on its
// way back. It gives the reason why they cannot be in files of their own.
func (w *work) takeApart() (*apart, string) {
	const other = "a statement is about something else than one table"
	a := &apart{ups: map[int]string{}, downs: map[int]string{}}
	paths := map[string]string{}
	read := func(sql string, back bool) (table, why string) {
		stmt, ok := parseAlter(sql)
		path := strings.TrimPrefix(stmt.table, "public.")
		if before := paths[stmt.name]; !ok || before != "" && before != path || back && before == "" {
			return "", other
		}
		paths[stmt.name] = path
		return stmt.name, ""
	}
	var all []string
	for i, c := range w.body.chunks {
		sql := w.left(i)
		if sql == "" || timeout.MatchString(sql) {
			continue
		}
		table, why := read(bare(sql), false)
		if why != "" {
			return nil, why
		}
		if a.ups[i] = table; !slices.Contains(a.tables, table) {
			a.tables = append(a.tables, table)
		}
		all = append(all, table, c.sql)
	}
	if w.file.Down != nil && !w.file.Down.Tx {
		return nil, "its down file is not one transaction"
	}
	for i, c := range w.down.chunks {
		sql := w.without(c.sql)
		if sql == "" || timeout.MatchString(sql) {
			continue
		}
		table, why := read(bare(sql), true)
		if why != "" {
			return nil, why + " on the way back"
		}
		a.downs[i] = table
		all = append(all, table, sql)
	}
	if len(a.tables) < 2 {
		return nil, "one statement locks them"
	}
	return a, a.entangled(all)
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
		p := Part{Suffix: unfit.ReplaceAllString(strings.ToLower(table), "_")}
		var up, down strings.Builder
		for i, c := range w.body.chunks {
			change := w.changes[i]
			switch {
			case w.apart.ups[i] == table && change != nil:
				up.WriteString(c.lead + change.notes + change.keep + or(c.tail, ";"))
			case w.apart.ups[i] == table:
				up.WriteString(c.lead + c.sql + or(c.tail, ";"))
			}
			if change != nil && change.table == table {
				for _, sql := range change.back {
					down.WriteString("\n" + sql + ";")
				}
			}
		}
		if k == len(w.apart.tables)-1 {
			up.WriteString(w.body.rest)
		}
		for i, c := range w.down.chunks {
			if w.apart.downs[i] == table {
				lead := c.lead
				if down.Len() > 0 && strings.TrimSpace(lead) == "" {
					lead = "\n"
				}
				down.WriteString(lead + w.without(c.sql) + or(c.tail, ";"))
			}
		}
		p.Text = w.timeouts() + lines(up.String())
		if p.Down = nothingBack; strings.TrimSpace(down.String()) != "" {
			p.Down = "SET LOCAL " + lockTimeout + ";\n" + lines(down.String())
		}
		all = append(all, p)
	}
	return all
}

// lines is a text without empty lines before it, and with an end of line.
func lines(text string) string { return strings.Trim(text, " \t\r\n") + "\n" }
