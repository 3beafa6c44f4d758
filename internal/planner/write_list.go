package planner

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// connection writes a list with the key of its parent, 0 at the root.
func (w *writer) connection(c *connection, key int) bool {
	var g group
	st := &w.states[c.level.id]
	if key < len(st.groups) {
		g = st.groups[key]
	}
	w.raw("{")
	for i := range c.fields {
		f := &c.fields[i]
		if !w.begin(i, f.key) {
			return false
		}
		m := w.mark()
		ok := true
		switch f.kind {
		case connLiteral:
			w.buf = append(w.buf, f.literal...)
		case connTotal:
			w.buf = strconv.AppendInt(w.buf, st.totals[key], 10)
		case connAggregate:
			ok = w.aggregate(c.level.aggregates[f.aggregate], &st.sums[f.aggregate], key)
		case connNodes:
			ok = w.list(g, func(row int) bool { return w.object(c.level, f.node, row) })
		case connEdges:
			ok = w.list(g, func(row int) bool { return w.edge(c.level, f.edge, row) })
		case connPageInfo:
			w.pageInfo(c.level, f.info, g)
		}
		if !w.end(m, ok, f.key, false) {
			return false
		}
	}
	w.raw("}")
	return true
}

// list writes entries, none of which may be null.
func (w *writer) list(g group, write func(row int) bool) bool {
	w.raw("[")
	for i := range g.n {
		if !w.row() {
			return false
		}
		if i > 0 {
			w.raw(",")
		}
		m := w.mark()
		ok := write(g.at(i))
		w.below(m, ast.PathIndex(i))
		if !ok {
			return false
		}
	}
	w.raw("]")
	return true
}

func (w *writer) edge(l *level, fields []edgeField, row int) bool {
	w.raw("{")
	for i := range fields {
		f := &fields[i]
		if !w.begin(i, f.key) {
			return false
		}
		m := w.mark()
		ok := true
		switch {
		case f.literal != nil:
			w.buf = append(w.buf, f.literal...)
		case f.cursor:
			w.cursor(l, row)
		case f.node != nil:
			ok = w.object(l, f.node, row)
		default:
			ok = w.value(l, f.col, row, f.nullable)
		}
		if !w.end(m, ok, f.key, f.nullable) {
			return false
		}
	}
	w.raw("}")
	return true
}

// cursor writes the cursor of a row from the keys of the ordering.
func (w *writer) cursor(l *level, row int) {
	w.values = w.values[:0]
	st := &w.states[l.id]
	for _, col := range st.rows.order {
		w.values = append(w.values, st.data.cell(row, col))
	}
	w.raw(`"`)
	w.buf, w.scratch = appendCursor(w.buf, w.scratch, st.page.hash, w.values)
	w.raw(`"`)
}

// pageInfo writes where a page lies. What a cursor cut off is taken to be there: the
// entry that gave the cursor at least.
func (w *writer) pageInfo(l *level, fields []infoField, g group) {
	pg := w.states[l.id].page
	forward, backward := pg.before != nil, pg.after != nil || pg.offset > 0
	if pg.backward {
		backward = backward || g.more
	} else {
		forward = forward || g.more
	}
	w.raw("{")
	for i := range fields {
		f := &fields[i]
		if !w.begin(i, f.key) {
			return
		}
		switch {
		case f.literal != nil:
			w.buf = append(w.buf, f.literal...)
		case f.name == "hasNextPage":
			w.buf = strconv.AppendBool(w.buf, forward)
		case f.name == "hasPreviousPage":
			w.buf = strconv.AppendBool(w.buf, backward)
		case g.n == 0:
			w.null()
		case f.name == "startCursor":
			w.cursor(l, g.at(0))
		default:
			w.cursor(l, g.at(g.n-1))
		}
	}
	w.raw("}")
}
