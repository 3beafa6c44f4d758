package rewrite

import (
	"slices"
	"strconv"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// nothingBack is a way back without statements.
const nothingBack = "-- Nothing to take back: the schema stays as it is.\n"

// parts writes the files.
func (w *work) parts() []Part {
	if !w.file.Tx {
		return []Part{{Text: w.inPlace(), Down: w.text(w.file.Down)}}
	}
	var all []Part
	kept, empty := w.kept()
	if w.apart != nil {
		all, empty = w.byTable(), false
	} else if !empty {
		text := kept
		if w.bound {
			text = sqlfile.SetLocalLockTimeout + ";\n" + kept
		}
		all = append(all, Part{Text: w.body.header + text})
	}
	for _, g := range w.groups() {
		all = append(all, Part{Suffix: g.suffix, Text: w.groupText(g), Down: g.down()})
	}
	if empty && strings.TrimSpace(kept) != "" {
		all[len(all)-1].Text += strings.TrimLeft(kept, "\n") // comments at the end
	}
	all[0].Suffix = ""
	if len(all) == 1 {
		all[0].Down = w.text(w.file.Down) // which leads back from the whole
		return all
	}
	for i, p := range all[1:] {
		all[i+1].Text = w.allowances(p.Text)
		for n := 2; slices.ContainsFunc(all[:i+1], func(q Part) bool { return q.Suffix == all[i+1].Suffix }); n++ {
			all[i+1].Suffix = p.Suffix + "_" + strconv.Itoa(n)
		}
	}
	if w.apart == nil {
		all[0].Down = w.firstDown(all[0].Down)
	}
	return all
}

func (w *work) text(f *File) string {
	if f == nil {
		return ""
	}
	return f.Text
}

// kept is what stays in the first file; empty when that is no statement but settings
// of timeouts, and there are other files.
func (w *work) kept() (text string, empty bool) {
	var b strings.Builder
	empty = len(w.groups()) > 0
	for i, c := range w.body.chunks {
		change := w.changes[i]
		if change == nil && !sqlfile.SetsTimeout.MatchString(c.sql) {
			empty = false
		} else if change != nil && change.keep != "" {
			empty = false
		}
	}
	for i, c := range w.body.chunks {
		switch change := w.changes[i]; {
		case change == nil && empty: // settings, which the other files repeat
		case change == nil:
			b.WriteString(c.lead + c.sql + c.tail)
		case change.keep != "":
			b.WriteString(c.lead + change.notes + change.keep + or(c.tail, ";"))
		}
	}
	b.WriteString(w.body.rest)
	text = b.String()
	if len(w.body.chunks) > 0 && w.changes[0] != nil && w.changes[0].keep == "" {
		text = strings.TrimLeft(text, " \t\r\n")
	}
	if !empty && !strings.HasSuffix(text, "\n") && len(w.changes) > 0 {
		text += "\n"
	}
	return text, empty
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// inPlace changes a file that runs statement by statement: all steps may follow each
// other there.
func (w *work) inPlace() string {
	var b strings.Builder
	b.WriteString(w.body.header)
	if w.bound {
		b.WriteString(sqlfile.SetLockTimeout + ";\n")
	}
	for i, c := range w.body.chunks {
		change := w.changes[i]
		if change == nil {
			b.WriteString(c.lead + c.sql + c.tail)
			continue
		}
		var steps []string
		if change.keep != "" {
			steps = append(steps, change.keep)
		}
		later := slices.Clone(change.later)
		slices.SortStableFunc(later, func(a, b step) int { return int(a.phase - b.phase) })
		for _, s := range later {
			steps = append(steps, s.ups...)
		}
		b.WriteString(c.lead + change.notes + strings.Join(steps, ";\n") + or(c.tail, ";"))
	}
	b.WriteString(w.body.rest)
	return b.String()
}

// group is one of the later files.
type group struct {
	suffix string
	bare   bool
	pieces []piece
}

// piece is a step with the comments of the statement that it comes from.
type piece struct {
	lead string
	step
}

// groups puts the steps into files. Validations and what follows them on a single table
// may share one.
func (w *work) groups() (all []*group) {
	byPhase := map[phase][]piece{}
	var tables []string
	for i := range w.body.chunks {
		c := w.changes[i]
		if c == nil {
			continue
		}
		for n, s := range c.later {
			p := piece{step: s}
			if n == 0 && c.keep == "" {
				p.lead = strings.TrimLeft(w.body.chunks[i].lead, " \t\r\n") + c.notes
			}
			byPhase[s.phase] = append(byPhase[s.phase], p)
			if s.phase == finish && !slices.Contains(tables, s.table) {
				tables = append(tables, s.table)
			}
		}
	}
	for _, at := range []phase{rows, build, check, validate} {
		if len(byPhase[at]) > 0 {
			all = append(all, &group{suffix: suffixes[at], bare: at == build || slices.ContainsFunc(byPhase[at], func(p piece) bool { return p.bare }), pieces: byPhase[at]})
		}
	}
	for _, table := range tables {
		g := &group{suffix: suffixes[finish]}
		if len(tables) == 1 && len(byPhase[validate]) > 0 {
			g = all[len(all)-1]
			g.suffix = suffixes[finish]
			shareFile(g.pieces, byPhase[finish])
		} else {
			all = append(all, g)
		}
		for _, p := range byPhase[finish] {
			if p.table == table {
				g.pieces = append(g.pieces, p)
			}
		}
	}
	return all
}

// shareFile shortens the way back of checks that one file validates and drops.
func shareFile(validations, finishes []piece) {
	for i, p := range finishes {
		for j, v := range validations {
			if p.constraint != "" && p.constraint == v.constraint && p.table == v.table {
				finishes[i].downs = p.downs[:len(p.downs)-1] // not validated
				validations[j].downs = nil
			}
		}
	}
}

func (w *work) groupText(g *group) string {
	var b strings.Builder
	if g.bare {
		b.WriteString(sqlfile.Bare)
	} else {
		b.WriteString(w.timeouts())
	}
	for _, p := range g.pieces {
		b.WriteString(p.lead)
		for _, sql := range p.ups {
			b.WriteString(sql + ";\n")
		}
	}
	return b.String()
}

// timeouts repeats those of the file, or sets one.
func (w *work) timeouts() string {
	var b strings.Builder
	for i, c := range w.body.chunks {
		if w.changes[i] == nil && sqlfile.SetsTimeout.MatchString(c.sql) {
			b.WriteString(c.sql + ";\n")
		}
	}
	if b.Len() == 0 {
		return sqlfile.SetLocalLockTimeout + ";\n"
	}
	return b.String()
}

// allowances repeats what the file allows.
func (w *work) allowances(text string) string {
	var missing strings.Builder
	for _, line := range sqlfile.Allowance.FindAllString(w.file.Text, -1) {
		if line = strings.TrimSpace(line); !strings.Contains(text, line) {
			missing.WriteString(line + "\n")
		}
	}
	head := sqlfile.Mode.FindString(text)
	return head + missing.String() + text[len(head):]
}

// down is the way back of a later file.
func (g *group) down() string {
	var b strings.Builder
	for _, p := range slices.Backward(g.pieces) {
		for _, sql := range p.downs {
			if sql != "" {
				b.WriteString(sql + ";\n")
			}
		}
	}
	switch {
	case b.Len() == 0:
		return nothingBack
	case g.bare:
		return sqlfile.Bare + b.String()
	}
	return sqlfile.SetLocalLockTimeout + ";\n" + b.String()
}

// firstDown is the way back of the first file: that of the whole without what the other
// files take back. Before it comes what the first file itself, when it is one of the
// later ones, takes back.
func (w *work) firstDown(own string) string {
	if w.file.Down == nil {
		return ""
	}
	var b strings.Builder
	left := false
	for _, c := range w.down.chunks {
		sql := w.without(c.sql)
		if sql == "" {
			continue
		}
		left = left || !sqlfile.SetsTimeout.MatchString(sql)
		lead := c.lead
		if b.Len() == 0 {
			lead = strings.TrimLeft(lead, " \t\r\n")
		}
		b.WriteString(lead + sql + or(c.tail, ";"))
	}
	rest := b.String() + w.down.rest
	var back strings.Builder
	for i := range w.body.chunks {
		if c := w.changes[i]; c != nil {
			for _, sql := range c.back {
				back.WriteString(sql + ";\n")
			}
		}
	}
	switch {
	case own != "" && !left && back.Len() == 0:
		return own
	case own != "":
		return own + back.String() + rest
	case !left && back.Len() == 0:
		return nothingBack
	}
	return w.down.header + back.String() + rest
}

// without takes the actions that other files undo out of a statement of the way back.
func (w *work) without(sql string) string {
	gone := func(text string) bool {
		for _, c := range w.changes {
			for _, drop := range c.drop {
				if drop(text) {
					return true
				}
			}
		}
		return false
	}
	if gone(sql) {
		return ""
	}
	a, ok := parseAlter(sql)
	if !ok {
		return sql
	}
	left := slices.DeleteFunc(slices.Clone(a.actions), gone)
	if len(left) == len(a.actions) {
		return sql
	}
	if len(left) == 0 {
		return ""
	}
	return carry(sql, a.with(left)) + a.with(left)
}
