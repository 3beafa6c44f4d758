package planner

import (
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// query is a finished statement with what is known of it. It may serve many requests and viewers: the ids of a
// level with keys, the value of a look-up and the viewer's id are places among its
// arguments, not values.
type query struct {
	kind Kind
	// aggregate is which of the level's it reads, of [KindAggregate] and [KindGroups].
	aggregate int
	sql       string
	args      []any
	oids      []uint32 // of the arguments
	// owners are whose ids the arguments are, nil for what is no id and for the viewer's,
	// which stands beside columns of several tables.
	owners []*entity.Entity
	// Which argument takes the ids, the value and the viewer's id, from 1; 0 without.
	keys, value, viewer int
	// Of a statement that reads the level's rows: how many columns a row has besides
	// the ordinal of its key, and which of them are the keys of the ordering.
	width int
	order []int
}

// with returns the arguments with what a request adds.
func (q *query) with(st *state) []any {
	if q.keys == 0 && q.value == 0 && q.viewer == 0 {
		return q.args
	}
	args := append([]any(nil), q.args...)
	if q.keys > 0 {
		args[q.keys-1] = st.ids
	}
	if q.value > 0 {
		args[q.value-1] = st.value
	}
	if q.viewer > 0 {
		args[q.viewer-1] = st.viewer
	}
	return args
}

// statement is one SQL text under construction with its arguments.
type statement struct {
	planner *Planner
	budget  *budget
	level   *level
	page    *page // nil unless the level is a list
	values  []any
	query   query
	tables  []*visibleTable
	joins   []join
	filter  filterCount
	asks    string // the argument that is compiled: where, or having
	alias   int
}

func (p *Planner) statement(l *level, pg *page, b *budget, kind Kind) *statement {
	return &statement{planner: p, budget: b, level: l, page: pg, query: query{kind: kind}, asks: "where"}
}

// add adds an argument and returns its place with its type.
func (s *statement) add(v any, name string, oid uint32, owner *entity.Entity) string {
	s.values, s.query.oids, s.query.owners = append(s.values, v), append(s.query.oids, oid), append(s.query.owners, owner)
	return "$" + itoa(len(s.values)) + "::" + name
}

// arg adds an argument that is no id and compared with no field.
func (s *statement) arg(v any, typ entity.Type) string { return s.value(v, typ, nil) }

// fieldArg adds an argument that is compared with a field.
func (s *statement) fieldArg(v any, f *entity.Field) string {
	return castTo(s.value(v, f.Type, f.Owner), f, "")
}

// castTo gives an argument, or a list of them, the type that it is compared as with a field.
func castTo(place string, f *entity.Field, array string) string {
	place = cast(place, f.Cast(), array)
	if f.Type == entity.Custom {
		place = cast(place, "text", array)
	}
	return place
}

// value gives every argument a type, so that a text has one meaning whatever is compared with
// it, and it can be encoded without asking Postgres.
func (s *statement) value(v any, typ entity.Type, owner *entity.Entity) string {
	_ = s.budget.hold(lengthOf(v)) // the statement is not finished then
	c := castOf(typ, owner)
	return s.add(v, c.name, c.oid, owner)
}

// cast gives an expression another type, if any.
func cast(expr, typ, array string) string {
	if typ == "" {
		return expr
	}
	return expr + "::" + typ + array
}

// lengthOf is how many bytes a text or bytes have.
func lengthOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	}
	return 0
}

// list adds a list that is compared with a field: elements of one Go type, as pgx encodes
// arrays.
func (s *statement) list(values []any, f *entity.Field) string {
	const item = 40 // of an element in memory and on the wire, in bytes
	bytes := item * len(values)
	for _, v := range values {
		bytes += lengthOf(v)
	}
	_ = s.budget.hold(bytes) // the statement is not finished then
	if f.Type == entity.ID {
		return s.idList(values, f)
	}
	k := f.Type.Kind()
	return castTo(s.add(k.List(values), k.Arg+"[]", k.Array, f.Owner), f, "[]")
}

// keys adds the ids of the level's parents.
func (s *statement) keys() string {
	owner := s.level.keyOwner()
	c := keyCasts[owner.Key()]
	place := s.add(nil, c.name+"[]", c.array, owner)
	s.query.keys = len(s.values)
	return "unnest(" + place + ") WITH ORDINALITY k(id, o)"
}

