package codegen

import (
	"slices"
	"strings"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/privacy"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

// ruled is an entity with two fields and an edge, and a policy.
func ruled(p rule.Policy) entityDef {
	return entityDef{name: "Alpha", policy: p, fields: fields(
		field.String("name").Unique(),
		field.Enum("state").Values("OPEN", "CLOSED"),
		field.Int("level"),
		field.UUID("owner_id", uuid.UUID{}),
	), edges: []ent.Edge{edge.To("old_beta", Beta.Type).Unique().Required()}}
}

// TestRefusedPolicies checks that rules which cannot be kept are refused with the
// entity and what to do.
func TestRefusedPolicies(t *testing.T) {
	t.Parallel()
	open := rule.Everyone()
	beta := entityDef{name: "Beta"}
	for name, tc := range map[string]struct {
		defs []entityDef
		want []string
	}{
		"none":           {[]entityDef{{name: "Alpha", bare: true}}, []string{"Alpha: there is no policy", "add the method Policy()", "entity.Skip()"}},
		"another kind":   {[]entityDef{{name: "Alpha", policy: privacy.Policy{}}}, []string{"Alpha: the policy is a privacy.Policy", "return a rule.Policy"}},
		"column":         {[]entityDef{beta, ruled(rule.Policy{Read: rule.Is("stat", "OPEN")})}, []string{`Alpha: a rule names the column "stat"`, "it has id, name, state"}},
		"nested column":  {[]entityDef{beta, ruled(rule.Policy{Read: rule.Any(rule.SignedIn(), rule.All(rule.Is("stat", "OPEN")))})}, []string{`"stat"`}},
		"value":          {[]entityDef{beta, ruled(rule.Policy{Read: rule.Is("state", "OPENED")})}, []string{"compares state with OPENED"}},
		"type of value":  {[]entityDef{beta, ruled(rule.Policy{Read: rule.Is("level", "1")})}, []string{"compares level with 1"}},
		"owner":          {[]entityDef{beta, ruled(rule.Policy{Read: rule.Owner("nam")})}, []string{`Alpha: rule.Owner("nam"): there is no such column with the id of a user`}},
		"edge":           {[]entityDef{beta, ruled(rule.Policy{Read: rule.Visible("gamma")})}, []string{`Alpha: a rule names the edge "gamma", which the API does not show`}},
		"beyond an edge": {[]entityDef{beta, ruled(rule.Policy{Read: rule.Has("old_beta", rule.Owner("user_id"))})}, []string{`Beta: rule.Owner("user_id")`}},
		"field":          {[]entityDef{beta, ruled(rule.Policy{Read: open, Fields: rule.Fields{"nam": open}})}, []string{`Alpha: there is a rule for "nam", which is not a field that the API shows`}},
		"id":             {[]entityDef{beta, ruled(rule.Policy{Read: open, Fields: rule.Fields{"id": open}})}, []string{`Alpha: there is a rule for "id"`}},
		"edge on write": {[]entityDef{
			{name: "Beta", edges: []ent.Edge{edge.To("alphas", Alpha.Type)}, policy: rule.Policy{Read: open, Update: rule.Has("alphas", open)}}, {name: "Alpha"},
		}, []string{`Beta: a rule on writing follows the edge "alphas"`}},
		"set field": {[]entityDef{beta, ruled(rule.Policy{Read: open, Sets: rule.Fields{"nam": open}})}, []string{`Alpha: a rule names the column "nam"`, "it has id, name, state"}},
		"search": {[]entityDef{{name: "Alpha", fields: fields(field.Text("body")), annotations: []schema.Annotation{declare.Searchable(declare.SearchOptions{A: []string{"body"}})},
			policy: rule.Policy{Read: open, Fields: rule.Fields{"body": rule.SignedIn()}}}}, []string{"Alpha: the search would find words of body, which has a rule"}},
		"circle": {[]entityDef{
			{name: "Alpha", edges: []ent.Edge{edge.To("beta", Beta.Type).Unique()}, policy: rule.Policy{Read: rule.Visible("beta")}},
			{name: "Beta", edges: []ent.Edge{edge.To("alpha", Alpha.Type).Unique()}, policy: rule.Policy{Read: rule.Any(rule.Is("id", "x"), rule.Visible("alpha"))}},
		}, []string{"leads back to", "break the circle"}},
		"too many edges": {[]entityDef{beta, ruled(rule.Policy{Read: rule.Any(slices.Repeat([]rule.Cond{rule.Has("old_beta", open)}, 9)...)})},
			[]string{"Alpha: the rule of Read follows more than 8 edges", "keep the answer in a column"}},
		"too many edges of a field": {[]entityDef{beta, ruled(rule.Policy{Read: open, Fields: rule.Fields{"name": rule.Any(slices.Repeat([]rule.Cond{rule.Visible("old_beta")}, 9)...)}})},
			[]string{"Alpha: the rule of the field name follows more than 8 edges"}},
		"too far": {[]entityDef{
			{name: "Alpha", edges: []ent.Edge{edge.To("beta", Beta.Type).Unique()}, policy: rule.Policy{Read: rule.Visible("beta")}},
			{name: "Beta", edges: []ent.Edge{edge.To("alpha", Alpha.Type).Unique()}, policy: rule.Policy{Read: rule.Has("alpha", rule.Has("beta", rule.Has("alpha", rule.Has("beta", open))))}},
		}, []string{"Alpha: the rule of Read follows more than 8 edges, or more than 4 one after another"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := modelOf(t, tc.defs...)
			if err == nil {
				t.Fatal("nothing was refused")
			}
			for _, part := range tc.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
		})
	}
}

// TestLargestPolicies checks that rules at the bounds are taken.
func TestLargestPolicies(t *testing.T) {
	t.Parallel()
	mustModel(t, entityDef{name: "Beta"}, ruled(rule.Policy{Read: rule.Any(slices.Repeat([]rule.Cond{rule.Has("old_beta", rule.Everyone())}, 8)...)}))
	mustModel(t,
		entityDef{name: "Alpha", edges: []ent.Edge{edge.To("beta", Beta.Type).Unique()}, policy: rule.Policy{Read: rule.Visible("beta")}},
		entityDef{name: "Beta", edges: []ent.Edge{edge.To("alpha", Alpha.Type).Unique()}, policy: rule.Policy{Read: rule.Has("alpha", rule.Has("beta", rule.Has("alpha", rule.Everyone())))}},
	)
}

// TestWhatIsHiddenMayBeNull checks that the schema promises nothing that a rule may
// take away: fields with a rule, edges to what may be hidden, and look-ups by a field
// with a rule. Inputs still require what the database does.
func TestWhatIsHiddenMayBeNull(t *testing.T) {
	t.Parallel()
	admin := rule.Role("ADMIN")
	hidden := entityDef{name: "Beta", policy: rule.Policy{Read: admin}}
	for name, tc := range map[string]struct {
		defs       []entityDef
		have, lack []string
	}{
		"nothing hidden": {[]entityDef{{name: "Beta"}, ruled(rule.Policy{Read: admin, Fields: rule.Fields{"name": rule.Everyone()}})},
			[]string{"  name: String!\n", "  oldBeta: Beta!\n", "alphaByName(name: String!)"}, nil},
		"a field": {[]entityDef{{name: "Beta"}, ruled(rule.Policy{Read: rule.Everyone(), Fields: rule.Fields{"name": admin}})},
			[]string{"  name: String\n", "  oldBeta: Beta!\n", "input CreateAlphaInput {\n  name: String!\n"}, []string{"alphaByName"}},
		"a target": {[]entityDef{hidden, ruled(rule.Policy{Read: rule.Everyone()})},
			[]string{"  oldBeta: Beta\n", "  oldBetaID: ID!\n"}, []string{"oldBeta: Beta!"}},
		"with its target": {[]entityDef{hidden, ruled(rule.Policy{Read: rule.All(rule.SignedIn(), rule.Visible("old_beta"))})},
			[]string{"  oldBeta: Beta!\n"}, nil},
		"perhaps with its target": {[]entityDef{hidden, ruled(rule.Policy{Read: rule.Any(rule.SignedIn(), rule.Visible("old_beta"))})},
			[]string{"  oldBeta: Beta\n"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sdl := mustModel(t, tc.defs...).sdl()
			for _, part := range tc.have {
				if !strings.Contains(sdl, part) {
					t.Errorf("the SDL lacks %q", part)
				}
			}
			for _, part := range tc.lack {
				if strings.Contains(sdl, part) {
					t.Errorf("the SDL has %q", part)
				}
			}
		})
	}
}
