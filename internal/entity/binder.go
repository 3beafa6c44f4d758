package entity

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent"
	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// Binder applies conditions to Ent's queries outside of a [Write]. It refuses mutations for
// which a rule asks what an edge is going to lead to: only a transaction can tell.
func (g *Graph) Binder() rule.Binder {
	b := g.binder()
	b.Holds = func(_ context.Context, typ string, _ rule.Cond, _ key.Key, _ viewer.Viewer) (bool, error) {
		return false, fmt.Errorf("write %s: %w", typ, errOutside)
	}
	b.Fulfils = func(_ context.Context, m ent.Mutation, _ rule.Cond, _ viewer.Viewer) (bool, error) {
		return false, fmt.Errorf("%s: %w", m.Type(), errOutside)
	}
	b.Later = func(m ent.Mutation, _ rule.Cond, _ viewer.Viewer) error {
		return fmt.Errorf("write %s: %w", m.Type(), errOutside)
	}
	return b
}

// binder is what needs no transaction.
func (g *Graph) binder() rule.Binder {
	return rule.Binder{Predicate: g.predicate, Far: g.far, Forms: g.forms}
}

// far reports whether a rule about an edge is told by other rows than the entity's own.
func (g *Graph) far(typ, edge string) bool {
	e := g.byName[typ]
	if e == nil {
		return false
	}
	found := e.RuledEdge(edge)
	return found != nil && !found.owned()
}

// forms reports whether values of a column are equal that are written in several ways.
func (g *Graph) forms(typ, column string) bool {
	e := g.byName[typ]
	if e == nil {
		return false
	}
	f := e.columns[column]
	return f != nil && !slices.Contains([]Type{String, Enum, Int, BigInt, Bool}, f.Type)
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

// question is a condition to ask of rows when they are written. What a mutation creates has an id
// only then.
type question struct {
	entity *Entity
	cond   rule.Cond
	viewer viewer.Viewer
	ids    func() ([]key.Key, error)
	link   func() (pair, error) // instead of ids, of a row without an id
}

// later has a condition asked by [Write.Settle] of the row that a mutation writes.
func (w *Write) later(m ent.Mutation, c rule.Cond, v viewer.Viewer) error {
	e := w.graph.byName[m.Type()]
	if e == nil {
		return fmt.Errorf("%q is not an entity of the API", m.Type())
	}
	_, noted := w.pairs[m]
	switch {
	case m.Op().Is(ent.OpUpdate) && !noted:
		return privacy.Denyf("write %s: a rule looks at the rows as they are written: update them one by one, by their ids", m.Type())
	case e.IsLink():
		q := question{entity: e, cond: e.fold(c, v, nil), viewer: v}
		q.link = func() (pair, error) { return w.pairOf(e, m) }
		w.questions = append(w.questions, q)
		return nil
	}
	w.ask(e, c, v, func() ([]key.Key, error) {
		if id, ok := e.IDOf(m); ok {
			return []key.Key{id}, nil
		}
		return nil, privacy.Denyf("write %s: a rule looks at the row as it is written, and its id is not known", m.Type())
	})
	return nil
}

func (w *Write) ask(e *Entity, c rule.Cond, v viewer.Viewer, ids func() ([]key.Key, error)) {
	w.questions = append(w.questions, question{entity: e, cond: e.fold(c, v, nil), viewer: v, ids: ids})
}

// Settle asks what rules could not tell before rows were written: it denies what became of a row
// that is none which its writer may make of it. It is called when all that belongs together is
// written: at the end of a field of a mutation, and of a transaction.
func (w *Write) Settle(ctx context.Context) error {
	asked := w.questions
	w.questions = nil
	for len(asked) > 0 {
		q := asked[0]
		if q.link != nil {
			broken, n, err := w.brokenLinks(ctx, asked)
			switch {
			case err != nil:
				return err
			case broken:
				return privacy.Denyf("write %s", q.entity.Name)
			}
			asked = asked[n:]
			continue
		}
		asked = asked[1:]
		ids, err := q.ids()
		if err != nil {
			return err
		}
		// What is deleted meanwhile breaks no rule.
		broken, err := w.graph.store.Rows(viewer.NewContext(ctx, q.viewer), w.Tx, q.entity, rule.Not(q.cond), ids)
		if err != nil {
			return fmt.Errorf("look at %s: %w", q.entity.Plural, err)
		}
		if len(broken) > 0 {
			return privacy.Denyf("write %s", q.entity.Name)
		}
	}
	return nil
}
