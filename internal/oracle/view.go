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
	out := &World{Graph: w.Graph, Fold: w.Fold, tables: maps.Clone(w.tables), index: map[string]map[any][]Row{}, search: w.search, labels: w.labels}
	if v.System {
		return out
	}
	for _, e := range w.Graph.Entities() {
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
		return row[c.Name] != nil && slices.ContainsFunc(c.Values, func(value any) bool { return fmt.Sprint(value) == fmt.Sprint(row[c.Name]) })
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
