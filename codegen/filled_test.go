package codegen

import (
	"strings"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/entc/load"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/entity"
	internal "github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
)

// TestFilledFields: what the database fills needs no value, which says nothing of whether it may be NULL.
func TestFilledFields(t *testing.T) {
	t.Parallel()
	twice := entity.Generated("2 * rank")
	d := entityDef{name: "Alpha", fields: []ent.Field{
		field.Int("rank"), field.Int("twice").Annotations(twice), field.Int("perhaps").Optional().Annotations(twice),
		field.Int("number").Annotations(entity.Sequence("numbers")), field.Int("hidden").Annotations(entity.Sequence("numbers"), entity.Managed()),
		field.String("code").Annotations(entsql.Default("x")), field.String("both").Default("x").Annotations(entsql.Default("x")),
	}}
	s := loaded(t, d, d.name)
	if err := fillFields([]*load.Schema{s}); err != nil {
		t.Fatal(err)
	}
	g := graphOf(t, s)
	m, err := newModel(g, throughJSON(t, rule.Describe(map[string]ent.Interface{"Alpha": d})))
	if err != nil {
		t.Fatal(err)
	}
	computed := internal.Optional | internal.ReadOnly | internal.Immutable
	for name, want := range map[string]internal.Flags{
		"rank": 0, "twice": computed, "perhaps": computed | internal.Nullable, "number": internal.Optional,
		"hidden": internal.Optional | internal.ReadOnly, "code": internal.Optional, "both": internal.Optional,
	} {
		if got := m.graph.Entity("Alpha").FieldByName(name).Flags; got != want {
			t.Errorf("%s: flags %b, want %b", name, got, want)
		}
	}
	columns, err := filledColumns(g)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range columns {
		got = append(got, c.column)
	}
	if want := "twice perhaps number hidden code"; strings.Join(got, " ") != want {
		t.Errorf("filled are %q, want %s", got, want)
	}
	if text, err := sequencesSQL(g); err != nil || strings.Count(text, `CREATE SEQUENCE public."numbers";`) != 1 {
		t.Errorf("%v in\n%s", err, text)
	}
}

func TestRefusedFilled(t *testing.T) {
	t.Parallel()
	of := func(a ...schema.Annotation) []schema.Annotation { return a }
	for want, f := range map[string]ent.Field{
		"remove one of them":                    field.Int("x").Annotations(of(entity.Generated("1"), entity.Sequence("s"))...),
		"remove Default and UpdateDefault":      field.Int("x").Default(1).Annotations(entity.Sequence("s")),
		"remove entsql.Default":                 field.Int("x").Annotations(entsql.DefaultExpr("1"), entity.Generated("1")),
		"nothing is written that validators":    field.Int("x").Positive().Annotations(entity.Generated("1")),
		"a sequence gives integers":             field.String("x").Annotations(entity.Sequence("s")),
		"lower-case letters, digits":            field.Int("x").Annotations(entity.Sequence("a.b")),
		"write one expression in one line":      field.Int("x").Annotations(entity.Generated("1; DROP TABLE a")),
		"for other fields than ids and keys of": field.Int("key").Optional().Annotations(entity.Sequence("s")),
	} {
		d := entityDef{name: "Alpha", fields: []ent.Field{f}}
		if f.Descriptor().Name == "key" {
			d.edges = []ent.Edge{edge.To("next", Alpha.Type).Unique().Field("key")}
		}
		if err := fillFields([]*load.Schema{loaded(t, d, d.name)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
