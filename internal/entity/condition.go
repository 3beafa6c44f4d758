package entity

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// Asker says how conditions are written for where they stand: how it is asked who the
// viewer is, and how it is asked what is at the other end of an edge. The zero value is for
// conditions that were made for some viewers and for statements that see all rows.
type Asker struct {
	// SignedIn is SQL that asks whether there is a viewer. Empty: there is nothing left to
	// ask, since conditions are those of [Entity.Read] or [Entity.ReadField].
	SignedIn string
	// Role asks for the role of a viewer; what it is given compares, such as " = 'ADMIN'".
	// It is nil when SignedIn is empty.
	Role func(compares string) string
	// Function gives the function that answers a condition on an edge. Nil, or a function
	// that gives nil: the rows are asked.
	Function func(*Entity, rule.Cond) *RuleFunc
	// Bound: statements see the viewer's rows alone, so that of a neighbour nothing is to be
	// asked but that it is there.
	Bound bool
	// Brackets are around what is asked of a neighbour. The policies in databases have them:
	// without, each would be made anew.
	Brackets bool
}

// Clause writes a condition of [Entity.Read] or [Entity.ReadField] on a row under an alias.
// Neighbours are looked for among all rows, by the functions of [Entity.RuleFuncs] once
// the graph is secured.
func (e *Entity) Clause(c rule.Cond, alias string) Clause {
	return forViewer.Clause(e, c, func(column string) string { return alias + "." + sqltext.Ident(column) })
}

// forViewer asks what was made for some viewers, of all rows.
var forViewer = &Asker{Function: (*Entity).securedBy}

// Clause writes a condition on a row whose columns are written by a function.
func (a *Asker) Clause(e *Entity, c rule.Cond, column func(string) string) Clause {
	w := conditionWriter{Asker: a}
	return w.clause(e, c, column)
}

// conditionWriter gives each table of a condition an alias of its own.
type conditionWriter struct {
	*Asker
	aliases int
}

func (w *conditionWriter) clause(e *Entity, c rule.Cond, column func(string) string) Clause {
	switch c.Op {
	case rule.OpEveryone:
		return Always
	case rule.OpOwner:
		var out Clause
		out.Write(column(c.Name) + " = ")
		out.viewer()
		return out
	case rule.OpIn, rule.OpNotIn, rule.OpLT, rule.OpLTE, rule.OpGT, rule.OpGTE, rule.OpIsNull, rule.OpNotNull:
		return compare(c, column(c.Name))
	case rule.OpContains:
		return hasElement(c, column(c.Name))
	case rule.OpAt:
		return atPath(c, column(c.Name))
	case rule.OpNot:
		return NotTrue(w.clause(e, c.Kids[0], column))
	case rule.OpAny:
		return AnyOf(w.clauses(e, c.Kids, column)...)
	case rule.OpAll:
		return AllOf(w.clauses(e, c.Kids, column)...)
	case rule.OpHas, rule.OpVisible:
		return w.edge(e, c, column)
	}
	return w.who(c)
}

// who writes what is asked about the viewer alone.
func (w *conditionWriter) who(c rule.Cond) Clause {
	switch {
	case w.SignedIn == "":
	case c.Op == rule.OpSignedIn:
		return Plain(w.SignedIn)
	case c.Op == rule.OpRole && len(c.Values) > 0:
		return Plain(w.Role(in(c.Values)))
	}
	return Never
}

func (w *conditionWriter) clauses(e *Entity, kids []rule.Cond, column func(string) string) []Clause {
	out := make([]Clause, len(kids))
	for i, kid := range kids {
		out[i] = w.clause(e, kid, column)
	}
	return out
}

// edge writes a condition on what an edge leads to.
func (w *conditionWriter) edge(e *Entity, c rule.Cond, column func(string) string) Clause {
	if w.Function != nil {
		if f := w.Function(e, c); f != nil {
			return Plain("public." + sqltext.Ident(f.Name) + "(" + column(f.From()) + ")")
		}
	}
	edge := e.RuledEdge(c.Name)
	inner := edge.Target.rules.Read
	if c.Op == rule.OpHas {
		inner = c.Kids[0]
	}
	if c.Op == rule.OpVisible && inner.Op == rule.OpEveryone && edge.leadsOn() {
		return Always
	}
	return w.exists(edge, inner, column)
}

