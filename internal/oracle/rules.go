package oracle

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
)

// Rules makes random rules of every kind for the entities of a world, with values that are in
// it. The graph refuses some of them, such as those that lead back to themselves.
type Rules struct {
	World *World
	Rand  *rand.Rand
	// Roles are those that rules name.
	Roles []string
}

// Cond is a condition on the rows of an entity, with parts as deep as said. One for rules on
// writing follows edges with a foreign key alone.
func (g *Rules) Cond(e *entity.Entity, depth int, writing bool) rule.Cond {
	if depth > 0 && g.Rand.IntN(3) > 0 {
		kids := []rule.Cond{g.Cond(e, depth-1, writing), g.Cond(e, depth-1, writing)}
		if g.Rand.IntN(3) == 0 {
			return rule.All(kids...)
		}
		return rule.Any(kids...)
	}
	switch n := g.Rand.IntN(10); {
	case n < 2:
		return g.who()
	case n < 6:
		return g.ofRow(e, 2)
	case depth < -1 || len(e.Edges) == 0:
		return g.who() // what Has asks of a neighbour leads on, but not for ever
	}
	edge := &e.Edges[g.Rand.IntN(len(e.Edges))]
	switch {
	case writing && (edge.Column == "" || edge.OnTarget):
		return g.ofRow(e, 1)
	case g.Rand.IntN(2) == 0:
		return rule.Visible(edge.Name)
	}
	return rule.Has(edge.Name, g.Cond(edge.Target, depth-1, false))
}

// who is a condition on the viewer.
func (g *Rules) who() rule.Cond {
	switch n := g.Rand.IntN(3 + len(g.Roles)); n {
	case 0:
		return rule.Everyone()
	case 1:
		return rule.Nobody()
	case 2:
		return rule.SignedIn()
	default:
		return rule.Role(g.Roles[n-3])
	}
}

// ofRow is a condition on the row itself.
func (g *Rules) ofRow(e *entity.Entity, depth int) rule.Cond {
	switch n := g.Rand.IntN(6); {
	case n == 0 && depth > 0:
		return rule.Not(g.ofRow(e, depth-1))
	case n == 1 && depth > 0:
		return rule.Not(rule.Any(g.ofRow(e, depth-1), rule.Not(g.ofRow(e, depth-1))))
	case n == 2:
		for _, edge := range e.Edges {
			if edge.Column != "" && !edge.OnTarget && g.Rand.IntN(2) == 0 {
				return rule.Owner(edge.Column)
			}
		}
	}
	return g.ofField(e, &e.Fields[g.Rand.IntN(len(e.Fields))])
}

// ofField is a condition on a field: with NULL, with values of rows, or with the time.
func (g *Rules) ofField(e *entity.Entity, f *entity.Field) rule.Cond {
	if f.Type == entity.ID {
		return rule.Owner(f.Column)
	}
	switch {
	case g.Rand.IntN(4) == 0:
	case f.Type.IsList():
		return g.ofElement(e, f)
	case f.Type == entity.JSON && !f.Flags.Has(entity.Verbatim):
		return g.ofDocument(e, f)
	}
	values := []any{g.value(e, f), g.value(e, f)}
	op := []rule.Op{rule.OpIsNull, rule.OpNotNull, rule.OpIn, rule.OpNotIn, rule.OpLT, rule.OpLTE, rule.OpGT, rule.OpGTE}[g.Rand.IntN(8)]
	orders := slices.Contains(f.Type.Kind().Ops, entity.LT)
	switch {
	case slices.Contains(values, nil) || op == rule.OpIsNull || op == rule.OpNotNull || f.Type.Kind().Unordered:
		return []rule.Cond{rule.IsNull(f.Column), rule.NotNull(f.Column)}[g.Rand.IntN(2)]
	case op == rule.OpIn || op == rule.OpNotIn || !orders:
		return rule.Cond{Op: []rule.Op{rule.OpIn, rule.OpNotIn}[g.Rand.IntN(2)], Name: f.Column, Values: values[:1+g.Rand.IntN(2)]}
	case f.Type == entity.Time && g.Rand.IntN(2) == 0:
		days := time.Duration(g.Rand.IntN(2000)-1000) * 24 * time.Hour
		return []rule.Cond{rule.LTE(f.Column, rule.Now().Add(days)), rule.GT(f.Column, rule.Now().Add(days)), rule.LT(f.Column, rule.Now())}[g.Rand.IntN(3)]
	}
	return rule.Cond{Op: op, Name: f.Column, Values: values[:1]}
}

// value is that of a row as a rule has it, nil without one.
func (g *Rules) value(e *entity.Entity, f *entity.Field) any {
	rows := g.World.rows(e)
	if len(rows) == 0 {
		return nil
	}
	return ruleConstant(rows[g.Rand.IntN(len(rows))][f.Column])
}

// ruleConstant is a value of a row as a rule has it, nil where it cannot.
func ruleConstant(v any) any {
	switch v := v.(type) {
	case string, bool, float64:
		return v
	case int64:
		return int(v)
	case float32:
		return float64(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case uuid.UUID:
		return v.String()
	case form:
		return v.text
	}
	return nil
}

// Policies are random rules for all entities. Fields are hidden where they may be.
func (g *Rules) Policies() map[string]rule.Policy {
	out := map[string]rule.Policy{}
	for _, e := range g.World.Graph.Entities() {
		p := rule.Policy{
			Read: g.Cond(e, 2, false), Write: g.Cond(e, 1, true), Create: g.Cond(e, 1, true), Update: g.Cond(e, 2, true), Delete: g.Cond(e, 1, true),
		}
		for i := range e.Fields {
			f := &e.Fields[i]
			if f.MayBeNull() && !f.Flags.Has(entity.Unique) && g.Rand.IntN(3) == 0 {
				if p.Fields == nil {
					p.Fields = rule.Fields{}
				}
				p.Fields[f.Name] = g.Cond(e, 1, false)
			}
		}
		out[e.Name] = p
	}
	return out
}
