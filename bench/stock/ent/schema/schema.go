// Package schema declares the entities of the stock server: what entgraph's ent/schema
// declares, as far as the benchmark reads it, with the annotations of entgql. Both
// work on the same tables, which entgraph's migrations make.
package schema

import (
	"context"
	"fmt"
	"time"

	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"
)

// Base is the id and the times that every entity has.
type Base struct{ mixin.Schema }

// Fields of Base.
func (Base) Fields() []ent.Field {
	managed := entgql.Skip(entgql.SkipMutationCreateInput, entgql.SkipMutationUpdateInput)
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).
			Default(func() uuid.UUID { return uuid.Must(uuid.NewV7()) }).
			Immutable(),
		field.Time("created_at").
			Default(now).
			Immutable().
			Annotations(entgql.OrderField("CREATED_AT"), managed),
		field.Time("updated_at").
			Default(now).
			UpdateDefault(now).
			Annotations(entgql.OrderField("UPDATED_AT"), managed),
	}
}

// now has the precision of a Postgres timestamp.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// connection makes an entity a list of the API with several order keys.
func connection(table string) []schema.Annotation {
	return []schema.Annotation{
		entsql.Table(table),
		entgql.RelayConnection(),
		entgql.QueryField(),
		entgql.MultiOrder(),
	}
}

// User is somebody who writes posts.
type User struct{ ent.Schema }

// Mixin of User.
func (User) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Fields of User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("username").Unique().Annotations(entgql.OrderField("USERNAME")),
	}
}

// Edges of User.
func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("profile", Profile.Type).Unique(),
		edge.To("posts", Post.Type).Annotations(entgql.RelayConnection()),
	}
}

// Annotations of User.
func (User) Annotations() []schema.Annotation { return connection("users") }

// Profile says who a User is.
type Profile struct{ ent.Schema }

// Mixin of Profile.
func (Profile) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Fields of Profile.
func (Profile) Fields() []ent.Field {
	return []ent.Field{
		field.String("first_name").Optional().Nillable(),
		field.String("last_name").Optional().Nillable(),
		field.Text("bio").Optional().Nillable(),
		field.UUID("user_id", uuid.UUID{}),
	}
}

// Edges of Profile.
func (Profile) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("profile").Field("user_id").Unique().Required(),
	}
}

// Annotations of Profile.
func (Profile) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("profiles")}
}

// Post is a text that a User wrote.
type Post struct{ ent.Schema }

// Mixin of Post.
func (Post) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Fields of Post.
func (Post) Fields() []ent.Field {
	return []ent.Field{
		field.String("title").MinLen(1).MaxLen(200).Annotations(entgql.OrderField("TITLE")),
		field.Text("body").Default(""),
		field.Enum("status").
			NamedValues("Draft", "DRAFT", "Published", "PUBLISHED").
			Default("DRAFT").
			Annotations(entgql.OrderField("STATUS")),
		field.Time("published_at").Optional().Nillable(),
		field.UUID("author_id", uuid.UUID{}),
	}
}

// Edges of Post.
func (Post) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("author", User.Type).Ref("posts").Field("author_id").Unique().Required(),
		edge.To("tags", Tag.Type).
			StorageKey(edge.Table("taggings"), edge.Columns("post_id", "tag_id")).
			Annotations(entgql.RelayConnection()),
	}
}

// Hooks of Post.
func (Post) Hooks() []ent.Hook { return []ent.Hook{stampPublished} }

// Annotations of Post.
func (Post) Annotations() []schema.Annotation {
	return append(connection("posts"), entgql.Mutations(entgql.MutationCreate()))
}

// stampPublished sets published_at when a post is published without a time.
func stampPublished(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		status, changed := m.Field("status")
		_, given := m.Field("published_at")
		if changed && !given && fmt.Sprint(status) == "PUBLISHED" {
			if err := m.SetField("published_at", now()); err != nil {
				return nil, err
			}
		}
		return next.Mutate(ctx, m)
	})
}

// Tag is a word that posts are found by.
type Tag struct{ ent.Schema }

// Mixin of Tag.
func (Tag) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Fields of Tag.
func (Tag) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Unique().Annotations(entgql.OrderField("NAME")),
	}
}

// Edges of Tag.
func (Tag) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("posts", Post.Type).Ref("tags").Annotations(entgql.RelayConnection()),
	}
}

// Annotations of Tag.
func (Tag) Annotations() []schema.Annotation { return connection("tags") }
