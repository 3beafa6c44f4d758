package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

// AccessToken lets a program act for its User. Its text is shown once, by the mutation
// createAccessToken; only a hash is kept.
type AccessToken struct{ ent.Schema }

// Mixin of AccessToken: each belongs to one User.
func (AccessToken) Mixin() []ent.Mixin {
	return []ent.Mixin{entity.Base{}, entity.UserOwned{BackRef: "access_tokens"}}
}

// Fields of AccessToken.
func (AccessToken) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").
			SchemaType(map[string]string{dialect.Postgres: "varchar(100)"}).
			Validate(length(1, 100)).
			Immutable().
			Annotations(entity.Trim()).
			Comment("What it is for, in the user's words."),
		field.Enum("scope").
			NamedValues("Read", "READ", "Write", "WRITE").
			Immutable().
			SchemaType(map[string]string{dialect.Postgres: "varchar(16)"}).
			Comment("What it lets a program do: READ no mutations, WRITE all that the user may do."),
		field.Time("expires_at").Immutable().Comment("When it ends."),
		field.Time("used_at").
			Optional().
			Nillable().
			Annotations(entity.Managed()).
			Comment("When it was last used, give or take a minute; null when it never was."),
		field.Bytes("token_hash").
			Unique().
			Immutable().
			Sensitive().
			Comment("SHA-256 of the token."),
	}
}

// Policy of AccessToken: users see and revoke their own.
func (AccessToken) Policy() ent.Policy {
	return rule.Policy{
		Read:   rule.Owner("user_id"),
		Create: rule.Owner("user_id"),
		Delete: rule.Owner("user_id"),
	}
}

// Annotations of AccessToken: createAccessToken is written by hand, since it shows the
// token, and nothing of one changes.
func (AccessToken) Annotations() []schema.Annotation {
	return []schema.Annotation{
		schema.Comment("Lets a program act for a user, who sends it as Authorization: Bearer."),
		entity.Prefix("token"),
		entity.Without(entity.Create, entity.Update),
		entsql.Checks(map[string]string{
			"access_tokens_scope_values": `scope IN ('READ', 'WRITE')`,
			"access_tokens_hash_length":  `octet_length(token_hash) = 32`,
		}),
	}
}