// lookup adds the value of a look-up.
func (s *statement) lookup(f *entity.Field) string {
	place := s.fieldArg(nil, f)
	s.query.value = len(s.values)
	return place
}

// next returns an alias that no other table of the statement has.
func (s *statement) next() string {
	s.alias++
	return "t" + itoa(s.alias)
}

// join returns the alias of a to-one edge, joined for this statement alone.
func (s *statement) join(from string, e *entity.Edge) string {
	for _, j := range s.joins {
		if j.from == from && j.edge == e {
			return j.alias
		}
	}
	j := join{alias: "j" + itoa(len(s.joins)+1), from: from, edge: e}
	s.joins = append(s.joins, j)
	return j.alias
}

// from is the level's main table e0 with what is joined to it, and the condition that
// its source sets.
func (s *statement) from() (tables, condition string) {
	l := s.level
	if l.source == fromKey {
		return s.table(l.entity, l.edge.Column) + " e0", "e0." + sqltext.Ident(l.edge.Column) + " = k.id"
	}
	e0 := s.table(l.entity) + " e0"
	switch l.source {
	case fromLookup:
		return e0, fieldExpr("e0", l.field) + operator(" = ", l.field) + s.lookup(l.field)
	case fromIDs:
		return e0, idColumn("e0", l.entity) + " = k.id"
	case fromLink:
		e := l.edge
		return s.link(e) + " l JOIN " + e0 + " ON " + idColumn("e0", l.entity) + " = l." + sqltext.Ident(e.LinkTo), "l." + sqltext.Ident(e.LinkFrom) + " = k.id"
	}
	return e0, "TRUE"
}

// joined is the text of the to-one joins. They are outer joins, since what an edge
// leads to may not be there.
func (s *statement) joined() string {
	var b strings.Builder
	for _, j := range s.joins {
		b.WriteString(" LEFT JOIN " + s.visible(j.table()) + " " + j.alias + " ON " + edgeOn(j.edge, j.from, j.alias))
	}
	return b.String()
}

// edgeOn is the condition that two aliases are at the ends of an edge with a foreign
// key.
func edgeOn(e *entity.Edge, from, to string) string {
	if e.OnTarget {
		return to + "." + sqltext.Ident(e.Column) + " = " + idColumn(from, e.Source)
	}
	return idColumn(to, e.Target) + " = " + from + "." + sqltext.Ident(e.Column)
}

// rowsSQL is the statement that reads the level's rows. For a level with keys the
// first column is the ordinal of the key.
func (p *Planner) rowsSQL(l *level, pg *page, b *budget) (*query, error) {
	s := p.statement(l, pg, b, l.kind())
	s.joins = append([]join(nil), l.joins...)
	from, cond := s.from()
	keys := s.boundKeys()
	if pg != nil {
		where, err := s.where("e0", l.entity, pg.where)
		if err != nil {
			return nil, err
		}
		cond += where
		if ranges := s.ranges(keys); len(ranges) > 0 {
			return s.finish(s.rangesSQL(from, cond, keys, ranges))
		}
		cond += s.cursors(keys)
	}
	inner, outer := s.columns(keys)
	if len(inner) > maxColumns {
		return nil, errColumns
	}
	if l.source == fromIDs {
		body := "SELECT " + strings.Join(append([]string{"k.o"}, inner...), ", ") +
			" FROM " + s.keys() + " JOIN " + from + " ON " + cond + s.joined() + " ORDER BY k.o"
		return s.finish(body)
	}
	if !l.keyed() {
		inner = inner[:s.query.width]
	}
	body := "SELECT " + strings.Join(inner, ", ") + " FROM " + from + s.joined() + " WHERE " + cond
	if len(keys) > 0 {
		body += " ORDER BY " + orderBy(keys)
	}
	body += s.limit()
	if l.keyed() {
		body = "SELECT " + strings.Join(append([]string{"k.o"}, outer...), ", ") +
			" FROM " + s.keys() + " CROSS JOIN LATERAL (" + body + ") p ORDER BY k.o, " + orderBy(s.outside(keys))
	}
	return s.finish(body)
}

// maxColumns is how many values Postgres gives of one row, less some: MaxTupleAttributeNumber
// in its htup_details.h.
const maxColumns = 1600

var errColumns = limit.Fixed("more than %d values of one row are selected", maxColumns)

