package schema

import (
	"context"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

// Place is a document with a shape of its own.
type Place struct {
	City string `json:"city"`
	Zip  int    `json:"zip,omitempty"`
}

// Sighting is what a User says about a Post. It has a field of every type.
type Sighting struct{ ent.Schema }

// Mixin of Sighting.
func (Sighting) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}} }

// Fields of Sighting.
func (Sighting) Fields() []ent.Field {
	return []ent.Field{
		field.String("slug").Unique().Validate(entity.Length(1, 40)).Annotations(entity.Trim(), entity.Lower()).Comment("The name in addresses."),
		field.Text("body").Validate(entity.Length(1, 500)).Comment("The \"text\", up to 500 characters;\na \\ is one, and so is '."),
		field.Int("stars").Default(0).Validate(entity.AtLeast(0)),
		field.Int64("views").Optional().Nillable(),
		field.Uint64("size").Default(0),
		field.Float("score").Optional().Nillable().Min(-1).Max(1),
		field.Bool("pinned").Default(false),
		field.Enum("mood").Values("HAPPY", "SAD").Optional().Nillable(),
		field.Time("seen_at").Optional().Nillable(),
		field.UUID("trace_id", uuid.UUID{}).Optional().Nillable(),
		field.Strings("labels").Optional(),
		field.JSON("place", &Place{}).Optional(),
		field.JSON("extra", map[string]any{}).Optional(),
		field.String("origin").Default("web").Immutable(),
		field.Int("edits").Default(0).Annotations(entity.Managed()),
	}
}

// Policy of Sighting: everybody may do everything.
func (Sighting) Policy() ent.Policy {
	return rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
}

// Edges of Sighting. None needs the other side to say anything.
func (Sighting) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("post", Post.Type).Unique().Required().Annotations(entsql.OnDelete(entsql.Cascade)).Comment("What it is about."),
		edge.To("author", User.Type).Unique().Annotations(entsql.OnDelete(entsql.SetNull)),
		edge.To("replies", Sighting.Type).From("parent").Unique(),
		edge.To("related", Sighting.Type),
	}
}

// Hooks of Sighting.
func (Sighting) Hooks() []ent.Hook { return []ent.Hook{countEdits} }

// Annotations of Sighting.
func (Sighting) Annotations() []schema.Annotation {
	return []schema.Annotation{schema.Comment("What a user says about a post.")}
}

// countEdits refuses a word in every write and counts the updates.
func countEdits(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		if body, ok := m.Field("body"); ok && body == "forbidden" {
			return nil, api.Problem(api.CodeBadUserInput, "input.body", "has a forbidden word")
		}
		if m.Op().Is(ent.OpUpdateOne) {
			edits, err := m.OldField(ctx, "edits")
			if err != nil {
				return nil, err
			}
			if err := m.SetField("edits", edits.(int)+1); err != nil {
				return nil, err
			}
		}
		return next.Mutate(ctx, m)
	})
}
