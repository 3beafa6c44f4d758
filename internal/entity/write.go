package entity

import (
	"context"
	"fmt"

	"entgo.io/ent"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/viewer"
)

// Create writes one entity from a coerced CreateInput and returns its id. An absent
// key takes the schema's default, null leaves a nullable field empty. It fails with
// an [InputError] that lists every bad value, a [ConflictError], or what a hook,
// policy or the database said.
func (g *Graph) Create(ctx context.Context, e *Entity, values map[string]any) (uuid.UUID, error) {
	m := e.Create(ctx)
	in := &input{graph: g, entity: e, m: m, creates: true, values: values}
	if err := in.apply(ctx); err != nil {
		return uuid.Nil, err
	}
	if _, err := g.store.Mutate(ctx, m); err != nil {
		return uuid.Nil, g.explain(e, in.values, err)
	}
	id, ok := m.ID()
	if !ok {
		return uuid.Nil, fmt.Errorf("create %s: the mutation has no id", e.Name)
	}
	return id, nil
}

// Update changes one entity by a coerced UpdateInput: an absent key keeps, null
// clears. It fails as [Graph.Create] does, and with Ent's NotFoundError or
// [ErrNotFound]; an input with edges is refused with that before anything is said about
// the edges.
func (g *Graph) Update(ctx context.Context, e *Entity, id uuid.UUID, values map[string]any) error {
	in := &input{graph: g, entity: e, m: e.Update(ctx, id), id: id, values: values}
	if err := in.apply(ctx); err != nil {
		return err
	}
	_, err := g.store.Mutate(ctx, in.m)
	return g.explain(e, values, err)
}

// Remove deletes one entity. It fails with a [ConflictError] while others refer to
// it, and with Ent's NotFoundError.
func (g *Graph) Remove(ctx context.Context, e *Entity, id uuid.UUID) error {
	return g.explain(e, nil, e.Delete(ctx, id))
}

// Sees reports whether there is an entity with the id that the viewer sees.
func (g *Graph) Sees(ctx context.Context, e *Entity, id uuid.UUID) (bool, error) {
	return g.fulfils(ctx, e, e.Read(viewer.FromContext(ctx)), id)
}

// Normalize is an Ent hook that applies the annotations Trim and Lower to every
// write, also to those of handwritten code.
func (g *Graph) Normalize(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		if e := g.byName[m.Type()]; e != nil {
			for i := range e.Fields {
				if err := e.Fields[i].normalizeIn(m); err != nil {
					return nil, err
				}
			}
		}
		return next.Mutate(ctx, m)
	})
}

func (f *Field) normalizeIn(m ent.Mutation) error {
	if f.Flags&(Trimmed|Lowered) == 0 {
		return nil
	}
	v, ok := m.Field(f.Column)
	s, text := v.(string)
	if !ok || !text || f.normalize(s) == s {
		return nil
	}
	return m.SetField(f.Column, f.normalize(s))
}
