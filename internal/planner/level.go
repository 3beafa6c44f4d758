package planner

import (
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
)

// plan is a compiled selection. It does not change after it was compiled and serves
// any number of requests at once; what a request adds is in its states.
type plan struct {
	reuse  reuse
	levels []*level // the first is the root; each has its index as id
	// statements is how many SQL statements an execution takes at most.
	statements int
	obj        *object     // how the root is written: as entities,
	conn       *connection // or as a page
}

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
	id     int
	entity *entity.Entity
	// visible are the tables as the viewers see them for whom the plan was compiled.
	visible *visibleTables
	source  source
	edge    *entity.Edge  // of fromKey and fromLink
	field   *entity.Field // of fromLookup

	depth    int    // of the lists that lead to its rows, itself included
	parent   *level // nil at the root
	keyCol   int    // column of the parent's rows that holds the key
	children []*level

	columns []column
	index   map[string]int // expression -> column
	joins   []join

	// list has the arguments of a connection; nil for other levels.
	list       *arguments
	aggregates []*aggregate
	rows       bool // rows are selected
	count      bool // the total is selected
	cursors    bool // cursors are selected
	more       bool // whether there are more rows is selected

	// static holds the bound arguments and statements of a level whose arguments have
	// no variables, so that not every request binds them again.
	static *bound
}

// bound is a level with its arguments: the page and the statements.
type bound struct {
	page        *page // nil unless the level is a connection
	rows, count *query
	aggregates  []*query
}

// column is one value that a statement reads for each row.
type column struct {
	// expr is SQL; for a total, or a key of a grouping, its name: the statement tells the SQL.
	expr   string
	typ    entity.Type
	key    bool
	entity *entity.Entity // whose id it is, for an ID
	field  *entity.Field  // whose value it is; nil for another expression
	total  *entity.Total
}

// join is a to-one edge.
type join struct {
	alias, from string
	edge        *entity.Edge
}

// keyed reports whether the level's rows belong to keys.
func (l *level) keyed() bool {
	return l.source == fromIDs || l.source == fromKey || l.source == fromLink
}

// used reports whether anything of the level is selected.
func (l *level) used() bool { return l.rows || l.count || len(l.aggregates) > 0 }

// forgetArguments lets go of what no request will ask for.
func (l *level) forgetArguments() {
	if l.list != nil {
		l.list.field = nil
	}
	for _, a := range l.aggregates {
		a.args.field = nil
	}
}

// statements is how many SQL statements a level takes.
func (l *level) statements() int {
	n := len(l.aggregates)
	if l.rows {
		n++
	}
	if l.count {
		n++
	}
	return n
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
	return l.add(column{expr: fieldExpr(alias, f), typ: f.Type, entity: e, field: f})
}

// presence returns a column that is NULL exactly when a joined entity is missing: one
// that is read already, as every value is work for Postgres and on the wire, else the id.
func (l *level) presence(alias string, e *entity.Entity, obj *object) int {
	for _, f := range obj.fields {
		if f.field != nil && !f.field.MayBeNull() {
			return f.col
		}
	}
	return l.column(alias, e, e.ID())
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

// checkJoins refuses more joins than one statement may have. The edges that access rules
// follow from what is joined count as well.
func (p *Planner) checkJoins(l *level, joins []join) error {
	n, most := 0, p.opts.MaxJoins
	for _, j := range joins {
		if n += 1 + l.visible.tables[j.table()].edges; n > most {
			return limit.Exceeded("MAX_JOINS", int64(most), "more than %d edges to one %s or beyond it are followed", most, l.entity.Name)
		}
	}
	return nil
}

// table is what a join reads.
func (j join) table() tableVia { return joinTable(j.edge) }

// joinTable is the target of an edge from a row that the statement sees.
func joinTable(e *entity.Edge) tableVia {
	if e.OnTarget {
		return tableVia{e.Target.Table, e.Column}
	}
	return tableVia{table: e.Target.Table}
}

// linkTable is the table of a many-to-many edge, both ends of which the statement sees.
func linkTable(e *entity.Edge) tableVia { return tableVia{e.Link, viaName(e.LinkFrom, e.LinkTo)} }

// always is the present of an object that is there whenever its row is.
const always = -1

// object is how an entity is written: its fields in the client's order.
type object struct {
	// present is a column that is NULL exactly when there is no such entity, or always.
	present int
	fields  []outField
}

// outField is one field of an object. Exactly one way of writing it is set.
type outField struct {
	key      []byte        // `"alias":`
	literal  []byte        // a constant
	col      int           // a column, when nothing else is set
	field    *entity.Field // that of the column
	one      *object
	oneOf    []*object // of which at most one is present
	many     *connection
	computed *computed
	nullable bool // as the schema says
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
	key       []byte
	kind      connKind
	literal   []byte
	edge      []edgeField // of connEdges
	node      *object     // of connNodes
	info      []infoField // of connPageInfo
	aggregate int         // of connAggregate: which of the level's
}

// edgeField is one field of an edge: a constant, the cursor, the node, or a column of
// the link.
type edgeField struct {
	key      []byte
	literal  []byte
	cursor   bool
	node     *object
	col      int
	nullable bool // of the column
}

// infoField is one field of a PageInfo by its name, or a constant.
type infoField struct {
	key     []byte
	name    string
	literal []byte
}
