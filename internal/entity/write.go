package entity

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"entgo.io/ent"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/rule"
	"github.com/entgraph/entgraph/internal/viewer"
)

// Create writes one entity from a coerced CreateInput and returns its id. An absent
// key takes the schema's default, null leaves a nullable field empty. It fails with
// an [InputError] that lists every bad value, a [ConflictError], or what a hook,
// policy or the database said.
func (g *Graph) Create(ctx context.Context, e *Entity, input map[string]any) (uuid.UUID, error) {
	m := e.Create(ctx)
	if err := g.apply(ctx, e, m, uuid.Nil, input); err != nil {
		return uuid.Nil, err
	}
	if _, err := g.store.Mutate(ctx, m); err != nil {
		return uuid.Nil, g.explain(e, err)
	}
	id, ok := m.ID()
	if !ok {
		return uuid.Nil, fmt.Errorf("create %s: the mutation has no id", e.Name)
	}
	return id, nil
}

// Update changes one entity by a coerced UpdateInput: an absent key keeps, null
// clears. It fails as [Graph.Create] does, and with Ent's NotFoundError or
// [ErrNotFound].
func (g *Graph) Update(ctx context.Context, e *Entity, id uuid.UUID, input map[string]any) error {
	m := e.Update(ctx, id)
	if err := g.apply(ctx, e, m, id, input); err != nil {
		return err
	}
	_, err := g.store.Mutate(ctx, m)
	return g.explain(e, err)
}

// Remove deletes one entity. It fails with a [ConflictError] while others refer to
// it, and with Ent's NotFoundError.
func (g *Graph) Remove(ctx context.Context, e *Entity, id uuid.UUID) error {
	return g.explain(e, e.Delete(ctx, id))
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

// input is one run of apply: the mutation that is filled and the errors so far.
type input struct {
	graph  *Graph
	entity *Entity
	m      ent.Mutation
	id     uuid.UUID // of the entity that is updated; Nil on create
	errs   []FieldError
	links  []linking
}

// apply moves a coerced input into a mutation and collects all that is wrong.
func (g *Graph) apply(ctx context.Context, e *Entity, m ent.Mutation, id uuid.UUID, values map[string]any) error {
	in := &input{graph: g, entity: e, m: m, id: id}
	// Sorted, so that the same input gives the same errors in the same order.
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := in.set(ctx, key, values[key]); err != nil {
			return err
		}
	}
	if len(in.errs) > 0 {
		return &InputError{Fields: in.errs}
	}
	return in.checkLinks(ctx)
}

func (in *input) set(ctx context.Context, key string, v any) error {
	if f := in.entity.fields[key]; f != nil && !f.Flags.Has(ReadOnly) {
		return in.setField(f, v)
	}
	for i := range in.entity.Edges {
		edge := &in.entity.Edges[i]
		if key != edge.Input && key != edge.AddInput && key != edge.RemoveInput {
			continue
		}
		if edge.ToMany() {
			return in.setList(ctx, edge, key, v)
		}
		return in.setOne(ctx, edge, v)
	}
	in.fail("is not an input of "+in.entity.Name, key)
	return nil
}

func (in *input) fail(message string, path ...any) {
	in.errs = append(in.errs, FieldError{Path: append([]any{"input"}, path...), Message: message})
}

func (in *input) setField(f *Field, v any) error {
	switch {
	case v == nil && !f.Flags.Has(Nullable):
		in.fail("must not be null", f.Name)
		return nil
	case v == nil && in.id == uuid.Nil:
		return nil
	case v == nil:
		return in.m.ClearField(f.Column)
	}
	parsed, err := f.Parse(v)
	if err != nil {
		in.fail(err.Error(), f.Name)
		return nil
	}
	return in.m.SetField(f.Column, parsed)
}

func (in *input) setOne(ctx context.Context, e *Edge, v any) error {
	switch {
	case v == nil && e.Required:
		in.fail("must not be null", e.Input)
	case v == nil && in.id != uuid.Nil:
		e.clear(in.m)
		return in.pair(ctx, e)
	case v != nil:
		id, err := e.Target.ParseID(v)
		if err != nil {
			in.fail(err.Error(), e.Input)
			return nil
		}
		e.set(in.m, id)
		if err := in.pair(ctx, e, id); err != nil {
			return err
		}
		return in.mustSee(ctx, e, id)
	}
	return nil
}

// mustSee refuses ids of what the viewer does not see, in the words for what is not
// there.
func (in *input) mustSee(ctx context.Context, e *Edge, ids ...uuid.UUID) error {
	seen, err := in.graph.seen(ctx, e.Target, ids)
	if err != nil {
		return err
	}
	if len(without(ids, seen)) > 0 {
		in.fail("names something that does not exist", e.Input)
	}
	return nil
}

// seen returns those of the ids that the viewer sees. Where all rows are seen it does
// not look.
func (g *Graph) seen(ctx context.Context, e *Entity, ids []uuid.UUID) ([]uuid.UUID, error) {
	cond := e.Read(viewer.FromContext(ctx))
	if cond.Op == rule.OpEveryone || len(ids) == 0 {
		return ids, nil
	}
	seen, err := g.store.Rows(ctx, e, cond, ids)
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", e.Plural, err)
	}
	return seen, nil
}

// setList handles the three keys of a to-many edge. What is there already is not
// added again and what is not there is not removed, so that a repeated request is
// no conflict.
func (in *input) setList(ctx context.Context, e *Edge, key string, v any) error {
	if v == nil {
		v = []any{}
	}
	ids, ok := in.parseIDs(e, key, v)
	if !ok {
		return nil
	}
	if err := in.mustSee(ctx, e, ids...); err != nil {
		return err
	}
	if in.id == uuid.Nil {
		in.link(e, ids)
		return nil
	}
	current, err := in.graph.store.Links(ctx, in.entity, e, in.id)
	if err != nil {
		return fmt.Errorf("read %s of %s: %w", e.Name, in.entity.Name, err)
	}
	// What the viewer does not see stays.
	if current, err = in.graph.seen(ctx, e.Target, current); err != nil {
		return err
	}
	switch key {
	case e.AddInput:
		in.link(e, without(ids, current))
	case e.RemoveInput:
		in.unlink(e, without(ids, without(ids, current)))
	default:
		in.link(e, without(ids, current))
		in.unlink(e, without(current, ids))
	}
	return nil
}

func (in *input) parseIDs(e *Edge, key string, v any) ([]uuid.UUID, bool) {
	before := len(in.errs)
	var ids []uuid.UUID
	for i, item := range Items(v) {
		id, err := e.Target.ParseID(item)
		if err != nil {
			in.fail(err.Error(), key, i)
			continue
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, len(in.errs) == before
}

// without returns the ids of a that are not in b, in a's order.
func without(a, b []uuid.UUID) []uuid.UUID {
	skip := make(map[uuid.UUID]bool, len(b))
	for _, id := range b {
		skip[id] = true
	}
	var out []uuid.UUID
	for _, id := range a {
		if !skip[id] {
			out = append(out, id)
		}
	}
	return out
}
