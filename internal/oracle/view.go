package oracle

import (
	"fmt"
	"maps"
	"slices"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// As is the world as a viewer sees it: without the rows and with nil for the fields
// that the rules hide. What an evaluator says of it needs no thought of rules any more.
func (w *World) As(v viewer.Viewer) *World {
	out := &World{
		Graph: w.Graph, Fold: w.Fold, read: w.read, tables: maps.Clone(w.tables), index: map[string]map[any][]Row{},
		search: w.search, labels: w.labels,
	}
	if v.System {
		return out
	}
	for _, e := range w.Graph.All() {
		rules := e.Rules()
		out.tables[e.Table] = []Row{}
		for _, row := range w.rows(e) {
			if !w.holds(e, rules.Read, row, v) {
				continue
			}
			seen := maps.Clone(row)
			for name, cond := range rules.Fields {
				if !w.holds(e, cond, row, v) {
					seen[columnOf(e, name)] = nil
				}
			}
			out.tables[e.Table] = append(out.tables[e.Table], seen)
		}
	}
	return out
}

func columnOf(e *entity.Entity, name string) string {
	for _, f := range e.Fields {
		if entity.SameName(f.Name, name) {
			return f.Column
		}
	}
	panic(fmt.Sprintf("%s has a rule for %s, which is no field", e.Name, name))
}

// holds evaluates a condition of a rule on a row of the whole world.
func (w *World) holds(e *entity.Entity, c rule.Cond, row Row, v viewer.Viewer) bool {
	signedIn := v.SignedIn()
	each := func(kid rule.Cond) bool { return w.holds(e, kid, row, v) }
	switch c.Op {
	case rule.OpEveryone:
		return true
	case rule.OpSignedIn:
		return signedIn
	case rule.OpRole:
		return signedIn && slices.Contains(c.Values, any(v.Role))
	case rule.OpIn:
		return w.equals(e, c, row)
	case rule.OpNotIn:
		return row[c.Name] != nil && !w.equals(e, c, row)
	case rule.OpIsNull, rule.OpNotNull:
		return (row[c.Name] == nil) == (c.Op == rule.OpIsNull)
	case rule.OpLT, rule.OpLTE, rule.OpGT, rule.OpGTE:
		return row[c.Name] != nil && ordered[c.Op](compare(row[c.Name], w.operand(e, c, c.Values[0])))
	case rule.OpContains:
		return w.hasElement(e, c, row)
	case rule.OpAt:
		return w.atPathOf(c, row)
	case rule.OpNot:
		return !each(c.Kids[0])
	case rule.OpOwner:
		return signedIn && row[c.Name] == v.UserID.Any()
	case rule.OpAny:
		return slices.ContainsFunc(c.Kids, each)
	case rule.OpAll:
		return !slices.ContainsFunc(c.Kids, func(kid rule.Cond) bool { return !each(kid) })
	case rule.OpVisible, rule.OpHas:
		return w.leads(e, c, row, v)
	}
	return false
}

// ordered says what a comparison with the operand must give.
var ordered = map[rule.Op]func(int) bool{
	rule.OpLT:  func(c int) bool { return c < 0 },
	rule.OpLTE: func(c int) bool { return c <= 0 },
	rule.OpGT:  func(c int) bool { return c > 0 },
	rule.OpGTE: func(c int) bool { return c >= 0 },
}

func (w *World) equals(e *entity.Entity, c rule.Cond, row Row) bool {
	return row[c.Name] != nil && slices.ContainsFunc(c.Values, func(v any) bool { return compare(row[c.Name], w.operand(e, c, v)) == 0 })
}

// operand is what a rule compares a column with, as a value of a [Row]. The moment of a request
// is that at which the rows were read: what it is compared with must be far from it.
func (w *World) operand(e *entity.Entity, c rule.Cond, v any) any {
	if c.Clock {
		return w.read.Add(c.Offset())
	}
	f := e.FieldByColumn(c.Name)
	if f.Type == entity.ID { // a rule knows no prefix
		f = &entity.Field{Type: map[bool]entity.Type{true: entity.Int, false: entity.UUID}[e.Key().Integer()]}
	}
	out, err := w.parse(f, v)
	if err != nil {
		panic(fmt.Sprintf("%s has a rule that compares %s with %v: %v", e.Name, c.Name, v, err))
	}
	return out
}

// leads evaluates a condition on what an edge leads to.
func (w *World) leads(e *entity.Entity, c rule.Cond, row Row, v viewer.Viewer) bool {
	for i := range e.Edges {
		edge := &e.Edges[i]
		if !entity.SameName(edge.Name, c.Name) {
			continue
		}
		want := edge.Target.Rules().Read
		if c.Op == rule.OpHas {
			want = c.Kids[0]
		}
		return slices.ContainsFunc(w.neighbours(edge, row), func(n neighbour) bool {
			return w.holds(edge.Target, want, n.row, v)
		})
	}
	panic(fmt.Sprintf("%s has a rule about %s, which is no edge", e.Name, c.Name))
}
