package schema

import (
	"encoding/json"
	"regexp"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
)

// Member signs in by e-mail address, has an id that Postgres numbers, roles of its own and a field
// that a new one needs.
type Member struct{ ent.Schema }

// Mixin of Member.
func (Member) Mixin() []ent.Mixin {
	return []ent.Mixin{kit.Account{Email: true, Roles: []string{"READER", "EDITOR_IN_CHIEF"}}}
}

// Fields of Member.
func (Member) Fields() []ent.Field {
	return []ent.Field{
		field.Int("id").SchemaType(map[string]string{dialect.Postgres: "serial"}),
		field.String("nickname").Validate(entity.Length(1, 20)).Comment("What friends say."),
		field.Enum("mood").Values("GOOD", "BAD").Default("GOOD"),
	}
}

// Edges of Member.
func (Member) Edges() []ent.Edge {
	return []ent.Edge{edge.From("keys", Key.Type).Ref("user"), edge.To("notes", Note.Type)}
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

// Note is a member's, about a country.
type Note struct{ ent.Schema }

// Mixin of Note.
func (Note) Mixin() []ent.Mixin {
	return []ent.Mixin{entity.UserOwned{User: Member.Type, Field: "member_id", BackRef: "notes"}}
}

// Fields of Note.
func (Note) Fields() []ent.Field {
	return []ent.Field{
		field.Int16("id").StorageKey("number"), field.String("text"), field.Bool("open").Default(false), field.UUID("trace", uuid.UUID{}).Optional(),
		field.Strings("labels").SchemaType(map[string]string{dialect.Postgres: "text[]"}).Optional(), field.JSON("facts", Facts{}).Optional(),
	}
}

// Edges of Note.
func (Note) Edges() []ent.Edge {
	return []ent.Edge{edge.From("country", Country.Type).Ref("notes").Unique()}
}

// Facts are what is known of a Note.
type Facts struct {
	Level json.Number `json:"level,omitempty"`
	Lock  *struct {
		By string `json:"by"`
	} `json:"lock,omitempty"`
}

// Policy of Note looks into its array and its document.
func (Note) Policy() ent.Policy {
	return rule.Policy{
		Read:   rule.Any(rule.Is("open", true), rule.Owner("member_id"), rule.Contains("labels", "it's {public}"), rule.At("facts", "level").GT(9007199254740992)),
		Write:  rule.All(rule.Owner("member_id"), rule.Not(rule.Contains("labels", "final"))),
		Update: rule.All(rule.Role("EDITOR_IN_CHIEF"), rule.At("facts").Contains(map[string]any{"lock": map[string]any{"by": "desk"}})),
		Delete: rule.All(rule.Role("EDITOR_IN_CHIEF"), rule.At("facts", "lock", "by").Exists()),
	}
}

// Country has the id that whoever makes one gives it.
type Country struct{ ent.Schema }

// Fields of Country.
func (Country) Fields() []ent.Field {
	return []ent.Field{field.String("id").StorageKey("code").MaxLen(2).Match(regexp.MustCompile(`^[A-Z]{2}$`))}
}

// Edges of Country.
func (Country) Edges() []ent.Edge { return []ent.Edge{edge.To("notes", Note.Type)} }

// Policy of Country.
func (Country) Policy() ent.Policy {
	return rule.Policy{Read: rule.Everyone(), Write: rule.Role("EDITOR_IN_CHIEF"), Update: rule.Nobody()}
}
