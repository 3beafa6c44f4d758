package rewrite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// hazardOf finds the hazard of a constraint; of one without a name only if it is clear.
func (w *work) hazardOf(a alter, k constraint, code string, hazards []Hazard) int {
	if k.name != "" {
		return find(hazards, code, k.name)
	}
	unnamed := 0
	for _, action := range a.actions {
		if other, ok := parseConstraint(action); ok && other.name == "" && other.kind == k.kind {
			unnamed++
		}
	}
	found := -1
	for n, h := range hazards {
		named := slices.ContainsFunc(a.actions, func(action string) bool {
			other, ok := parseConstraint(action)
			return ok && other.name == h.Object
		})
		if h.Code == code && !named {
			if found >= 0 {
				return -1
			}
			found = n
		}
	}
	if unnamed != 1 {
		return -1
	}
	return found
}

// addNotValid gives the action without the look at the rows, which comes later.
func addNotValid(c *change, a alter, name string, k constraint) string {
	add := "ADD CONSTRAINT " + sqltext.Ident(name) + " " + k.def + " NOT VALID"
	c.names = append(c.names, name)
	c.later = append(c.later, validation(a, name, add))
	return add
}

// validation is the step that validates a constraint, with the action that adds it.
func validation(a alter, name, add string) step {
	return step{
		phase: validate, table: a.name, constraint: name,
		ups:   []string{a.one("VALIDATE CONSTRAINT " + sqltext.Ident(name))},
		downs: []string{a.one("DROP CONSTRAINT " + sqltext.Ident(name)), a.one(add)},
	}
}

// validateLater moves VALIDATE CONSTRAINT behind the file that adds the constraint.
func (w *work) validateLater(c *change, a alter, name string) bool {
	for _, chunk := range w.body.chunks {
		other, ok := parseAlter(chunk.sql)
		if !ok || other.name != a.name {
			continue
		}
		for _, action := range other.actions {
			if k, ok := parseConstraint(action); ok && k.name == name && k.notValid() {
				c.names = append(c.names, name)
				c.later = append(c.later, validation(a, name, action))
				return true
			}
		}
	}
	return false
}

// notNull sets NOT NULL by way of a validated check, and gives the action that adds it.
func (w *work) notNull(c *change, a alter, column string) string {
	name := sqltext.Cut(a.name+"_"+column, "_not_null")
	col := sqltext.Ident(column)
	add := fmt.Sprintf("ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID", sqltext.Ident(name), col)
	drop := a.one("DROP CONSTRAINT " + sqltext.Ident(name))
	c.names = append(c.names, name)
	left := add
	if c.fills || w.movesRows() { // which break the check until the last one is written
		left = ""
		c.later = append(c.later, step{phase: check, table: a.name, ups: []string{a.one(add)}, downs: []string{drop}})
	} else {
		c.back = append(c.back, drop)
	}
	c.later = append(c.later, validation(a, name, add), step{
		phase: finish, table: a.name, constraint: name,
		ups:   []string{a.one("ALTER COLUMN " + col + " SET NOT NULL"), drop},
		downs: []string{a.one("ALTER COLUMN " + col + " DROP NOT NULL"), a.one(add), a.one("VALIDATE CONSTRAINT " + sqltext.Ident(name))},
	})
	return left
}

// movesRows says whether the writing of rows is split off.
func (w *work) movesRows() bool {
	for _, c := range w.changes {
		if c.rows || c.fills {
			return true
		}
	}
	return false
}

// usingIndex builds the index of a constraint first. ok is false for forms that an
// index by itself cannot have.
func (w *work) usingIndex(c *change, a alter, name string, k constraint, hazards []Hazard) (left string, ok bool) {
	columns, tail, ok := k.index()
	if !ok {
		return "", false
	}
	def := fmt.Sprintf("%s ON %s %s", sqltext.Ident(name), a.table, columns)
	add := strings.TrimSpace(fmt.Sprintf("ADD CONSTRAINT %[1]s %[2]s USING INDEX %[1]s %[3]s", sqltext.Ident(name), k.kind, tail))
	var checks []string
	for _, h := range hazards {
		if k.kind != "PRIMARY KEY" || h.Code != "LK108" {
			continue
		}
		if add := w.notNull(c, a, h.Object[strings.LastIndexByte(h.Object, '.')+1:]); add != "" {
			checks = append(checks, add)
		}
	}
	c.unique, c.names = true, append(c.names, name)
	c.later = append(c.later,
		step{phase: build, ups: []string{"CREATE UNIQUE INDEX CONCURRENTLY " + def}, downs: []string{"DROP INDEX CONCURRENTLY " + schemaOf(a.table) + sqltext.Ident(name)}},
		step{phase: finish, table: a.name, ups: []string{a.one(add)}, downs: []string{a.one("DROP CONSTRAINT " + sqltext.Ident(name)), "CREATE UNIQUE INDEX " + def}})
	c.drop = append(c.drop, func(action string) bool {
		n, ok := parseNamed(action, "DROP", "CONSTRAINT")
		return ok && n == name
	})
	return strings.Join(checks, ", "), true
}

// index gives what follows the table in a CREATE INDEX, and what only the constraint can
// say: that it is deferrable.
func (k constraint) index() (columns, tail string, ok bool) {
	r, distinct := k.body, ""
	if r.take("NULLS", "NOT", "DISTINCT") {
		distinct = " NULLS NOT DISTINCT"
	} else {
		r.take("NULLS", "DISTINCT")
	}
	if columns, ok = r.brackets(); !ok {
		return "", "", false
	}
	if r.take("INCLUDE") {
		more, ok := r.brackets()
		if !ok {
			return "", "", false
		}
		columns += " INCLUDE " + more
	}
	tail = r.rest()
	return columns + distinct, tail, !has(tail, "WITH", "USING")
}
