package seed

import (
	"fmt"
	"slices"
	"strings"
)

// sort puts the tables into an order in which foreign keys refer backwards. Of a circle, a
// table whose forward references may all be null comes first, and they are set later. Where
// there is none, circle says so, and the tables of the circle come last.
func (m *model) sort(names []string) {
	done := map[string]bool{}
	for len(m.order) < len(names) {
		next := m.next(names, done, false)
		if next == nil {
			next = m.next(names, done, true)
		}
		if next == nil {
			if m.circle == nil {
				m.circle = m.explain(names, done)
			}
			next = m.tables[names[slices.IndexFunc(names, func(n string) bool { return !done[n] })]]
		}
		for _, r := range next.refs {
			if to := m.tables[r.to]; to != nil && done[r.to] {
				next.level = max(next.level, to.level+1)
			}
			r.late = m.waits(next, r, done)
		}
		m.depth = max(m.depth, next.level+1)
		done[next.name] = true
		m.order = append(m.order, next)
	}
}

// waits reports whether a reference leads to a table that has no rows yet.
func (m *model) waits(t *table, r *ref, done map[string]bool) bool {
	return m.tables[r.to] != nil && !done[r.to] && r.to != t.name
}

// next finds a table whose references lead to those that are done or, with null, the one
// with the fewest of others, which may be null.
func (m *model) next(names []string, done map[string]bool, null bool) *table {
	var best *table
	least := 0
	for _, name := range names {
		t, waiting, stuck := m.tables[name], 0, done[name]
		for _, r := range t.refs {
			if m.waits(t, r, done) {
				waiting++
				stuck = stuck || r.required() || !null
			}
		}
		if !stuck && (best == nil || waiting < least) {
			best, least = t, waiting
		}
	}
	return best
}

// explain names a circle of references that must not be null.
func (m *model) explain(names []string, done map[string]bool) error {
	t := m.tables[names[slices.IndexFunc(names, func(n string) bool { return !done[n] })]]
	var path, columns []string
	for !slices.Contains(path, t.name) {
		path = append(path, t.name)
		i := slices.IndexFunc(t.refs, func(r *ref) bool { return m.waits(t, r, done) && r.required() })
		columns = append(columns, t.name+"."+t.refs[i].columns[0].name)
		t = m.tables[t.refs[i].to]
	}
	columns = columns[slices.Index(path, t.name):]
	return fmt.Errorf("no row of table %s can come first: %s refer to each other and must not be null; %s",
		t.name, strings.Join(columns, " and "), ownSeed)
}

// ownSeed is what to do about a table that cannot be filled.
const ownSeed = "make one nullable, or write the app's own Seed function"
