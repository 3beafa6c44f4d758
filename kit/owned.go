package kit

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"

	"github.com/entgraph/entgraph/entity"
)

// owned gives an entity the user it belongs to and goes with. The edge leads one way, so that
// the user entity need not say anything; it may, with edge.From(…).Ref("user").
type owned[User ent.Interface] struct {
	mixin.Schema
	// symbol names the foreign key in the database.
	symbol string
}

// Fields of owned: the foreign key.
func (owned[User]) Fields() []ent.Field {
	var user User
	return []ent.Field{entity.References("user_id", user, "The user it belongs to.")}
}

// Edges of owned: Ent takes the name of the user entity from the function's type.
func (o owned[User]) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("user", func(User) {}).
			Field("user_id").
			Unique().
			Required().
			StorageKey(edge.Symbol(o.symbol)).
			Annotations(entsql.OnDelete(entsql.Cascade)).
			Comment("The user it belongs to."),
	}
}

// Indexes of owned: the order in which a user's own are read.
func (owned[User]) Indexes() []ent.Index { return []ent.Index{index.Fields("user_id", "id")} }
