package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// User is somebody who signs in and writes posts.
type User struct{ ent.Schema }

// Mixin of User.
func (User) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}} }

// Fields of User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("username").
			SchemaType(map[string]string{dialect.Postgres: "varchar(32)"}).
			Unique().
			Validate(username).
			Annotations(entity.Trim(), entity.Lower()).
			Comment("Public name, unique without regard to case; kept in lower case."),
		field.String("email").
			SchemaType(map[string]string{dialect.Postgres: "varchar(254)"}).
			Unique().
			Validate(email).
			Annotations(entity.Trim(), entity.Lower()).
			Comment("E-mail address, unique without regard to case; kept in lower case."),
		field.Enum("role").
			NamedValues("Member", "MEMBER", "Admin", "ADMIN").
			Default("MEMBER").
			SchemaType(map[string]string{dialect.Postgres: "varchar(16)"}).
			Comment("What the user may do."),
		field.String("password_hash").
			SchemaType(map[string]string{dialect.Postgres: "varchar(255)"}).
			Validate(length(1, 255)).
			Optional().
			Nillable().
			Sensitive().
			Comment("Hash of the password; null for a user who cannot sign in with one."),
	}
}

// Policy of User: everybody sees users, but an e-mail address only the user and admins.
// Users come by sign-up; they change themselves, and only admins make admins.
func (User) Policy() ent.Policy {
	return rule.Policy{
		Read:   rule.Everyone(),
		Fields: rule.Fields{"email": rule.Any(rule.Owner("id"), rule.Role(viewer.Admin))},
		Write:  rule.Role(viewer.Admin),
		Update: rule.Owner("id"),
		Delete: rule.Owner("id"),
		Sets:   rule.Fields{"role": rule.Any(rule.Is("role", viewer.Member), rule.Role(viewer.Admin))},
	}
}

// Edges of User.
func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("profile", Profile.Type).
			Unique().
			Annotations(entsql.OnDelete(entsql.Cascade)).
			Comment("Who the user is; goes with the user."),
		edge.To("posts", Post.Type).
			Annotations(entsql.OnDelete(entsql.Restrict)).
			Comment("What the user wrote. A user with posts cannot be deleted."),
		edge.To("sessions", Session.Type).
			Annotations(entsql.OnDelete(entsql.Cascade), entity.Skip()).
			Comment("Where the user is signed in."),
		edge.To("access_tokens", AccessToken.Type).
			Annotations(entsql.OnDelete(entsql.Cascade)).
			Comment("The user's access tokens, which others do not see."),
		edge.To("identities", Identity.Type).
			Annotations(entsql.OnDelete(entsql.Cascade), entity.Skip()).
			Comment("Who the user is to OpenID providers."),
	}
}

// Annotations of User.
func (User) Annotations() []schema.Annotation {
	return []schema.Annotation{
		schema.Comment("Somebody who signs in and writes posts."),
		entity.Computed(entity.ComputedField{
			Name:    "displayName",
			Type:    "String!",
			Needs:   []string{"username", "profile.first_name", "profile.last_name"},
			Comment: "The name to show: first and last name, or the username of a user without them.",
		}),
		entsql.Checks(map[string]string{
			"users_username_format": `username ~ '^[a-z][a-z0-9_]{2,31}$'`,
			"users_email_format":    `email = lower(email) AND email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'`,
			"users_role_values":     `role IN ('MEMBER', 'ADMIN')`,
		}),
	}
}
