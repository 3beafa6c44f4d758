package codegen

import (
	"strings"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	declare "github.com/entgraph/entgraph/entity"
)

func many(name string) []schema.Annotation { return []schema.Annotation{declare.Plural(name)} }

func TestPlural(t *testing.T) {
	t.Parallel()
	text := mustModel(t, entityDef{name: "News", annotations: many("newsItems")}).sdl()
	for _, want := range []string{"newsItems(", "A page of newsItems.", "news(id: ID!): News\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the contract lacks %q:\n%s", want, text)
		}
	}
	for name, want := range map[string]string{
		"News":   `News: entity.Plural("News") names a list of the API`,
		"a b":    `News: entity.Plural("a b") names a list`,
		"_news":  `News: entity.Plural("_news") names a list`,
		"news":   `News: the API calls one of them "news", and the list as well: name the list by entity.Plural, such as entity.Plural("newsList")`,
		"node":   `the root field "node" belongs to the API itself`,
		"alphas": `the root field "alphas" belongs to Alpha`,
	} {
		_, err := modelOf(t, entityDef{name: "Alpha"}, entityDef{name: "News", annotations: many(name)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
}

// TestNothingToSet checks that no input is made of what a client cannot set.
func TestNothingToSet(t *testing.T) {
	t.Parallel()
	text := mustModel(t,
		entityDef{name: "Alpha"},
		entityDef{name: "Beta", fields: fields(field.String("name").Immutable()), edges: []ent.Edge{edge.To("alpha", Alpha.Type).Unique().Required().Immutable()}},
	).sdl()
	for _, want := range []string{"createAlpha: CreateAlphaPayload\n", "deleteAlpha(id: ID!)", "createBeta(input: CreateBetaInput!)", "deleteBeta(id: ID!)"} {
		if !strings.Contains(text, want) {
			t.Errorf("the contract lacks %q:\n%s", want, text)
		}
	}
	for _, not := range []string{"_: Boolean", "input CreateAlphaInput", "updateAlpha", "UpdateAlpha", "updateBeta", "UpdateBeta"} {
		if strings.Contains(text, not) {
			t.Errorf("the contract has %q:\n%s", not, text)
		}
	}
}
