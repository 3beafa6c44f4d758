package kit

import "github.com/entgraph/entgraph/entity"

// Part is what an entity or a field is to the engine, which finds both by it and not by their
// names; see [As].
type Part string

// The parts that are entities. Embedding gives them; they are the engine's own.
const (
	Users        Part = "users"
	Sessions     Part = "sessions"
	AccessTokens Part = "access_tokens"
	Identities   Part = "identities"
	Attempts     Part = "attempts"
	Changes      Part = "changes"
)

// The parts that are fields of the entity with [Account].
const (
	Username     Part = "username"
	Email        Part = "email"
	Role         Part = "role"
	PasswordHash Part = "password_hash"
)

// As makes a field that a schema declares itself a part of its [Account], such as one that has
// been there before and has another name:
//
//	field.String("login").Unique().Annotations(kit.As(kit.Username), entity.Trim(), entity.Lower())
//
// A username and an e-mail address must be unique, required texts; a role is an enum; the hash of
// a password is a sensitive text of 255 characters or more that may be null.
func As(p Part) entity.Annotation { return entity.Annotation{Part: string(p)} }
