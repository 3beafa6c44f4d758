package planner

import (
	"encoding/json"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/entity"
)

// writer writes the rows that were read as JSON.
type writer struct {
	*execution
	budget  *budget
	buf     []byte
	scratch []byte
	values  [][]byte
	errs    gqlerror.List
	enums   map[*entity.Field]map[string]bool // what knows has found
}

// write gives the JSON of a root field, nil when it is null, or of each ref.
func (o *output) write(w *writer) ([]byte, [][]byte) {
	w.buf = o.buffer()
	defer func() {
		w.fits(0)
		w.budget.written.bytes += int64(len(w.buf))
		o.written(w)
	}()
	if len(o.items) == 0 && len(o.executions) == 1 {
		w.execution = o.executions[0]
		if !w.connection(w.plan.conn, 0) {
			return nil, nil
		}
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
		m := w.mark()
		if w.object(it.plan.levels[0], it.plan.obj, it.states[0].groups[it.key].start) {
			values[i] = w.buf[m.start:len(w.buf):len(w.buf)]
		}
		if o.list {
			w.below(m, ast.PathIndex(i))
		}
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

// begin begins a field of an object and reports whether there is room for it. Without room
// nothing of the operation is answered, so that it does not matter what is written then.
func (w *writer) begin(i int, key []byte) bool {
	if w.budget.err != nil || !w.fits(len(key)) {
		return false
	}
	if i > 0 {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(w.buf, key...)
	return true
}

// writeMark is where the writing of a value began.
type writeMark struct{ start, errs int }

func (w *writer) mark() writeMark { return writeMark{len(w.buf), len(w.errs)} }

// below puts the errors since the mark below a step of the answer.
func (w *writer) below(m writeMark, step ast.PathElement) {
	for _, e := range w.errs[m.errs:] {
		e.Path = append(ast.Path{step}, e.Path...)
	}
}

// end ends a field that was written since the mark. One that failed is null; when the
// schema does not allow that, what holds it has failed too. Source: GraphQL
// specification, section 6.4.4.
func (w *writer) end(m writeMark, ok bool, key []byte, nullable bool) bool {
	if len(w.errs) > m.errs {
		w.below(m, ast.PathName(key[1:len(key)-2])) // a name needs no escapes
	}
	if ok {
		return true
	}
	w.buf = w.buf[:m.start]
	if nullable {
		w.null()
	}
	return nullable
}

// errorBytes is what an error counts for in the bytes of an answer.
const errorBytes = 100

func (w *writer) fail(err error) bool {
	w.budget.written.bytes += errorBytes
	w.errs = append(w.errs, &gqlerror.Error{Err: err, Message: err.Error()})
	return false
}

// object writes an entity, and reports false when it is null because of a field that
// cannot be.
func (w *writer) object(l *level, obj *object, row int) bool {
	w.raw("{")
	for i := range obj.fields {
		f := &obj.fields[i]
		if !w.begin(i, f.key) {
			return false
		}
		m := w.mark()
		if !w.end(m, w.field(l, f, row), f.key, f.nullable) {
			return false
		}
	}
	w.raw("}")
	return true
}

func (w *writer) field(l *level, f *outField, row int) bool {
	switch {
	case f.literal != nil:
		w.buf = append(w.buf, f.literal...)
		return true
	case f.one != nil:
		return w.one(l, f, row)
	case f.oneOf != nil:
		return w.oneOf(l, f, row)
	case f.many != nil:
		return w.child(f.many, row)
	case f.computed != nil:
		return w.computed(l, f.computed, row, f.nullable)
	}
	return w.value(l, f.col, row, f.nullable)
}

// one writes the entity at a to-one edge.
func (w *writer) one(l *level, f *outField, row int) bool {
	switch {
	case f.one.present == always || w.states[l.id].data.cell(row, f.one.present) != nil:
		return w.object(l, f.one, row)
	case !f.nullable:
		return w.fail(errMissing)
	}
	w.null()
	return true
}

// oneOf writes the entity at that of several edges which leads to one.
func (w *writer) oneOf(l *level, f *outField, row int) bool {
	for _, obj := range f.oneOf {
		if w.states[l.id].data.cell(row, obj.present) != nil {
			return w.object(l, obj, row)
		}
	}
	if !f.nullable {
		return w.fail(errMissing)
	}
	w.null()
	return true
}

// errMissing and errNull report that the database has NULL where the schema has not.
var (
	errMissing = &ValueError{"what is stored at this edge is not there"}
	errNull    = &ValueError{"there is no value, which the schema does not allow"}
)

func (w *writer) value(l *level, col, row int, nullable bool) bool {
	return w.cell(&w.states[l.id].data, l.columns, col, row, nullable)
}

func (w *writer) cell(t *table, columns []column, col, row int, nullable bool) bool {
	cell := t.cell(row, col)
	switch {
	case cell == nil && !nullable:
		return w.fail(errNull)
	case cell == nil:
		w.null()
		return true
	case columns[col].typ == entity.Enum && !w.knows(columns[col].field, cell):
		return w.fail(columns[col].unfit("is not one of them"))
	}
	// A text may become longer, six times if all of it is control characters.
	if n := len(cell); n > longCell && !w.fits(jsonLen(cell)) {
		return false
	}
	if f := columns[col].field; columns[col].typ == entity.Enum && f.Renames() {
		cell = []byte(f.Shown(string(cell)))
	}
	buf, err := appendValue(w.buf, cell, &columns[col])
	if err != nil {
		return w.fail(err)
	}
	w.buf = buf
	return true
}

// longCell is from which length on, in bytes, a value is measured before it is written;
// shorter ones are measured with their field.
const longCell = 4 << 10

// knows reports whether an enum has a value. It asks the schema's validator once for each.
func (w *writer) knows(f *entity.Field, value []byte) bool {
	known, asked := w.enums[f][string(value)]
	if asked {
		return known
	}
	if w.enums == nil {
		w.enums = map[*entity.Field]map[string]bool{}
	}
	if w.enums[f] == nil {
		w.enums[f] = map[string]bool{}
	}
	known = f.Has(string(value))
	w.enums[f][string(value)] = known
	return known
}

// child writes the page that belongs to a row of the parent.
func (w *writer) child(c *connection, row int) bool {
	key := 0
	if keyOf := w.states[c.level.id].keyOf; keyOf != nil {
		key = int(keyOf[row])
	}
	return w.connection(c, key)
}

// computed calls the function of a computed field.
func (w *writer) computed(l *level, c *computed, row int, nullable bool) bool {
	values := make([]any, len(c.cols))
	for i, col := range c.cols {
		var unfit *ValueError
		if values[i], unfit = l.columns[col].value(w.states[l.id].data.cell(row, col)); unfit != nil {
			return w.fail(unfit)
		}
	}
	v, err := c.fn(values)
	var text []byte
	if err == nil {
		text, err = json.Marshal(v)
	}
	switch {
	case err != nil:
		return w.fail(err)
	case string(text) == "null" && !nullable:
		return w.fail(errNull)
	}
	if !w.fits(len(text)) {
		return false
	}
	w.buf = append(w.buf, text...)
	return true
}
