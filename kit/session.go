package kit

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/entity"
)

// Session is a user's sign-in from one browser; embed it with the entity that has [Account]. It is
// kept out of the API: package auth alone reads and writes it.
type Session[User ent.Interface] struct{ ent.Schema }

// Mixin of Session: each belongs to one user.
func (Session[User]) Mixin() []ent.Mixin {
	return []ent.Mixin{owned[User]{symbol: "sessions_users_sessions"}, session{}}
}

type session struct{ mixin.Schema }

// Fields of session.
func (session) Fields() []ent.Field {
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

// Indexes of session: those that have ended are looked for by time.
func (session) Indexes() []ent.Index { return []ent.Index{index.Fields("expires_at")} }

// Annotations of session.
func (session) Annotations() []schema.Annotation {
	return []schema.Annotation{
		schema.Comment("A user's sign-in from one browser."),
		entsql.WithComments(true),
		entity.Skip(),
		As(Sessions),
		entsql.Checks(map[string]string{"sessions_token_hash_length": `octet_length(token_hash) = 32`}),
	}
}

// Identity is who a user is to an OpenID provider; embed it with the entity that has [Account]. It
// is kept out of the API: package auth alone reads and writes it.
type Identity[User ent.Interface] struct{ ent.Schema }

// Mixin of Identity: each belongs to one user.
func (Identity[User]) Mixin() []ent.Mixin {
	return []ent.Mixin{entity.Base{}, owned[User]{symbol: "identities_users_identities"}, identity{}}
}

type identity struct{ mixin.Schema }

// Fields of identity. Their lengths are those that OpenID Connect and package auth bound them to.
func (identity) Fields() []ent.Field {
	return []ent.Field{
		field.Text("issuer").Immutable().Comment("The provider's address, as in its tokens."),
		field.Text("subject").Immutable().Comment("The user's name there, which is never given to another."),
	}
}

// Indexes of identity.
func (identity) Indexes() []ent.Index {
	return []ent.Index{index.Fields("issuer", "subject").Unique()}
}

// Annotations of identity.
func (identity) Annotations() []schema.Annotation {
	return []schema.Annotation{
		schema.Comment("Who a user is to an OpenID provider."),
		entity.Skip(),
		As(Identities),
		entsql.Checks(map[string]string{"identities_subject_length": `octet_length(subject) <= 255`}),
	}
}

// Attempt counts how often something was tried of which too much is refused, such as passwords of
// one account. It is kept out of the API: package auth alone reads and writes it.
type Attempt struct{ ent.Schema }

// Mixin of Attempt.
func (Attempt) Mixin() []ent.Mixin { return []ent.Mixin{attempt{}} }

type attempt struct{ mixin.Schema }

// Fields of attempt.
func (attempt) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").
			SchemaType(map[string]string{dialect.Postgres: "varchar(64)"}).
			Immutable().
			Comment("SHA-256 of what is counted, in hexadecimal digits."),
		field.Int("count").Comment("How often, since the count began."),
		field.Time("ends_at").Comment("When the count begins anew."),
	}
}

// Indexes of attempt: those that have ended are looked for by time.
func (attempt) Indexes() []ent.Index { return []ent.Index{index.Fields("ends_at")} }

// Annotations of attempt.
func (attempt) Annotations() []schema.Annotation {
	return []schema.Annotation{
		schema.Comment("How often something was tried of which too much is refused."),
		entsql.WithComments(true),
		entity.Skip(),
		As(Attempts),
	}
}
