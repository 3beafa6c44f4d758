package planner

import (
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/entity"
)

// maxGroupKeys bounds the keys of one grouping.
const maxGroupKeys = 8

// aggregate is one statement over a level's whole list: its totals, or its groups.
type aggregate struct {
	level  *level
	keys   []groupKey // empty for the totals
	order  string
	limit  int
	offset int

	exprs []column
	index map[string]int
	shape []shapeField

	query *query
	data  table
	first []int // for each key of the level: where its rows begin, and at last the end
}

// groupKey is one bound key of a grouping.
type groupKey struct {
	*entity.GroupKey
	unit string // of date_trunc; "" keeps the value
}

// shapeField is one field of the answer: a constant, a value, or an object of such.
type shapeField struct {
	key     []byte
	literal []byte
	col     int
	inner   []shapeField
}

// units are the values of the SDL's TimeUnit.
var units = map[string]string{
	"HOUR": "hour", "DAY": "day", "WEEK": "week", "MONTH": "month", "QUARTER": "quarter", "YEAR": "year",
}

// groupOrders are the values of the SDL's GroupOrder.
var groupOrders = map[string]string{
	"KEY_ASC": "", "KEY_DESC": " DESC", "COUNT_ASC": "count(*)", "COUNT_DESC": "count(*) DESC",
}

// aggregate compiles the field aggregate or groupBy of a connection.
func (c *compiler) aggregate(l *level, f graphql.CollectedField) (*aggregate, error) {
	a := &aggregate{level: l, index: map[string]int{}}
	if f.Name == "groupBy" {
		if err := a.bindGroups(f.ArgumentMap(c.oc.Variables), c.planner.opts); err != nil {
			return nil, err
		}
	}
	a.shape = c.aggregateShape(a, f)
	l.aggregates = append(l.aggregates, a)
	return a, nil
}

