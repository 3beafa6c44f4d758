// Package entity is what schemas say beyond Ent's own words: annotations for fields, edges
// and entities, and mixins that carry what most entities have.
//
//	// Product is something that can be bought.
//	type Product struct{ ent.Schema }
//
//	func (Product) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}} }
//
//	func (Product) Fields() []ent.Field {
//		return []ent.Field{
//			field.String("name").Annotations(entity.Trim()),
//			field.String("note").Annotations(entity.Skip()), // not in the API
//		}
//	}
//
//	func (Product) Policy() ent.Policy { return rule.Policy{Read: rule.Everyone()} }
//
// The generator reads them; nothing here runs in a server. Access rules are in package rule,
// ready entities in package kit.
package entity
