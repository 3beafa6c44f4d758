package planner

import (
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/entity"
)

// source says how a level finds its rows.
type source uint8

const (
	fromList   source = iota // all rows of a table that the filter lets through
	fromLookup               // the row with a value in a unique column
	fromIDs                  // the rows with the given ids
	fromKey                  // per parent: rows whose foreign key is the parent's
	fromLink                 // per parent: rows at the other end of a link table
)

// level is one statement: the rows of one entity, for one selection or for all
// parents of a to-many edge together, with everything that to-one edges join to them.
type level struct {
	entity *entity.Entity
	source source
	edge   *entity.Edge  // of fromKey and fromLink
	field  *entity.Field // of fromLookup
	value  any           // of fromLookup

	parent   *level // nil at the root
	keyCol   int    // column of the parent's rows that holds the key
	children []*level

	columns []column
	index   map[string]int // expression -> column
	joins   []join

	page       *page // nil unless the level is a connection
	aggregates []*aggregate

	rows  bool // rows are selected
	count bool // the total is selected

	// ids are the keys of a root level fromIDs; of a level below a parent they are set
	// when the parent's rows are there.
	ids []uuid.UUID

	rowsQuery, countQuery *query

	// What was read.
	data   table
	groups []group // one for each key, or the single one of a level without keys
	totals []int64
	keyOf  []int32 // for each kept row of the parent: its key, -1 without one
}

// column is one value that a statement reads for each row.
type column struct {
	expr   string
	typ    entity.Type
	entity *entity.Entity // whose id it is, for an ID
}

// join is a to-one edge.
type join struct {
	alias, from string
	edge        *entity.Edge
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

// keyed reports whether the level's rows belong to keys.
func (l *level) keyed() bool {
	return l.source == fromIDs || l.source == fromKey || l.source == fromLink
}

// used reports whether anything of the level is selected.
func (l *level) used() bool { return l.rows || l.count || len(l.aggregates) > 0 }

// build writes the statements of a level and of everything below it.
func (l *level) build() (err error) {
	if l.rows {
		if l.rowsQuery, err = rowsSQL(l); err != nil {
			return err
		}
	}
	if l.count {
		if l.countQuery, err = countSQL(l); err != nil {
			return err
		}
	}
	for _, a := range l.aggregates {
		if a.query, err = a.sql(); err != nil {
			return err
		}
	}
	for _, child := range l.children {
		if err := child.build(); err != nil {
			return err
		}
	}
	return nil
}

// add returns the column that reads an expression, a new one if need be.
func (l *level) add(c column) int {
	if i, ok := l.index[c.expr]; ok {
		return i
	}
	if l.index == nil {
		l.index = map[string]int{}
	}
	l.index[c.expr] = len(l.columns)
	l.columns = append(l.columns, c)
	return len(l.columns) - 1
}

// column returns the column that reads a field of the entity under an alias.
func (l *level) column(alias string, e *entity.Entity, f *entity.Field) int {
	return l.add(column{expr: fieldExpr(alias, f), typ: f.Type, entity: e})
}

// join returns the alias under which a to-one edge is joined.
func (l *level) join(from string, e *entity.Edge) string {
	for _, j := range l.joins {
		if j.from == from && j.edge == e {
			return j.alias
		}
	}
	alias := "j" + itoa(len(l.joins)+1)
	l.joins = append(l.joins, join{alias: alias, from: from, edge: e})
	return alias
}

// object is how an entity is written: its fields in the client's order.
type object struct {
	// present is a column that is NULL exactly when there is no such entity.
	present int
	fields  []outField
}

// outField is one field of an object. Exactly one way of writing it is set.
type outField struct {
	key      []byte // `"alias":`
	literal  []byte // a constant
	col      int    // a column, when nothing else is set
	one      *object
	many     *connection
	computed *computed
}

// computed is a field that a function computes.
type computed struct {
	name string
	cols []int
	fn   ComputedFunc
}

// connection is how a level is written as a page.
type connection struct {
	level  *level
	fields []connField
}

type connKind uint8

const (
	connLiteral connKind = iota
	connEdges
	connNodes
	connPageInfo
	connTotal
	connAggregate
)

type connField struct {
	key     []byte
	kind    connKind
	literal []byte
	edge    []edgeField // of connEdges
	node    *object     // of connNodes
	info    []infoField // of connPageInfo
	total   *aggregate  // of connAggregate
}

// edgeField is one field of an edge: a constant, the cursor, the node, or a column of
// the link.
type edgeField struct {
	key     []byte
	literal []byte
	cursor  bool
	node    *object
	col     int
}

// infoField is one field of a PageInfo by its name, or a constant.
type infoField struct {
	key     []byte
	name    string
	literal []byte
}

// output is how a selection is written.
type output struct {
	one   *object // the first row of level, or null
	conn  *connection
	level *level
	items []item // refs, each the row of a key of some level
	list  bool   // items are one JSON list, as of nodes(ids:)
	errs  gqlerror.List
}

// item is the entity with one id.
type item struct {
	level *level
	key   int
	obj   *object
}
