package planner

import (
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
)

// maxGroupKeys bounds the keys of one grouping.
const maxGroupKeys = 8

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

// grouping is the bound arguments of groupBy.
type grouping struct {
	keys          []groupKey
	order         groupOrder
	limit, offset int
}

// groupKey is one bound key of a grouping.
type groupKey struct {
	*entity.GroupKey
	unit string // of date_trunc; "" keeps the value
}

// shapeField is one field of the answer: a constant, a value, or an object of such.
type shapeField struct {
	key      []byte
	literal  []byte
	col      int
	inner    []shapeField
	nullable bool // of a value
}

// units are the values of the SDL's TimeUnit.
var units = map[string]string{
	"HOUR": "hour", "DAY": "day", "WEEK": "week", "MONTH": "month", "QUARTER": "quarter", "YEAR": "year",
}

// groupOrder is how groups are ordered: by key, or by count and then by key, ascending.
type groupOrder struct{ byCount, desc bool }

// groupOrders are the values of the SDL's GroupOrder.
var groupOrders = map[string]groupOrder{
	"KEY_ASC": {}, "KEY_DESC": {desc: true}, "COUNT_ASC": {byCount: true}, "COUNT_DESC": {byCount: true, desc: true},
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
			out.col = a.add(column{expr: "count(*)", typ: entity.Int})
		default:
			if out.inner, err = c.valueShape(e, a, cf); err != nil {
				return nil, err
			}
		}
		shape = append(shape, out)
	}
	return shape, nil
}

// valueShape compiles key, min, max, avg or sum: an object with a value for each field.
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
			out.col = a.add(functionOf(f.Name, e.FieldByName(cf.Name)))
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

// functionOf is an aggregate function of a field. Sums of integers are exact numbers
// of any size, averages are floats, and so are sums of reals, as a real has too few
// digits for them. Those of decimals are decimals: exact, and to 16 digits or more.
func functionOf(name string, f *entity.Field) column {
	expr := fieldExpr("e0", f)
	switch {
	case f.Type == entity.Float && (name == "sum" || name == "avg"):
		return column{expr: floatTotal(name, expr), typ: entity.Float}
	case f.Type == entity.Float32 && (name == "sum" || name == "avg"):
		return column{expr: floatTotal(name, expr+"::float8"), typ: entity.Float}
	case name == "avg" && f.Type != entity.Decimal:
		return column{expr: "avg(" + expr + ")::float8", typ: entity.Float}
	case name == "sum" && f.Type != entity.Decimal:
		return column{expr: "sum(" + expr + ")::text", typ: entity.String}
	}
	return column{expr: name + "(" + expr + ")", typ: f.Type, field: f}
}

// What floatTotal adds up apart: values whose squares are near the largest float.
const (
	huge  = "'1e150'::float8"
	scale = "'18446744073709551616'::float8" // 2^64
	most  = "'1.7976931348623157e308'::float8"
)

// floatTotal is the sum or average of floats for which no values are too large. Postgres'
// own fail where a sum, or for an average the sum of squares, is beyond the largest float,
// and with the statement everything else of the request. Huge values are added up divided
// by a power of two, which is exact, beside the others; where there are none, the result
// is that of Postgres to the last bit. A sum that no float holds is infinite.
func floatTotal(name, x string) string {
	only := " FILTER (WHERE abs(" + x + ") <= " + huge + ")"
	large := "(sum(" + x + " / " + scale + ") FILTER (WHERE abs(" + x + ") > " + huge + "))"
	rest := "coalesce(sum(" + x + ")" + only + ", 0)"
	if name == "avg" {
		large = "(" + large + " / count(" + x + "))"
		// Beside huge values it matters only where they cancel each other.
		rest = "CASE WHEN abs(" + rest + ") > 1 THEN " + rest + " / count(" + x + ") ELSE 0 END"
	}
	return "CASE WHEN " + large + " IS NULL THEN " + name + "(" + x + ")" + only +
		" WHEN abs(" + large + ") < " + most + " / (2 * " + scale + ") THEN " + large + " * " + scale + " + " + rest +
		" WHEN abs(" + large + ") <= " + most + " / " + scale + " THEN " + large + " * " + scale +
		" ELSE " + large + " * 'Infinity'::float8 END"
}

