package rule

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"entgo.io/ent"
	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// EvalMutation implements ent.Policy. Changes and deletions find the rows that the
// viewer sees and may write. What a change and a creation make must be a row that the
// viewer may write too: it is denied otherwise. Hooks run later: what they set is the
// program's own.
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
	after, err := become(ctx, m, v, append([]Cond{allowed}, p.given(m)...))
	switch {
	case err != nil:
		return fmt.Errorf("apply the rules of %s: %w", m.Type(), err)
	case after.Op == OpNobody:
		return privacy.Denyf("write %s", m.Type())
	case m.Op().Is(ent.OpCreate):
		return nil // all of the row was known, so that the condition is decided
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

// given lists the conditions on the fields that the mutation gives a value.
func (p Policy) given(m ent.Mutation) (conds []Cond) {
	for _, column := range slices.Sorted(maps.Keys(p.Sets)) {
		if _, ok := m.Field(column); ok || m.FieldCleared(column) {
			conds = append(conds, p.Sets[column])
		}
	}
	return conds
}

// become decides conditions on the row as the mutation leaves it. What the mutation
// does not touch stays, as a condition on the row as it is.
func become(ctx context.Context, m ent.Mutation, v viewer.Viewer, conds []Cond) (Cond, error) {
	creates := m.Op().Is(ent.OpCreate)
	var failed error
	c := All(conds...).For(v).Fold(func(c Cond) Cond {
		switch c.Op {
		case OpOwner, OpIn:
			value, ok := m.Field(c.Name)
			if ok {
				return allow(c.matches(v, value))
			}
			if creates || m.FieldCleared(c.Name) {
				return Nobody()
			}
		case OpHas, OpVisible:
			ids := m.AddedIDs(c.Name)
			switch {
			case len(ids) == 0 && !creates && !m.EdgeCleared(c.Name):
				return c
			case len(ids) != 1:
				return Nobody()
			}
			ok, err := neighbour(ctx, m.Type(), c, ids[0], v)
			if err != nil {
				failed = err
			}
			return allow(ok)
		}
		return c
	})
	return c, failed
}

// neighbour decides a condition on what an edge is going to lead to.
func neighbour(ctx context.Context, typ string, c Cond, id ent.Value, v viewer.Viewer) (bool, error) {
	k, err := key.Of(id)
	binder, found := ctx.Value(binderKey{}).(Binder)
	if err != nil || !found {
		return false, privacy.Denyf("%s: rules cannot be applied outside of a request; background work needs viewer.System", typ)
	}
	return binder.Holds(ctx, typ, c, k, v)
}

// Holds decides a condition without edges on a row that is not written yet; field gives
// its values by column. It is the engine's own.
func (c Cond) Holds(v viewer.Viewer, field func(column string) (ent.Value, bool)) bool {
	return c.For(v).Fold(func(c Cond) Cond {
		if c.Op != OpOwner && c.Op != OpIn {
			return Nobody()
		}
		value, ok := field(c.Name)
		return allow(ok && c.matches(v, value))
	}).Op == OpEveryone
}

// matches compares a value of Ent, whose enums have types of their own.
func (c Cond) matches(v viewer.Viewer, value ent.Value) bool {
	if c.Op == OpOwner {
		k, err := key.Of(value)
		return err == nil && v.SignedIn() && k == v.UserID
	}
	for _, w := range c.Values {
		if fmt.Sprint(w) == fmt.Sprint(value) {
			return true
		}
	}
	return false
}
