package rewrite

import (
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// inline is a constraint inside ADD COLUMN.
type inline struct {
	name, kind string // kind as in [constraint]; "" when it stays in the column
	from, to   int    // tokens, with CONSTRAINT name
	body       int    // the token after CONSTRAINT name
}

// endings begin what may follow the type of a column.
var endings = []string{"CONSTRAINT", "NOT", "NULL", "CHECK", "DEFAULT", "GENERATED", "UNIQUE", "PRIMARY", "REFERENCES", "COLLATE"}

// takeOutAll is takeOut for all actions of a statement.
func takeOutAll(a alter, hazards []Hazard) (all []string) {
	for _, action := range a.actions {
		left, more := takeOut(a, action, hazards)
		all = append(append(all, left), more...)
	}
	return all
}

// takeOut gives an ADD COLUMN without the constraints that are hazards, and these as
// actions of their own that follow it. What
// its name does not tell apart stays.
func takeOut(a alter, action string, hazards []Hazard) (left string, more []string) {
	r, ok := read(action)
	if !ok || !r.take("ADD") || r.take("CONSTRAINT") {
		return action, nil
	}
	if r.take("COLUMN"); r.take("IF", "NOT", "EXISTS") {
		return action, nil // the constraints are added only if the column is
	}
	column, ok := r.ident()
	if !ok {
		return action, nil
	}
	kept := []string{}
	from := 0
	for _, i := range inlines(r) {
		code, suffix, def := i.outside(r, column)
		if i.name == "" {
			i.name = a.name + suffix
		}
		if code == "" || find(hazards, code, i.name) < 0 {
			continue
		}
		kept = append(kept, r.text(from, i.from))
		from = i.to
		more = append(more, "ADD CONSTRAINT "+sqltext.Ident(i.name)+" "+def)
	}
	kept = append(kept, r.text(from, len(r.toks)))
	return strings.Join(slices.DeleteFunc(kept, func(s string) bool { return s == "" }), " "), more
}

// outside gives a constraint as one of the table, with the code of its hazard and what
// Postgres ends its name with.
func (i inline) outside(r *reader, column token) (code, suffix, def string) {
	text, col := r.text(i.body, i.to), "("+sqltext.Ident(column.name())+")"
	switch i.kind {
	case "REFERENCES":
		return "LK104", "_" + column.name() + "_fkey", "FOREIGN KEY " + col + " " + text
	case "CHECK":
		return "LK105", "_" + column.name() + "_check", text
	case "UNIQUE":
		return "LK107", "_" + column.name() + "_key", "UNIQUE " + col + strings.TrimPrefix(text, r.toks[i.body].text)
	}
	return "", "", ""
}

// inlines lists the constraints behind the type of a column.
func inlines(r *reader) (all []inline) {
	depth := 0
	for ; !r.done(); r.pos++ {
		switch t := r.toks[r.pos]; {
		case t.text == "(" || t.text == "[":
			depth++
		case t.text == ")" || t.text == "]":
			depth--
		case depth > 0 || !slices.ContainsFunc(endings, t.is):
		case len(all) > 0 && all[len(all)-1].open(r):
		default:
			if len(all) > 0 {
				all[len(all)-1].to = r.pos
			}
			all = append(all, begin(r))
		}
	}
	if len(all) > 0 {
		all[len(all)-1].to = len(r.toks)
	}
	return all
}

// begin reads the head of a constraint, and leaves the reader on its kind.
func begin(r *reader) inline {
	i := inline{from: r.pos}
	if r.take("CONSTRAINT") {
		if t, ok := r.ident(); ok {
			i.name = t.name()
		}
	}
	i.body = r.pos
	if !r.done() {
		if word := strings.ToUpper(r.toks[r.pos].text); slices.Contains([]string{"REFERENCES", "CHECK", "UNIQUE"}, word) {
			i.kind = word
		}
	}
	return i
}

// open says whether the word at the reader still belongs to the constraint: SET NULL and
// SET DEFAULT, NOT DEFERRABLE, NULLS NOT DISTINCT, and what DEFAULT is followed by.
func (i inline) open(r *reader) bool {
	t, before := r.toks[r.pos], r.toks[r.pos-1]
	switch {
	case before.is("SET"), before.is("NOT"), before.is("NULLS"):
		return true
	case t.is("NOT"):
		return r.pos+1 < len(r.toks) && r.toks[r.pos+1].is("DEFERRABLE")
	}
	return r.pos == i.body+1 && r.toks[i.body].is("DEFAULT") // such as DEFAULT NULL
}
