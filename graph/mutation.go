package graph

import (
	"context"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/privacy"
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/viewer"
)

// mutation answers a mutation operation in one transaction: its fields in order, up to
// the first error, which undoes all of them. Source: GraphQL specification, section
// 6.2.2, for the order.
func (s *Schema) mutation(ctx context.Context, oc *graphql.OperationContext) []byte {
	parts := collect(oc, s.Schema().Mutation)
	if viewer.FromContext(ctx).ReadOnly {
		graphql.AddError(ctx, auth.ErrReadOnly)
		return nothing(parts)
	}
	s.before(ctx, oc, parts)
	tx := s.db.Begin(s.actor(ctx))
	defer rollback(ctx, tx) // a no-op after the commit
	ctx = s.within(ctx, tx)
	for _, p := range parts {
		if p.value == nil && !s.mutate(ctx, oc, p) {
			auth.FromContext(ctx).Drop()
			return nothing(parts)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		auth.FromContext(ctx).Drop()
		graphql.AddError(ctx, fmt.Errorf("commit: %w", err))
		return nothing(parts)
	}
	return assemble(parts)
}

// actor is whom the audit log names.
func (s *Schema) actor(ctx context.Context) postgres.Actor {
	v := viewer.FromContext(ctx)
	a := postgres.Actor{Name: v.String(), RequestID: RequestID(ctx)}
	if v.SignedIn() {
		a.Name = s.entities.Entity("User").FormatID(v.UserID)
	}
	return a
}

// within returns a context whose writes are part of a transaction.
func (s *Schema) within(ctx context.Context, tx *postgres.Tx) context.Context {
	return s.withClient(context.WithValue(ctx, txKey{}, tx), tx)
}

// Transact runs a function in one transaction, which commits when the function returns
// nil. In its context are an Ent client, see ent.FromContext, and the viewer of ctx.
func (s *Schema) Transact(ctx context.Context, f func(context.Context) error) error {
	tx := s.db.Begin(s.actor(ctx))
	defer rollback(ctx, tx) // a no-op after the commit
	if err := f(s.within(ctx, tx)); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// nothing is the answer of an operation that had no effect: every field is null.
func nothing(parts []*part) []byte {
	for _, p := range parts {
		if p.Name != "__typename" {
			p.value = nil
		}
	}
	return assemble(parts)
}

// rollback undoes a transaction, also after the request was cancelled.
func rollback(ctx context.Context, tx *postgres.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = tx.Rollback(ctx)
}

// mutate runs one field and reads its payload. It reports whether all went well.
func (s *Schema) mutate(ctx context.Context, oc *graphql.OperationContext, p *part) bool {
	if p.failed != nil {
		addErrors(ctx, p.failed, ast.Path{ast.PathName(p.Alias)})
		return false
	}
	before := len(graphql.GetErrors(ctx))
	r := &reading{schema: s, oc: oc, db: planner.DB{DB: s.db, Tx: txFromContext(ctx)}}
	root := s.entities.Mutation(p.Name)
	if root == nil || handwritten["Mutation."+p.Name] {
		data, ok := s.handwritten(auth.WithChecked(ctx, p.checked), oc, []*part{p}, r)
		r.run(ctx)
		ok = ok && r.fill(ctx, []*part{p}, data)
		return ok && len(graphql.GetErrors(ctx)) == before
	}
	id, err := s.write(ctx, root, planner.Arguments(p.CollectedField, oc.Variables))
	if err != nil {
		addErrors(ctx, err, ast.Path{ast.PathName(p.Alias)})
		return false
	}
	r.base = ast.Path{ast.PathName(p.Alias)}
	pl := r.wantPayload(p.Alias, p.CollectedField, root.Entity, id)
	if r.run(ctx); len(graphql.GetErrors(ctx)) > before {
		return false
	}
	p.value = r.payload(pl)
	return true
}

// write runs the generic create, update or delete and returns the entity's id.
func (s *Schema) write(ctx context.Context, root *entity.Root, args map[string]any) (uuid.UUID, error) {
	input, _ := args["input"].(map[string]any)
	if root.Kind == entity.Create {
		return s.entities.Create(ctx, root.Entity, input)
	}
	id, err := root.Entity.ParseID(args["id"])
	if err != nil {
		return uuid.Nil, argumentError("id", err)
	}
	if root.Kind == entity.Delete {
		err = s.entities.Remove(ctx, root.Entity, id)
	} else {
		err = s.entities.Update(ctx, root.Entity, id, input)
	}
	if !notFound(err) {
		return id, err
	}
	// The viewer may see it and yet not write it.
	if sees, e := s.entities.Sees(ctx, root.Entity, id); sees || e != nil {
		return id, errors.Join(e, privacy.Denyf("write %s", root.Entity.Name))
	}
	return id, err
}

// payloadPlan is a mutation's payload: its fields, and where those of the entity are
// read.
type payloadPlan struct {
	typ    string
	id     []byte
	fields []graphql.CollectedField
	reads  map[string]int // alias -> selection
}

// wantPayload asks for what a payload shows of its entity. The key names the payload
// within the operation, see [planner.Selection]; it may be empty.
func (r *reading) wantPayload(key string, f graphql.CollectedField, e *entity.Entity, id uuid.UUID) *payloadPlan {
	typ := f.Definition.Type.Name()
	pl := &payloadPlan{typ: typ, id: quote(e.FormatID(id)), reads: map[string]int{}}
	pl.fields = graphql.CollectFields(r.oc, f.Selections, []string{typ})
	for _, inner := range pl.fields {
		if inner.Name == e.Field {
			s := planner.Selection{Field: inner, Refs: []planner.Ref{{Entity: e, ID: id}}}
			if key != "" {
				s.Key = key + "." + inner.Alias
			}
			pl.reads[inner.Alias] = r.want(nil, s)
		}
	}
	return pl
}

// payload writes a payload in the order of the client's fields.
func (r *reading) payload(pl *payloadPlan) []byte {
	out := []byte{'{'}
	for i, inner := range pl.fields {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(out, quote(inner.Alias)...), ':')
		switch inner.Name {
		case "__typename":
			out = append(out, quote(pl.typ)...)
		case "deletedID":
			out = append(out, pl.id...)
		default:
			out = append(out, r.item(pl.reads[inner.Alias], 0)...)
		}
	}
	return append(out, '}')
}
