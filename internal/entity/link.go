package entity

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph/internal/limit"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
)

// edgeChange is what an edge is going to lead to, or no longer: a change of links, which
// the rules of the entity behind the link must allow, or of foreign keys, which are the
// target's own.
type edgeChange struct {
	edge  *Edge
	ids   []key.Key
	added bool
}

// add and remove change an edge; checkChanges says later whether they may.
func (in *input) add(e *Edge, ids []key.Key) {
	e.add(in.m, ids...)
	in.changes = append(in.changes, edgeChange{e, ids, true})
}

func (in *input) remove(e *Edge, ids []key.Key) {
	e.remove(in.m, ids...)
	in.changes = append(in.changes, edgeChange{e, ids, false})
}

// changeEdge puts what a key asks of an edge into the mutation.
func (in *input) changeEdge(ctx context.Context, ei *edgeInput) error {
	switch {
	case ei.edge.ToMany():
		return in.changeList(ctx, ei)
	case ei.edge.far() != nil && !in.creates:
		return in.changeFar(ctx, ei)
	case len(ei.ids) > 0:
		ei.edge.set(in.m, ei.ids[0])
		if !in.creates {
			for _, other := range ei.edge.Others() {
				other.clear(in.m)
			}
		}
		if far := ei.edge.far(); far != nil {
			in.changes = append(in.changes, edgeChange{far, ei.ids, true})
		}
	case !in.creates:
		ei.edge.clear(in.m)
	}
	return nil
}

// changeList changes a to-many edge. What is there already is not added again and what is
// not there is not removed, so that a repeated request is no conflict.
func (in *input) changeList(ctx context.Context, ei *edgeInput) error {
	if in.creates {
		in.add(ei.edge, ei.ids)
		return nil
	}
	among := ei.ids
	if ei.key == ei.edge.Input {
		among = nil
	} else if len(among) == 0 {
		return nil
	}
	current, err := in.targets(ctx, ei.edge, among, in.graph.store.MaxLinks+1)
	if err != nil {
		return err
	}
	switch ei.key {
	case ei.edge.AddInput:
		in.add(ei.edge, without(ei.ids, current))
	case ei.edge.RemoveInput:
		if err := in.leavesOne(ctx, ei); err != nil {
			return err
		}
		if current, err = in.seenLinks(ctx, ei.edge, current); err != nil {
			return err
		}
		in.remove(ei.edge, current)
	default:
		if most := in.graph.store.MaxLinks; len(current) > most {
			return limit.Exceeded(linksMax, int64(most), "%s: this %s has more than %d already: use %s and %s", ei.key, in.entity.Name, most, ei.edge.AddInput, ei.edge.RemoveInput)
		}
		// What the viewer does not see stays.
		if current, err = in.seen(ctx, ei.edge.Target, current); err != nil {
			return err
		}
		if current, err = in.seenLinks(ctx, ei.edge, current); err != nil {
			return err
		}
		in.add(ei.edge, without(ei.ids, current))
		in.remove(ei.edge, without(current, ei.ids))
	}
	return nil
}

func (in *input) targets(ctx context.Context, e *Edge, among []key.Key, most int) ([]key.Key, error) {
	ids, err := in.graph.store.Targets(ctx, in.Tx, e, in.id, among, most)
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", e.Name, in.entity.Name, err)
	}
	return ids, nil
}

// leavesOne refuses to remove the last ones of an edge that needs one.
func (in *input) leavesOne(ctx context.Context, ei *edgeInput) error {
	if added := in.given(ei.edge.AddInput); !ei.edge.Needed || added != nil && len(added.ids) > 0 {
		return nil
	}
	// Among so many there is one that stays, if any does.
	current, err := in.targets(ctx, ei.edge, nil, len(ei.ids)+1)
	if err != nil || len(current) == 0 || len(without(current, ei.ids)) > 0 {
		return err
	}
	in.fail("must leave one", ei.key)
	return nil
}

// changeFar changes a to-one edge that is kept in the other row, or in both, and asks the
// rules of the other rows: the one that the edge leads to from now on, if any, and the one
// that it led to. To what it leads to already nothing is done: Ent takes that for a conflict.
func (in *input) changeFar(ctx context.Context, ei *edgeInput) error {
	e, far := ei.edge, ei.edge.far()
	before, err := in.targets(ctx, far, nil, 1)
	if err != nil {
		return err
	}
	if len(ei.ids) > 0 && slices.Equal(before, ei.ids) {
		return nil
	}
	switch {
	case e.Needed && len(before) > 0:
		// Ent refuses to clear and to set a required edge at once. The rules of what is
		// released are asked by its own mutation.
		if err := in.release(ctx, e, before[0]); err != nil {
			return err
		}
		before = nil
	case len(ei.ids) == 0 || len(before) > 0:
		e.clear(in.m) // in the row that it led to as well
	}
	if len(ei.ids) > 0 {
		e.set(in.m, ei.ids[0])
	}
	in.changes = append(in.changes, edgeChange{far, ei.ids, true}, edgeChange{far, before, false})
	return nil
}

// release clears a foreign key at the far end of an edge.
func (in *input) release(ctx context.Context, e *Edge, id key.Key) error {
	m := e.Target.NewUpdate(in.Client, id)
	for i := range e.Target.Edges {
		if back := &e.Target.Edges[i]; back.owned() && back.Column == e.Column {
			back.clear(m)
			_, err := in.Client.Mutate(ctx, m)
			return err
		}
	}
	return fmt.Errorf("release %s of %s: the API does not show the edge back", e.Name, in.entity.Name)
}

