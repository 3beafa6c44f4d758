package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
)

// Tagging links a Post to a Tag and keeps what belongs to the link itself.
type Tagging struct{ ent.Schema }

// Mixin of Tagging.
func (Tagging) Mixin() []ent.Mixin { return []ent.Mixin{entity.Link{}} }

// Fields of Tagging.
func (Tagging) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("post_id", uuid.UUID{}).Comment("The post that is tagged."),
		field.UUID("tag_id", uuid.UUID{}).Comment("The tag it carries."),
		field.Int("position").
			Default(0).
			Validate(entity.AtLeast(0)).
			Annotations(entsql.Default("0")).
			Comment("Place of the tag among the post's tags, from 0."),
	}
}

// Policy of Tagging: a link is seen by who sees both of its ends, and written by the
// author of the post; admins may take tags away.
func (Tagging) Policy() ent.Policy {
	return rule.Policy{
		Read:   rule.All(rule.Visible("post"), rule.Visible("tag")),
		Write:  rule.Has("post", rule.Owner("author_id")),
		Delete: rule.Role(kit.Admin),
	}
}

// Edges of Tagging.
func (Tagging) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("post", Post.Type).
			Field("post_id").
			Unique().
			Required().
			Annotations(entsql.OnDelete(entsql.Cascade)).
			Comment("The post that is tagged."),
		edge.To("tag", Tag.Type).
			Field("tag_id").
			Unique().
			Required().
			Annotations(entsql.OnDelete(entsql.Cascade)).
			Comment("The tag it carries."),
	}
}

// Indexes of Tagging: a tag is on a post once; both directions are read.
func (Tagging) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("post_id", "tag_id").Unique(),
		index.Fields("tag_id", "post_id"),
		index.Fields("created_at", "id"),
	}
}

// Annotations of Tagging.
func (Tagging) Annotations() []schema.Annotation {
	return []schema.Annotation{schema.Comment("A tag on a post.")}
}
