package schema

import (
	"context"
	"fmt"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
)

// Post is a text that a User wrote.
type Post struct{ ent.Schema }

// Mixin of Post: each has one author, who may have many.
func (Post) Mixin() []ent.Mixin {
	return []ent.Mixin{entity.Base{}, entity.UserOwned{Field: "author_id", BackRef: "posts"}}
}

// Fields of Post.
func (Post) Fields() []ent.Field {
	return []ent.Field{
		field.String("title").
			SchemaType(map[string]string{dialect.Postgres: "varchar(200)"}).
			Validate(entity.Length(1, 200)).
			Validate(entity.Printable).
			Annotations(entity.Trim()).
			Comment("Headline, up to 200 characters."),
		field.Text("body").
			Validate(entity.Length(0, 50_000)).
			Validate(entity.PrintableLines).
			Default("").
			Comment("The text, up to 50,000 characters."),
		field.Enum("status").
			NamedValues("Draft", "DRAFT", "Published", "PUBLISHED").
			Default("DRAFT").
			SchemaType(map[string]string{dialect.Postgres: "varchar(16)"}).
			Comment("Whether readers may see it."),
		field.Time("published_at").
			Optional().
			Nillable().
			Comment("When it was published; null until then."),
	}
}

// Policy of Post: a draft is seen by its author alone. Authors write their own posts and
// give none away; admins may delete what they see.
func (Post) Policy() ent.Policy {
	return rule.Policy{
		Read:   rule.Any(rule.Is("status", "PUBLISHED"), rule.Owner("author_id")),
		Write:  rule.Owner("author_id"),
		Delete: rule.Role(kit.Admin),
	}
}

// Edges of Post.
func (Post) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("tags", Tag.Type).
			Through("taggings", Tagging.Type).
			Comment("What it is about."),
	}
}

// Indexes of Post.
func (Post) Indexes() []ent.Index {
	return []ent.Index{index.Fields("published_at", "id"), entity.Trigrams("title")}
}

// Hooks of Post run around every write, through the API or in Go.
func (Post) Hooks() []ent.Hook { return []ent.Hook{stampPublished} }

// Annotations of Post.
func (Post) Annotations() []schema.Annotation {
	return []schema.Annotation{
		schema.Comment("A text that a user wrote."),
		entity.Searchable(entity.SearchOptions{A: []string{"title"}, B: []string{"body"}}),
		entsql.Checks(map[string]string{
			"posts_status_values": `status IN ('DRAFT', 'PUBLISHED')`,
		}),
	}
}

// stampPublished sets published_at when a post becomes published and the caller
// gave no time.
func stampPublished(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		status, changed := m.Field("status")
		_, given := m.Field("published_at")
		if changed && !given && !m.FieldCleared("published_at") && fmt.Sprint(status) == "PUBLISHED" {
			if err := m.SetField("published_at", entity.Now()); err != nil {
				return nil, err
			}
		}
		return next.Mutate(ctx, m)
	})
}
