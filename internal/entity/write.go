package entity

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent"

	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// Write is a transaction that entities are written in. Whoever writes is handed one, so that
// nothing is written outside of a transaction; only code that others call for us, such as a
// resolver, finds it in its context. Get one from [Graph.Write]. Like its transaction it
// serves one goroutine at a time, and the transaction stays the caller's to end.
//
// Who writes is not part of it: that is the viewer of the context, whom Ent's policies ask
// for as well, and who changes when a mutation signs somebody in.
type Write struct {
	// Tx is the transaction.
	Tx *postgres.Tx
	// Client is an Ent client on it.
	Client Client

	graph     *Graph
	questions []question
	pairs     map[ent.Mutation]pair // the links that mutations without an id change
}

// Write returns what writes entities in a transaction, by an Ent client on it.
func (g *Graph) Write(tx *postgres.Tx, c Client) *Write { return &Write{Tx: tx, Client: c, graph: g} }

type writeKey struct{}

// NewContext returns a context in which [WriteFromContext] finds the Write.
func (w *Write) NewContext(ctx context.Context) context.Context {
	return context.WithValue(ctx, writeKey{}, w)
}

var errOutside = errors.New("entities are written in mutations: this is not the context of a mutation's resolver")

// WriteFromContext returns the Write of the mutation that a resolver is part of. It is for
// where calls of the app arrive; from there on the Write is handed on. The error is for whoever
// wrote the resolver.
func WriteFromContext(ctx context.Context) (*Write, error) {
	if w, ok := ctx.Value(writeKey{}).(*Write); ok {
		return w, nil
	}
	return nil, errOutside
}

// Create writes one entity from a coerced CreateInput and returns its id. An absent
// key takes the schema's default, null leaves a nullable field empty. It fails with
// an [InputError] that lists every bad value, a [ConflictError], or what a hook,
// policy or the database said.
func (w *Write) Create(ctx context.Context, e *Entity, values map[string]any) (key.Key, error) {
	m := e.NewCreate(w.Client)
	in := &input{Write: w, entity: e, viewer: viewer.FromContext(ctx), m: m, creates: true, values: values}
	if err := in.apply(ctx); err != nil {
		return key.Key{}, err
	}
	if _, err := w.Client.Mutate(ctx, m); err != nil {
		return key.Key{}, w.graph.refusal(e, values, err)
	}
	id, ok := e.IDOf(m)
	if !ok {
		return key.Key{}, fmt.Errorf("create %s: the mutation has no id", e.Name)
	}
	return id, in.writeLinks(ctx, id)
}

// Update changes one entity by a coerced UpdateInput: an absent key keeps, null
// clears. It fails as [Write.Create] does, and with Ent's NotFoundError or
// [ErrNotFound]; an input with edges is refused with that before anything is said about
// the edges.
func (w *Write) Update(ctx context.Context, e *Entity, id key.Key, values map[string]any) error {
	if err := e.check(id); err != nil {
		return err
	}
	in := &input{Write: w, entity: e, viewer: viewer.FromContext(ctx), m: e.NewUpdate(w.Client, id), id: id, values: values}
	if err := in.apply(ctx); err != nil {
		return err
	}
	if _, err := w.Client.Mutate(ctx, in.m); err != nil {
		return w.graph.refusal(e, values, err)
	}
	return in.writeLinks(ctx, id)
}

// Delete removes one entity. It fails with a [ConflictError] while others refer to
// it, and with Ent's NotFoundError.
func (w *Write) Delete(ctx context.Context, e *Entity, id key.Key) error {
	if err := e.check(id); err != nil {
		return err
	}
	return w.graph.refusal(e, nil, e.DeleteOne(ctx, w.Client, id))
}

// Sees reports whether there is an entity with the id that the viewer sees.
func (w *Write) Sees(ctx context.Context, e *Entity, id key.Key) (bool, error) {
	return w.fulfils(ctx, e, e.Read(viewer.FromContext(ctx)), id)
}

// Binder applies conditions to Ent's queries and mutations in the transaction; see
// [rule.NewContext].
func (w *Write) Binder() rule.Binder {
	b := w.graph.binder()
	b.Holds, b.Fulfils, b.Later = w.holds, w.changes, w.later
	return b
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
