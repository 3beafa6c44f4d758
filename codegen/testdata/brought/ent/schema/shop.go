package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/shopspring/decimal"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

// stored says what Postgres calls the type of a column.
func stored(as string) map[string]string { return map[string]string{dialect.Postgres: as} }

// brought is said of a table that other programs use as well, and that stays as it is.
func brought(table string) []schema.Annotation {
	return []schema.Annotation{entsql.Table(table), entity.NoRowSecurity(), entity.NoChecks(), entity.NoIndex()}
}

// row is what all tables of the shop have: a number that Postgres gives.
type row struct{ ent.Schema }

// Fields of row.
func (row) Fields() []ent.Field { return []ent.Field{field.Int("id").SchemaType(stored("serial"))} }

// Policy of row.
func (row) Policy() ent.Policy {
	return rule.Policy{Read: rule.Everyone(), Write: rule.SignedIn()}
}

// User of the shop.
type User struct{ row }

// Annotations of User.
func (User) Annotations() []schema.Annotation { return brought("user") }

// Fields of User.
func (User) Fields() []ent.Field {
	return append(row{}.Fields(), field.String("username").MaxLen(32).Unique().SchemaType(stored("varchar(32)")))
}

// Edges of User.
func (User) Edges() []ent.Edge {
	return []ent.Edge{edge.To("profile", Profile.Type).Unique(), edge.To("posts", Post.Type), edge.To("orders", Order.Type)}
}

// Profile of a User.
type Profile struct{ row }

// Annotations of Profile.
func (Profile) Annotations() []schema.Annotation { return brought("profile") }

// Fields of Profile.
func (Profile) Fields() []ent.Field {
	return append(row{}.Fields(),
		field.String("first_name").MaxLen(40).Optional().Nillable().SchemaType(stored("varchar(40)")),
		field.String("last_name").MaxLen(40).Optional().Nillable().SchemaType(stored("varchar(40)")),
		field.String("bio").Optional().Nillable(),
		field.Time("birthday").Optional().Nillable().SchemaType(stored("date")),
		field.Bytes("avatar").Optional().Nillable(),
		field.Int("user_id"),
	)
}

// Edges of Profile.
func (Profile) Edges() []ent.Edge {
	return []ent.Edge{edge.From("user", User.Type).Ref("profile").Field("user_id").Unique().Required()}
}

// Policy of Profile.
func (Profile) Policy() ent.Policy {
	return rule.Policy{Read: rule.Everyone(), Write: rule.Owner("user_id")}
}

// Post of a User.
type Post struct{ row }

// Annotations of Post.
func (Post) Annotations() []schema.Annotation { return brought("post") }

// Fields of Post, whose ids nobody can give.
func (Post) Fields() []ent.Field {
	return []ent.Field{
		field.Int("id"),
		field.String("title").MaxLen(100).SchemaType(stored("varchar(100)")),
		field.Text("body").Default("").Annotations(entsql.Default("")),
		field.Strings("tags").Default([]string{}).SchemaType(stored("text[]")).Annotations(entsql.Default("{}")),
		field.Int("user_id"),
	}
}

// Edges of Post.
func (Post) Edges() []ent.Edge {
	return []ent.Edge{edge.From("user", User.Type).Ref("posts").Field("user_id").Unique().Required()}
}

// Policy of Post, which nobody changes who is through with it.
func (Post) Policy() ent.Policy {
	return rule.Policy{Read: rule.Everyone(), Write: rule.All(rule.Owner("user_id"), rule.Not(rule.Contains("tags", "final")))}
}

// Product that is sold.
type Product struct{ row }

// Annotations of Product.
func (Product) Annotations() []schema.Annotation { return brought("product") }

// Fields of Product.
func (Product) Fields() []ent.Field {
	return append(row{}.Fields(),
		field.String("name"),
		field.Text("description"),
		field.Other("price", decimal.Decimal{}).SchemaType(stored("numeric(10,2)")),
	)
}

// Edges of Product.
func (Product) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("orders", Order.Type).Ref("products").Through("lines", Line.Type),
		edge.To("pairs", Product.Type).Through("pairings", Pairing.Type),
	}
}

// Order of a User.
type Order struct{ row }

// Annotations of Order.
func (Order) Annotations() []schema.Annotation { return brought("order") }

// Fields of Order.
func (Order) Fields() []ent.Field {
	return append(row{}.Fields(),
		field.String("promocode").Optional().Nillable(),
		field.Enum("status").Values("pending", "paid", "shipped").Default("pending").
			SchemaType(stored("order_status")).Annotations(entsql.Default("pending")),
		field.Time("created_at").Immutable().Default(time.Now).
			SchemaType(stored("timestamp")).Annotations(entsql.DefaultExpr("now()")),
		field.Int("user_id"),
	)
}

// Edges of Order.
func (Order) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("orders").Field("user_id").Unique().Required(),
		edge.To("products", Product.Type).Through("lines", Line.Type),
	}
}

// Indexes of Order.
func (Order) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id").StorageKey("ix_order_user_id")}
}

// Policy of Order.
func (Order) Policy() ent.Policy {
	return rule.Policy{Read: rule.Owner("user_id"), Write: rule.Owner("user_id")}
}

// Line is a Product in an Order: the association table, whose key is of both.
type Line struct{ ent.Schema }

// Annotations of Line.
func (Line) Annotations() []schema.Annotation {
	return append(brought("order_product_association"), field.ID("order_id", "item_id"))
}

// Fields of Line.
func (Line) Fields() []ent.Field {
	return []ent.Field{
		field.Int("order_id"),
		field.Int("item_id").StorageKey("product_id"),
		field.Int("count").Default(1).SchemaType(stored("integer")).Annotations(entsql.Default("1")),
		field.Other("unit_price", decimal.Decimal{}).SchemaType(stored("numeric(10,2)")),
	}
}

// Edges of Line.
func (Line) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("order", Order.Type).Field("order_id").Unique().Required(),
		edge.To("product", Product.Type).Field("item_id").Unique().Required(),
	}
}

// Policy of Line.
func (Line) Policy() ent.Policy {
	return rule.Policy{
		Read:   rule.All(rule.Visible("order"), rule.Not(rule.Is("count", 77))),
		Create: rule.Visible("order"),
		Update: rule.All(rule.Visible("order"), rule.LT("count", 100)),
		Delete: rule.All(rule.Visible("order"), rule.LT("count", 50)),
		Sets:   rule.Fields{"count": rule.Not(rule.Is("count", 13))},
	}
}

// Pairing is a Product that goes with another one: each pair is two rows.
type Pairing struct{ ent.Schema }

// Annotations of Pairing.
func (Pairing) Annotations() []schema.Annotation {
	return append(brought("product_pair"), field.ID("product_id", "pair_id"))
}

// Fields of Pairing.
func (Pairing) Fields() []ent.Field {
	return []ent.Field{
		field.Int("product_id"),
		field.Int("pair_id"),
		field.JSON("note", map[string]any{}).Default(map[string]any{}).SchemaType(stored("jsonb")).Annotations(entsql.Default("{}")),
	}
}

// Edges of Pairing.
func (Pairing) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("product", Product.Type).Field("product_id").Unique().Required(),
		edge.To("pair", Product.Type).Field("pair_id").Unique().Required(),
	}
}

// Policy of Pairing looks into its document.
func (Pairing) Policy() ent.Policy {
	return rule.Policy{
		Read:  rule.Any(rule.SignedIn(), rule.Not(rule.At("note", "secret").Is(true))),
		Write: rule.All(rule.SignedIn(), rule.Not(rule.At("note", "locked").Is(true))),
	}
}
