package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
)

// Tag is a word that posts are found by.
type Tag struct{ ent.Schema }

// Mixin of Tag.
func (Tag) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}} }

// Fields of Tag.
func (Tag) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").
			SchemaType(map[string]string{dialect.Postgres: "varchar(50)"}).
			Unique().
			Validate(entity.Length(1, 50)).
			Validate(entity.Printable).
			Annotations(entity.Trim()).
			Comment("The word itself, up to 50 characters."),
	}
}

// Policy of Tag: everybody sees tags, users make new ones, admins change them.
func (Tag) Policy() ent.Policy {
	return rule.Policy{
		Read:   rule.Everyone(),
		Write:  rule.Role(kit.Admin),
		Create: rule.SignedIn(),
	}
}

// Edges of Tag.
func (Tag) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("posts", Post.Type).
			Ref("tags").
			Through("taggings", Tagging.Type).
			Comment("The posts about it."),
	}
}

// Annotations of Tag.
func (Tag) Annotations() []schema.Annotation {
	return []schema.Annotation{schema.Comment("A word that posts are found by.")}
}