// checkChanges denies what the rules do not allow. It runs when all of the input is in the
// mutation, since rules may look at what is being written.
func (in *input) checkChanges(ctx context.Context) error {
	for _, ch := range in.changes {
		if len(ch.ids) == 0 {
			continue
		}
		check := in.mayChange
		if ch.edge.ThroughType != nil && !ch.added {
			check = in.mayUnlink
		}
		if err := check(ctx, ch); err != nil {
			return err
		}
	}
	return nil
}

func (in *input) mayChange(ctx context.Context, ch edgeChange) error {
	c, err := in.onTarget(ctx, ch)
	if err != nil {
		return err
	}
	target, through := ch.edge.Target, ch.edge.ThroughType
	switch {
	case through != nil && (c.Unknown() || ch.edge.Mirrored()):
		in.askLinks(ch.edge, ch.ids)
	case c.Unknown():
		// What is being written is part of what the rule looks at.
		in.ask(target, target.rules.Updates(), in.viewer, func() ([]key.Key, error) { return ch.ids, nil })
	}
	c = c.Bound(true)
	if c.Op == rule.OpEveryone {
		return nil
	}
	var allowed []key.Key
	if c.Op != rule.OpNobody {
		if allowed, err = in.graph.store.Rows(ctx, in.Tx, target, c, ch.ids); err != nil {
			return err
		}
	}
	if len(without(ch.ids, allowed)) > 0 {
		return privacy.Denyf("link %s and %s", in.entity.Name, target.Name)
	}
	return nil
}

// onTarget gives the condition that targets must fulfil.
func (in *input) onTarget(ctx context.Context, ch edgeChange) (rule.Cond, error) {
	through := ch.edge.ThroughType
	switch {
	case ch.edge.OnTarget:
		// The target before and after its foreign key changes.
		updates := ch.edge.Target.rules.Updates()
		after, err := in.atColumn(ctx, ch.edge.Target, updates, ch.edge.Column, ch.added)
		return ch.edge.Target.fold(rule.All(updates, after), in.viewer, nil), err
	case through == nil: // without an edge schema the links belong to the entity that is written
		return rule.Everyone(), nil
	}
	return in.onLink(ctx, ch.edge, through.linking())
}

// onLink turns a condition on a link that is made into one on its target: its own side is decided.
// Values of the link itself are known when it is written.
func (in *input) onLink(ctx context.Context, e *Edge, c rule.Cond) (rule.Cond, error) {
	c, err := in.atColumn(ctx, e.ThroughType, c, e.LinkFrom, true)
	return c.Fold(func(c rule.Cond) rule.Cond {
		switch {
		case c.Op == rule.OpOwner && c.Name == e.LinkTo:
			return rule.Owner(e.Target.ID().Column)
		case (c.Op == rule.OpHas || c.Op == rule.OpVisible) && e.ThroughType.farEdge(c) == nil && e.ThroughType.RuledEdge(c.Name).Column == e.LinkTo:
			_, inner := e.ThroughType.beyond(c, in.viewer)
			return inner
		}
		return rule.Cond{Op: rule.OpLater}
	}), err
}

// atColumn decides what a condition of an entity asks of its foreign key in the column,
// which leads to what is written, or, when it is not added, to nothing.
func (in *input) atColumn(ctx context.Context, e *Entity, c rule.Cond, column string, added bool) (rule.Cond, error) {
	var failed error
	decide := func(ok bool) rule.Cond {
		if ok {
			return rule.Everyone()
		}
		return rule.Nobody()
	}
	c = c.For(in.viewer).Fold(func(c rule.Cond) rule.Cond {
		switch c.Op {
		case rule.OpOwner:
			if c.Name == column {
				return decide(added && !in.creates && in.id == in.viewer.UserID && in.viewer.SignedIn())
			}
		case rule.OpIsNull, rule.OpNotNull:
			if c.Name == column {
				return decide(added == (c.Op == rule.OpNotNull))
			}
		case rule.OpHas, rule.OpVisible:
			if edge := e.RuledEdge(c.Name); edge.Column != column || edge.OnTarget {
				return c
			}
			if !added {
				return rule.Nobody()
			}
			_, inner := e.beyond(c, in.viewer)
			ok, err := in.ownSide(ctx, inner)
			if err != nil {
				failed = err
			}
			return ok
		default:
			if c.Name == column && c.OfColumn() {
				return rule.Cond{Op: rule.OpLater}
			}
		}
		return c
	})
	return c, failed
}

// ownSide decides a condition on the entity that is written, as far as can be told before.
func (in *input) ownSide(ctx context.Context, c rule.Cond) (rule.Cond, error) {
	if in.creates {
		return c.Holds(in.viewer, in.m.Field), nil
	}
	ok, err := in.fulfils(ctx, in.entity, c, in.id)
	if ok {
		return rule.Everyone(), err
	}
	return rule.Nobody(), err
}

// Symmetric reports whether an edge is its own way back: to one of the same type, without
// an edge from there that is read by the same foreign key.
func (e *Entity) Symmetric(edge *Edge) bool {
	return edge.Type == e.Name && edge.owned() && !slices.ContainsFunc(e.Edges, func(other Edge) bool {
		return other.OnTarget && other.Type == e.Name && other.Column == edge.Column
	})
}
