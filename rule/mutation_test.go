package rule_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/privacy"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// mutation is a change of one row, to the columns "owner" and "state" and the edge
// "group".
type mutation struct {
	ent.Mutation
	op      ent.Op
	values  map[string]any // nil clears
	edge    []ent.Value
	cleared bool     // the edge
	adds    string   // a column
	appends []string // to the field "labels"

	limited []rule.Cond // of the row before
	later   []rule.Cond // and of the row after
}

func (m *mutation) Op() ent.Op   { return m.op }
func (m *mutation) Type() string { return "Thing" }

func (m *mutation) Field(name string) (ent.Value, bool) {
	v := m.values[name]
	return v, v != nil
}

func (m *mutation) FieldCleared(name string) bool {
	v, ok := m.values[name]
	return ok && v == nil
}

func (m *mutation) AddedField(name string) (ent.Value, bool) { return 1, name == m.adds }

// AppendedLabels is a method as Ent generates them.
func (m *mutation) AppendedLabels() ([]string, bool) { return m.appends, len(m.appends) > 0 }

func (m *mutation) Fields() []string { return m.columns(false) }

func (m *mutation) ClearedFields() []string { return m.columns(true) }

// columns are those that are cleared, or those that are set.
func (m *mutation) columns(cleared bool) (out []string) {
	for name, v := range m.values {
		if (v == nil) == cleared {
			out = append(out, name)
		}
	}
	return out
}

func (m *mutation) AddedIDs(string) []ent.Value { return m.edge }
func (m *mutation) AddedEdges() []string        { return make([]string, len(m.edge)) }
func (m *mutation) RemovedEdges() []string      { return nil }
func (m *mutation) ClearedEdges() (edges []string) {
	if m.cleared {
		edges = []string{"group"}
	}
	return edges
}
func (m *mutation) EdgeCleared(string) bool       { return m.cleared }
func (m *mutation) WhereP(...func(*sql.Selector)) {}
func (m *mutation) limit(c rule.Cond)             { m.limited = append(m.limited, c) }
func (m *mutation) holds(f func(rule.Cond) bool) bool {
	// Ent asks for the row only where something in it is to change.
	return m.op == ent.OpUpdateOne && len(m.values) == 0 || !slices.ContainsFunc(m.limited, func(c rule.Cond) bool { return !f(c) })
}

// groups has the neighbours of the edge "group" by id.
var groups = map[uuid.UUID]map[string]any{
	uuid.New(): {"owner": me, "state": "A"}, uuid.New(): {"owner": uuid.New(), "state": "B"}, uuid.Nil: nil,
}

// holdsOn evaluates a condition, also one on the edge.
func holdsOn(c rule.Cond, v viewer.Viewer, row map[string]any) bool {
	each := func(kid rule.Cond) bool { return holdsOn(kid, v, row) }
	switch c.Op {
	case rule.OpAny:
		return slices.ContainsFunc(c.Kids, each)
	case rule.OpAll:
		return !slices.ContainsFunc(c.Kids, func(kid rule.Cond) bool { return !each(kid) })
	case rule.OpNot:
		return !each(c.Kids[0])
	case rule.OpHas:
		id, _ := row["group"].(uuid.UUID) // "far" is the same edge as it is kept elsewhere
		g := groups[id]
		return g != nil && holds(c.Kids[0], v, g)
	}
	return holds(c, v, row)
}

func withEdge(r *rand.Rand) rule.Cond {
	has := rule.Has([]string{"group", "far"}[r.IntN(2)], []rule.Cond{rule.Owner("owner"), rule.Is("state", "A"), rule.Role("ADMIN")}[r.IntN(3)])
	switch r.IntN(3) {
	case 0:
		return rule.Any(randomCond(r, 1), has)
	case 1:
		return rule.All(randomCond(r, 1), has)
	}
	return randomCond(r, 2)
}

// TestWritesBeforeAndAfter compares what is written, by random policies, rows and changes,
// with the plain meaning of the policy: a change needs a row that was seen and may be
// written, and leaves one that may be.
func TestWritesBeforeAndAfter(t *testing.T) {
	t.Parallel()
	ids := slices.Collect(maps.Keys(groups))
	r := rand.New(rand.NewPCG(1, 2))
	allowed := 0
	for range 30_000 {
		p := rule.Policy{
			Read: withEdge(r), Write: withEdge(r), Create: withEdge(r), Update: withEdge(r), Delete: withEdge(r),
			Sets: rule.Fields{"state": withEdge(r)},
		}
		v := kinds[r.IntN(len(kinds))]
		before := maps.Clone(rows[r.IntN(len(rows))])
		before["group"] = ids[r.IntN(len(ids))]
		m := &mutation{op: []ent.Op{ent.OpCreate, ent.OpUpdateOne, ent.OpDeleteOne}[r.IntN(3)], values: map[string]any{}}
		after := maps.Clone(before)
		if m.op == ent.OpCreate {
			after = map[string]any{}
		}
		for name, list := range map[string][]any{"owner": {me, uuid.New(), nil}, "state": {"A", "B", nil}, "level": {1, 3, nil}} {
			if m.op != ent.OpDeleteOne && r.IntN(2) == 0 {
				m.values[name] = list[r.IntN(len(list))]
				after[name] = m.values[name]
			}
		}
		if m.op != ent.OpDeleteOne && r.IntN(2) == 0 {
			id := ids[r.IntN(len(ids))]
			if m.edge, m.cleared = []ent.Value{id}, true; id == uuid.Nil {
				m.edge = nil
			}
			after["group"] = id
		}
		_, sets := m.values["state"]
		want := v.System || writes(p, v, m.op, before, after, sets)
		if got := written(t, p, v, m, before, after); got != want {
			t.Fatalf("written %t, want %t\npolicy %+v\nviewer %+v\nop %v, change %v %v\nbefore %v", got, want, p, v, m.op, m.values, m.edge, before)
		}
		if want && !v.System {
			allowed++
		}
	}
	if allowed < 3_000 {
		t.Errorf("only %d writes were allowed", allowed)
	}
}

