package codegen

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
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
		field.Time("ends_at").Optional(),
		field.String("price").SchemaType(map[string]string{dialect.Postgres: "numeric(8,2)"}).Optional(),
		field.JSON("extra", map[string]any{}).Optional(),
		field.String("during").SchemaType(map[string]string{dialect.Postgres: "daterange"}).Optional(),
		field.JSON("kept", map[string]any{}).Optional().SchemaType(map[string]string{dialect.Postgres: "json"}),
		field.Ints("codes").Optional().SchemaType(map[string]string{dialect.Postgres: "smallint[]"}),
		field.Strings("moods").Optional().SchemaType(map[string]string{dialect.Postgres: "mood[]"}).Annotations(declare.Values("HAPPY", "SAD")),
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
		"none":             {[]entityDef{{name: "Alpha", bare: true}}, []string{"Alpha: there is no policy", "add the method Policy()", "entity.Skip()"}},
		"another kind":     {[]entityDef{{name: "Alpha", policy: privacy.Policy{}}}, []string{"Alpha: the policy is a privacy.Policy", "return a rule.Policy"}},
		"column":           {[]entityDef{beta, ruled(rule.Policy{Read: rule.Is("stat", "OPEN")})}, []string{`Alpha: a rule names the column "stat"`, "it has id, name, state"}},
		"nested column":    {[]entityDef{beta, ruled(rule.Policy{Read: rule.Any(rule.SignedIn(), rule.All(rule.Is("stat", "OPEN")))})}, []string{`"stat"`}},
		"value":            {[]entityDef{beta, ruled(rule.Policy{Read: rule.Is("state", "OPENED")})}, []string{"compares state with OPENED"}},
		"type of value":    {[]entityDef{beta, ruled(rule.Policy{Read: rule.Is("level", "1")})}, []string{"compares level with 1"}},
		"order of an enum": {[]entityDef{beta, ruled(rule.Policy{Read: rule.LT("state", "OPEN")})}, []string{"Alpha: a rule asks whether state is less or more", "no order", "rule.In"}},
		"order value":      {[]entityDef{beta, ruled(rule.Policy{Read: rule.GTE("level", "one")})}, []string{"compares level with one", "must be an integer"}},
		"time":             {[]entityDef{beta, ruled(rule.Policy{Read: rule.LT("ends_at", "tomorrow")})}, []string{"compares ends_at with tomorrow"}},
		"price":            {[]entityDef{beta, ruled(rule.Policy{Read: rule.LT("price", "cheap")})}, []string{"compares price with cheap"}},
		"clock":            {[]entityDef{beta, ruled(rule.Policy{Read: rule.LT("level", rule.Now())})}, []string{"compares level with rule.Now", "field.Time"}},
		"range":            {[]entityDef{beta, ruled(rule.Policy{Read: rule.Is("during", "[2026-01-31,)")})}, []string{"compares during with a value", "rule.IsNull"}},
		"order of a range": {[]entityDef{beta, ruled(rule.Policy{Read: rule.LT("during", "[2026-01-31,)")})}, []string{"compares during with a value"}},
		"document":         {[]entityDef{beta, ruled(rule.Policy{Read: rule.Is("extra", "x")})}, []string{"compares extra with a value", "rule.IsNull", "rule.At"}},
		"at a text":        {[]entityDef{beta, ruled(rule.Policy{Read: rule.At("name", "a").Is(1)})}, []string{`Alpha: rule.At("name", …) looks into a document, and the column is none`, "field.JSON"}},
		"at an array":      {[]entityDef{beta, ruled(rule.Policy{Read: rule.At("codes", "0").Is(1)})}, []string{`Alpha: rule.At("codes", …)`, `use rule.Contains("codes", …)`}},
		"at a kept text":   {[]entityDef{beta, ruled(rule.Policy{Read: rule.At("kept", "a").Exists()})}, []string{`Alpha: rule.At("kept", …)`, "store it as jsonb"}},
		"at nothing":       {[]entityDef{beta, ruled(rule.Policy{Read: rule.At("extras", "a").Exists()})}, []string{`names the column "extras"`}},
		"order at":         {[]entityDef{beta, ruled(rule.Policy{Read: rule.At("extra", "a").LT(true)})}, []string{"Alpha: a rule compares what is in extra with true", "must be a number or a text"}},
		"no value at":      {[]entityDef{beta, ruled(rule.Policy{Read: rule.Not(rule.At("extra", "a").NotIn())})}, []string{"Alpha: a rule compares what is in extra with no value"}},
		"text at":          {[]entityDef{beta, ruled(rule.Policy{Read: rule.At("extra", "a").Is("\x00")})}, []string{"Alpha: a rule compares what is in extra", "U+0000"}},
		"key at":           {[]entityDef{beta, ruled(rule.Policy{Read: rule.At("extra", "a\x00").Exists()})}, []string{`Alpha: rule.At("extra", …): the key`, "U+0000"}},
		"far at":           {[]entityDef{beta, ruled(rule.Policy{Read: rule.At("extra", slices.Repeat([]string{"a"}, 33)...).Exists()})}, []string{"Alpha: a rule looks into extra by 33 keys, at most 32"}},
		"no JSON at":       {[]entityDef{beta, ruled(rule.Policy{Read: rule.Cond{Op: rule.OpAt, Name: "extra", Asks: rule.OpIn, Values: []any{"x"}}})}, []string{"compares what is in extra with x: it is no JSON"}},
		"element of text":  {[]entityDef{beta, ruled(rule.Policy{Read: rule.Contains("name", "a")})}, []string{`Alpha: rule.Contains("name", …) asks for an element of an array`, "use rule.Is"}},
		"element document": {[]entityDef{beta, ruled(rule.Policy{Read: rule.Contains("extra", "a")})}, []string{`Alpha: rule.Contains("extra", …)`, `use rule.At("extra").Contains(…)`}},
		"element":          {[]entityDef{beta, ruled(rule.Policy{Read: rule.Contains("codes", "a")})}, []string{"Alpha: a rule asks whether codes has the element a, which it never has", "must be an integer"}},
		"element of enums": {[]entityDef{beta, ruled(rule.Policy{Read: rule.Contains("moods", "ANGRY")})}, []string{"Alpha: a rule asks whether moods has the element ANGRY, which it never has", `must be one of ["HAPPY" "SAD"]`}},
		"large element":    {[]entityDef{beta, ruled(rule.Policy{Read: rule.Contains("codes", 40_000)})}, []string{"Alpha: a rule asks whether codes has the element 40000, which it never has", "must be between -32768 and 32767"}},
		"array":            {[]entityDef{beta, ruled(rule.Policy{Read: rule.Is("codes", 1)})}, []string{"compares codes with a value", "rule.Contains"}},
		"never null":       {[]entityDef{beta, ruled(rule.Policy{Read: rule.IsNull("level")})}, []string{"Alpha: a rule asks whether level is NULL", "not Optional"}},
		"null nowhere":     {[]entityDef{beta, ruled(rule.Policy{Read: rule.NotNull("levle")})}, []string{`names the column "levle"`}},
		"not a role":       {[]entityDef{beta, ruled(rule.Policy{Read: rule.Not(rule.Role("ADMIN"))})}, []string{"Alpha: rule.Not of a role or of sign-in", "name the roles"}},
		"not an edge":      {[]entityDef{beta, ruled(rule.Policy{Read: rule.Not(rule.Any(rule.Is("level", 1), rule.Has("old_beta", open)))})}, []string{`Alpha: rule.Not of a rule about the edge "old_beta"`, "rule.Not(…)"}},
		"not nothing":      {[]entityDef{beta, ruled(rule.Policy{Read: rule.Not(rule.Cond{})})}, []string{"Alpha: rule.Not of a rule that is the same for every row"}},
		"owner":            {[]entityDef{beta, ruled(rule.Policy{Read: rule.Owner("nam")})}, []string{`Alpha: rule.Owner("nam"): there is no such column with the id of a user`}},
		"edge":             {[]entityDef{beta, ruled(rule.Policy{Read: rule.Visible("gamma")})}, []string{`Alpha: a rule names the edge "gamma", which the API does not show`}},
		"beyond an edge":   {[]entityDef{beta, ruled(rule.Policy{Read: rule.Has("old_beta", rule.Owner("user_id"))})}, []string{`Beta: rule.Owner("user_id")`}},
		"field":            {[]entityDef{beta, ruled(rule.Policy{Read: open, Fields: rule.Fields{"nam": open}})}, []string{`Alpha: there is a rule for "nam", which is not a field that the API shows`}},
		"id":               {[]entityDef{beta, ruled(rule.Policy{Read: open, Fields: rule.Fields{"id": open}})}, []string{`Alpha: there is a rule for "id"`}},
		"links on create": {[]entityDef{
			{name: "Beta", edges: []ent.Edge{edge.To("alphas", Alpha.Type)}, policy: rule.Policy{Read: open, Write: rule.Has("alphas", open)}},
			{name: "Alpha", edges: []ent.Edge{edge.From("betas", Beta.Type).Ref("alphas")}},
		}, []string{`Beta: a rule on creating follows the edge "alphas"`, "edge.Through"}},
		"edge on set": {[]entityDef{
			{name: "Beta", fields: fields(field.String("name")), edges: []ent.Edge{edge.To("alphas", Alpha.Type)}, policy: rule.Policy{Read: open, Sets: rule.Fields{"name": rule.Has("alphas", open)}}}, {name: "Alpha"},
		}, []string{`Beta: the rule on setting name follows the edge "alphas"`}},
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

