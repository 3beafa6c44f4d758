package rewrite

import "strings"

// alter is an ALTER TABLE statement taken apart.
type alter struct {
	head    string // up to the first action: "ALTER TABLE users"
	table   string // as written
	name    string // as stored, without the schema
	actions []string
	only    bool
}

// parseAlter takes apart ALTER TABLE ... with one or more actions.
func parseAlter(sql string) (a alter, ok bool) {
	r, ok := read(sql)
	if !ok || !r.take("ALTER", "TABLE") {
		return a, false
	}
	r.take("IF", "EXISTS")
	a.only = r.take("ONLY")
	if a.table, a.name, ok = r.path(); !ok || r.done() || r.toks[r.pos].is("*") {
		return a, false
	}
	a.head = r.text(0, r.pos)
	from, depth := r.pos, 0
	for ; !r.done(); r.pos++ {
		switch r.toks[r.pos].text {
		case "(", "[":
			depth++
		case ")", "]":
			depth--
		case ",":
			if depth == 0 {
				a.actions = append(a.actions, r.text(from, r.pos))
				from = r.pos + 1
			}
		case ";":
			return a, false
		}
	}
	a.actions = append(a.actions, r.text(from, r.pos))
	return a, depth == 0
}

// with writes the statement with other actions, "" for none.
func (a alter) with(actions []string) string {
	if len(actions) == 0 {
		return ""
	}
	return a.head + " " + strings.Join(actions, ", ")
}

// one writes a statement about the same table with one action.
func (a alter) one(action string) string {
	if a.only {
		return "ALTER TABLE ONLY " + a.table + " " + action
	}
	return "ALTER TABLE " + a.table + " " + action
}

// constraint is an action that adds a table constraint.
type constraint struct {
	name string // as stored, "" when it has none
	kind string // FOREIGN KEY, CHECK, UNIQUE or PRIMARY KEY
	def  string // from the kind on
	body *reader
}

// parseConstraint reads ADD [CONSTRAINT name] and one of the kinds.
func parseConstraint(action string) (c constraint, ok bool) {
	r, ok := read(action)
	if !ok || !r.take("ADD") {
		return c, false
	}
	if r.take("CONSTRAINT") {
		t, ok := r.ident()
		if !ok {
			return c, false
		}
		c.name = t.name()
	}
	c.def = r.rest()
	for _, kind := range []string{"FOREIGN KEY", "CHECK", "UNIQUE", "PRIMARY KEY"} {
		if r.take(strings.Fields(kind)...) {
			c.kind, c.body = kind, r
			return c, true
		}
	}
	return c, false
}

func (c constraint) notValid() bool {
	toks, ok := lex(c.def)
	n := len(toks)
	return ok && n > 1 && toks[n-2].is("NOT") && toks[n-1].is("VALID")
}

// parseSetNotNull reads ALTER [COLUMN] name SET NOT NULL.
func parseSetNotNull(action string) (column token, ok bool) {
	r, ok := read(action)
	if !ok || !r.take("ALTER") {
		return token{}, false
	}
	r.take("COLUMN")
	column, ok = r.ident()
	return column, ok && r.take("SET", "NOT", "NULL") && r.done()
}

// parseNamed reads an action with the given words and a constraint's name.
func parseNamed(action string, words ...string) (name string, ok bool) {
	r, ok := read(action)
	if !ok || !r.take(words...) {
		return "", false
	}
	r.take("IF", "EXISTS")
	t, ok := r.ident()
	return t.name(), ok && (r.done() || r.take("RESTRICT") && r.done())
}
