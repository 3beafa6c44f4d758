// Package kit has ready entities to embed: what signing in needs, and the audit log.
//
//	// User is somebody who signs in.
//	type User struct{ ent.Schema }
//
//	func (User) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}, kit.Account{Email: true}} }
//
//	func (User) Policy() ent.Policy {
//		return rule.Policy{
//			Read:   rule.Everyone(),
//			Fields: rule.Fields{"email": rule.Owner("id")},
//			Write:  rule.Role(kit.Admin),
//			Update: rule.Owner("id"),
//			Delete: rule.Owner("id"),
//			Sets:   rule.Fields{"role": rule.Any(rule.Is("role", kit.Member), rule.Role(kit.Admin))},
//		}
//	}
//
//	// What belongs to signing in, each in a file of its own or all in one.
//	type (
//		Session     struct{ kit.Session[User] }
//		Attempt     struct{ kit.Attempt }
//		AccessToken struct{ kit.AccessToken[User] }
//		Identity    struct{ kit.Identity[User] }
//		AuditLog    struct{ kit.AuditLog }
//	)
//
// [Account] makes an entity the one whose rows sign in; it may have any name. The generator then
// adds to the API what the embedded entities allow: [Session] gives signUp, signIn, signOut and
// changePassword, [AccessToken] createAccessToken, [Identity] linkIdentity, and [Account] alone the
// query field viewer. Package auth answers them. Leave out what is not wanted, and add fields,
// edges, indexes and annotations as in every schema; what is embedded comes by Mixin, so that a
// schema with mixins of its own appends to those:
//
//	func (s Session) Mixin() []ent.Mixin { return append(s.Session.Mixin(), entity.Something{}) }
//
// The package knows no database and no server: the generator builds it with every schema.
package kit
