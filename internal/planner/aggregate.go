package planner

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/entity"
)

// aggregate is one statement over a level's whole list: its totals, or its groups.
type aggregate struct {
	args  *arguments
	group bool // a list of groups
	exprs []column
	index map[string]int
	shape []shapeField
}

// grouped reports whether the aggregate is a list of groups.
func (a *aggregate) grouped() bool { return a.group }

// sums is what was read for an aggregate.
type sums struct {
	data  table
	first []int // for each key of the level: where its rows begin, and at last the end
}

// shapeField is one field of the answer: a constant, a value, or an object of such.
type shapeField struct {
	key      []byte
	literal  []byte
	col      int
	inner    []shapeField
	nullable bool // of a value
}

// aggregate compiles the field aggregate or groupBy of a connection and returns which
// of the level's it is.
func (c *compiler) aggregate(l *level, f graphql.CollectedField) (n int, err error) {
	a := &aggregate{args: argumentsOf(f), group: f.Name == "groupBy", index: map[string]int{}}
	a.shape, err = c.aggregateShape(l.entity, a, f)
	l.aggregates = append(l.aggregates, a)
	return len(l.aggregates) - 1, err
}

// aggregateShape compiles the selections of an aggregate or a group.
func (c *compiler) aggregateShape(e *entity.Entity, a *aggregate, f graphql.CollectedField) ([]shapeField, error) {
	typ := f.Definition.Type.Name()
	var shape []shapeField
	fields, err := c.collect(f.Selections, typ)
	if err != nil {
		return nil, err
	}
	for _, cf := range fields {
		out := shapeField{key: keyOf(cf), nullable: !cf.Definition.Type.NonNull}
		switch cf.Name {
		case "__typename":
			out.literal = quoted(typ)
		case "count":
			out.col = a.add(totalColumn(e.Total("", "")))
		default:
			if out.inner, err = c.valueShape(e, a, cf); err != nil {
				return nil, err
			}
		}
		shape = append(shape, out)
	}
	return shape, nil
}

// valueShape compiles key or a function such as min: an object with a value for each field.
func (c *compiler) valueShape(e *entity.Entity, a *aggregate, f graphql.CollectedField) ([]shapeField, error) {
	typ := f.Definition.Type.Name()
	shape := []shapeField{}
	fields, err := c.collect(f.Selections, typ)
	if err != nil {
		return nil, err
	}
	for _, cf := range fields {
		out := shapeField{key: keyOf(cf), nullable: !cf.Definition.Type.NonNull}
		switch {
		case cf.Name == "__typename":
			out.literal = quoted(typ)
		case f.Name == "key":
			k := e.GroupKeyByField(cf.Name)
			out.col = a.add(column{expr: k.Name, typ: k.Field.Type, field: k.Field, key: true})
		default:
			out.col = a.add(totalColumn(e.Total(entity.Function(f.Name), cf.Name)))
		}
		shape = append(shape, out)
	}
	return shape, nil
}

// add returns the column of an expression.
func (a *aggregate) add(c column) int {
	if i, ok := a.index[c.expr]; ok {
		return i
	}
	a.index[c.expr] = len(a.exprs)
	a.exprs = append(a.exprs, c)
	return len(a.exprs) - 1
}

// aggregateSQL is the statement of one of the level's aggregates: one row, or a row for each group, of
// the level's list or of that of each parent.
func (p *Planner) aggregateSQL(l *level, n int, pg *page, g grouping, b *budget) (*query, error) {
	a, kind := l.aggregates[n], KindAggregate
	if a.grouped() {
		kind = KindGroups
	}
	s := p.statement(l, pg, b, kind)
	s.query.aggregate = n
	from, cond := s.from()
	text, err := s.groupText(l.entity, g)
	if err != nil {
		return nil, err
	}
	var exprs []string
	for i, c := range a.exprs {
		exprs = append(exprs, s.aggregateExpr(text, c)+" AS c"+itoa(i))
	}
	if l.keyed() {
		exprs = append(exprs, text.columns...)
	}
	if len(exprs) > maxColumns {
		return nil, errColumns
	}
	where, err := s.where("e0", l.entity, pg.where)
	if err != nil {
		return nil, err
	}
	if len(exprs) == 0 {
		exprs = []string{"count(*)"} // something must be read
	}
	body := "SELECT " + strings.Join(exprs, ", ") + " FROM " + from + s.joined() + " WHERE " + cond + where
	outer := ""
	if a.grouped() {
		body += " GROUP BY " + strings.Join(text.exprs, ", ") + text.having + " ORDER BY " + strings.Join(text.order, ", ") +
			" LIMIT " + itoa(g.limit) + " OFFSET " + s.arg(int64(g.offset), entity.BigInt)
		outer = ", " + strings.Join(text.outer, ", ")
	}
	if l.keyed() {
		body = "SELECT k.o, p.* FROM " + s.keys() + " CROSS JOIN LATERAL (" + body + ") p ORDER BY k.o" + outer
	}
	return s.finish(body)
}

// aggregateExpr is the SQL of a column of an aggregate.
func (s *statement) aggregateExpr(t *groupText, c column) string {
	switch {
	case c.key:
		return t.key(c)
	case c.isSum():
		return s.total(c.total) + "::text"
	}
	return s.total(c.total)
}

// readSums stores the rows of an aggregate: for each key of the level one after
// another.
func (x *execution) readSums(l *level, n int, rr *pgconn.ResultReader) error {
	st := &x.states[l.id]
	out := &st.sums[n]
	out.data.columns = len(l.aggregates[n].exprs)
	out.first = sized(out.first, len(st.groups)+1)
	if err := l.checkColumns(rr, l.aggregates[n].exprs); err != nil {
		return err
	}
	at := 0
	for rr.NextRow() {
		key, values := l.keyOfRow(rr.Values())
		for ; at <= key; at++ {
			out.first[at] = out.data.len()
		}
		values = values[:out.data.columns]
		if err := x.budget.row(out.data.size(values)); err != nil {
			return err
		}
		out.data.append(key, values)
	}
	for ; at < len(out.first); at++ {
		out.first[at] = out.data.len()
	}
	return nil
}

// aggregate writes the totals of a key, or its groups.
func (w *writer) aggregate(a *aggregate, s *sums, key int) bool {
	if !a.grouped() {
		return w.shape(a, s, a.shape, s.first[key])
	}
	g := group{start: s.first[key], n: s.first[key+1] - s.first[key]}
	return w.list(g, func(row int) bool { return w.shape(a, s, a.shape, row) })
}

func (w *writer) shape(a *aggregate, s *sums, fields []shapeField, row int) bool {
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
		case f.inner != nil:
			ok = w.shape(a, s, f.inner, row)
		default:
			ok = w.cell(&s.data, a.exprs, f.col, row, f.nullable)
		}
		if !w.end(m, ok, f.key, f.nullable) {
			return false
		}
	}
	w.raw("}")
	return true
}
