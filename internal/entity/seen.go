package entity

import (
	"context"
	"fmt"
	"slices"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
)

// look finds the rows that the edges of the input name. One that the viewer does not see
// is answered as one that is not there: first the entity itself, with [ErrNotFound], then
// all ids at once, each at its place.
func (in *input) look(ctx context.Context) error {
	if !in.creates {
		if err := in.graph.store.Lock(ctx, in.Tx, in.entity, in.entity.Read(in.viewer), in.id); err != nil {
			return err
		}
	}
	seen := map[*Entity]map[key.Key]bool{}
	for _, ei := range slices.Concat(in.edges, in.linked) {
		if target := ei.edge.Target; len(ei.ids) > 0 && seen[target] == nil {
			seen[target] = map[key.Key]bool{}
			if err := in.lookFor(ctx, target, seen[target]); err != nil {
				return err
			}
		}
	}
	for _, ei := range slices.Concat(in.edges, in.linked) {
		for i, id := range ei.ids {
			if seen[ei.edge.Target][id] {
				continue
			}
			in.fail("names something that does not exist", ei.path(i)...)
		}
	}
	if len(in.errs) > 0 {
		return nil
	}
	return in.lookLinks(ctx)
}

// lookFor asks for all rows of one entity with one statement.
func (in *input) lookFor(ctx context.Context, target *Entity, seen map[key.Key]bool) error {
	var ids []key.Key
	for _, ei := range slices.Concat(in.edges, in.linked) {
		if ei.edge.Target == target {
			ids = append(ids, ei.ids...)
		}
	}
	found, err := in.graph.store.Rows(ctx, in.Tx, target, target.Read(in.viewer), ids)
	if err != nil {
		return fmt.Errorf("look for %s: %w", target.Plural, err)
	}
	for _, id := range found {
		seen[id] = true
	}
	return nil
}

// seen returns those of the ids that the viewer sees. Where all rows are seen it does
// not look.
func (in *input) seen(ctx context.Context, e *Entity, ids []key.Key) ([]key.Key, error) {
	cond := e.Read(in.viewer)
	if cond.Op == rule.OpEveryone || len(ids) == 0 {
		return ids, nil
	}
	seen, err := in.graph.store.Rows(ctx, in.Tx, e, cond, ids)
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", e.Plural, err)
	}
	return seen, nil
}
