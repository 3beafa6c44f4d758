package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

// named is an entity with a validator and an enum, which the table names by its package.
type named struct{ ent.Schema }

// Mixin of named.
func (named) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}} }

// Fields of named.
func (named) Fields() []ent.Field {
	return []ent.Field{field.String("name").Validate(entity.Length(1, 20)), field.Enum("kind").Values("A", "B").Default("A")}
}

// Policy of named.
func (named) Policy() ent.Policy {
	return rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
}

// Entities whose packages are called as others are that generated code imports.
type (
	Table    struct{ named }
	Errors   struct{ named }
	Dialect  struct{ named }
	Context  struct{ named }
	Uuid     struct{ named }
	Entities struct{ named }
	Mutate   struct{ named }
)
