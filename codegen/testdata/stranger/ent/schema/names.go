package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

// named is an entity with a validator, which the table names by its package.
type named struct{ ent.Schema }

// Mixin of named.
func (named) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}} }

// Fields of named.
func (named) Fields() []ent.Field {
	return []ent.Field{field.String("name").Validate(entity.Length(1, 20))}
}

// Policy of named.
func (named) Policy() ent.Policy {
	return rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
}

// kinded has an enum too, which Ent generates where it need not rename the package.
type kinded struct{ named }

// Fields of kinded.
func (k kinded) Fields() []ent.Field {
	return append(k.named.Fields(), field.Enum("kind").Values("A", "B").Default("A"))
}

// Entities whose packages are called as others are that generated code imports.
type (
	Table    struct{ kinded }
	Errors   struct{ named }
	Dialect  struct{ named }
	Context  struct{ named }
	Uuid     struct{ named }
	Entities struct{ named }
)
