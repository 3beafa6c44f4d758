package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/entity"
)

// Session is a User's sign-in from one browser. It is kept out of the API: package auth
// alone reads and writes it.
type Session struct{ ent.Schema }

// Mixin of Session: each belongs to one User.
func (Session) Mixin() []ent.Mixin { return []ent.Mixin{entity.UserOwned{BackRef: "sessions"}} }

// Fields of Session.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).
			Default(func() uuid.UUID { return uuid.Must(uuid.NewV7()) }).
			Immutable().
			Annotations(entsql.DefaultExpr(entity.UUIDv7)).
			Comment("Version 7 UUID; sorts by sign-in."),
		field.Bytes("token_hash").
			Unique().
			Immutable().
			Sensitive().
			Comment("SHA-256 of the token in the cookie."),
		field.Time("used_at").Comment("When it was last used, give or take a minute."),
		field.Time("expires_at").Immutable().Comment("When it ends however much it is used."),
	}
}

// Indexes of Session: those that have ended are looked for by time.
func (Session) Indexes() []ent.Index { return []ent.Index{index.Fields("expires_at")} }

// Annotations of Session.
func (Session) Annotations() []schema.Annotation {
	return []schema.Annotation{
		schema.Comment("A user's sign-in from one browser."),
		entsql.WithComments(true),
		entity.Skip(),
		entsql.Checks(map[string]string{"sessions_token_hash_length": `octet_length(token_hash) = 32`}),
	}
}
