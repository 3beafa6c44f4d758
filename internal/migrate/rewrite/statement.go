package rewrite

import (
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// phase orders the files that take the place of one.
type phase int

const (
	rows     phase = iota // in one transaction, or in batches
	build                 // each by itself: concurrent indexes
	check                 // in one transaction
	validate              // in one transaction
	finish                // in one transaction for each table
)

var suffixes = [...]string{rows: "rows", build: "build", check: "check", validate: "validate", finish: "finish"}

// change is what becomes of a statement.
type change struct {
	keep  string // what stays in its place; "" for nothing
	notes string // comments of the statement that would be lost, as lines before it
	later []step
	// drop tells the actions of the way back that are now in those of later.
	drop []func(action string) bool
	// back is to run first in the way back of the first file.
	back []string
	// What later statements may need: names, and the table with its rows or keys.
	names, reads []string
	table        string
	rows, unique bool
	fills        bool // rows of a new column are written
}

// step is a piece of a later file.
type step struct {
	phase phase
	table string
	ups   []string
	downs []string // in the order to run
	bare  bool     // it ends transactions by itself
	// constraint is what the step validates, or the check that it drops.
	constraint string
}

// statement gives the change for one statement, or nil, and for each hazard why it
// stays, "" when it goes.
func (w *work) statement(i int, hazards []Hazard) (*change, []string) {
	why := make([]string, len(hazards))
	all := func(reason string) (*change, []string) {
		for n := range why {
			why[n] = reason
		}
		return nil, why
	}
	for _, h := range hazards {
		if h.Why != "" {
			return all(h.Why)
		}
	}
	sql := bare(w.body.chunks[i].sql)
	var c *change
	if wholes, rest := part(hazards); len(wholes) > 0 {
		reason := ""
		if c, reason = inBatches(sql, wholes); c == nil {
			return w.withoutBatches(i, hazards, rest, reason)
		}
	} else if a, ok := parseAlter(sql); ok {
		c, why = w.alter(sql, a, hazards)
	} else {
		reason := ""
		if c, reason = w.single(sql, hazards); c == nil {
			return all(reason)
		}
	}
	if c != nil {
		c.carryNotes(w.body.chunks[i].sql)
	}
	return c, why
}

// part tells the hazards of writing every row from others.
func part(hazards []Hazard) (wholes, rest []Hazard) {
	for _, h := range hazards {
		if h.Code == "DL204" {
			wholes = append(wholes, h)
		} else {
			rest = append(rest, h)
		}
	}
	return wholes, rest
}

// withoutBatches changes a statement because of other hazards than that it writes every
// row.
func (w *work) withoutBatches(i int, hazards, rest []Hazard, reason string) (c *change, why []string) {
	var reasons []string
	if len(rest) > 0 {
		c, reasons = w.statement(i, rest)
	}
	for _, h := range hazards {
		if h.Code == "DL204" {
			why = append(why, reason)
		} else {
			why, reasons = append(why, reasons[0]), reasons[1:]
		}
	}
	return c, why
}

// single changes statements that are moved as a whole.
func (w *work) single(sql string, hazards []Hazard) (*change, string) {
	h := hazards[0]
	if d, ok := parseDropIndex(sql); ok {
		return w.dropIndex(d)
	}
	name := ""
	if h.Code == "LK101" {
		name = h.Object
	}
	if c, ok := parseCreateIndex(sql, name); ok {
		drop := func(action string) bool { return drops(action, c.name) }
		return &change{
			names: []string{c.name}, table: c.table, unique: has(sql, "UNIQUE"), drop: []func(string) bool{drop},
			later: []step{{phase: build, ups: []string{c.concurrent}, downs: []string{"DROP INDEX CONCURRENTLY " + c.schema + sqltext.Ident(c.name)}}},
		}, ""
	}
	if again, ok := concurrentReindex(sql); ok {
		return &change{later: []step{{phase: build, ups: []string{again}}}}, ""
	}
	switch {
	case h.Code == "LK103":
		return &change{later: []step{{phase: build, ups: []string{sql}}}}, ""
	case h.Code == "LK115":
		return writes(sql)
	}
	return nil, "this form of the statement cannot be taken apart safely"
}

// drops says whether a statement drops the index and nothing else.
func drops(sql, index string) bool {
	d, ok := parseDropIndex(sql)
	return ok && slices.Equal(d.names, []string{index})
}

// dropIndex needs the statements that make the indexes again.
func (w *work) dropIndex(d dropIndex) (*change, string) {
	c := &change{names: d.names}
	s := step{phase: build, ups: d.concurrent}
	for _, name := range d.names {
		again := ""
		for _, back := range w.down.chunks {
			if ci, ok := parseCreateIndex(back.sql, ""); ok && ci.name == name {
				again = ci.concurrent
			}
		}
		if again == "" && w.file.Down != nil && !w.makes(name) {
			return nil, "its down file has no statement that makes the index again"
		}
		s.downs = append(s.downs, again)
		c.drop = append(c.drop, func(action string) bool {
			ci, ok := parseCreateIndex(action, "")
			return ok && ci.name == name
		})
	}
	c.later = []step{s}
	return c, ""
}

// makes says whether the file itself makes the index.
func (w *work) makes(index string) bool {
	return slices.ContainsFunc(w.body.chunks, func(c chunk) bool {
		ci, ok := parseCreateIndex(c.sql, "")
		return ok && ci.name == index
	})
}

// writes splits off the writing of rows.
func writes(sql string) (*change, string) {
	r, ok := read(sql)
	if !ok || !r.take("UPDATE") && !r.take("DELETE", "FROM") {
		return nil, "only UPDATE and DELETE are split off"
	}
	r.take("ONLY")
	_, table, ok := r.path()
	if !ok {
		return nil, "its table is not found"
	}
	return &change{table: table, rows: true, reads: sources(sql), later: []step{{phase: rows, ups: []string{sql}}}}, ""
}

// alter changes the actions of an ALTER TABLE.
func (w *work) alter(sql string, a alter, hazards []Hazard) (*change, []string) {
	c, why := &change{table: a.name}, make([]string, len(hazards))
	for n, h := range hazards {
		why[n] = "no action of the statement is about it alone, or this form cannot be taken apart safely"
		if h.Code == "LK103" && len(a.actions) == 1 {
			c.later, why[n] = append(c.later, step{phase: build, ups: []string{sql}}), ""
			return c, why
		}
	}
	if child, ok := parseAttach(a.actions[0], "ATTACH"); ok && len(a.actions) == 1 {
		if n := find(hazards, "LK117", child.name); n >= 0 && hazards[n].Bounds != "" {
			c.keep, why[n] = w.attach(c, a, child, a.actions[0], hazards[n].Bounds), ""
			return c, why
		}
	}
	var kept []string
	for _, action := range takeOutAll(a, hazards) {
		left, done := w.action(c, a, action, hazards)
		if left != "" {
			kept = append(kept, left)
		}
		for _, n := range done {
			why[n] = ""
		}
	}
	if len(c.later) == 0 {
		return nil, why
	}
	c.keep = a.with(kept)
	return c, why
}

// action gives what is left of an action, and the hazards that are gone with it.
func (w *work) action(c *change, a alter, action string, hazards []Hazard) (left string, done []int) {
	if column, ok := parseSetNotNull(action); ok {
		n := find(hazards, "LK108", column.name())
		if n < 0 {
			return action, nil
		}
		return w.notNull(c, a, column.name()), []int{n}
	}
	if name, ok := parseNamed(action, "VALIDATE", "CONSTRAINT"); ok {
		n := find(hazards, "LK106", name)
		if n < 0 || !w.validateLater(c, a, name) {
			return action, nil
		}
		return "", []int{n}
	}
	if f, ok := parseFilled(action); ok && !a.only {
		if n := find(hazards, "LK110", f.name); n >= 0 {
			return w.fillLater(c, a, f), []int{n}
		}
	}
	k, ok := parseConstraint(action)
	if !ok {
		return action, nil
	}
	code := map[string]string{"FOREIGN KEY": "LK104", "CHECK": "LK105", "UNIQUE": "LK107", "PRIMARY KEY": "LK107"}[k.kind]
	n := w.hazardOf(a, k, code, hazards)
	if n < 0 {
		return action, nil
	}
	if code != "LK107" {
		return addNotValid(c, a, hazards[n].Object, k), []int{n}
	}
	left, ok = w.usingIndex(c, a, hazards[n].Object, k, hazards)
	if !ok {
		return action, nil
	}
	for m, h := range hazards {
		if m == n || h.Code == "LK108" && k.kind == "PRIMARY KEY" {
			done = append(done, m)
		}
	}
	return left, done
}

// find gives the hazard about an object or a column of that name.
func find(hazards []Hazard, code, name string) int {
	return slices.IndexFunc(hazards, func(h Hazard) bool {
		return h.Code == code && (h.Object == name || code == "LK117" && strings.HasSuffix(h.Object, "."+name) || (code == "LK108" || code == "LK110") && strings.HasSuffix(h.Object, "."+name))
	})
}
