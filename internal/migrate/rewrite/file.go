package rewrite

import (
	"regexp"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// Codes are the hazards that [File.Rewrite] knows a way around.
var Codes = []string{"DL204", "LK101", "LK102", "LK103", "LK104", "LK105", "LK106", "LK107", "LK108", "LK110", "LK113", "LK114", "LK115", "LK117"}

// File is a migration.
type File struct {
	Text       string
	Statements []string // of Text, in order
	Tx         bool     // runs in one transaction
	// Down is the way back, nil when there is none.
	Down *File
}

// Hazard is what a rehearsal has found in a statement.
type Hazard struct {
	Code      string
	Object    string // name of the index or constraint, or table.column
	Statement int    // index in File.Statements
	// Key are the columns of the primary key of the table that is written, as stored, for
	// the hazards of rows.
	Key []string
	// Bounds is the condition on the rows of a partition that is attached.
	Bounds string
	// Why says that no rewrite can help, for example because Postgres has no such
	// statement for partitioned tables; "" to let it be tried.
	Why string
}

// Part is one of the files that take a file's place.
type Part struct {
	Suffix string // "" for the first, else what the name ends with: "build"
	Text   string
	Down   string // meaningless without a way back of the whole
}

// Outcome is what became of the hazards.
type Outcome struct {
	Parts []Part   // in order; none when nothing was changed
	Why   []string // for each hazard why it stays, "" for one that is to be gone
}

var setting = regexp.MustCompile(`(?i)^\s*(SET|RESET)\s|\bset_config\s*\(`)

// chunk is a statement with the comments before it.
type chunk struct{ lead, sql, tail string }

// body is a file taken apart. Its parts joined are the text.
type body struct {
	header string
	chunks []chunk
	rest   string
}

// split finds the statements in the text.
func (f *File) split() (b body, ok bool) {
	b.header = sqlfile.Mode.FindString(f.Text)
	text := f.Text[len(b.header):]
	for _, sql := range f.Statements {
		if toks, ok := lex(sql); ok && len(toks) == 0 {
			continue // a comment at the end without a new line
		}
		n, ok := blank(text)
		if !ok || sql == "" || !strings.HasPrefix(text[n:], sql) {
			return b, false
		}
		c := chunk{lead: text[:n], sql: sql}
		if text = text[n+len(sql):]; !strings.HasSuffix(sql, ";") {
			if n, ok := blank(text); ok && strings.HasPrefix(text[n:], ";") {
				c.tail, text = text[:n+1], text[n+1:]
			}
		} else {
			c.sql, c.tail = strings.TrimSuffix(sql, ";"), ";"
		}
		b.chunks = append(b.chunks, c)
	}
	b.rest = text
	n, ok := blank(text)
	return b, ok && n == len(text)
}

// Rewrite gives the files that take the place of f.
func (f *File) Rewrite(hazards []Hazard) Outcome {
	out := Outcome{Why: make([]string, len(hazards))}
	refuse := func(why string) Outcome {
		for i := range out.Why {
			out.Why[i] = why
		}
		return out
	}
	b, ok := f.split()
	if !ok || len(b.chunks) != len(f.Statements) {
		return refuse("its statements are not found in the text")
	}
	for _, c := range b.chunks {
		if sqlfile.Directive.MatchString(c.lead) || slices.ContainsFunc(notesIn(c.sql), sqlfile.Directive.MatchString) {
			return refuse("the file has directives")
		}
	}
	w := &work{file: f, body: b, changes: map[int]*change{}}
	if f.Down != nil {
		if w.down, ok = f.Down.split(); !ok {
			return refuse("the statements of its down file are not found in the text")
		}
	}
	refuse("its statement is not found")
	w.plan(hazards, out.Why)
	w.block(hazards, out.Why)
	w.wholeFile(hazards, out.Why)
	if w.bound || w.apart != nil || len(w.changes) > 0 {
		out.Parts = w.parts()
	}
	return out
}

// work is the rewriting of one file.
type work struct {
	file    *File
	body    body
	down    body
	changes map[int]*change // by statement
	bound   bool            // the file is to get a lock_timeout
	apart   *apart          // each table is to have a file, when not nil
}

// wholeFile looks for a way around the hazards of the file, when it is known what stays
// in it.
func (w *work) wholeFile(hazards []Hazard, why []string) {
	for i, h := range hazards {
		switch h.Code {
		case "LK114":
			w.bound, why[i] = h.Why == "", h.Why
		case "LK113":
			if why[i] = h.Why; h.Why == "" {
				w.apart, why[i] = w.takeApart()
			}
		}
	}
}

// ofFile tells the hazards of a file from those of a statement.
func ofFile(h Hazard) bool { return h.Code == "LK113" || h.Code == "LK114" }

// plan looks for a way around each hazard.
func (w *work) plan(hazards []Hazard, why []string) {
	for i := range w.body.chunks {
		var mine []Hazard
		var at []int
		for n, h := range hazards {
			if h.Statement == i && !ofFile(h) {
				mine, at = append(mine, h), append(at, n)
			}
		}
		if len(mine) == 0 {
			continue
		}
		c, reasons := w.statement(i, mine)
		for k, n := range at {
			why[n] = reasons[k]
		}
		if c != nil {
			w.changes[i] = c
		}
	}
}

// block takes changes back that a later statement does not allow.
func (w *work) block(hazards []Hazard, why []string) {
	for again := true; again; {
		again = false
		for i, c := range w.changes {
			reason := w.blocked(i, c)
			if reason == "" {
				continue
			}
			delete(w.changes, i)
			for n, h := range hazards {
				if h.Statement == i && !ofFile(h) && why[n] == "" {
					why[n] = reason
				}
			}
			again = true
		}
	}
}

// blocked says why what a change moves must stay before the later statements.
func (w *work) blocked(i int, c *change) string {
	if !w.file.Tx || len(c.later) == 0 {
		return ""
	}
	for j, chunk := range w.body.chunks {
		if setting.MatchString(chunk.sql) && !sqlfile.SetsTimeout.MatchString(chunk.sql) {
			return "the file changes settings, which the statement may need"
		}
		kept := chunk.sql
		if other := w.changes[j]; other != nil {
			kept = other.keep
		}
		if j <= i || kept == "" || sqlfile.SetsTimeout.MatchString(kept) {
			continue
		}
		if slices.ContainsFunc(c.names, func(n string) bool { return mentions(kept, n) }) {
			return "a later statement of the file uses it"
		}
		words := []string{"RENAME", "DROP", "TYPE", "ATTACH", "DETACH", "CONFLICT"}
		if c.unique {
			words = append(words, "REFERENCES")
		}
		if slices.ContainsFunc(c.reads, func(n string) bool { return mentions(kept, n) }) {
			return "a later statement of the file changes or uses what it reads"
		}
		if c.table != "" && mentions(kept, c.table) && (c.rows || has(kept, words...)) {
			return "a later statement of the file changes or uses the table"
		}
	}
	return ""
}
