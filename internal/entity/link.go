package entity

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/privacy"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/limit"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// linking is a change at a to-many edge: of links, which the rules of the entity behind
// the link must allow, or of foreign keys, which are the target's own.
type linking struct {
	edge  *Edge
	ids   []uuid.UUID
	added bool
}

// link and unlink change an edge; checkLinks says later whether they may.
func (in *input) link(e *Edge, ids []uuid.UUID) {
	e.add(in.m, ids...)
	in.links = append(in.links, linking{e, ids, true})
}

func (in *input) unlink(e *Edge, ids []uuid.UUID) {
	e.remove(in.m, ids...)
	in.links = append(in.links, linking{e, ids, false})
}

// write puts what a key asks of an edge into the mutation.
func (in *input) write(ctx context.Context, ei *edgeInput) error {
	switch {
	case ei.edge.ToMany():
		return in.writeList(ctx, ei)
	case ei.edge.partner != nil && !in.creates:
		return in.writePair(ctx, ei)
	case len(ei.ids) > 0:
		ei.edge.set(in.m, ei.ids[0])
		if ei.edge.partner != nil {
			in.links = append(in.links, linking{ei.edge.partner, ei.ids, true})
		}
	case !in.creates:
		ei.edge.clear(in.m)
	}
	return nil
}

// writeList changes a to-many edge. What is there already is not added again and what is
// not there is not removed, so that a repeated request is no conflict.
func (in *input) writeList(ctx context.Context, ei *edgeInput) error {
	if in.creates {
		in.link(ei.edge, ei.ids)
		return nil
	}
	among := ei.ids
	if ei.key == ei.edge.Input {
		among = nil
	} else if len(among) == 0 {
		return nil
	}
	current, err := in.graph.store.Links(ctx, ei.edge, in.id, among, in.graph.store.MaxLinks+1)
	if err != nil {
		return fmt.Errorf("read %s of %s: %w", ei.edge.Name, in.entity.Name, err)
	}
	switch ei.key {
	case ei.edge.AddInput:
		in.link(ei.edge, without(ei.ids, current))
	case ei.edge.RemoveInput:
		in.unlink(ei.edge, current)
	default:
		if most := in.graph.store.MaxLinks; len(current) > most {
			return limit.Exceeded(linksMax, int64(most), "%s: this %s has more than %d already: use %s and %s", ei.key, in.entity.Name, most, ei.edge.AddInput, ei.edge.RemoveInput)
		}
		// What the viewer does not see stays.
		if current, err = in.graph.seen(ctx, ei.edge.Target, current); err != nil {
			return err
		}
		in.link(ei.edge, without(ei.ids, current))
		in.unlink(ei.edge, without(current, ei.ids))
	}
	return nil
}

// writePair changes an edge that Ent keeps in both rows, and asks the rules of the other
// rows: the one that the edge leads to from now on, if any, and the one that it led to.
// To what it leads to already nothing is done: Ent takes that for a conflict.
func (in *input) writePair(ctx context.Context, ei *edgeInput) error {
	e := ei.edge
	before, err := in.graph.store.Links(ctx, e.partner, in.id, nil, 1)
	if err != nil {
		return fmt.Errorf("read %s of %s: %w", e.Name, in.entity.Name, err)
	}
	if len(ei.ids) > 0 && slices.Equal(before, ei.ids) {
		return nil
	}
	if len(ei.ids) == 0 || len(before) > 0 {
		e.clear(in.m) // in the row that it led to as well
	}
	if len(ei.ids) > 0 {
		e.set(in.m, ei.ids[0])
	}
	in.links = append(in.links, linking{e.partner, ei.ids, true}, linking{e.partner, before, false})
	return nil
}

