package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
)

// Profile says who a User is.
type Profile struct{ ent.Schema }

// Mixin of Profile: each belongs to one User, who has at most one.
func (Profile) Mixin() []ent.Mixin {
	return []ent.Mixin{entity.Base{}, entity.UserOwned{Unique: true, BackRef: "profile"}}
}

// Fields of Profile.
func (Profile) Fields() []ent.Field {
	return []ent.Field{
		field.String("first_name").
			SchemaType(map[string]string{dialect.Postgres: "varchar(100)"}).
			Validate(entity.Length(1, 100)).
			Validate(entity.Printable).
			Optional().
			Nillable().
			Annotations(entity.Trim()).
			Comment("Given name."),
		field.String("last_name").
			SchemaType(map[string]string{dialect.Postgres: "varchar(100)"}).
			Validate(entity.Length(1, 100)).
			Validate(entity.Printable).
			Optional().
			Nillable().
			Annotations(entity.Trim()).
			Comment("Family name."),
		field.Text("bio").
			Validate(entity.Length(1, 2000)).
			Validate(entity.PrintableLines).
			Optional().
			Nillable().
			Comment("A few words about the user, up to 2,000 characters."),
	}
}

// Policy of Profile: everybody sees profiles; users write their own.
func (Profile) Policy() ent.Policy {
	return rule.Policy{
		Read:   rule.Everyone(),
		Write:  rule.Owner("user_id"),
		Delete: rule.Role(kit.Admin),
	}
}

// Annotations of Profile.
func (Profile) Annotations() []schema.Annotation {
	return []schema.Annotation{schema.Comment("Who a user is.")}
}