// boundKeys gives the ordering of the page its SQL, in the direction of reading.
func (s *statement) boundKeys() []boundKey {
	if s.page == nil {
		return nil
	}
	var out []boundKey
	for _, k := range s.page.keys {
		if s.page.backward {
			k = k.reversed()
		}
		out = append(out, boundKey{orderKey: k, expr: s.orderExpr(s.level, k)})
	}
	return out
}

// columns lists what a row has: the columns of the level, then those keys of its
// ordering that are not among them. Outside of a subquery p, which the keys order once
// more, it lists what is read: the keys for cursors alone.
func (s *statement) columns(keys []boundKey) (inner, outer []string) {
	l, q := s.level, &s.query
	for i, c := range l.columns {
		inner = append(inner, c.expr+" AS c"+itoa(i))
	}
	for _, k := range keys {
		n, ok := l.index[k.expr]
		if !ok {
			n = len(inner)
			inner = append(inner, k.expr+" AS c"+itoa(n))
		}
		q.order = append(q.order, n)
	}
	q.width = len(inner)
	if !l.cursors {
		q.width = len(l.columns)
	}
	for i := range q.width {
		outer = append(outer, "p.c"+itoa(i))
	}
	return inner, outer
}

// outside gives the keys the names that they have outside of a lateral join.
func (s *statement) outside(keys []boundKey) []boundKey {
	named := make([]boundKey, len(keys))
	for i, k := range keys {
		named[i] = boundKey{orderKey: k.orderKey, expr: "p.c" + itoa(s.query.order[i])}
	}
	return named
}

// cursors are the conditions that after and before set. Reading backward the keys are
// reversed already, so that the roles of the two swap.
func (s *statement) cursors(keys []boundKey) string {
	pg := s.page
	from, to := pg.after, pg.before
	if pg.backward {
		from, to = to, from
	}
	var cond string
	if from != nil {
		cond += " AND " + s.beyond(keys, from.values)
	}
	if to != nil {
		cond += " AND " + s.beyond(reversed(keys), to.values)
	}
	return cond
}

// limit bounds a page. Where it is selected whether there are more rows, one more is
// read. The number stands in the text: with a parameter Postgres expects a tenth of the
// table and plans each request again.
func (s *statement) limit() string {
	if s.page == nil {
		return " LIMIT 1"
	}
	out := " LIMIT " + itoa(s.wanted())
	if s.page.offset > 0 {
		out += " OFFSET " + s.arg(int64(s.page.offset), entity.BigInt)
	}
	return out
}

// wanted is how many rows of a page are read.
func (s *statement) wanted() int {
	if s.level.more {
		return s.page.limit + 1
	}
	return s.page.limit
}

// countSQL is the statement that counts the level's whole list.
func (p *Planner) countSQL(l *level, pg *page, b *budget) (*query, error) {
	s := p.statement(l, pg, b, KindCount)
	from, cond := s.from()
	where, err := s.where("e0", l.entity, pg.where)
	if err != nil {
		return nil, err
	}
	body := "SELECT count(*) AS n FROM " + from + " WHERE " + cond + where
	if l.keyed() {
		body = "SELECT k.o, p.n FROM " + s.keys() + " CROSS JOIN LATERAL (" + body + ") p ORDER BY k.o"
	}
	return s.finish(body)
}

// finish puts the visible tables before a statement.
func (s *statement) finish(body string) (*query, error) {
	if err := s.planner.checkJoins(s.level, s.joins); err != nil {
		return nil, err
	}
	if s.budget.err != nil {
		return nil, s.budget.err
	}
	s.query.sql = s.preamble() + body
	s.query.args = s.values
	q := s.query // the rest of the statement may go
	return &q, nil
}

// countExpr counts what a to-many edge leads to.
func (s *statement) countExpr(alias string, e *entity.Edge) string {
	t := s.next()
	from, cond := s.neighbours(e, alias, t)
	return "(SELECT count(*) FROM " + from + " WHERE " + cond + ")"
}

// neighbours is the target of an edge as the table t, and the condition that ties it
// to an alias.
func (s *statement) neighbours(e *entity.Edge, alias, t string) (from, cond string) {
	target := s.visible(joinTable(e)) + " " + t
	if e.Link == "" {
		return target, edgeOn(e, alias, t)
	}
	l := s.next()
	return s.link(e) + " " + l + " JOIN " + target + " ON " + idColumn(t, e.Target) + " = " + l + "." + sqltext.Ident(e.LinkTo),
		l + "." + sqltext.Ident(e.LinkFrom) + " = " + idColumn(alias, e.Source)
}
