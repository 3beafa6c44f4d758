package codegen

import (
	"strings"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	declare "github.com/entgraph/entgraph/entity"
)

// linkedDefs are two entities, and a link between them whose key is of both.
func linkedDefs(annotations []schema.Annotation, data ...ent.Field) []entityDef {
	return []entityDef{
		{name: "Alpha", edges: []ent.Edge{edge.To("betas", Beta.Type).Through("links", Link.Type)}},
		{name: "Beta", edges: []ent.Edge{edge.From("alphas", Alpha.Type).Ref("betas").Through("links", Link.Type)}},
		{
			name: "Link", mixin: []ent.Mixin{mixin.Schema{}}, annotations: append(annotations, field.ID("alpha_id", "beta_id")),
			fields: append(fields(field.UUID("alpha_id", uuid.UUID{}), field.UUID("beta_id", uuid.UUID{})), data...),
			edges: []ent.Edge{
				edge.To("alpha", Alpha.Type).Unique().Required().Field("alpha_id"), edge.To("beta", Beta.Type).Unique().Required().Field("beta_id"),
			},
		},
	}
}

// TestLinksOfInputs reads what the inputs say of links with data and no id.
func TestLinksOfInputs(t *testing.T) {
	t.Parallel()
	reason, note := field.String("reason").Comment("Why."), field.String("note").Optional().Immutable()
	for name, tc := range map[string]struct {
		defs []entityDef
		want map[string]string
	}{
		"all": {linkedDefs(nil, reason, note, field.Int("rank").Annotations(declare.Managed())), map[string]string{
			"CreateAlphaInput.betas": "CreateAlphaBetasInput", "UpdateAlphaInput.betas": "UpdateAlphaBetasInput", "UpdateBetaInput.alphas": "UpdateBetaAlphasInput",
			"CreateAlphaBetasInput.add": "[LinkAlphaBetasInput!]", "CreateAlphaBetasInput.remove": "",
			"UpdateAlphaBetasInput.add": "[LinkAlphaBetasInput!]", "UpdateAlphaBetasInput.update": "[UpdateLinkAlphaBetasInput!]", "UpdateAlphaBetasInput.remove": "[ID!]",
			"LinkAlphaBetasInput.id": "ID!", "LinkAlphaBetasInput.reason": "String!", "LinkAlphaBetasInput.note": "String", "LinkAlphaBetasInput.rank": "",
			"UpdateLinkAlphaBetasInput.reason": "String", "UpdateLinkAlphaBetasInput.note": "", "CreateAlphaInput.betaIDs": "", "UpdateAlphaInput.addBetaIDs": "",
		}},
		"with lists of ids": {linkedDefs(nil, note), map[string]string{
			"CreateAlphaInput.betas": "CreateAlphaBetasInput", "CreateAlphaInput.betaIDs": "[ID!]", "UpdateAlphaBetasInput.update": "", "UpdateAlphaBetasInput.remove": "[ID!]",
		}},
		"without data": {linkedDefs(nil), map[string]string{"CreateAlphaInput.betas": "", "UpdateAlphaInput.betas": "", "UpdateAlphaInput.addBetaIDs": "[ID!]"}},
		"not made": {linkedDefs([]schema.Annotation{declare.Without(declare.Create)}, reason, field.String("secret").Sensitive()), map[string]string{
			"CreateAlphaInput.betas": "", "UpdateAlphaBetasInput.add": "", "UpdateAlphaBetasInput.update": "[UpdateLinkAlphaBetasInput!]",
		}},
		"not changed": {linkedDefs([]schema.Annotation{declare.Without(declare.Update, declare.Delete)}, reason), map[string]string{
			"UpdateAlphaBetasInput.add": "[LinkAlphaBetasInput!]", "UpdateAlphaBetasInput.update": "", "UpdateAlphaBetasInput.remove": "",
		}},
	} {
		text := mustModel(t, tc.defs...).sdl()
		s, err := gqlparser.LoadSchema(&ast.Source{Name: "ent.graphql", Input: text})
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		for path, want := range tc.want {
			typ, key, _ := strings.Cut(path, ".")
			got := ""
			if def := s.Types[typ]; def != nil && def.Fields.ForName(key) != nil {
				got = def.Fields.ForName(key).Type.String()
			}
			if got != want {
				t.Errorf("%s: %s has the type %q, want %q", name, path, got, want)
			}
		}
		if def := s.Types["LinkAlphaBetasInput"]; name == "all" && def.Fields.ForName("reason").Description != "Why." {
			t.Error("the comment of a field is lost")
		}
	}
}
