package rewrite

import "strings"

// notesIn lists the comments of a statement, in order.
func notesIn(sql string) (all []string) {
	toks, ok := lex(sql)
	if !ok {
		return nil
	}
	at := 0
	for _, t := range append(toks, token{start: len(sql)}) {
		all = append(all, notesOf(sql[at:t.start])...)
		at = t.end
	}
	return all
}

// notesOf lists the comments of a text between two tokens.
func notesOf(gap string) (all []string) {
	for {
		gap = strings.TrimSpace(gap)
		n := 0
		switch {
		case strings.HasPrefix(gap, "--"):
			n = len(lineNote.FindString(gap))
		case strings.HasPrefix(gap, "/*"):
			n = noteEnd(gap)
		}
		if n == 0 {
			return all
		}
		all, gap = append(all, strings.TrimSpace(gap[:n])), gap[n:]
	}
}

// bare is a statement without the comments behind its last word.
func bare(sql string) string {
	r, ok := read(sql)
	if !ok {
		return sql
	}
	return sql[:r.end()]
}

// carry gives the comments of a statement that what takes its place has not, each on a
// line of its own.
func carry(sql string, instead ...string) string {
	text := strings.Join(instead, "\n")
	var b strings.Builder
	for _, note := range notesIn(sql) {
		if !strings.Contains(text, note) {
			b.WriteString(note + "\n")
		}
	}
	return b.String()
}

// carryNotes keeps the comments in a statement that is taken apart.
func (c *change) carryNotes(sql string) {
	instead := []string{c.keep}
	for _, s := range c.later {
		instead = append(instead, s.ups...)
	}
	c.notes = carry(sql, instead...)
}
