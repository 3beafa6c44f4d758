package entgraphtest

import (
	"maps"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// link is what an edge to many of a new row leads to.
type link struct {
	edge *entity.Edge
	to   row
}

// far reports whether an edge is kept in other rows.
func far(e *entity.Edge) bool { return e.OnTarget || e.Link != "" }

// beside is the key of a row that is not written yet under which it has what an edge leads to.
func beside(e *entity.Edge) string { return "edge " + e.Name }

// linked lists attempts to make a row with its first neighbours, where a rule on making it looks at
// them.
func (m *matrix) linked(e *entity.Entity, input map[string]any, after row) (out []attempt) {
	for _, c := range leaves(rule.Policy{Create: e.Rules().Creates()}) {
		edge := e.RuledEdge(c.Name)
		if c.Op != rule.OpHas && c.Op != rule.OpVisible || !far(edge) || edge.Unique || edge.Input == "" {
			continue
		}
		for _, to := range m.chosen[edge.Target][:min(len(m.chosen[edge.Target]), mostTargets)] {
			changed, made := maps.Clone(input), maps.Clone(after)
			changed[edge.Input] = []any{edge.Target.FormatID(idOf(edge.Target, to))}
			made[beside(edge)] = []row{to}
			out = append(out, m.attempt(e, attempt{
				kind: entity.Create, name: "create with " + edge.Input, input: changed, after: made, link: &link{edge, to},
			}, set(made)...))
		}
	}
	return out
}

// set are the columns of a new row that have a value.
func set(r row) (columns []string) {
	for column, value := range r {
		if value != nil {
			columns = append(columns, column)
		}
	}
	return columns
}

// mayLink is the meaning of the rules on what an edge of a new row leads to: of the link, or of the
// target whose foreign key changes.
func (m *matrix) mayLink(e *entity.Entity, a attempt, v viewer.Viewer) bool {
	edge := a.link.edge
	id := a.after[e.ID().Column]
	switch through := edge.ThroughType; {
	case edge.OnTarget:
		after := knowing(edge.Target, maps.Clone(a.link.to), edge.Column, id, a.after)
		updates := edge.Target.Rules().Updates()
		return m.holds(edge.Target, updates, v, a.link.to) && m.holds(edge.Target, updates, v, after)
	case through != nil:
		made := knowing(through, row{edge.LinkTo: a.link.to[edge.Target.ID().Column]}, edge.LinkFrom, id, a.after)
		return m.holds(through, through.Rules().Creates(), v, made)
	}
	return true
}

// knowing is a row whose foreign key leads to one that is not written yet.
func knowing(e *entity.Entity, r row, column string, id any, to row) row {
	r[column] = id
	for i := range e.Edges {
		if edge := &e.Edges[i]; edge.Column == column && !edge.OnTarget {
			r[beside(edge)] = []row{to}
		}
	}
	return r
}