// TestConditionsOnColumns takes comparisons of every type that has an order.
func TestConditionsOnColumns(t *testing.T) {
	t.Parallel()
	mustModel(t, entityDef{name: "Beta"}, ruled(rule.Policy{Read: rule.Any(
		rule.NEQ("state", "OPEN"), rule.LT("level", 3), rule.GTE("ends_at", "2026-01-31T12:00:00Z"), rule.LTE("ends_at", rule.Now().Add(time.Hour)),
		rule.GT("price", "12.50"), rule.LT("price", 12.5), rule.Is("price", 3), rule.LT("name", "m"), rule.Is("owner_id", uuid.Nil.String()),
		rule.At("extra", "owner", "team").Is("x"), rule.Not(rule.At("extra").Contains(map[string]any{"a": []int{1}})), rule.At("extra", "n").LTE(json.Number("9007199254740993.5")),
		rule.At("extra", "n").In(nil, true, "x"), rule.Contains("codes", 3), rule.Not(rule.Contains("codes", 4)),
		rule.IsNull("extra"), rule.Not(rule.All(rule.NotNull("ends_at"), rule.Owner("owner_id"))), rule.Has("old_beta", rule.Not(rule.Owner("id"))),
	)}))
}

// TestSameConstants writes the rules that the generator has read as the program does, which compares
// its own with those in the database.
func TestSameConstants(t *testing.T) {
	t.Parallel()
	for _, c := range []rule.Cond{
		rule.LT("level", 3), rule.NotIn("level", -3, 10_000_000), rule.LT("price", 12.5), rule.GTE("price", 3.0), rule.Is("price", 1e7), rule.Is("price", 1e21), rule.Is("price", 1e-7),
		rule.Contains("codes", 300), rule.At("extra", "n").In(10_000_000, 1e7, int64(9007199254740993), "a"), rule.Is("name", "3"),
	} {
		e := mustModel(t, entityDef{name: "Beta"}, ruled(rule.Policy{Read: c})).graph.Entity("Alpha")
		if got, want := e.Clause(e.Rules().Read, "t").For(""), e.Clause(c, "t").For(""); got != want {
			t.Errorf("%+v: the generator has %s, the program %s", c, got, want)
		}
	}
}

// TestEdgesToManyOnWrite takes rules on writing about edges that are kept in other rows.
func TestEdgesToManyOnWrite(t *testing.T) {
	t.Parallel()
	open := rule.Everyone()
	mustModel(t, entityDef{name: "Beta", edges: []ent.Edge{edge.To("alphas", Alpha.Type)}, policy: rule.Policy{Read: open, Create: rule.SignedIn(), Write: rule.Has("alphas", open)}}, entityDef{name: "Alpha"})
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
