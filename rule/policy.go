package rule

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// Fields are the conditions of single fields, by their names in the schema.
type Fields map[string]Cond

// Policy is what an entity's Policy method returns. The zero value hides every row.
type Policy struct {
	// Read says who sees a row. For the others it does not exist.
	Read Cond `json:"read"`
	// Fields says who sees a field of a row; for the others it is null. A field without
	// a condition is seen by viewers who see the row.
	Fields Fields `json:"fields,omitempty"`
	// Write says who creates, changes and deletes a row, of those that see it. It must
	// hold for the row as it was and as it becomes: who owns a row cannot give it away.
	// Where it follows an edge to many, a new row must fulfil it when all that belongs to the
	// mutation is written, so that who makes a row can become its first owner.
	Write Cond `json:"write"`
	// Create, Update and Delete let more than Write does, each for its own operation.
	Create Cond `json:"create"`
	Update Cond `json:"update"`
	Delete Cond `json:"delete"`
	// Sets says what a row must fulfil in which a field, by its column, was given a
	// value, such as who may make somebody an admin. Edges in it lead to one.
	Sets Fields `json:"sets,omitempty"`
}

// Creates is the condition on a row that is made.
func (p Policy) Creates() Cond { return Any(p.Write, p.Create) }

// Updates is the condition on a row before and after it is changed.
func (p Policy) Updates() Cond { return Any(p.Write, p.Update) }

// Deletes is the condition on a row that is deleted.
func (p Policy) Deletes() Cond { return Any(p.Write, p.Delete) }

// Writes lists the conditions on written rows, those of Sets by column.
func (p Policy) Writes() []Cond {
	all := []Cond{p.Write, p.Create, p.Update, p.Delete}
	for _, column := range slices.Sorted(maps.Keys(p.Sets)) {
		all = append(all, p.Sets[column])
	}
	return all
}

// Join makes one policy of those of an entity and its mixins: all of them must allow. It
// is the engine's own.
func Join(policies ...Policy) Policy {
	if len(policies) == 1 {
		return policies[0]
	}
	out := Policy{Fields: Fields{}, Sets: Fields{}}
	var read, create, update, remove []Cond
	for _, p := range policies {
		read, create = append(read, p.Read), append(create, p.Creates())
		update, remove = append(update, p.Updates()), append(remove, p.Deletes())
		out.Fields.join(p.Fields)
		out.Sets.join(p.Sets)
	}
	out.Read, out.Create, out.Update, out.Delete = All(read...), All(create...), All(update...), All(remove...)
	return out
}

// join adds conditions; on one field both must hold.
func (f Fields) join(others Fields) {
	for name, c := range others {
		if own, ok := f[name]; ok {
			c = All(own, c)
		}
		f[name] = c
	}
}

// From reads the policy that Ent keeps for an entity: that of the schema joined with
// those of its mixins. It fails without any and with one that is not a [Policy]. It is
// the engine's own.
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

// Binder applies conditions, which are data, to the database. It is the engine's own.
type Binder struct {
	// Predicate turns a condition of an entity, by the name of its type, into one on
	// Ent's queries.
	Predicate func(typ string, c Cond, v viewer.Viewer) (func(*sql.Selector), error)
	// Holds says whether a condition of the entity on an edge, Has or Visible, holds
	// when the edge leads to what has the id.
	Holds func(ctx context.Context, typ string, c Cond, id key.Key, v viewer.Viewer) (bool, error)
	// Fulfils says whether the one row that a mutation changes fulfils a condition.
	Fulfils func(ctx context.Context, m ent.Mutation, c Cond, v viewer.Viewer) (bool, error)
	// Far says whether an edge leads to rows that keep its foreign keys, so that what it is going
	// to lead to is known when all is written.
	Far func(typ, edge string) bool
	// Forms says whether a column has values that are equal and written in several ways, such as
	// 1.5 and 1.50, so that only the database can compare them.
	Forms func(typ, column string) bool
	// Later has a condition asked of the row that a mutation has written, at the end of the
	// field of the GraphQL mutation, or of the transaction, that it is part of.
	Later func(m ent.Mutation, c Cond, v viewer.Viewer) error
}

type binderKey struct{}

// NewContext returns a context in which Ent's queries and mutations can be bound to
// conditions that depend on the row. It is the engine's own.
func NewContext(ctx context.Context, b Binder) context.Context {
	return context.WithValue(ctx, binderKey{}, b)
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

// restrict adds a condition to a query or mutation.
func restrict(ctx context.Context, typ string, target any, c Cond) error {
	v := viewer.FromContext(ctx)
	if c = c.For(v); c.Op == OpEveryone {
		return nil
	}
	where, ok := target.(interface{ WhereP(...func(*sql.Selector)) })
	binder, found := ctx.Value(binderKey{}).(Binder)
	if !ok || !found {
		return privacy.Denyf("%s: rules cannot be applied outside of a request; background work needs viewer.System", typ)
	}
	predicate, err := binder.Predicate(typ, c, v)
	if err != nil {
		return fmt.Errorf("apply the rules of %s: %w", typ, err)
	}
	where.WhereP(predicate)
	return nil
}
