package entity

import (
	"context"
	"maps"
	"slices"

	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
)

// linking is what a link must fulfil that a list of ids makes: the rule on making one, and those on
// setting the columns that then have a value, which are those with a default.
func (e *Entity) linking() rule.Cond {
	all := []rule.Cond{e.rules.Creates()}
	for _, column := range slices.Sorted(maps.Keys(e.rules.Sets)) {
		all = append(all, rule.Any(rule.IsNull(column), e.rules.Sets[column]))
	}
	return rule.All(all...)
}

// sides are the edge and, where each link is two rows, the edge as the other row keeps it.
func (e *Edge) sides() []*Edge {
	if !e.Mirrored() {
		return []*Edge{e}
	}
	other := *e
	other.LinkFrom, other.LinkTo = e.LinkTo, e.LinkFrom
	return []*Edge{e, &other}
}

// askLinks has the rules asked of links that a list of ids makes, as they are written: their
// defaults are among what rules look at.
func (in *input) askLinks(e *Edge, ids []key.Key) {
	c := e.ThroughType.fold(e.ThroughType.linking(), in.viewer, nil)
	if c.Op == rule.OpEveryone {
		return
	}
	from := func() (key.Key, error) {
		id, known := in.id, true
		if in.creates {
			id, known = in.entity.IDOf(in.m)
		}
		if !known {
			return id, errUnknownLink
		}
		return id, nil
	}
	for _, side := range e.sides() {
		for _, to := range ids {
			q := question{entity: e.ThroughType, cond: c, viewer: in.viewer}
			q.link = func() (pair, error) {
				id, err := from()
				return pair{side, id, to}, err
			}
			in.questions = append(in.questions, q)
		}
	}
}

// mayUnlink denies to remove links that the viewer may not delete.
func (in *input) mayUnlink(ctx context.Context, ch edgeChange) error {
	through := ch.edge.ThroughType
	c := through.fold(through.rules.Deletes(), in.viewer, nil)
	if c.Op == rule.OpEveryone {
		return nil
	}
	for _, side := range ch.edge.sides() {
		kept, err := in.linksOf(ctx, side, rule.Not(c), ch.ids)
		if err != nil {
			return err
		}
		if len(kept) > 0 {
			return privacy.Denyf("unlink %s and %s", in.entity.Name, ch.edge.Target.Name)
		}
	}
	return nil
}

// seenLinks returns those of the ids to which a link leads that the viewer sees. Where all links are
// seen it does not look.
func (in *input) seenLinks(ctx context.Context, e *Edge, ids []key.Key) ([]key.Key, error) {
	if e.ThroughType == nil || len(ids) == 0 {
		return ids, nil
	}
	c := e.ThroughType.Read(in.viewer)
	if c.Op == rule.OpEveryone {
		return ids, nil
	}
	return in.linksOf(ctx, e, c, ids)
}

func (in *input) linksOf(ctx context.Context, e *Edge, c rule.Cond, ids []key.Key) ([]key.Key, error) {
	if c.Op == rule.OpNobody {
		return nil, nil
	}
	return in.graph.store.Links(ctx, in.Tx, e, c, in.id, ids)
}
