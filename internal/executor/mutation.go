package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/privacy"
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/request"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// mutation answers a mutation operation in one transaction: its fields in order, up to
// the first error, which undoes all of them. One that others got in the way of is run
// again; see [postgres.Retry]. Source: GraphQL specification, section 6.2.2, for the
// order.
func (s *Schema) mutation(ctx context.Context, oc *graphql.OperationContext) []byte {
	parts := collect(oc, s.Schema().Mutation)
	if viewer.FromContext(ctx).ReadOnly {
		graphql.AddError(ctx, auth.ErrReadOnly)
		return nothing(parts)
	}
	s.before(ctx, oc, parts)
	t := &try{undo: func() {}}
	_ = postgres.Retry(ctx, func() error { // the errors are those of the last try
		t.undo()
		t = s.try(ctx, oc, parts)
		return t.cause()
	})
	return t.finish(ctx, parts)
}

// try is one run of a mutation operation. What it leaves outside of its transaction is
// taken back before the next one.
type try struct {
	ctx  context.Context // with the errors and extensions of this run
	undo func()
}

func (s *Schema) try(ctx context.Context, oc *graphql.OperationContext, parts []*part) *try {
	outer, was, restore := ctx, viewer.FromContext(ctx), auth.FromContext(ctx).Save()
	t := &try{undo: func() {
		viewer.Become(outer, was)
		restore()
		forget(parts)
	}}
	t.ctx = graphql.WithResponseContext(ctx, s.asItIs, s.Recover)
	w := s.begin(ctx)
	defer rollback(ctx, w.Tx) // a no-op after the commit
	ctx = s.inside(t.ctx, w)
	op := planner.NewOperation(oc) // the payloads of all fields count together
	for _, p := range parts {
		if p.value == nil && !s.mutate(ctx, w, op, p) {
			return t
		}
	}
	if err := w.Tx.Commit(ctx); err != nil {
		graphql.AddError(ctx, fmt.Errorf("commit: %w", err))
	}
	return t
}

// asItIs presents nothing: who sees the error, and whether anybody does, is known at the
// end. What only the context of its field tells is kept.
func (s *Schema) asItIs(ctx context.Context, err error) *gqlerror.Error {
	if e, ok := err.(*gqlerror.Error); ok {
		bad := s.badArgument(ctx, e)
		if bad == nil {
			return e
		}
		err = bad
	}
	return &gqlerror.Error{Err: err, Message: err.Error(), Path: graphql.GetPath(ctx)}
}

// cause is the error that decides whether to try again: the first one that lets hope,
// else any.
func (t *try) cause() error {
	errs := graphql.GetErrors(t.ctx)
	for _, e := range errs {
		if postgres.CanRepeat(e) {
			return e
		}
	}
	if len(errs) > 0 {
		return errs[0]
	}
	return nil
}

// finish reports the errors of the last try and writes the answer.
func (t *try) finish(ctx context.Context, parts []*part) []byte {
	for name, value := range graphql.GetExtensions(t.ctx) {
		graphql.RegisterExtension(ctx, name, value)
	}
	errs := graphql.GetErrors(t.ctx)
	for _, e := range errs {
		graphql.AddError(ctx, e)
	}
	if len(errs) == 0 {
		return assemble(parts)
	}
	t.undo()
	auth.FromContext(ctx).Drop()
	return nothing(parts)
}

// actor is whom the audit log names.
func (s *Schema) actor(ctx context.Context) postgres.Actor {
	v := viewer.FromContext(ctx)
	a := postgres.Actor{Name: v.String(), RequestID: request.ID(ctx)}
	if account := s.app.Ent.Account; account != nil && v.SignedIn() {
		if e := s.entities.Entity(account.Entity); e != nil {
			a.Name = e.FormatID(v.UserID)
		}
	}
	return a
}

// begin begins a transaction to write in, for the viewer of the context.
func (s *Schema) begin(ctx context.Context) *entity.Write {
	tx := s.db.Begin(s.actor(ctx))
	return s.entities.Write(tx, s.client(tx))
}

// inside returns the context of a transaction for code that finds in it what it is not
// handed: resolvers, which gqlgen calls, and hooks and policies, which Ent calls. Other
// connections are refused to them; see [postgres.WithTx].
func (s *Schema) inside(ctx context.Context, w *entity.Write) context.Context {
	ctx = s.app.Ent.NewContext(postgres.WithTx(ctx, w.Tx), w.Client)
	return w.NewContext(rule.NewContext(ctx, w.Binder()))
}

// Transact runs a function in one transaction, which commits when the function returns
// nil. It is handed the transaction. In its context are the Ent client as well, see
// ent.FromContext, and the viewer of ctx. When others changed the same rows at the same time
// the function is run again, a few times.
func (s *Schema) Transact(ctx context.Context, f func(context.Context, *entity.Write) error) error {
	return postgres.Retry(ctx, func() error { return s.transact(ctx, f) })
}

