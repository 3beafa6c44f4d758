package codegen

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/devpg"
)

// derivedChecks are the CHECKs that fields of an entity Alpha get, by field, with what they say.
func derivedChecks(t *testing.T, annotations []schema.Annotation, fields ...ent.Field) (conditions, messages map[string]string) {
	t.Helper()
	d := entityDef{name: "Alpha", fields: fields, annotations: annotations}
	g := graphOf(t, loaded(t, d, d.name))
	checks, err := addChecks(g, map[string]map[string][]entity.Constraint{"Alpha": entity.Constraints(d)})
	if err != nil {
		t.Fatal(err)
	}
	conditions, messages = map[string]string{}, map[string]string{}
	for _, c := range checks["Alpha"] {
		conditions[c.Column], messages[c.Column] = g.Nodes[0].EntSQL().Checks[c.Name], c.Message
	}
	return conditions, messages
}

// TestCheckIsValidator compares what a CHECK takes with what the validators take.
func TestCheckIsValidator(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	asText := map[string]string{dialect.Postgres: "text"}
	ints := []any{math.MinInt64, -6, -5, -1, 0, 1, 2, 5, 6, 7, math.MaxInt64}
	floats := []any{math.Inf(-1), -1.5, -0.1, math.Nextafter(-0.1, -1), 0.0, math.Copysign(0, -1), 1e-06, math.Nextafter(1e-06, 0), 0.1, math.Nextafter(0.1, 1), 5.0, math.Nextafter(5, 6), 1e300, math.Inf(1), math.NaN()}
	var shorts []any
	for _, x := range floats {
		shorts = append(shorts, float32(x.(float64)), math.Nextafter32(float32(x.(float64)), 9))
	}
	texts := []any{"", "a", "é", "éé", "ab", "abc", "aé", "日本", "日本語", "A", "AB", "ABC", "a\nb", "\n", "AB\n", "a b", "0", "12", `\`, "a'b", " ", "abcdefghij", "éééééééééé", "ſ", "k"}
	for name, tc := range map[string]struct {
		field  ent.Field
		typ    string
		values []any
	}{
		"range":     {field.Int64("x").Range(-5, 5), "bigint", ints},
		"min":       {field.Int64("x").Min(2), "bigint", ints},
		"max":       {field.Int64("x").Max(-5), "bigint", ints},
		"positive":  {field.Int64("x").Positive(), "bigint", ints},
		"together":  {field.Int64("x").NonNegative().Max(6), "bigint", ints},
		"at least":  {field.Int64("x").Validate(entity.AtLeast[int64](1)), "bigint", ints},
		"float":     {field.Float("x").Range(-0.1, 0.1), "double precision", floats},
		"least":     {field.Float("x").Positive(), "double precision", floats},
		"most":      {field.Float("x").Max(5), "double precision", floats},
		"real":      {field.Float32("x").Range(-0.1, 0.1), "real", shorts},
		"real most": {field.Float32("x").Max(5), "real", shorts},
		"bytes":     {field.String("x").MinLen(2).MaxLen(4), "varchar", texts},
		"runes":     {field.String("x").MinRuneLen(2).MaxRuneLen(3), "varchar", texts},
		"not empty": {field.String("x").NotEmpty(), "varchar", texts},
		"length":    {field.Text("x").Validate(entity.Length(1, 2)), "text", texts},
		"pattern":   {field.String("x").SchemaType(asText).Match(regexp.MustCompile(`^[A-Z]{2}$`)), "text", texts},
		"search":    {field.String("x").Match(regexp.MustCompile(`(?i)k|\d|b.`)), "text", texts},
		"quotes":    {field.String("x").Match(regexp.MustCompile(`['\\ \n]`)), "text", texts},
	} {
		conditions, messages := derivedChecks(t, nil, tc.field)
		if conditions["x"] == "" || messages["x"] == "" {
			t.Errorf("%s: no CHECK", name)
			continue
		}
		for _, v := range tc.values {
			var got bool
			if err := conn.QueryRow(t.Context(), fmt.Sprintf(`SELECT %s FROM (SELECT $1::%s AS x) v`, conditions["x"], tc.typ), v).Scan(&got); err != nil {
				t.Fatalf("%s: %s: %v", name, conditions["x"], err)
			}
			if want := valid(tc.field.Descriptor(), v); got != want {
				t.Errorf("%s: %s takes %v: %t, the validators: %t", name, conditions["x"], v, got, want)
			}
		}
	}
}

// valid asks the validators of a field.
func valid(d *field.Descriptor, v any) bool {
	for _, f := range d.Validators {
		in := reflect.ValueOf(v).Convert(reflect.TypeOf(f).In(0))
		if !reflect.ValueOf(f).Call([]reflect.Value{in})[0].IsNil() {
			return false
		}
	}
	return true
}

// TestChecks: what is said in words, what is left out, and what is never said.
func TestChecks(t *testing.T) {
	t.Parallel()
	odd := func(int) error { return nil }
	conditions, messages := derivedChecks(t, nil,
		field.Int("stars").Range(1, 5), field.Int("price").NonNegative(), field.Int("odd").Validate(odd),
		field.Int("left").Positive().Annotations(entity.NoChecks()),
		field.String("name").Validate(entity.Length(1, 200)), field.String("code").NotEmpty().MaxLen(9),
		field.String("total").MinLen(1).SchemaType(map[string]string{dialect.Postgres: "numeric"}),
		field.String("kept").MaxLen(3).SchemaType(map[string]string{dialect.Postgres: "char(3)"}),
		field.String("line").Match(regexp.MustCompile(`(?m)^a$`)), field.String("long").Match(regexp.MustCompile(`^(a{9}){99}$`)),
		field.Int("tall").StorageKey(`si"ze`).Min(1),
	)
	for column, want := range map[string][2]string{
		"stars": {`"stars" BETWEEN 1 AND 5`, "must be from 1 to 5"},
		"price": {`"price" >= 0`, "must not be negative"},
		"name":  {`char_length("name") BETWEEN 1 AND 200`, "must have 1 to 200 characters"},
		"code":  {`octet_length("code") >= 1 AND octet_length("code") <= 9`, "must not be empty and must have at most 9 bytes"},
		`si"ze`: {`"si""ze" >= 1`, "must be at least 1"},
	} {
		if got := [2]string{conditions[column], messages[column]}; got != want {
			t.Errorf("%s: %q, want %q", column, got, want)
		}
		delete(conditions, column)
	}
	if len(conditions) > 0 {
		t.Errorf("more than was asked for: %v", conditions)
	}
	own := entsql.Checks(map[string]string{"alphas_price_valid": "price > 1"})
	if got, _ := derivedChecks(t, []schema.Annotation{own}, field.Int("price").NonNegative()); len(got) > 0 {
		t.Errorf("beside one of the schema's own: %v", got)
	}
	if got, _ := derivedChecks(t, []schema.Annotation{entity.NoChecks()}, field.Int("price").NonNegative()); len(got) > 0 {
		t.Errorf("left out: %v", got)
	}
}

// owning is an entity whose foreign keys are looked at.
type owning struct {
	entityDef
	indexes []ent.Index
}

func (o owning) Indexes() []ent.Index { return o.indexes }

// TestKeyIndexes: a foreign key has one index that begins with it.
func TestKeyIndexes(t *testing.T) {
	t.Parallel()
	one := func(name string, annotations ...schema.Annotation) ent.Edge {
		return edge.To(name, Beta.Type).Unique().Annotations(annotations...)
	}
	byOwner := []ent.Field{field.Int("owner_id").Optional(), field.Int("rank")}
	owner := edge.To("owner", Beta.Type).Unique().Field("owner_id")
	for name, tc := range map[string]struct {
		edges   []ent.Edge
		fields  []ent.Field
		indexes []ent.Index
		back    ent.Edge
		said    []schema.Annotation
		want    []string
	}{
		"a column of Ent":      {edges: []ent.Edge{one("owner")}, want: []string{"alphas alpha_alpha_owner alpha_owner"}},
		"a field":              {edges: []ent.Edge{owner}, fields: byOwner, want: []string{"alphas alpha_owner_id owner_id"}},
		"a list":               {edges: []ent.Edge{edge.To("betas", Beta.Type)}, want: []string{"beta beta_alpha_betas alpha_betas"}},
		"one to itself":        {edges: []ent.Edge{edge.To("next", Alpha.Type).Unique()}},
		"an index":             {edges: []ent.Edge{owner}, fields: byOwner, indexes: []ent.Index{index.Fields("owner_id", "rank")}},
		"a unique one":         {edges: []ent.Edge{owner}, fields: byOwner, indexes: []ent.Index{index.Fields("owner_id", "rank").Unique()}},
		"another first":        {edges: []ent.Edge{owner}, fields: byOwner, indexes: []ent.Index{index.Fields("rank", "owner_id")}, want: []string{"alphas alpha_owner_id owner_id"}},
		"of some rows":         {edges: []ent.Edge{owner}, fields: byOwner, indexes: []ent.Index{index.Fields("owner_id").Annotations(entsql.IndexWhere("rank > 1"))}, want: []string{"alphas alpha_owner_id owner_id"}},
		"of another kind":      {edges: []ent.Edge{owner}, fields: byOwner, indexes: []ent.Index{index.Fields("owner_id").Annotations(entsql.IndexType("HASH"))}, want: []string{"alphas alpha_owner_id owner_id"}},
		"left out":             {edges: []ent.Edge{one("owner", entity.NoIndex()), one("payer")}, want: []string{"alphas alpha_alpha_payer alpha_payer"}},
		"a link table":         {edges: []ent.Edge{edge.To("betas", Beta.Type)}, back: edge.From("alphas", Alpha.Type).Ref("betas"), want: []string{"alpha_betas alpha_betas_beta_id beta_id"}},
		"a link table without": {edges: []ent.Edge{edge.To("betas", Beta.Type)}, back: edge.From("alphas", Alpha.Type).Ref("betas").Annotations(entity.NoIndex())},
		"left out everywhere":  {edges: []ent.Edge{one("owner"), one("payer")}, said: []schema.Annotation{entity.NoIndex()}},
	} {
		a := owning{entityDef{name: "Alpha", edges: tc.edges, annotations: tc.said, fields: tc.fields}, tc.indexes}
		var b intKeyed
		if tc.back != nil {
			b.edges = []ent.Edge{tc.back}
		}
		g := graphOf(t, loaded(t, a, "Alpha"), loaded(t, b, "Beta"))
		indexes, err := keyIndexes(g)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range indexes {
			got = append(got, strings.Join([]string{i.table, i.name, i.column}, " "))
		}
		if !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// intKeyed has the number that Ent gives by itself.
type intKeyed struct{ entityDef }

func (intKeyed) Fields() []ent.Field { return nil }
func (intKeyed) Mixin() []ent.Mixin  { return nil }
