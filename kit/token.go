package kit

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

// AccessToken lets a program act for its user; embed it with the entity that has [Account]. Its text
// is shown once, by the mutation createAccessToken; only a hash is kept. For the list of a user's
// own tokens add to the edges of the user entity
//
//	edge.From("access_tokens", AccessToken.Type).Ref("user")
type AccessToken[User ent.Interface] struct{ ent.Schema }

// Mixin of AccessToken: each belongs to one user.
func (AccessToken[User]) Mixin() []ent.Mixin {
	return []ent.Mixin{entity.Base{}, owned[User]{symbol: "access_tokens_users_access_tokens"}, accessToken{}}
}

// Policy of AccessToken: users see and revoke their own.
func (AccessToken[User]) Policy() ent.Policy {
	return rule.Policy{
		Read:   rule.Owner("user_id"),
		Create: rule.Owner("user_id"),
		Delete: rule.Owner("user_id"),
	}
}

type accessToken struct{ mixin.Schema }

// Fields of accessToken.
func (accessToken) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").
			SchemaType(map[string]string{dialect.Postgres: "varchar(100)"}).
			Validate(entity.Length(1, 100)).
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

// Annotations of accessToken: createAccessToken shows the token and is therefore none of the
// generated mutations, and nothing of a token changes.
func (accessToken) Annotations() []schema.Annotation {
	return []schema.Annotation{
		schema.Comment("Lets a program act for a user, who sends it as Authorization: Bearer."),
		entity.Prefix("token"),
		entity.Without(entity.Create, entity.Update),
		As(AccessTokens),
		entsql.Checks(map[string]string{
			"access_tokens_scope_values": `scope IN ('READ', 'WRITE')`,
			"access_tokens_hash_length":  `octet_length(token_hash) = 32`,
		}),
	}
}
