package executor

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/introspection"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/internal/refs"
)

// query answers a query operation: the handwritten fields first, then everything of
// entities in one snapshot.
func (s *Schema) query(ctx context.Context, oc *graphql.OperationContext) []byte {
	parts := collect(oc, s.Schema().Query)
	r := &reading{schema: s, op: planner.NewOperation(oc), db: planner.DB{DB: s.db}}
	var custom []*part
	var about *introspection.Writer
	for _, p := range parts {
		switch root := s.entities.Query(p.Name); {
		case p.value != nil:
		case oc.DisableIntrospection && (p.Name == "__schema" || p.Name == "__type"):
			path := ast.Path{ast.PathName(p.Alias)}
			graphql.AddError(ctx, coded(nil, path, api.CodeForbidden, "introspection is turned off"))
		case p.Name == "__schema" || p.Name == "__type":
			if about == nil {
				about = s.about.Writer(oc)
			}
			var err error
			p.value, err = about.Field(p.CollectedField)
			s.addErrors(ctx, err, ast.Path{ast.PathName(p.Alias)})
		case root == nil || s.app.Graph.Handwritten["Query."+p.Name]:
			custom = append(custom, p)
		default:
			r.want(p, planner.Selection{Field: p.CollectedField, Root: root, Key: p.Alias})
		}
	}
	var data []byte
	ok := true
	if len(custom) > 0 {
		data, ok = s.handwritten(s.outside(ctx), oc, custom, r)
	}
	r.run(ctx)
	if len(custom) > 0 && (!ok || !r.fill(ctx, custom, data)) {
		return []byte("null")
	}
	return assemble(parts)
}

// reading gathers what an operation wants of the planner.
type reading struct {
	schema     *Schema
	op         *planner.Operation
	db         planner.DB
	base       ast.Path // where the selections are in the answer
	selections []planner.Selection
	parts      []*part // of each selection; nil for that of refs
	results    []planner.Result
	places     []place // of each ref
}

// place is where the value of a ref is found.
type place struct {
	selection, item int
	payload         *payloadPlan // set for the payload of a replaced mutation
}

func (r *reading) want(p *part, s planner.Selection) int {
	r.parts = append(r.parts, p)
	r.selections = append(r.selections, s)
	return len(r.selections) - 1
}

// run reads everything and reports what went wrong.
func (r *reading) run(ctx context.Context) {
	results, err := r.schema.planner.Read(ctx, r.db, r.op, r.selections)
	if err != nil {
		r.results = make([]planner.Result, len(r.selections))
		path := r.base
		if len(r.selections) == 1 {
			path = r.path(r.selections[0])
		}
		r.schema.addErrors(ctx, err, path)
		return
	}
	r.results = results
	for i, res := range results {
		if res.Err != nil || len(res.Errs) > 0 {
			path := r.path(r.selections[i])
			r.schema.addErrors(ctx, res.Err, path)
			for _, e := range res.Errs {
				r.schema.addErrors(ctx, e.Err, append(path[:len(path):len(path)], e.Path...))
			}
		}
		if p := r.parts[i]; p != nil && res.Err == nil {
			p.value = res.JSON
		}
	}
}

func (r *reading) path(s planner.Selection) ast.Path {
	return append(r.base[:len(r.base):len(r.base)], ast.PathName(s.Field.Alias))
}

// handwritten runs fields through gqlgen's executor, as an operation of their own. In the
// context is what their resolvers find there; see [Schema.outside] and [Schema.inside]. It
// returns its data, with marks where entities are, and whether there is any.
func (s *Schema) handwritten(ctx context.Context, oc *graphql.OperationContext, parts []*part, r *reading) ([]byte, bool) {
	op := *oc.Operation
	op.SelectionSet = nil
	for _, p := range parts {
		f := *p.Field
		f.SelectionSet = p.Selections
		op.SelectionSet = append(op.SelectionSet, &f)
	}
	// A new context, because the old one caches what it collected.
	own := &graphql.OperationContext{
		RawQuery: oc.RawQuery, Variables: oc.Variables, OperationName: oc.OperationName, Doc: oc.Doc,
		Extensions: oc.Extensions, Headers: oc.Headers, Operation: &op, DisableIntrospection: oc.DisableIntrospection,
		RecoverFunc: oc.RecoverFunc, ResolverMiddleware: oc.ResolverMiddleware,
		RootResolverMiddleware: oc.RootResolverMiddleware, Stats: oc.Stats,
	}
	rec := &refs.Recorder{}
	ctx = refs.NewContext(graphql.WithOperationContext(ctx, own), rec)
	resp := s.custom.Exec(ctx)(ctx)
	if resp == nil || resp.Data == nil || bytes.Equal(resp.Data, []byte("null")) {
		return nil, false
	}
	r.wantRefs(rec.Refs())
	return resp.Data, true
}

// wantRefs asks for the recorded entities: all of one field together.
func (r *reading) wantRefs(found []refs.Ref) {
	byField := map[*ast.Field]int{}
	for _, ref := range found {
		e := r.schema.entities.Entity(ref.Type)
		if isPayload(ref.Field, e) {
			r.places = append(r.places, place{payload: r.wantPayload("", ref.Field, e, ref.ID)})
			continue
		}
		n, ok := byField[ref.Field.Field]
		if !ok {
			n = r.want(nil, planner.Selection{Field: ref.Field})
			byField[ref.Field.Field] = n
		}
		r.places = append(r.places, place{selection: n, item: len(r.selections[n].Refs)})
		r.selections[n].Refs = append(r.selections[n].Refs, planner.Ref{Entity: e, ID: ref.ID})
	}
}

// fill replaces the marks and gives every part its value.
func (r *reading) fill(ctx context.Context, parts []*part, data []byte) bool {
	out, err := refs.Replace(data, len(r.places), func(n int) []byte { return r.value(r.places[n]) })
	if err != nil {
		graphql.AddError(ctx, err)
		return false
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(out, &values); err != nil {
		graphql.AddError(ctx, err)
		return false
	}
	for _, p := range parts {
		if v, ok := values[p.Alias]; ok && string(v) != "null" {
			p.value = v
		}
	}
	return true
}

// value is the JSON of a ref.
func (r *reading) value(pl place) []byte {
	if pl.payload != nil {
		return r.payload(pl.payload)
	}
	return r.item(pl.selection, pl.item)
}

// item is the JSON of one entity; null when it is hidden or gone.
func (r *reading) item(selection, n int) []byte {
	if res := r.results[selection]; res.Err == nil && n < len(res.Items) && res.Items[n] != nil {
		return res.Items[n]
	}
	return []byte("null")
}

// isPayload reports whether a field's type is the payload of a generated mutation of
// e: CreatePostPayload and its kin.
func isPayload(f graphql.CollectedField, e *entity.Entity) bool {
	switch f.Definition.Type.Name() {
	case "Create" + e.Name + "Payload", "Update" + e.Name + "Payload", "Delete" + e.Name + "Payload":
		return true
	}
	return false
}
