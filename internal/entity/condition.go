package entity

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// ViewerMark stands in a condition's SQL where the viewer's id goes.
const ViewerMark = "\x00"

// ConditionSQL writes a condition that [Entity.Read] or [Entity.ReadField] made, on a
// row under an alias. Neighbours are looked for among all rows.
func (e *Entity) ConditionSQL(c rule.Cond, alias string) string {
	w := conditionWriter{}
	return w.cond(e, c, func(column string) string { return alias + "." + ident(column) })
}

// conditionWriter gives each table of a condition an alias of its own.
type conditionWriter struct{ aliases int }

func (w *conditionWriter) cond(e *Entity, c rule.Cond, column func(string) string) string {
	switch c.Op {
	case rule.OpEveryone:
		return "TRUE"
	case rule.OpOwner:
		return column(c.Name) + " = " + ViewerMark + "::uuid"
	case rule.OpIn:
		if len(c.Values) > 0 {
			return column(c.Name) + in(c.Values)
		}
	case rule.OpAny:
		return w.join(e, c.Kids, " OR ", column)
	case rule.OpAll:
		return w.join(e, c.Kids, " AND ", column)
	case rule.OpHas:
		return w.has(e, c, column)
	}
	return "FALSE"
}

func (w *conditionWriter) join(e *Entity, kids []rule.Cond, op string, column func(string) string) string {
	parts := make([]string, len(kids))
	for i, kid := range kids {
		parts[i] = w.cond(e, kid, column)
	}
	return "(" + strings.Join(parts, op) + ")"
}

func (w *conditionWriter) has(e *Entity, c rule.Cond, column func(string) string) string {
	edge := e.RuledEdge(c.Name)
	if f := e.securedBy(c); f != nil {
		return "public." + ident(f.Name) + "(" + column(edge.from()) + ")"
	}
	alias := w.alias()
	target := func(column string) string { return alias + "." + ident(column) }
	from, on := "public."+ident(edge.Target.Table)+" "+alias, ""
	switch {
	case edge.Link != "":
		link := w.alias()
		from += " JOIN public." + ident(edge.Link) + " " + link + " ON " + target("id") + " = " + link + "." + ident(edge.LinkTo)
		on = link + "." + ident(edge.LinkFrom) + " = " + column("id")
	case edge.OnTarget:
		on = target(edge.Column) + " = " + column("id")
	default:
		on = target("id") + " = " + column(edge.Column)
	}
	if inner := w.cond(edge.Target, c.Kids[0], target); inner != "TRUE" {
		on += " AND " + inner
	}
	return "EXISTS (SELECT FROM " + from + " WHERE " + on + ")"
}

func (w *conditionWriter) alias() string {
	w.aliases++
	return "r" + strconv.Itoa(w.aliases)
}

// in compares with the values of a rule, which are constants of the schema.
func in(values []any) string {
	var out []string
	for _, v := range values {
		if s, ok := v.(string); ok {
			out = append(out, "'"+strings.ReplaceAll(s, "'", "''")+"'")
		} else {
			out = append(out, fmt.Sprint(v))
		}
	}
	switch len(out) {
	case 1:
		return " = " + out[0]
	}
	return " IN (" + strings.Join(out, ", ") + ")"
}

func ident(name string) string { return pgx.Identifier{name}.Sanitize() }

// Binder applies conditions to Ent's queries and mutations; see [rule.NewContext].
func (g *Graph) Binder() rule.Binder { return rule.Binder{Predicate: g.predicate, Holds: g.holds} }

// holds decides a condition on what an edge is going to lead to.
func (g *Graph) holds(ctx context.Context, typ string, c rule.Cond, id uuid.UUID, v viewer.Viewer) (bool, error) {
	e := g.byName[typ]
	if e == nil {
		return false, fmt.Errorf("%q is not an entity of the API", typ)
	}
	target, inner := e.beyond(c, v)
	return g.fulfils(ctx, target, inner, id)
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
func (g *Graph) fulfils(ctx context.Context, e *Entity, c rule.Cond, id uuid.UUID) (bool, error) {
	if c.Op == rule.OpNobody {
		return false, nil
	}
	found, err := g.store.Rows(ctx, e, c, []uuid.UUID{id})
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
		w := conditionWriter{}
		text := w.cond(e, c, s.C)
		s.Where(sql.P(func(b *sql.Builder) {
			for i, part := range strings.Split(text, ViewerMark) {
				if i > 0 {
					b.Arg(v.UserID)
				}
				b.WriteString(part)
			}
		}))
	}, nil
}
