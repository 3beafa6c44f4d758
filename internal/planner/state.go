package planner

import (
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/key"
)

// execution is one run of a plan.
type execution struct {
	plan   *plan
	budget *budget
	states []state // of the plan's levels, by id
	root   string  // the response key of the selection
}

// state is what a request adds to a level: its arguments, and what was read.
type state struct {
	*bound
	ids    *idList // the keys
	value  any     // of fromLookup
	viewer key.Key
	data   table
	groups []group // one for each key, or the single one of a level without keys
	totals []int64
	keyOf  []int32 // for each row of the parent: its key, -1 without one
	seen   keySet  // the keys, while they are collected
	sums   []sums  // of each aggregate
}

// group is the page of one key: rows [start, start+n) of the table, in reverse when
// the page was read backward.
type group struct {
	start, n      int
	reverse, more bool
}

// at is the index of the i-th row of the page.
func (g group) at(i int) int {
	if g.reverse {
		return g.start + g.n - 1 - i
	}
	return g.start + i
}

// prepare collects the distinct keys of a level from its parent's rows.
func (x *execution) prepare(l *level) error {
	st := &x.states[l.id]
	if l.parent != nil {
		// For each row of the parent: its id, once in a list and once in a map, which key it
		// has, and the key's group and total.
		const key = 100 // bytes, about
		if err := x.budget.hold(key * x.states[l.parent.id].data.len()); err != nil {
			return err
		}
		x.collectKeys(l)
	}
	n := 1
	if l.keyed() {
		n = st.ids.n
	}
	st.groups = sized(st.groups, n)
	if l.count {
		st.totals = sized(st.totals, n)
	}
	if st.sums == nil {
		st.sums = make([]sums, len(l.aggregates))
	}
	return nil
}

func (x *execution) collectKeys(l *level) {
	parent, st := &x.states[l.parent.id], &x.states[l.id]
	st.keyOf = sized(st.keyOf, parent.data.len())
	typ := l.keyOwner().Key()
	size := keySize(typ)
	st.ids = &idList{typ: typ, wire: make([]byte, 0, (4+size)*len(st.keyOf))}
	if size > 0 && st.seen.fixed == nil {
		st.seen.fixed = make(map[[16]byte]int32, len(st.keyOf))
	}
	for row := range st.keyOf {
		st.keyOf[row] = -1
		if !parent.kept(row) {
			continue
		}
		cell := parent.data.cell(row, l.keyCol)
		if cell == nil || size > 0 && len(cell) != size {
			continue
		}
		number, known := st.seen.number(cell, typ, int32(st.ids.n))
		if !known {
			st.ids.add(cell)
		}
		st.keyOf[row] = number
	}
}

// kept reports whether a row is on a page, and not the one more that was read to know
// whether there are more.
func (st *state) kept(row int) bool {
	g := st.groups[st.data.keys[row]]
	return row >= g.start && row < g.start+g.n
}

// readRows stores the rows of a level and marks off the page of each key.
func (x *execution) readRows(l *level, rr *pgconn.ResultReader) error {
	st := &x.states[l.id]
	st.data.columns = st.rows.width
	if err := l.checkColumns(rr, l.columns); err != nil {
		return err
	}
	for rr.NextRow() {
		key, values := l.keyOfRow(rr.Values())
		if len(values) != st.data.columns {
			return fmt.Errorf("read %s: %d columns instead of %d", l.entity.Name, len(values), st.data.columns)
		}
		if err := x.budget.row(st.data.size(values)); err != nil {
			return err
		}
		g := &st.groups[key]
		if g.n == 0 {
			g.start = st.data.len()
		}
		g.n++
		st.data.append(key, values)
	}
	if st.page == nil {
		return nil
	}
	for i := range st.groups {
		g := &st.groups[i]
		g.reverse = st.page.backward
		if g.n > st.page.limit {
			g.n, g.more = st.page.limit, true
		}
	}
	return nil
}

// keyOfRow splits off the ordinal of the key, the first column of a level with keys.
func (l *level) keyOfRow(values [][]byte) (int, [][]byte) {
	if !l.keyed() {
		return 0, values
	}
	return int(binary.BigEndian.Uint64(values[0])) - 1, values[1:]
}

func (x *execution) readTotals(l *level, rr *pgconn.ResultReader) error {
	for rr.NextRow() {
		key, values := l.keyOfRow(rr.Values())
		x.states[l.id].totals[key] = int64(binary.BigEndian.Uint64(values[0]))
	}
	return nil
}
