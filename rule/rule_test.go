package rule_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
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

var (
	me    = uuid.New()
	kinds = []viewer.Viewer{
		{}, viewer.System(), {UserID: key.UUID(me), Role: "MEMBER"}, {UserID: key.UUID(me), Role: "ADMIN"}, {UserID: key.UUID(uuid.New())},
		{Role: "ADMIN"}, // no user: the role alone is nothing
	}
	rows = []map[string]any{
		{"owner": me, "state": "A"}, {"owner": uuid.New(), "state": "B"}, {"owner": nil, "state": nil},
	}
)

// holds evaluates a condition in the plainest way.
func holds(c rule.Cond, v viewer.Viewer, row map[string]any) bool {
	each := func(kid rule.Cond) bool { return holds(kid, v, row) }
	switch c.Op {
	case rule.OpEveryone:
		return true
	case rule.OpSignedIn:
		return v.SignedIn()
	case rule.OpRole:
		return v.SignedIn() && slices.Contains(c.Values, any(v.Role))
	case rule.OpOwner:
		return v.SignedIn() && row[c.Name] == v.UserID.Any()
	case rule.OpIn:
		return slices.Contains(c.Values, row[c.Name])
	case rule.OpAny:
		return slices.ContainsFunc(c.Kids, each)
	case rule.OpAll:
		return !slices.ContainsFunc(c.Kids, func(kid rule.Cond) bool { return !each(kid) })
	}
	return false
}

func randomCond(r *rand.Rand, depth int) rule.Cond {
	n := 8
	if depth == 0 {
		n = 6
	}
	switch r.IntN(n) {
	case 0:
		return rule.Everyone()
	case 1:
		return rule.Nobody()
	case 2:
		return rule.SignedIn()
	case 3:
		return rule.Role("ADMIN")
	case 4:
		return rule.Owner("owner")
	case 5:
		return rule.In("state", []string{"A", "B"}[:r.IntN(3)]...)
	}
	kids := make([]rule.Cond, r.IntN(4))
	for i := range kids {
		kids[i] = randomCond(r, depth-1)
	}
	if r.IntN(2) == 0 {
		return rule.Any(kids...)
	}
	return rule.All(kids...)
}

// TestForKeepsTheMeaning folds random conditions for every kind of viewer: what is left
// means the same, asks nothing of the viewer but the id, and is the same for their class.
func TestForKeepsTheMeaning(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		c := randomCond(r, 3)
		for _, v := range kinds {
			folded := c.For(v)
			for _, row := range rows {
				if got, want := holds(folded, v, row), v.System || holds(c, v, row); got != want {
					t.Fatalf("%+v for %+v is %+v: %t on %v, want %t", c, v, folded, got, row, want)
				}
			}
			folded.Walk(func(c rule.Cond) {
				if c.Op == rule.OpRole || c.Op == rule.OpSignedIn {
					t.Fatalf("%+v for %+v leaves %+v", c, v, c)
				}
			})
			if other := (viewer.Viewer{UserID: key.UUID(uuid.New()), Role: v.Role, System: v.System}); other.Class() == v.Class() && !reflect.DeepEqual(folded, c.For(other)) {
				t.Fatalf("%+v differs for two viewers of the class %+v", c, v.Class())
			}
		}
	}
}

func TestZeroValueDeniesAll(t *testing.T) {
	t.Parallel()
	for _, v := range kinds {
		if got := (rule.Cond{}).For(v); got.Op == rule.OpEveryone != v.System {
			t.Errorf("the zero condition gives %v to %s", got, v)
		}
	}
}

// TestJoin checks that the policy of a mixin can only take away.
func TestJoin(t *testing.T) {
	t.Parallel()
	open := rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
	closed := rule.Policy{Read: rule.SignedIn(), Fields: rule.Fields{"a": rule.Role("ADMIN")}}
	more := rule.Policy{Read: rule.Everyone(), Fields: rule.Fields{"a": rule.SignedIn(), "b": rule.Nobody()}, Write: rule.Everyone()}
	p, err := rule.From(privacy.Policies{open, closed, more})
	if err != nil {
		t.Fatal(err)
	}
	anonymous, member, admin := kinds[0], kinds[2], kinds[3]
	for _, tc := range []struct {
		cond rule.Cond
		v    viewer.Viewer
		want rule.Op
	}{
		{p.Read, anonymous, rule.OpNobody}, {p.Read, member, rule.OpEveryone},
		{p.Creates(), admin, rule.OpNobody}, {p.Updates(), admin, rule.OpNobody}, {p.Deletes(), admin, rule.OpNobody},
		{p.Fields["a"], member, rule.OpNobody}, {p.Fields["a"], admin, rule.OpEveryone},
		{p.Fields["b"], admin, rule.OpNobody},
	} {
		if got := tc.cond.For(tc.v).Op; got != tc.want {
			t.Errorf("%+v for %s is %q, want %q", tc.cond, tc.v, got, tc.want)
		}
	}
	for _, bad := range []ent.Policy{nil, privacy.Policies{}, privacy.Policy{}, privacy.Policies{open, privacy.Policy{}}} {
		if _, err := rule.From(bad); err == nil {
			t.Errorf("%#v was taken for a policy", bad)
		}
	}
}

// query records what is added to it.
type query struct{ predicates int }

func (q *query) WhereP(ps ...func(*sql.Selector)) { q.predicates += len(ps) }

// TestOutsideOfARequest checks that code which forgets the viewer or the rules gets a
// denial and not everything.
func TestOutsideOfARequest(t *testing.T) {
	t.Parallel()
	p := rule.Policy{Read: rule.Any(rule.Is("state", "A"), rule.Owner("owner"))}
	background := context.Background()
	request := rule.NewContext(background, rule.Binder{Predicate: func(string, rule.Cond, viewer.Viewer) (func(*sql.Selector), error) {
		return func(*sql.Selector) {}, nil
	}})
	for name, tc := range map[string]struct {
		ctx     context.Context
		q       ent.Query
		denied  bool
		limited int
	}{
		"nothing":          {background, &query{}, true, 0},
		"a request":        {request, &query{}, false, 1},
		"an unknown query": {request, 1, true, 0},
		"the system":       {viewer.NewContext(background, viewer.System()), &query{}, false, 0},
	} {
		err := p.EvalQuery(tc.ctx, tc.q)
		if errors.Is(err, privacy.Deny) != tc.denied {
			t.Errorf("%s: %v", name, err)
		}
		if q, ok := tc.q.(*query); ok && q.predicates != tc.limited {
			t.Errorf("%s: %d conditions were added, want %d", name, q.predicates, tc.limited)
		}
	}
}