// Within is [Schema.Transact] for a function that needs no more than the context.
func (s *Schema) Within(ctx context.Context, f func(context.Context) error) error {
	return s.Transact(ctx, func(ctx context.Context, _ *entity.Write) error { return f(ctx) })
}

func (s *Schema) transact(ctx context.Context, f func(context.Context, *entity.Write) error) error {
	w := s.begin(ctx)
	defer rollback(ctx, w.Tx) // a no-op after the commit
	within := s.inside(ctx, w)
	if err := f(within, w); err != nil {
		return err
	}
	if err := w.Settle(within); err != nil {
		return err
	}
	if err := w.Tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// nothing is the answer of an operation that had no effect: every field is null.
func nothing(parts []*part) []byte {
	forget(parts)
	return assemble(parts)
}

// forget drops the values of a run.
func forget(parts []*part) {
	for _, p := range parts {
		if p.Name != "__typename" {
			p.value = nil
		}
	}
}

// rollback undoes a transaction, also after the request was cancelled.
func rollback(ctx context.Context, tx *postgres.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = tx.Rollback(ctx)
}

// mutate runs one field and reads its payload. It reports whether all went well.
func (s *Schema) mutate(ctx context.Context, w *entity.Write, op *planner.Operation, p *part) bool {
	if p.failed != nil {
		s.addErrors(ctx, p.failed, ast.Path{ast.PathName(p.Alias)})
		return false
	}
	before := len(graphql.GetErrors(ctx))
	r := &reading{schema: s, op: op, db: planner.DB{DB: s.db, Tx: w.Tx}}
	root := s.entities.Mutation(p.Name)
	if root == nil || s.app.Graph.Handwritten["Mutation."+p.Name] {
		data, ok := s.handwritten(auth.WithChecked(ctx, p.checked), op.OperationContext, []*part{p}, r)
		if ok && !s.settle(ctx, w, p) {
			return false
		}
		r.run(ctx)
		ok = ok && r.fill(ctx, []*part{p}, data)
		return ok && len(graphql.GetErrors(ctx)) == before
	}
	id, err := s.write(ctx, w, root, p.ArgumentMap(op.Variables))
	if err != nil {
		s.addErrors(ctx, err, ast.Path{ast.PathName(p.Alias)})
		return false
	}
	if !s.settle(ctx, w, p) {
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

// settle asks what the rules could not tell before a field has written all that it writes.
func (s *Schema) settle(ctx context.Context, w *entity.Write, p *part) bool {
	err := w.Settle(ctx)
	if err != nil {
		s.addErrors(ctx, err, ast.Path{ast.PathName(p.Alias)})
	}
	return err == nil
}

// write runs the generic create, update or delete and returns the entity's id.
func (s *Schema) write(ctx context.Context, w *entity.Write, root *entity.Root, args map[string]any) (key.Key, error) {
	input, _ := args["input"].(map[string]any)
	if root.Kind == entity.Create {
		id, err := w.Create(ctx, root.Entity, input)
		return id, s.validated(root.Entity, input, err)
	}
	id, err := root.Entity.ParseID(args["id"])
	if err != nil {
		return key.Key{}, api.BadArgument("id", err)
	}
	if root.Kind == entity.Delete {
		err = w.Delete(ctx, root.Entity, id)
	} else {
		err = w.Update(ctx, root.Entity, id, input)
	}
	if !s.notFound(err) && !errors.Is(err, privacy.Deny) {
		return id, s.validated(root.Entity, input, err)
	}
	// What the viewer sees they may yet not write; of what they do not see they hear the same
	// as of what is not there, whichever rule was asked first.
	sees, failed := w.Sees(ctx, root.Entity, id)
	switch {
	case failed != nil:
		return id, failed
	case !sees:
		return id, entity.ErrNotFound
	case s.notFound(err):
		return id, privacy.Denyf("write %s", root.Entity.Name)
	}
	return id, err
}

// validated names what Ent's own validators refused, in what hooks set as well, by the key
// of the input, if it was sent.
func (s *Schema) validated(e *entity.Entity, input map[string]any, err error) error {
	name, bad := s.app.Ent.Invalid(err)
	if !bad {
		return err
	}
	path := []any{"input"}
	if link := (*entity.LinkError)(nil); errors.As(err, &link) {
		e, input, path = link.Entity, link.Values, link.Path
	}
	if f := e.FieldByColumn(name); f != nil {
		if _, sent := input[f.Name]; sent {
			path = append(path, f.Name)
		}
	}
	return &entity.InputError{Fields: []entity.FieldError{{Path: path, Message: "is not valid"}}}
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
func (r *reading) wantPayload(key string, f graphql.CollectedField, e *entity.Entity, id key.Key) *payloadPlan {
	typ := f.Definition.Type.Name()
	pl := &payloadPlan{typ: typ, id: quote(e.FormatID(id)), reads: map[string]int{}}
	pl.fields = graphql.CollectFields(r.op.OperationContext, f.Selections, []string{typ})
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