// exists looks for a neighbour.
func (w *conditionWriter) exists(edge *Edge, inner rule.Cond, column func(string) string) Clause {
	alias := w.alias()
	target := func(column string) string { return alias + "." + sqltext.Ident(column) }
	from, on := edge.Target.Relation()+" "+alias, ""
	switch {
	case edge.Link != "":
		link := w.alias()
		from += " JOIN " + edge.LinkRelation() + " " + link + " ON " + target(edge.Target.ID().Column) + " = " + link + "." + sqltext.Ident(edge.LinkTo)
		on = link + "." + sqltext.Ident(edge.LinkFrom) + " = " + column(edge.Source.ID().Column)
	case edge.OnTarget:
		on = target(edge.Column) + " = " + column(edge.Source.ID().Column)
	default:
		on = target(edge.Target.ID().Column) + " = " + column(edge.Column)
	}
	if w.Bound {
		return Exists(from, Plain(on))
	}
	asked := w.clause(edge.Target, inner, target)
	where := AllOf(Plain(on), asked)
	if !w.Brackets && !asked.decided {
		where = Clause{}
		where.List(" AND ", Text(on), asked.SQL)
	}
	return Exists(from, where)
}

func (w *conditionWriter) alias() string {
	w.aliases++
	return "r" + strconv.Itoa(w.aliases)
}

// compare writes a condition on a column other than that of an owner.
func compare(c rule.Cond, column string) Clause {
	switch c.Op {
	case rule.OpIsNull:
		return Plain(column + " IS NULL")
	case rule.OpNotNull:
		return Plain(column + " IS NOT NULL")
	case rule.OpNotIn:
		if len(c.Values) == 0 {
			return Plain(column + " IS NOT NULL")
		}
		return Plain(column + notIn(c.Values))
	}
	switch {
	case len(c.Values) == 0:
		return Never
	case c.Op == rule.OpIn:
		return Plain(column + in(c.Values))
	}
	return Plain(column + operators[c.Op] + operand(c))
}

var operators = map[rule.Op]string{rule.OpLT: " < ", rule.OpLTE: " <= ", rule.OpGT: " > ", rule.OpGTE: " >= "}

// operand is what a column is compared with: a constant of the schema, or the clock, which stands
// still in a transaction.
func operand(c rule.Cond) string {
	offset := c.Offset()
	switch {
	case !c.Clock:
		return literal(c.Values[0])
	case offset == 0:
		return "now()"
	}
	return "now() + '" + strconv.FormatInt(offset.Microseconds(), 10) + " microseconds'::interval"
}

// in compares with the values of a rule.
func in(values []any) string {
	if len(values) == 1 {
		return " = " + literal(values[0])
	}
	return " IN (" + literals(values) + ")"
}

func notIn(values []any) string {
	if len(values) == 1 {
		return " <> " + literal(values[0])
	}
	return " NOT IN (" + literals(values) + ")"
}

func literals(values []any) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = literal(v)
	}
	return strings.Join(out, ", ")
}

// literal is a constant of the schema. One in quotes takes the type of the column, such as real,
// in which 0.1 is another number than in a double. A whole number is written as an integer, whichever
// it is in Go: in JSON, which the generator reads, there is one kind.
func literal(v any) string {
	switch n := v.(type) {
	case string:
		return sqltext.Literal(n)
	case float64:
		if !whole(n) {
			return sqltext.Literal(constantText(n))
		}
	}
	return constantText(v)
}

// constantText is a constant as Postgres reads it in quotes.
func constantText(v any) string {
	if n, ok := v.(float64); ok {
		return strconv.FormatFloat(n, map[bool]byte{true: 'f', false: 'g'}[whole(n)], -1, 64)
	}
	return fmt.Sprint(v)
}

// whole reports whether a number is an integer of 64 bits.
func whole(n float64) bool { return n == math.Trunc(n) && math.Abs(n) < 1<<63 }

func (g *Graph) predicate(typ string, c rule.Cond, v viewer.Viewer) (func(*sql.Selector), error) {
	e := g.byName[typ]
	if e == nil {
		return nil, fmt.Errorf("%q is not an entity of the API", typ)
	}
	c = e.fold(c, v, nil)
	return func(s *sql.Selector) {
		where := forViewer.Clause(e, c, s.C)
		s.Where(sql.P(func(b *sql.Builder) {
			for i, piece := range where.pieces {
				if i > 0 {
					b.Arg(v.UserID).WriteString("::" + g.ViewerKey().SQL())
				}
				b.WriteString(piece)
			}
		}))
	}, nil
}
