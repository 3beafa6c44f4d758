package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
)

// Line is of a bill: the database numbers it, computes its total and knows its currency.
type Line struct{ ent.Schema }

// Mixin of Line.
func (Line) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}} }

// Fields of Line.
func (Line) Fields() []ent.Field {
	price := map[string]string{dialect.Postgres: "numeric(10,2)"}
	return []ent.Field{
		field.Int("number").Unique().Annotations(entity.Sequence("line_numbers"), entity.Managed()),
		field.Int64("ticket").Annotations(entity.Sequence("line_tickets")),
		field.Int("quantity").Positive(),
		field.String("price").SchemaType(price),
		field.String("total").SchemaType(map[string]string{dialect.Postgres: "numeric"}).Annotations(entity.Generated("quantity * price")),
		field.String("label").Optional().Nillable().Annotations(entity.Generated("upper(note)")),
		field.Bool("bulk").Annotations(entity.Generated("quantity >= 10")),
		field.String("note").Optional().Nillable(),
		field.String("currency").MaxLen(3).Annotations(entsql.DefaultExpr("upper('eur')")),
	}
}

// Edges of Line: who wrote it, and whom only admins name otherwise.
func (Line) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("clerk", User.Type).Unique().Required().Annotations(entity.Viewer()),
		edge.To("payer", User.Type).Unique().Annotations(entity.Viewer(kit.Admin)),
		edge.To("seen_by", User.Type).Unique().Annotations(entity.Managed()),
	}
}

// Indexes of Line.
func (Line) Indexes() []ent.Index { return []ent.Index{index.Fields("bulk", "total")} }

// Policy of Line.
func (Line) Policy() ent.Policy {
	return rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
}
