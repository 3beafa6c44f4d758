package rule_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

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
		{"owner": me, "state": "A", "level": 1}, {"owner": uuid.New(), "state": "B", "level": 3}, {"owner": nil, "state": nil, "level": nil},
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
	case rule.OpNotIn:
		return row[c.Name] != nil && !slices.Contains(c.Values, row[c.Name])
	case rule.OpIsNull, rule.OpNotNull:
		return row[c.Name] == nil == (c.Op == rule.OpIsNull)
	case rule.OpLT, rule.OpGTE:
		level, ok := row[c.Name].(int)
		return ok && level < c.Values[0].(int) == (c.Op == rule.OpLT)
	case rule.OpNot:
		return !each(c.Kids[0])
	case rule.OpAny:
		return slices.ContainsFunc(c.Kids, each)
	case rule.OpAll:
		return !slices.ContainsFunc(c.Kids, func(kid rule.Cond) bool { return !each(kid) })
	}
	return false
}

func randomCond(r *rand.Rand, depth int) rule.Cond {
	n := 13
	if depth == 0 {
		n = 10
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
	case 6:
		return rule.NotIn("state", []string{"A", "B"}[:r.IntN(3)]...)
	case 7:
		return []rule.Cond{rule.IsNull("state"), rule.NotNull("owner")}[r.IntN(2)]
	case 8:
		return rule.LT("level", 2)
	case 9:
		return rule.GTE("level", 2)
	case 10:
		return rule.Not(randomCond(r, depth-1))
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

// TestConstants keeps what columns are compared with as the API and JSON write it.
func TestConstants(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 1, 31, 13, 0, 0, 1999, time.FixedZone("", 3600))
	for want, c := range map[string]rule.Cond{
		`{"op":"lt","name":"at","values":["2026-01-31T12:00:00.000001Z"]}`:                  rule.LT("at", day),
		`{"op":"gte","name":"at","values":["0s"],"clock":true}`:                             rule.GTE("at", rule.Now()),
		`{"op":"gt","name":"at","values":["-720h0m0.000001s"],"clock":true}`:                rule.GT("at", rule.Now().Add(-720*time.Hour-1999)),
		`{"op":"notIn","name":"n","values":[1.5]}`:                                          rule.NEQ("n", 1.5),
		`{"op":"not","kids":[{"op":"lte","name":"n","values":[3]}]}`:                        rule.Not(rule.LTE("n", 3)),
		`{"op":"contains","name":"tags","values":["x"]}`:                                    rule.Contains("tags", "x"),
		`{"op":"at","name":"d","values":["9007199254740993"],"path":["a","0"],"asks":"lt"}`: rule.At("d", "a", "0").LT(int64(9007199254740993)),
		`{"op":"at","name":"d","values":["{\"a\":\"\u003c\"}","null"],"asks":"notIn"}`:      rule.At("d").NotIn(map[string]any{"a": "<"}, nil),
		`{"op":"at","name":"d","path":["a"],"asks":"exists"}`:                               rule.At("d", "a").Exists(),
		`{"op":"any","kids":[{"op":"isNull","name":"n"},{"op":"notNull","name":"n"}]}`:      rule.Any(rule.IsNull("n"), rule.NotNull("n")),
	} {
		got, err := json.Marshal(c)
		if err != nil || string(got) != want {
			t.Errorf("got %s, want %s: %v", got, want, err)
		}
		var back rule.Cond
		if err := json.Unmarshal(got, &back); err != nil || back.Offset() != c.Offset() {
			t.Errorf("%s becomes %+v: %v", got, back, err)
		}
	}
}

// TestNoJSON panics where the value has no form in a document, so that the generator says it.
func TestNoJSON(t *testing.T) {
	t.Parallel()
	for _, v := range []any{rule.Now(), make(chan int), math.NaN()} {
		d := rule.Describe(map[string]ent.Interface{"Thing": panicking{v: v}})["Thing"]
		if !strings.Contains(d.Error, `rule.At("d", ["a"]): `) {
			t.Errorf("%v: %q", v, d.Error)
		}
	}
}

type panicking struct {
	ent.Schema
	v any
}

func (p panicking) Policy() ent.Policy { return rule.Policy{Read: rule.At("d", "a").Is(p.v)} }

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
