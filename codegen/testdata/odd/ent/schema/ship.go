package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

// sea is what Ship and Sailor have in common: a name, and everybody may do everything.
type sea struct{ ent.Schema }

// Mixin of sea.
func (sea) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}} }

// Fields of sea.
func (sea) Fields() []ent.Field { return []ent.Field{field.String("name").Unique()} }

// Policy of sea.
func (sea) Policy() ent.Policy {
	return rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
}

// Ship has many edges to Sailor, most of whose foreign keys are there.
type Ship struct{ sea }

// Edges of Ship.
func (Ship) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("captain", Sailor.Type).Unique().Required().StorageKey(edge.Column("commandsShip")),
		edge.To("mate", Sailor.Type).Unique(),
		edge.To("crew", Sailor.Type).Required().StorageKey(edge.Table("ship crew"), edge.Columns("onShip", "who")),
		edge.To("former", Sailor.Type).StorageKey(edge.Column("lastShip")),
		edge.To("founder", Sailor.Type).Unique().Immutable(),
		edge.To("home", Context.Type).Unique().Required().Immutable().StorageKey(edge.Column("port")),
		edge.To("remarks", Remark.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Sailor may be many things on ships.
type Sailor struct{ sea }

// Edges of Sailor.
func (Sailor) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("commands", Ship.Type).Ref("captain").Unique(),
		edge.From("mate_of", Ship.Type).Ref("mate").Unique(),
		edge.From("sails", Ship.Type).Ref("crew"),
		edge.From("left", Ship.Type).Ref("former").Unique(),
		edge.From("founded", Ship.Type).Ref("founder").Unique(),
		edge.To("saved_by", Ship.Type).Unique().Immutable(),
	}
}

// Remark is on a post, a ship or a sailor, whom who sees the remark sees.
type Remark struct{ ent.Schema }

// Mixin of Remark.
func (Remark) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}} }

// Fields of Remark.
func (Remark) Fields() []ent.Field {
	return []ent.Field{field.String("text"), field.UUID("post_key", uuid.UUID{}).Optional().Nillable().StorageKey("post")}
}

// Edges of Remark.
func (Remark) Edges() []ent.Edge {
	cascade := entsql.OnDelete(entsql.Cascade)
	return []ent.Edge{
		edge.To("post", Post.Type).Unique().Field("post_key").Annotations(cascade),
		edge.From("ship", Ship.Type).Ref("remarks").Unique(),
		edge.To("sailor", Sailor.Type).Unique().StorageKey(edge.Column("onSailor")).Annotations(cascade),
	}
}

// Annotations of Remark.
func (Remark) Annotations() []schema.Annotation {
	return []schema.Annotation{entity.OneOf("subject", "post", "ship", "sailor")}
}

// Policy of Remark.
func (Remark) Policy() ent.Policy {
	return rule.Policy{Read: rule.Any(rule.Visible("post"), rule.Visible("ship"), rule.Visible("sailor")), Write: rule.Everyone()}
}