// bindGroups reads the arguments of groupBy.
func (a *aggregate) bindGroups(args map[string]any, o Options) error {
	list := items(args["keys"])
	switch {
	case len(list) == 0:
		return badInput("keys", "must name at least one key")
	case len(list) > maxGroupKeys:
		return &LimitError{Message: fmt.Sprintf("keys: at most %d are allowed", maxGroupKeys)}
	}
	for i, item := range list {
		in := inputObject(item)
		name, _ := in["field"].(string)
		key := a.level.entity.GroupKeyByName(name)
		if key == nil {
			return badInput("keys", "%q is not a field to group by", name)
		}
		k := groupKey{GroupKey: key}
		if unit, ok := in["truncate"].(string); ok {
			if key.Field.Type != entity.Time {
				return badInput("keys", "keys.%d: only a time can be truncated", i)
			}
			k.unit = units[unit]
		}
		a.keys = append(a.keys, k)
	}
	first, given, err := intArg(args, "first")
	if err != nil {
		return err
	}
	if a.limit = o.DefaultPage; given {
		a.limit = first
	}
	if a.limit > o.MaxPage {
		return &LimitError{Message: fmt.Sprintf("%d groups are too many, at most %d are allowed: page with first and offset", a.limit, o.MaxPage)}
	}
	if a.offset, _, err = intArg(args, "offset"); err != nil {
		return err
	}
	order, _ := args["orderBy"].(string)
	a.order = groupOrders[order]
	return nil
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

// aggregateShape compiles the selections of an aggregate or a group.
func (c *compiler) aggregateShape(a *aggregate, f graphql.CollectedField) []shapeField {
	typ := f.Definition.Type.Name()
	var shape []shapeField
	for _, cf := range graphql.CollectFields(c.oc, f.Selections, []string{typ}) {
		out := shapeField{key: keyOf(cf)}
		switch cf.Name {
		case "__typename":
			out.literal = quoted(typ)
		case "count":
			out.col = a.add(column{expr: "count(*)", typ: entity.Int})
		default:
			inner := cf.Definition.Type.Name()
			out.inner = []shapeField{}
			for _, vf := range graphql.CollectFields(c.oc, cf.Selections, []string{inner}) {
				v := shapeField{key: keyOf(vf)}
				switch {
				case vf.Name == "__typename":
					v.literal = quoted(inner)
				case cf.Name == "key":
					v.col = a.addKey(vf.Name)
				default:
					v.col = a.add(functionOf(cf.Name, a.level.entity.FieldByName(vf.Name)))
				}
				out.inner = append(out.inner, v)
			}
		}
		shape = append(shape, out)
	}
	return shape
}

// addKey is the column of a group's key; NULL for one that is not grouped by.
func (a *aggregate) addKey(name string) int {
	for i, k := range a.keys {
		if k.Key == name {
			return a.add(column{expr: keyColumn(i), typ: k.Field.Type})
		}
	}
	return a.add(column{expr: "NULL::text", typ: entity.String})
}

func keyColumn(i int) string { return "g" + itoa(i) }

// functionOf is an aggregate function of a field. Sums of integers are exact numbers
// of any size, averages are floats.
func functionOf(name string, f *entity.Field) column {
	expr := name + "(" + fieldExpr("e0", f) + ")"
	switch {
	case name == "avg":
		return column{expr: expr + "::float8", typ: entity.Float}
	case name == "sum" && f.Type != entity.Float:
		return column{expr: expr + "::text", typ: entity.String}
	}
	return column{expr: expr, typ: f.Type}
}

// sql is the statement of an aggregate: one row, or a row for each group, of the
// level's list or of that of each parent.
func (a *aggregate) sql() (*query, error) {
	s := &statement{level: a.level}
	from, cond := s.from()
	where, err := s.where("e0", a.level.entity, a.level.page.where)
	if err != nil {
		return nil, err
	}
	keys, group := s.groupKeys(a)
	var exprs []string
	for i, c := range a.exprs {
		exprs = append(exprs, replaceKeys(c.expr, keys)+" AS c"+itoa(i))
	}
	exprs = append(exprs, group.columns...)
	if len(exprs) == 0 {
		exprs = []string{"count(*) AS c0"} // something must be read
	}
	body := "SELECT " + strings.Join(exprs, ", ") + " FROM " + from + s.joined() + " WHERE " + cond + where
	outer := ""
	if len(a.keys) > 0 {
		body += " GROUP BY " + strings.Join(keys, ", ") + " ORDER BY " + group.order +
			" LIMIT " + s.arg(int64(a.limit), entity.BigInt) + " OFFSET " + s.arg(int64(a.offset), entity.BigInt)
		outer = group.outer
	}
	if a.level.keyed() {
		body = "SELECT k.o, p.* FROM " + s.keys() + " CROSS JOIN LATERAL (" + body + ") p ORDER BY k.o" + outer
	}
	return s.finish(body), nil
}

// grouping is the text that orders groups: inside, and once more outside of a lateral
// join, by columns of its own.
type grouping struct {
	columns      []string
	order, outer string
}

// groupKeys gives the keys their SQL. Groups are ordered by key, or by count and then
// by key, so that every order is total.
func (s *statement) groupKeys(a *aggregate) ([]string, grouping) {
	var keys []string
	var g grouping
	var inner, outer []string
	if strings.HasPrefix(a.order, "count") {
		g.columns = append(g.columns, "count(*) AS o")
		inner = append(inner, a.order)
		outer = append(outer, "p.o"+strings.TrimPrefix(a.order, "count(*)"))
	}
	for i, k := range a.keys {
		expr := "e0"
		if k.Edge != nil {
			expr = s.join("e0", k.Edge)
		}
		expr = fieldExpr(expr, k.Field)
		if k.unit != "" {
			expr = "date_trunc('" + k.unit + "', " + expr + ", 'UTC')"
		}
		direction := ""
		if !strings.HasPrefix(a.order, "count") {
			direction = a.order
		}
		keys = append(keys, expr)
		g.columns = append(g.columns, expr+" AS o"+itoa(i))
		inner = append(inner, expr+direction)
		outer = append(outer, "p.o"+itoa(i)+direction)
	}
	g.order, g.outer = strings.Join(inner, ", "), ", "+strings.Join(outer, ", ")
	return keys, g
}

// replaceKeys is the SQL of a column that shows a key.
func replaceKeys(expr string, keys []string) string {
	for i, k := range keys {
		if expr == keyColumn(i) {
			return k
		}
	}
	return expr
}

// read stores the rows: for each key of the level one after another.
func (a *aggregate) read(rows pgx.Rows) error {
	a.data.columns = len(a.exprs)
	a.first = make([]int, len(a.level.groups)+1)
	at := 0
	for rows.Next() {
		key, values := a.level.keyOfRow(rows.RawValues())
		for ; at <= key; at++ {
			a.first[at] = a.data.len()
		}
		a.data.append(key, values[:len(a.exprs)])
	}
	for ; at < len(a.first); at++ {
		a.first[at] = a.data.len()
	}
	return nil
}

// aggregate writes the totals of a key, or its groups.
func (w *writer) aggregate(a *aggregate, key int) {
	if len(a.keys) == 0 {
		w.shape(a, a.shape, a.first[key])
		return
	}
	g := group{start: a.first[key], n: a.first[key+1] - a.first[key]}
	w.list(g, func(row int) { w.shape(a, a.shape, row) })
}

func (w *writer) shape(a *aggregate, fields []shapeField, row int) {
	w.raw("{")
	for i := range fields {
		f := &fields[i]
		w.sep(i, f.key)
		switch {
		case f.literal != nil:
			w.buf = append(w.buf, f.literal...)
		case f.inner != nil:
			w.shape(a, f.inner, row)
		default:
			w.cell(&a.data, a.exprs, f.col, row)
		}
	}
	w.raw("}")
}
