package rule

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph/internal/viewer"
)

// Fields are the conditions of single fields, by their names in the schema.
type Fields map[string]Cond

// Policy is what an entity's Policy method returns. The zero value hides every row.
type Policy struct {
	// Read says who sees a row. For the others it does not exist.
	Read Cond `json:"read"`
	// Fields says who sees a field of a row; for the others it is null. A field without
	// a condition is seen by who sees the row.
	Fields Fields `json:"fields,omitempty"`
	// Write says who creates, changes and deletes a row, of those that see it. It names
	// no edges.
	Write Cond `json:"write"`
}

// Join makes one policy of those of an entity and its mixins: all of them must allow.
func Join(policies ...Policy) Policy {
	if len(policies) == 1 {
		return policies[0]
	}
	out := Policy{Read: Cond{Op: OpAll}, Write: Cond{Op: OpAll}, Fields: Fields{}}
	for _, p := range policies {
		out.Read.Kids = append(out.Read.Kids, p.Read)
		out.Write.Kids = append(out.Write.Kids, p.Write)
		for name, c := range p.Fields {
			if other, ok := out.Fields[name]; ok {
				c = All(other, c)
			}
			out.Fields[name] = c
		}
	}
	return out
}

// From reads the policy that Ent keeps for an entity: that of the schema joined with
// those of its mixins. It fails without any and with one that is not a [Policy].
func From(p ent.Policy) (Policy, error) {
	list, ok := p.(privacy.Policies)
	if !ok && p != nil {
		list = privacy.Policies{p}
	}
	var own []Policy
	for _, p := range list {
		o, ok := p.(Policy)
		if !ok {
			return Policy{}, fmt.Errorf("the policy is a %T: return a rule.Policy", p)
		}
		own = append(own, o)
	}
	if len(own) == 0 {
		return Policy{}, errors.New("there is no policy: add the method Policy() ent.Policy that returns a rule.Policy")
	}
	return Join(own...), nil
}

// Predicate turns a condition of an entity, by the name of its type, into one on Ent's
// queries.
type Predicate func(typ string, c Cond, v viewer.Viewer) (func(*sql.Selector), error)

type predicateKey struct{}

// NewContext returns a context in which Ent's queries and mutations can be bound to
// conditions that depend on the row.
func NewContext(ctx context.Context, p Predicate) context.Context {
	return context.WithValue(ctx, predicateKey{}, p)
}

// EvalQuery implements ent.Policy: the query finds the rows that the viewer sees. Field
// rules do not apply, so that entities leave the program only through the planner.
func (p Policy) EvalQuery(ctx context.Context, q ent.Query) error {
	typ := ""
	if qc := ent.QueryFromContext(ctx); qc != nil {
		typ = qc.Type
	}
	return restrict(ctx, typ, q, p.Read)
}

// EvalMutation implements ent.Policy. Changes and deletions find the rows that the
// viewer sees and may write; a new row must be one that the viewer may write.
func (p Policy) EvalMutation(ctx context.Context, m ent.Mutation) error {
	if !m.Op().Is(ent.OpCreate) {
		return restrict(ctx, m.Type(), m, All(p.Read, p.Write))
	}
	if !p.Write.For(viewer.FromContext(ctx)).holds(viewer.FromContext(ctx), m.Field) {
		return privacy.Denyf("create %s", m.Type())
	}
	return nil
}

// restrict adds a condition to a query or mutation.
func restrict(ctx context.Context, typ string, target any, c Cond) error {
	v := viewer.FromContext(ctx)
	if c = c.For(v); c.Op == OpEveryone {
		return nil
	}
	where, ok := target.(interface{ WhereP(...func(*sql.Selector)) })
	make, found := ctx.Value(predicateKey{}).(Predicate)
	if !ok || !found {
		return privacy.Denyf("%s: rules cannot be applied outside of a request; background work needs viewer.System", typ)
	}
	predicate, err := make(typ, c, v)
	if err != nil {
		return fmt.Errorf("apply the rules of %s: %w", typ, err)
	}
	where.WhereP(predicate)
	return nil
}

// holds evaluates a folded condition without edges on a row that is not written yet.
func (c Cond) holds(v viewer.Viewer, field func(string) (ent.Value, bool)) bool {
	switch c.Op {
	case OpEveryone:
		return true
	case OpOwner:
		id, ok := field(c.Name)
		return ok && id == ent.Value(v.UserID)
	case OpIn:
		value, ok := field(c.Name)
		return ok && contains(texts(c.Values), fmt.Sprint(value))
	case OpAny:
		for _, kid := range c.Kids {
			if kid.holds(v, field) {
				return true
			}
		}
	case OpAll:
		for _, kid := range c.Kids {
			if !kid.holds(v, field) {
				return false
			}
		}
		return true
	}
	return false
}

// texts lets values be compared with those of Ent, whose enums have types of their own.
func texts(values []any) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = fmt.Sprint(v)
	}
	return out
}