// bindGroups reads the arguments of groupBy.
func (p *Planner) bindGroups(e *entity.Entity, args map[string]any) (g grouping, err error) {
	if g.keys, err = bindGroupKeys(e, entity.Items(args["keys"])); err != nil {
		return g, err
	}
	first, given, err := intArg(args, "first")
	if err != nil {
		return g, err
	}
	if g.limit = p.opts.DefaultPage; given {
		g.limit = first
	}
	if most := p.opts.MaxPage; g.limit > most {
		return g, limit.Exceeded("PAGE_SIZE_MAX", int64(most), "%d groups are too many, at most %d are allowed: page with first and offset", g.limit, most)
	}
	if g.offset, _, err = intArg(args, "offset"); err != nil {
		return g, err
	}
	order, _ := args["orderBy"].(string)
	g.order = groupOrders[order]
	return g, nil
}

func bindGroupKeys(e *entity.Entity, list []any) ([]groupKey, error) {
	switch {
	case len(list) == 0:
		return nil, badInput("keys", "must name at least one key")
	case len(list) > maxGroupKeys:
		return nil, limit.Fixed("keys: at most %d are allowed", maxGroupKeys)
	}
	var keys []groupKey
	seen := map[string]bool{}
	for i, item := range list {
		in := inputObject(item)
		name, _ := in["field"].(string)
		k := groupKey{GroupKey: e.GroupKeyByName(name)}
		if k.GroupKey == nil {
			return nil, badInput("keys", "%q is not a field to group by", name)
		}
		if seen[name] {
			// A group shows one value for each field.
			return nil, badInput("keys", "keys.%d: %s is a key already", i, name)
		}
		seen[name] = true
		if unit, ok := in["truncate"].(string); ok {
			if !k.Field.Type.Kind().Truncated {
				return nil, badInput("keys", "keys.%d: only a time or a day can be truncated", i)
			}
			k.unit = units[unit]
		}
		keys = append(keys, k)
	}
	return keys, nil
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
	text := s.groupText(g)
	where, err := s.where("e0", l.entity, pg.where)
	if err != nil {
		return nil, err
	}
	var exprs []string
	for i, c := range a.exprs {
		expr := c.expr
		if c.key {
			expr = text.key(c)
		}
		exprs = append(exprs, expr+" AS c"+itoa(i))
	}
	if l.keyed() {
		exprs = append(exprs, text.columns...)
	}
	if len(exprs) > maxColumns {
		return nil, errColumns
	}
	if len(exprs) == 0 {
		exprs = []string{"count(*)"} // something must be read
	}
	body := "SELECT " + strings.Join(exprs, ", ") + " FROM " + from + s.joined() + " WHERE " + cond + where
	outer := ""
	if a.grouped() {
		body += " GROUP BY " + strings.Join(text.exprs, ", ") + " ORDER BY " + strings.Join(text.order, ", ") +
			" LIMIT " + itoa(g.limit) + " OFFSET " + s.arg(int64(g.offset), entity.BigInt)
		outer = ", " + strings.Join(text.outer, ", ")
	}
	if l.keyed() {
		body = "SELECT k.o, p.* FROM " + s.keys() + " CROSS JOIN LATERAL (" + body + ") p ORDER BY k.o" + outer
	}
	return s.finish(body)
}

// groupText is the SQL of a grouping: its expressions, and how groups are ordered,
// inside and once more outside of a lateral join, by columns of its own.
type groupText struct {
	names, exprs, columns, order, outer []string
}

// key is the SQL of a key that the client selects; NULL for one not grouped by.
func (t *groupText) key(c column) string {
	if i := slices.Index(t.names, c.expr); i >= 0 {
		return t.exprs[i]
	}
	return "NULL::" + c.field.SQL()
}

// groupText gives a grouping its SQL. Groups are ordered by key, or by count and then
// by key, so that every order is total.
func (s *statement) groupText(g grouping) *groupText {
	t := &groupText{}
	direction := ""
	if g.order.desc {
		direction = " DESC"
	}
	if g.order.byCount {
		t.columns, t.order = append(t.columns, "count(*) AS o"), append(t.order, "count(*)"+direction)
		t.outer = append(t.outer, "p.o"+direction)
		direction = ""
	}
	for i, k := range g.keys {
		alias := "e0"
		if k.Edge != nil {
			alias = s.join("e0", k.Edge)
		}
		expr := fieldExpr(alias, k.Field)
		if k.unit != "" {
			// The sessions are in UTC; naming it would look the zone up for each row.
			expr = cast("date_trunc('"+k.unit+"', "+expr+")", k.Field.Cast(), "")
		}
		t.names, t.exprs = append(t.names, k.Name), append(t.exprs, expr)
		t.columns = append(t.columns, expr+" AS o"+itoa(i))
		t.order, t.outer = append(t.order, expr+direction), append(t.outer, "p.o"+itoa(i)+direction)
	}
	return t
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
