package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

// Product is all that an app without users has.
type Product struct{ ent.Schema }

// Mixin of Product.
func (Product) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}} }

// Fields of Product.
func (Product) Fields() []ent.Field { return []ent.Field{field.String("name")} }

// Policy of Product.
func (Product) Policy() ent.Policy { return rule.Policy{Read: rule.Everyone()} }
