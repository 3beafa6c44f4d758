package schema

import (
	"database/sql/driver"
	"fmt"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

// Weight is an enum with a Go type.
type Weight string

// Values of Weight.
func (Weight) Values() []string { return []string{"LIGHT", "HEAVY"} }

// Types of Go for what Ent has types for.
type (
	Nick  string
	Level int8
	Share float64
)

// Spot is a type of Go with a scalar of its own.
type Spot struct{ X, Y int }

// Scan implements sql.Scanner.
func (s *Spot) Scan(v any) error {
	_, err := fmt.Sscanf(fmt.Sprint(v), "(%d,%d)", &s.X, &s.Y)
	return err
}

// Value implements driver.Valuer.
func (s Spot) Value() (driver.Value, error) { return fmt.Sprintf("(%d,%d)", s.X, s.Y), nil }

// Context has a name, a table, fields and edges whose names are used elsewhere.
type Context struct{ ent.Schema }

// Mixin of Context: it may belong to a User, who need not know.
func (Context) Mixin() []ent.Mixin {
	return []ent.Mixin{entity.Base{}, entity.UserOwned{Optional: true, BackRef: "contexts", Field: "owner_id"}}
}

// Fields of Context.
func (Context) Fields() []ent.Field {
	return []ent.Field{
		field.String("type").NotEmpty(),
		field.String("op").Default("none"),
		field.Int("first").Default(1),
		field.String("cursor").Optional(),
		field.String("node").Optional().Nillable(),
		field.Bool("where").Default(true),
		field.Enum("weight").GoType(Weight("")).Default("LIGHT"),
		field.String("codeName").StorageKey("cn").Unique(),
		field.Float("ratio").Optional().Nillable(),
		field.Float32("ratio32").Optional().Nillable(),
		field.Int8("tiny").Default(0),
		field.Int16("small").Default(0),
		field.Uint32("unsigned").Default(0),
		field.Int64("large").Default(0),
		field.Any("anything").Optional(),
		stored(field.String("price").Optional(), "numeric(10,2)"),
		stored(field.String("amount").Optional(), "numeric"),
		stored(field.Time("born").Optional(), "date"),
		stored(field.Time("local").Optional(), "timestamp"),
		stored(field.String("opens").Optional(), "time"),
		stored(field.String("lasts").Optional(), "interval"),
		stored(field.String("address").Optional(), "inet"),
		stored(field.String("network").Optional(), "cidr"),
		stored(field.String("hardware").Optional(), "macaddr"),
		stored(field.String("during").Optional(), "daterange"),
		stored(field.String("letters").Optional(), "char(3)"),
		field.Bytes("blob").Optional(),
		field.String("nick").GoType(Nick("")).MaxLen(8).Optional().Annotations(entity.Lower()),
		field.Int64("pause").GoType(time.Duration(0)).Optional(),
		field.Int8("level").GoType(Level(0)).Optional(),
		field.Float("share").GoType(Share(0)).Optional(),
		field.Other("spot", Spot{}).Optional().Nillable().SchemaType(map[string]string{dialect.Postgres: "point"}).
			Annotations(entity.Scalar(entity.ScalarOptions{Name: "Spot", Comment: "Such as (1,2).", Equal: true})),
		stored(field.Strings("labels").Default([]string{}), "text[]"),
		stored(field.JSON("codes", []Level{}).Optional(), "smallint[]"),
		stored(field.Enum("shade").GoType(Weight("")).Default("LIGHT"), "shade"),
	}
}

// stored gives a field a type of Postgres.
func stored(f ent.Field, column string) ent.Field {
	f.Descriptor().SchemaType = map[string]string{dialect.Postgres: column}
	return f
}

// Policy of Context: everybody may do everything.
func (Context) Policy() ent.Policy {
	return rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
}

// Edges of Context.
func (Context) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("following", Context.Type).From("followers"),
		edge.To("friends", Context.Type),
		edge.To("next", Context.Type).Unique().From("prev").Unique(),
		edge.To("spouse", Context.Type).Unique(),
		edge.To("blog_posts", Post.Type),
	}
}

// Indexes of Context: what has a label is found by one, what is on a day, and what contains a document.
func (Context) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("labels").Annotations(entsql.IndexType("GIN")),
		index.Fields("during").Annotations(entsql.IndexType("GIST")),
		index.Fields("anything").Annotations(entsql.IndexType("GIN"), entsql.OpClass("jsonb_path_ops")),
	}
}

// Annotations of Context.
func (Context) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entsql.Table("odd Contexts"),
		entity.Prefix("odd_context"),
		entity.Computed(entity.ComputedField{Name: "shout", Type: "String", Needs: []string{"codeName", "prev.codeName"}}),
	}
}
