package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/entgraph/entgraph/entity"
)

// Identity is who a User is to an OpenID provider. It is kept out of the API: package
// auth alone reads and writes it.
type Identity struct{ ent.Schema }

// Mixin of Identity: each belongs to one User.
func (Identity) Mixin() []ent.Mixin {
	return []ent.Mixin{entity.Base{}, entity.UserOwned{BackRef: "identities"}}
}

// Fields of Identity. Their lengths are those that OpenID Connect and package auth bound
// them to.
func (Identity) Fields() []ent.Field {
	return []ent.Field{
		field.Text("issuer").Immutable().Comment("The provider's address, as in its tokens."),
		field.Text("subject").Immutable().Comment("The user's name there, which is never given to another."),
	}
}

// Indexes of Identity.
func (Identity) Indexes() []ent.Index {
	return []ent.Index{index.Fields("issuer", "subject").Unique()}
}

// Annotations of Identity.
func (Identity) Annotations() []schema.Annotation {
	return []schema.Annotation{
		schema.Comment("Who a user is to an OpenID provider."),
		entity.Skip(),
		entsql.Checks(map[string]string{"identities_subject_length": `octet_length(subject) <= 255`}),
	}
}
