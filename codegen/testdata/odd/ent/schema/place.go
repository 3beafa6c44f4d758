package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

// The entities of this file are where people have theirs: in other schemas of Postgres, under
// names that need quotes, in views, and in tables of others.

// Order is in a schema of its own, and all of its names are reserved or need quotes.
type Order struct{ ent.Schema }

// Mixin of Order.
func (Order) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}} }

// Fields of Order.
func (Order) Fields() []ent.Field {
	return []ent.Field{
		field.String("select").StorageKey("Select").Unique(),
		field.Int("group").StorageKey("group by").Default(0),
		field.Int("a_name_of_sixty_three_bytes_which_is_all_that_postgres_keeps_xy").Optional(),
		field.UUID("buyer_id", uuid.UUID{}).StorageKey("User").Optional(),
		field.Enum("mood").NamedValues("Sad", "SAD", "OK", "OK", "SO_SO", "so so", "Happy", "HAPPY").Default("OK").SchemaType(map[string]string{dialect.Postgres: `"Sales Dept"."Mood"`}),
		field.Enum("stage").Values("in-progress", "done").Default("in-progress"),
	}
}

// Edges of Order.
func (Order) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("items", OrderItem.Type).StorageKey(edge.Table("Order Items"), edge.Columns("Order", "Item")),
		edge.To("lines", OrderItem.Type).StorageKey(edge.Column("order")),
		edge.To("buyer", User.Type).Unique().Field("buyer_id"),
	}
}

// Annotations of Order.
func (Order) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entsql.Annotation{Schema: "Sales Dept", Table: "Order"},
		entity.Searchable(entity.SearchOptions{Config: "simple", A: []string{"select"}}),
	}
}

// Policy of Order.
func (Order) Policy() ent.Policy {
	return rule.Policy{
		Read:  rule.Any(rule.Role("ADMIN"), rule.Has("lines", rule.Is("table", "shown"))),
		Write: rule.Everyone(),
		Sets:  rule.Fields{"group by": rule.Role("ADMIN")},
	}
}

// OrderItem is in a third schema, in a table with the longest name that there is.
type OrderItem struct{ ent.Schema }

// Mixin of OrderItem.
func (OrderItem) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}} }

// Fields of OrderItem.
func (OrderItem) Fields() []ent.Field {
	return []ent.Field{field.String("table").NotEmpty().Unique()}
}

// Edges of OrderItem.
func (OrderItem) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("orders", Order.Type).Ref("items"),
		edge.From("order", Order.Type).Ref("lines").Unique(),
		edge.From("supplier", Supplier.Type).Ref("items").Unique(),
	}
}

// Annotations of OrderItem.
func (OrderItem) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entsql.Annotation{Schema: "stock", Table: "Items of all the Orders there are under a name of 63 bytes with"},
		entity.Prefix("item"),
	}
}

// Policy of OrderItem.
func (OrderItem) Policy() ent.Policy {
	return rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
}

// Spending is a view with an edge, which Postgres computes whenever it is asked.
type Spending struct{ ent.Schema }

// Fields of Spending.
func (Spending) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}),
		field.Int64("orders"),
		field.Int64("total"),
		field.UUID("buyer_id", uuid.UUID{}),
	}
}

// Edges of Spending.
func (Spending) Edges() []ent.Edge {
	return []ent.Edge{edge.To("buyer", User.Type).Unique().Required().Field("buyer_id")}
}

// Annotations of Spending.
func (Spending) Annotations() []schema.Annotation {
	return []schema.Annotation{
		schema.Comment("What a user has spent."),
		entsql.View(`SELECT "User" AS id, "User" AS buyer_id, count(*) AS orders, sum("group by")::bigint AS total FROM "Sales Dept"."Order" WHERE "User" IS NOT NULL GROUP BY 1`),
	}
}

// Policy of Spending: each user sees their own.
func (Spending) Policy() ent.Policy {
	return rule.Policy{Read: rule.Any(rule.Owner("buyer_id"), rule.Role("ADMIN"))}
}

// Shelf is one of Ent's views, which Postgres keeps.
type Shelf struct{ ent.View }

// Fields of Shelf.
func (Shelf) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("key", uuid.UUID{}).StorageKey("id").Comment("The item."),
		field.String("label").Unique(),
		field.Int64("orders"),
		field.Any("all").Optional(),
	}
}

// Annotations of Shelf.
func (Shelf) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entsql.Schema("stock"),
		entsql.View(`SELECT i.id, i."table" AS label, count(o."Order") AS orders, jsonb_agg(o."Order") AS "all"
FROM stock."Items of all the Orders there are under a name of 63 bytes with" i LEFT JOIN "Sales Dept"."Order Items" o ON o."Item" = i.id GROUP BY 1`),
		entity.Materialized(), entity.Key("key"),
	}
}

// Policy of Shelf.
func (Shelf) Policy() ent.Policy { return rule.Policy{Read: rule.Everyone()} }

// Supplier is in a table of others.
type Supplier struct{ ent.Schema }

// Fields of Supplier.
func (Supplier) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").StorageKey("LIFNR"),
		field.String("name").Unique(),
		field.Enum("grade").Values("A", "B").Optional().SchemaType(map[string]string{dialect.Postgres: `erp."Grade"`}),
	}
}

// Edges of Supplier.
func (Supplier) Edges() []ent.Edge { return []ent.Edge{edge.To("items", OrderItem.Type)} }

// Annotations of Supplier.
func (Supplier) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Schema: "erp", Table: "LFA1"}, entity.External()}
}

// Policy of Supplier.
func (Supplier) Policy() ent.Policy {
	return rule.Policy{Read: rule.Everyone(), Write: rule.Role("ADMIN")}
}

// Reading is in a table that the migration has made partitioned, by at.
type Reading struct{ ent.Schema }

// Mixin of Reading.
func (Reading) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}} }

// Fields of Reading.
func (Reading) Fields() []ent.Field {
	return []ent.Field{field.Time("at"), field.String("sensor"), field.Float("value")}
}

// Edges of Reading.
func (Reading) Edges() []ent.Edge {
	return []ent.Edge{edge.To("order", Order.Type).Unique()}
}

// Indexes of Reading.
func (Reading) Indexes() []ent.Index {
	return []ent.Index{index.Fields("sensor", "at").Unique()}
}

// Annotations of Reading.
func (Reading) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Schema: "stock", Table: "Readings"}}
}

// Policy of Reading.
func (Reading) Policy() ent.Policy {
	return rule.Policy{Read: rule.Everyone(), Write: rule.Role("ADMIN")}
}

// MoodCount is one of Ent's views, with a text as its key.
type MoodCount struct{ ent.View }

// Fields of MoodCount.
func (MoodCount) Fields() []ent.Field {
	return []ent.Field{field.String("mood"), field.Int("orders")}
}

// Annotations of MoodCount.
func (MoodCount) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entsql.View(`SELECT mood::text AS mood, count(*) AS orders FROM "Sales Dept"."Order" GROUP BY 1`),
		entity.Key("mood"),
	}
}

// Policy of MoodCount.
func (MoodCount) Policy() ent.Policy { return rule.Policy{Read: rule.Everyone()} }
