package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
)

// User is somebody who signs in and writes posts.
type User struct{ ent.Schema }

// Mixin of User: it is the entity whose rows sign in.
func (User) Mixin() []ent.Mixin {
	return []ent.Mixin{entity.Base{}, kit.Account{Username: true, Email: true}}
}

// Policy of User: everybody sees users, but an e-mail address only the user and admins.
// Users sign up; they change and delete their own account, and only admins make admins.
func (User) Policy() ent.Policy {
	return rule.Policy{
		Read:   rule.Everyone(),
		Fields: rule.Fields{"email": rule.Any(rule.Owner("id"), rule.Role(kit.Admin))},
		Write:  rule.Role(kit.Admin),
		Update: rule.Owner("id"),
		Delete: rule.Owner("id"),
		Sets:   rule.Fields{"role": rule.Any(rule.Is("role", kit.Member), rule.Role(kit.Admin))},
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
		edge.From("access_tokens", AccessToken.Type).
			Ref("user").
			Comment("The user's access tokens, which others do not see."),
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
	}
}
