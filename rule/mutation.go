package rule

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"entgo.io/ent"
	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// EvalMutation implements ent.Policy. Changes and deletions find the rows that the
// viewer sees and may write. What a change and a creation make must be a row that the
// viewer may write too: it is denied otherwise. Hooks run later: what they set is the
// program's own. What the mutation does not tell is asked of the row as it was written; see
// [Binder].
func (p Policy) EvalMutation(ctx context.Context, m ent.Mutation) error {
	v := viewer.FromContext(ctx)
	var allowed Cond
	switch op := m.Op(); {
	case v.System:
		return nil
	case v.ReadOnly:
		return privacy.Denyf("write %s with an access token for reading", m.Type())
	case op.Is(ent.OpDelete | ent.OpDeleteOne):
		return restrict(ctx, m.Type(), m, All(p.Read, p.Deletes()))
	case op.Is(ent.OpCreate):
		allowed = p.Creates()
	default:
		allowed = p.Updates()
	}
	conds := append([]Cond{allowed}, p.given(m)...)
	after, later, err := become(ctx, m, v, conds)
	switch {
	case err != nil:
		return fmt.Errorf("apply the rules of %s: %w", m.Type(), err)
	case after.Op == OpNobody:
		return privacy.Denyf("write %s", m.Type())
	case later:
		if err := askLater(ctx, m, All(conds...), v); err != nil {
			return err
		}
	}
	if m.Op().Is(ent.OpCreate) {
		return nil // what was known of the row is decided
	}
	finds := All(p.Read, allowed, after)
	if err := restrict(ctx, m.Type(), m, finds); err != nil {
		return err
	}
	return untouched(ctx, m, finds.For(v), v)
}

// untouched asks for the row of a change that leaves it as it is, such as one that only adds to
// lists: Ent sends no UPDATE then, so that no condition on it would find nothing.
func untouched(ctx context.Context, m ent.Mutation, c Cond, v viewer.Viewer) error {
	if c.Op == OpEveryone || !m.Op().Is(ent.OpUpdateOne) || len(m.Fields())+len(m.ClearedFields()) > 0 {
		return nil
	}
	ok, err := ctx.Value(binderKey{}).(Binder).Fulfils(ctx, m, c, v) // which restrict has found
	if err == nil && !ok {
		err = privacy.Denyf("write %s", m.Type())
	}
	return err
}

// askLater has a condition asked of the row as it was written.
func askLater(ctx context.Context, m ent.Mutation, c Cond, v viewer.Viewer) error {
	binder, found := ctx.Value(binderKey{}).(Binder)
	if !found {
		return outside(m.Type())
	}
	return binder.Later(m, c, v)
}

func outside(typ string) error {
	return privacy.Denyf("%s: rules cannot be applied outside of a request; background work needs viewer.System", typ)
}

// given lists the conditions on the fields that the mutation gives a value.
func (p Policy) given(m ent.Mutation) (conds []Cond) {
	for _, column := range slices.Sorted(maps.Keys(p.Sets)) {
		if _, ok := m.Field(column); ok || m.FieldCleared(column) || adds(m, column) || appends(m, column) {
			conds = append(conds, p.Sets[column])
		}
	}
	return conds
}

// adds reports whether a mutation adds to the number that a column has.
func adds(m ent.Mutation, column string) bool {
	_, ok := m.AddedField(column)
	return ok
}

// appends reports whether a mutation appends to a list, by the name of the column or, with "", to any.
// Ent tells it by a method for each field alone, such as AppendedTags.
func appends(m ent.Mutation, column string) bool {
	v, field := reflect.ValueOf(m), strings.ReplaceAll(column, "_", "")
	return slices.ContainsFunc(appendedBy(v.Type()), func(of appended) bool {
		return (column == "" || strings.EqualFold(of.field, field)) && v.Method(of.method).Call(nil)[1].Bool()
	})
}

// appended is the method of a type of mutation that tells what is appended to a field.
type appended struct {
	field  string
	method int
}

var appendedOf sync.Map // reflect.Type -> []appended

func appendedBy(t reflect.Type) (all []appended) {
	if known, ok := appendedOf.Load(t); ok {
		return known.([]appended)
	}
	for i := range t.NumMethod() {
		m := t.Method(i)
		field, ok := strings.CutPrefix(m.Name, "Appended")
		if ok && m.Type.NumIn() == 1 && m.Type.NumOut() == 2 && m.Type.Out(1).Kind() == reflect.Bool {
			all = append(all, appended{field, i})
		}
	}
	appendedOf.Store(t, all)
	return all
}

