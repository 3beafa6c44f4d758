package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
)

// Member signs in by e-mail address, has roles of its own and a field that a new one needs.
type Member struct{ ent.Schema }

// Mixin of Member.
func (Member) Mixin() []ent.Mixin {
	return []ent.Mixin{entity.Base{}, kit.Account{Email: true, Roles: []string{"READER", "EDITOR_IN_CHIEF"}}}
}

// Fields of Member.
func (Member) Fields() []ent.Field {
	return []ent.Field{
		field.String("nickname").Validate(entity.Length(1, 20)).Comment("What friends say."),
		field.Enum("mood").Values("GOOD", "BAD").Default("GOOD"),
	}
}

// Edges of Member.
func (Member) Edges() []ent.Edge {
	return []ent.Edge{edge.From("keys", Key.Type).Ref("user")}
}

// Policy of Member.
func (Member) Policy() ent.Policy {
	return rule.Policy{
		Read: rule.Everyone(), Update: rule.Owner("id"),
		Sets: rule.Fields{"role": rule.Role("EDITOR_IN_CHIEF")},
	}
}

// What a Member signs in with.
type (
	Login   struct{ kit.Session[Member] }
	Attempt struct{ kit.Attempt }
	Key     struct{ kit.AccessToken[Member] }
)

// Story is the audit log, which all members read.
type Story struct{ kit.AuditLog }

// Fields of Story are beside those that it embeds.
func (Story) Fields() []ent.Field { return []ent.Field{field.String("note").Optional()} }

// Policy of Story.
func (Story) Policy() ent.Policy { return rule.Policy{Read: rule.SignedIn()} }
