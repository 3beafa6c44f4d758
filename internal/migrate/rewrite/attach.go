package rewrite

import "github.com/entgraph/entgraph/internal/sqltext"

// parseAttach reads ATTACH PARTITION, or DETACH PARTITION in one go.
func parseAttach(action, verb string) (child alter, ok bool) {
	r, ok := read(action)
	if !ok || !r.take(verb, "PARTITION") {
		return child, false
	}
	child.table, child.name, ok = r.path()
	return child, ok && (verb == "ATTACH" || r.done())
}

// attach attaches a partition whose rows are known to be within its bounds: by a validated
// check that says the same. It gives the action that adds the check.
func (w *work) attach(c *change, parent, child alter, action, bounds string) string {
	name := sqltext.Cut(child.name, "_bounds")
	add := child.one("ADD CONSTRAINT " + sqltext.Ident(name) + " CHECK (" + bounds + ") NOT VALID")
	drop := child.one("DROP CONSTRAINT " + sqltext.Ident(name))
	c.names, c.back = append(c.names, name, child.name), append(c.back, drop)
	c.later = append(c.later, validation(child, name, "ADD CONSTRAINT "+sqltext.Ident(name)+" CHECK ("+bounds+") NOT VALID"), step{
		phase: finish, table: child.name, constraint: name,
		ups:   []string{parent.one(action), drop},
		downs: []string{parent.one("DETACH PARTITION " + child.table), add, child.one("VALIDATE CONSTRAINT " + sqltext.Ident(name))},
	})
	c.drop = append(c.drop, func(action string) bool {
		d, ok := parseAttach(action, "DETACH")
		return ok && d.name == child.name
	})
	return add
}