// checkLinks denies what the rules do not allow. It runs when all of the input is in the
// mutation, since rules may look at what is being written.
func (in *input) checkLinks(ctx context.Context) error {
	v := viewer.FromContext(ctx)
	for _, l := range in.links {
		c, err := in.onTarget(ctx, l, v)
		if err != nil {
			return err
		}
		if len(l.ids) == 0 || c.Op == rule.OpEveryone {
			continue
		}
		var allowed []uuid.UUID
		if c.Op != rule.OpNobody {
			if allowed, err = in.graph.store.Rows(ctx, l.edge.Target, c, l.ids); err != nil {
				return err
			}
		}
		if len(without(l.ids, allowed)) > 0 {
			return privacy.Denyf("link %s and %s", in.entity.Name, l.edge.Target.Name)
		}
	}
	return nil
}

// onTarget gives the condition that targets must fulfil.
func (in *input) onTarget(ctx context.Context, l linking, v viewer.Viewer) (rule.Cond, error) {
	through := l.edge.ThroughType
	switch {
	case l.edge.OnTarget:
		// The target before and after its foreign key changes.
		updates := l.edge.Target.rules.Updates()
		after, err := in.atColumn(ctx, l.edge.Target, updates, l.edge.Column, l.added, v)
		return l.edge.Target.fold(rule.All(updates, after), v, nil), err
	case through == nil: // without an edge schema the links belong to the entity that is written
		return rule.Everyone(), nil
	case l.added:
		return in.onLink(ctx, l.edge, through.rules.Creates(), v)
	}
	return in.onLink(ctx, l.edge, through.rules.Deletes(), v)
}

// onLink turns a condition on a link into one on its target: its own side is decided.
// Values of the link itself are not known here, so that rules on them allow nothing.
func (in *input) onLink(ctx context.Context, e *Edge, c rule.Cond, v viewer.Viewer) (rule.Cond, error) {
	c, err := in.atColumn(ctx, e.ThroughType, c, e.LinkFrom, true, v)
	return c.Fold(func(c rule.Cond) rule.Cond {
		switch {
		case c.Op == rule.OpOwner && c.Name == e.LinkTo:
			return rule.Owner("id")
		case (c.Op == rule.OpHas || c.Op == rule.OpVisible) && e.ThroughType.RuledEdge(c.Name).Column == e.LinkTo:
			_, inner := e.ThroughType.beyond(c, v)
			return inner
		}
		return rule.Nobody()
	}), err
}

// atColumn decides what a condition of an entity asks of its foreign key in the column,
// which leads to what is written, or, when it is not added, to nothing.
func (in *input) atColumn(ctx context.Context, e *Entity, c rule.Cond, column string, added bool, v viewer.Viewer) (rule.Cond, error) {
	var failed error
	decide := func(ok bool) rule.Cond {
		if ok {
			return rule.Everyone()
		}
		return rule.Nobody()
	}
	c = c.For(v).Fold(func(c rule.Cond) rule.Cond {
		switch c.Op {
		case rule.OpOwner:
			if c.Name == column {
				return decide(added && !in.creates && in.id == v.UserID && v.SignedIn())
			}
		case rule.OpHas, rule.OpVisible:
			if edge := e.RuledEdge(c.Name); edge.Column != column || edge.OnTarget {
				return c
			}
			_, inner := e.beyond(c, v)
			ok, err := in.ownSide(ctx, inner, v)
			if err != nil {
				failed = err
			}
			return decide(added && ok)
		}
		return c
	})
	return c, failed
}

// ownSide decides a condition on the entity that is written.
func (in *input) ownSide(ctx context.Context, c rule.Cond, v viewer.Viewer) (bool, error) {
	if in.creates {
		return c.Holds(v, in.m.Field), nil
	}
	return in.graph.fulfils(ctx, in.entity, c, in.id)
}

// symmetric reports whether an edge is its own way back: to one of the same type, without
// an edge from there that is read by the same foreign key.
func (e *Entity) symmetric(edge *Edge) bool {
	return edge.Type == e.Name && edge.owned() && !slices.ContainsFunc(e.Edges, func(other Edge) bool {
		return other.OnTarget && other.Type == e.Name && other.Column == edge.Column
	})
}
