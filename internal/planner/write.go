package planner

import (
	"encoding/json"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// writer writes the rows that were read as JSON.
type writer struct {
	*execution
	budget  *budget
	buf     []byte
	scratch []byte
	values  [][]byte
	errs    gqlerror.List
}

// write gives the JSON of a root field, or of each ref.
func (o *output) write(w *writer) ([]byte, [][]byte) {
	w.buf = o.buffer()
	defer func() {
		w.fits(0)
		w.budget.written.bytes += int64(len(w.buf))
		o.written(w)
	}()
	if len(o.items) == 0 && len(o.executions) == 1 {
		w.execution = o.executions[0]
		w.connection(w.plan.conn, 0)
		return w.buf, nil
	}
	values := make([][]byte, len(o.items))
	for i, it := range o.items {
		if it.execution == nil || it.states[0].groups[it.key].n == 0 {
			continue
		}
		if !w.row() {
			break
		}
		w.execution = it.execution
		start := len(w.buf)
		w.object(it.plan.levels[0], it.plan.obj, it.states[0].groups[it.key].start)
		values[i] = w.buf[start:len(w.buf):len(w.buf)]
	}
	switch {
	case o.list:
		return joinItems(values), values
	case len(values) == 1 && values[0] != nil:
		return values[0], values
	}
	return []byte("null"), values
}

func joinItems(items [][]byte) []byte {
	out := []byte{'['}
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		if item == nil {
			item = []byte("null")
		}
		out = append(out, item...)
	}
	return append(out, ']')
}

// row counts a row that is going to be written and reports whether it may be.
func (w *writer) row() bool {
	return w.budget.err == nil && w.fits(0) && w.budget.write() == nil
}

// fits reports whether so many bytes more may be written.
func (w *writer) fits(n int) bool {
	if w.budget.written.bytes+int64(len(w.buf)+n) <= w.budget.opts.MaxAnswerBytes {
		return true
	}
	_ = w.budget.tooLong() // stops the writer
	return false
}

func (w *writer) raw(s string) { w.buf = append(w.buf, s...) }
func (w *writer) null()        { w.raw("null") }

// field begins a field of an object and reports whether there is room for it.
func (w *writer) field(i int, key []byte) bool {
	if w.budget.err != nil || !w.fits(len(key)) {
		return false
	}
	if i > 0 {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(w.buf, key...)
	return true
}

func (w *writer) object(l *level, obj *object, row int) {
	if obj.present != always && w.states[l.id].data.cell(row, obj.present) == nil {
		w.null()
		return
	}
	w.raw("{")
	for i := range obj.fields {
		f := &obj.fields[i]
		if !w.field(i, f.key) {
			return
		}
		switch {
		case f.literal != nil:
			w.buf = append(w.buf, f.literal...)
		case f.one != nil:
			w.object(l, f.one, row)
		case f.many != nil:
			w.child(f.many, row)
		case f.computed != nil:
			w.computed(l, f.computed, row)
		default:
			w.value(l, f.col, row)
		}
	}
	w.raw("}")
}

func (w *writer) value(l *level, col, row int) { w.cell(&w.states[l.id].data, l.columns, col, row) }

func (w *writer) cell(t *table, columns []column, col, row int) {
	cell := t.cell(row, col)
	if cell == nil {
		w.null()
		return
	}
	// A text may become longer, six times if all of it is control characters.
	if n := len(cell); n > longCell {
		n = jsonLen(cell)
		if !w.fits(n) {
			return
		}
	}
	w.buf = appendValue(w.buf, cell, &columns[col])
}

// longCell is from which length on, in bytes, a value is measured before it is written;
// shorter ones are measured with their field.
const longCell = 4 << 10

// child writes the page that belongs to a row of the parent.
func (w *writer) child(c *connection, row int) {
	key := 0
	if keyOf := w.states[c.level.id].keyOf; keyOf != nil {
		key = int(keyOf[row])
	}
	w.connection(c, key)
}

// computed calls the function of a computed field.
func (w *writer) computed(l *level, c *computed, row int) {
	values := make([]any, len(c.cols))
	for i, col := range c.cols {
		if cell := w.states[l.id].data.cell(row, col); cell != nil {
			values[i], _ = decodeValue(cell, l.columns[col].typ)
		}
	}
	v, err := c.fn(values)
	var text []byte
	if err == nil {
		text, err = json.Marshal(v)
	}
	if err != nil {
		w.errs = append(w.errs, &gqlerror.Error{Err: err, Message: err.Error(), Path: ast.Path{}})
		w.null()
		return
	}
	if w.fits(len(text)) {
		w.buf = append(w.buf, text...)
	}
}

func (w *writer) connection(c *connection, key int) {
	var g group
	st := &w.states[c.level.id]
	if key < len(st.groups) {
		g = st.groups[key]
	}
	w.raw("{")
	for i := range c.fields {
		f := &c.fields[i]
		if !w.field(i, f.key) {
			return
		}
		switch f.kind {
		case connLiteral:
			w.buf = append(w.buf, f.literal...)
		case connTotal:
			w.buf = strconv.AppendInt(w.buf, st.totals[key], 10)
		case connAggregate:
			w.aggregate(c.level.aggregates[f.aggregate], &st.sums[f.aggregate], key)
		case connNodes:
			w.list(g, func(row int) { w.object(c.level, f.node, row) })
		case connEdges:
			w.list(g, func(row int) { w.edge(c.level, f.edge, row) })
		case connPageInfo:
			w.pageInfo(c.level, f.info, g)
		}
	}
	w.raw("}")
}

func (w *writer) list(g group, write func(row int)) {
	w.raw("[")
	for i := range g.n {
		if !w.row() {
			return
		}
		if i > 0 {
			w.raw(",")
		}
		write(g.at(i))
	}
	w.raw("]")
}

func (w *writer) edge(l *level, fields []edgeField, row int) {
	w.raw("{")
	for i := range fields {
		f := &fields[i]
		if !w.field(i, f.key) {
			return
		}
		switch {
		case f.literal != nil:
			w.buf = append(w.buf, f.literal...)
		case f.cursor:
			w.cursor(l, row)
		case f.node != nil:
			w.object(l, f.node, row)
		default:
			w.value(l, f.col, row)
		}
	}
	w.raw("}")
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
		if !w.field(i, f.key) {
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