// writes is the meaning of a policy.
func writes(p rule.Policy, v viewer.Viewer, op ent.Op, before, after map[string]any, sets bool) bool {
	set := !sets || holdsOn(p.Sets["state"], v, after)
	switch op {
	case ent.OpCreate:
		return set && (holdsOn(p.Write, v, after) || holdsOn(p.Create, v, after))
	case ent.OpDeleteOne:
		return holdsOn(p.Read, v, before) && (holdsOn(p.Write, v, before) || holdsOn(p.Delete, v, before))
	}
	may := func(row map[string]any) bool { return holdsOn(p.Write, v, row) || holdsOn(p.Update, v, row) }
	return set && holdsOn(p.Read, v, before) && may(before) && may(after)
}

// written runs the policy and applies the conditions it adds to the row as it was, and asks those
// for later of the row as it becomes.
func written(t *testing.T, p rule.Policy, v viewer.Viewer, m *mutation, before, after map[string]any) bool {
	t.Helper()
	ctx := rule.NewContext(viewer.NewContext(context.Background(), v), rule.Binder{
		Predicate: func(_ string, c rule.Cond, _ viewer.Viewer) (func(*sql.Selector), error) {
			m.limit(c)
			return func(*sql.Selector) {}, nil
		},
		Holds: func(_ context.Context, _ string, c rule.Cond, id key.Key, v viewer.Viewer) (bool, error) {
			return holdsOn(c, v, map[string]any{"group": id.Any()}), nil
		},
		Fulfils: func(_ context.Context, _ ent.Mutation, c rule.Cond, v viewer.Viewer) (bool, error) {
			return holdsOn(c, v, before), nil
		},
		Far:   func(_, edge string) bool { return edge == "far" },
		Forms: func(_, column string) bool { return column == "state" },
		Later: func(_ ent.Mutation, c rule.Cond, _ viewer.Viewer) error { m.later = append(m.later, c); return nil },
	})
	switch err := p.EvalMutation(ctx, m); {
	case errors.Is(err, privacy.Deny):
		return false
	case err != nil:
		t.Fatal(err)
	}
	return m.holds(func(c rule.Cond) bool { return holdsOn(c, v, before) }) &&
		!slices.ContainsFunc(m.later, func(c rule.Cond) bool { return !holdsOn(c, v, after) })
}

// TestAdded asks what is added to a number or appended to a list of the row as it was written: the
// mutation does not tell what becomes of it.
func TestAdded(t *testing.T) {
	t.Parallel()
	list := []rule.Cond{rule.Contains("tags", "x"), rule.Not(rule.At("tags", "0").Exists()), rule.IsNull("tags")}
	for name, tc := range map[string]struct {
		change mutation
		conds  []rule.Cond
		later  bool
	}{
		"nothing":         {mutation{}, append(list, rule.Is("level", 1)), false},
		"to the number":   {mutation{adds: "level"}, []rule.Cond{rule.Is("level", 1), rule.LT("level", 3)}, true},
		"to another one":  {mutation{adds: "other"}, []rule.Cond{rule.Is("level", 1), rule.LT("level", 3)}, false},
		"to the list":     {mutation{appends: []string{"x"}}, list, true}, // whose column has another name
		"list and number": {mutation{appends: []string{"x"}}, []rule.Cond{rule.Is("level", 1), rule.Owner("owner")}, false},
	} {
		for _, c := range tc.conds {
			m := tc.change
			m.op, m.values = ent.OpUpdateOne, map[string]any{"state": "A"}
			written(t, rule.Policy{Read: rule.Everyone(), Write: c}, viewer.Viewer{UserID: key.UUID(me)}, &m, rows[0], rows[0])
			if got := len(m.later) > 0; got != tc.later {
				t.Errorf("%s, %+v: asked later: %t, want %t", name, c, got, tc.later)
			}
		}
	}
	for column, asked := range map[string]bool{"labels": true, "la_bels": true, "level": true, "state": false} {
		m := mutation{op: ent.OpUpdateOne, values: map[string]any{}, adds: "level", appends: []string{"x"}}
		p := rule.Policy{Read: rule.Everyone(), Write: rule.Everyone(), Sets: rule.Fields{column: rule.Nobody()}}
		if got := written(t, p, viewer.Viewer{UserID: key.UUID(me)}, &m, rows[0], rows[0]); got == asked {
			t.Errorf("%s: written %t", column, got)
		}
	}
}