// become decides conditions on the row as the mutation leaves it, as far as it tells: with later
// there is more to ask of the row when it is written, and the condition is what allows the most.
// What the mutation does not touch stays, as a condition on the row as it is.
func become(ctx context.Context, m ent.Mutation, v viewer.Viewer, conds []Cond) (c Cond, later bool, err error) {
	b := becoming{Mutation: m, creates: m.Op().Is(ent.OpCreate), viewer: v}
	c = All(conds...).For(v).fold(func(c Cond, negated bool) Cond {
		switch {
		case c.Op == OpHas || c.Op == OpVisible:
			later = later || b.looksBack(c)
			ok, failed := b.edge(ctx, c)
			if failed != nil {
				err = failed
			}
			c = ok
		case c.OfColumn():
			c = b.column(ctx, c, negated)
		}
		later = later || c.Op == OpLater
		return c
	}, false)
	return c.Bound(true), later, err
}

// becoming is a row as a mutation leaves it.
type becoming struct {
	ent.Mutation
	creates bool
	viewer  viewer.Viewer
}

// column decides a condition on a column. Of In and Owner a mutation tells that they do not hold,
// which denies it at once. All else is asked later: a hook may change the value, the database
// give one, and only the database compares values of every type, and knows what is added to a value.
func (b becoming) column(ctx context.Context, c Cond, negated bool) Cond {
	value, given := b.Field(c.Name)
	cleared := b.FieldCleared(c.Name)
	more := !b.creates && (adds(b.Mutation, c.Name) || c.ofList() && appends(b.Mutation, ""))
	switch {
	case !given && !cleared && !more && !b.creates:
		return c
	case more || negated || c.Op != OpOwner && c.Op != OpIn:
		return Cond{Op: OpLater}
	case !given:
		return Nobody()
	}
	out := c.match(b.viewer, value)
	if binder, found := ctx.Value(binderKey{}).(Binder); found && out.Op == OpNobody && binder.Forms(b.Type(), c.Name) {
		return Cond{Op: OpLater}
	}
	return out
}

// ofList reports whether the condition may be about a column with a list or a document, whose field
// may have another name.
func (c Cond) ofList() bool {
	return c.Op == OpContains || c.Op == OpAt || c.Op == OpIsNull || c.Op == OpNotNull
}

// edge decides a condition on what an edge is going to lead to.
func (b becoming) edge(ctx context.Context, c Cond) (Cond, error) {
	binder, found := ctx.Value(binderKey{}).(Binder)
	ids := b.AddedIDs(c.Name)
	switch {
	case found && binder.Far(b.Type(), c.Name):
		// Links that are entities have an edge of their own.
		if b.creates || len(b.AddedEdges())+len(b.RemovedEdges())+len(b.ClearedEdges()) > 0 {
			return Cond{Op: OpLater}, nil
		}
		return c, nil
	case len(ids) == 0 && !b.creates && !b.EdgeCleared(c.Name):
		return c, nil
	case len(ids) != 1:
		return Nobody(), nil
	}
	ok, err := neighbour(ctx, b.Type(), c, ids[0], b.viewer)
	return allow(ok), err
}

// looksBack reports whether what is asked of a neighbour may come back to the row that is changed, so
// that it is asked again afterwards. Of many rows at once it is not.
func (b becoming) looksBack(c Cond) bool {
	if c.Op != OpHas || !b.Op().Is(ent.OpUpdateOne) {
		return false
	}
	further := false
	c.Kids[0].Walk(func(c Cond) { further = further || c.Op == OpHas || c.Op == OpVisible })
	return further
}

// neighbour decides a condition on what an edge is going to lead to.
func neighbour(ctx context.Context, typ string, c Cond, id ent.Value, v viewer.Viewer) (bool, error) {
	k, err := key.Of(id)
	binder, found := ctx.Value(binderKey{}).(Binder)
	if err != nil || !found {
		return false, outside(typ)
	}
	return binder.Holds(ctx, typ, c, k, v)
}

// match compares a value of Ent, whose enums have types of their own.
func (c Cond) match(v viewer.Viewer, value ent.Value) Cond {
	if c.Op == OpOwner {
		k, err := key.Of(value)
		return allow(err == nil && v.SignedIn() && k == v.UserID)
	}
	return allow(slices.ContainsFunc(c.Values, func(w any) bool { return fmt.Sprint(w) == fmt.Sprint(value) }))
}
