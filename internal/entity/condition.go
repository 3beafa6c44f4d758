package entity

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"

	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/key"
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
	case rule.OpIn:
		if len(c.Values) > 0 {
			return Plain(column(c.Name) + in(c.Values))
		}
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
	from, on := "public."+sqltext.Ident(edge.Target.Table)+" "+alias, ""
	switch {
	case edge.Link != "":
		link := w.alias()
		from += " JOIN public." + sqltext.Ident(edge.Link) + " " + link + " ON " + target(edge.Target.ID().Column) + " = " + link + "." + sqltext.Ident(edge.LinkTo)
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

// in compares with the values of a rule, which are constants of the schema.
func in(values []any) string {
	out := make([]string, len(values))
	for i, v := range values {
		if s, ok := v.(string); ok {
			out[i] = sqltext.Literal(s)
		} else {
			out[i] = fmt.Sprint(v)
		}
	}
	if len(out) == 1 {
		return " = " + out[0]
	}
	return " IN (" + strings.Join(out, ", ") + ")"
}

// Binder applies conditions to Ent's queries outside of a [Write]. It refuses mutations for
// which a rule asks what an edge is going to lead to: only a transaction can tell.
func (g *Graph) Binder() rule.Binder {
	return rule.Binder{Predicate: g.predicate, Fulfils: func(_ context.Context, m ent.Mutation, _ rule.Cond, _ viewer.Viewer) (bool, error) {
		return false, fmt.Errorf("%s: %w", m.Type(), errOutside)
	}, Holds: func(_ context.Context, typ string, _ rule.Cond, _ key.Key, _ viewer.Viewer) (bool, error) {
		return false, fmt.Errorf("write %s: %w", typ, errOutside)
	}}
}

// holds decides a condition on what an edge is going to lead to.
func (w *Write) holds(ctx context.Context, typ string, c rule.Cond, id key.Key, v viewer.Viewer) (bool, error) {
	e := w.graph.byName[typ]
	if e == nil {
		return false, fmt.Errorf("%q is not an entity of the API", typ)
	}
	target, inner := e.beyond(c, v)
	return w.fulfils(ctx, target, inner, id)
}

// changes decides a condition on the row that a mutation changes.
func (w *Write) changes(ctx context.Context, m ent.Mutation, c rule.Cond, v viewer.Viewer) (bool, error) {
	e := w.graph.byName[m.Type()]
	if e == nil {
		return false, fmt.Errorf("%q is not an entity of the API", m.Type())
	}
	id, ok := e.IDOf(m)
	if !ok {
		return false, nil
	}
	return w.fulfils(ctx, e, e.fold(c, v, nil), id)
}

// beyond gives what a condition on an edge asks of the entity there.
func (e *Entity) beyond(c rule.Cond, v viewer.Viewer) (*Entity, rule.Cond) {
	target := e.RuledEdge(c.Name).Target
	if c.Op == rule.OpVisible {
		return target, target.Read(v)
	}
	return target, target.fold(c.Kids[0], v, nil)
}

// fulfils reports whether there is a row with the id that fulfils a condition.
func (w *Write) fulfils(ctx context.Context, e *Entity, c rule.Cond, id key.Key) (bool, error) {
	if c.Op == rule.OpNobody {
		return false, nil
	}
	found, err := w.graph.store.Rows(ctx, w.Tx, e, c, []key.Key{id})
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", e.Name, err)
	}
	return len(found) > 0, nil
}

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
