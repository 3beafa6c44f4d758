package entity

import (
	"context"
	"io/fs"
	"slices"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql/schema"
)

// Engine is a generated Ent package, as the engine knows it without importing it. The
// generator writes it into ent/entity.go.
type Engine struct {
	// Entities are those that the API serves.
	Entities []Entity
	// Tables are all that the schemas declare and migrations make.
	Tables []*schema.Table
	// Unsecured names the tables without row-level security.
	Unsecured []string
	// External are those that others make.
	External []*schema.Table
	// Renamed and Backfill are what schemas say with RenamedFrom and Backfill: by the old name
	// of a table or table.column the new one, and by table.column an SQL expression.
	Renamed, Backfill map[string]string
	// Offer has, by table.column, the SQL expression that is proposed for rows without a value
	// where the column's type does not say which fits: "" where validators may refuse any.
	Offer map[string]string
	// Objects are files of SQL: what the schemas need besides their tables.
	Objects fs.FS

	// Account is the user entity with what belongs to signing in, nil without one.
	Account *Account
	// AuditLog is the entity that keeps the changes of the others, "" without one.
	AuditLog string

	// NewClient makes an Ent client that works on a driver, with hooks.
	NewClient func(dialect.Driver, ...ent.Hook) Client
	// NewContext returns a context in which the app's code finds a client that NewClient made.
	NewContext func(context.Context, Client) context.Context
	// IsNotFound reports whether an error is Ent's NotFoundError.
	IsNotFound func(error) bool
	// Invalid gives the field that a validator refused when an error is Ent's ValidationError.
	Invalid func(error) (field string, ok bool)
}

// With returns an Engine whose clients run hooks around every mutation of an entity, which is
// named as by the generated ent.TypeProduct: through the API, by the seed and in Go. It is for
// hooks that use the generated client, which schemas had better not import. They run before those
// of the schema.
func (e Engine) With(entity string, hooks ...ent.Hook) Engine {
	inner := e.NewClient
	own := make([]ent.Hook, len(hooks))
	for i, hook := range hooks {
		own[i] = around(entity, hook)
	}
	e.NewClient = func(d dialect.Driver, ours ...ent.Hook) Client {
		return inner(d, slices.Concat(ours, own)...)
	}
	return e
}

// around is a hook for the mutations of one entity: a client runs it for those of all.
func around(entity string, hook ent.Hook) ent.Hook {
	return func(next ent.Mutator) ent.Mutator {
		hooked := hook(next)
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if m.Type() == entity {
				return hooked.Mutate(ctx, m)
			}
			return next.Mutate(ctx, m)
		})
	}
}

// Client is an Ent client: the *Client of an app's generated package. The functions of that
// package take no client of another one.
type Client interface {
	// Mutate runs a mutation of any entity.
	Mutate(context.Context, ent.Mutation) (ent.Value, error)
}

// Account is the user entity of an app: how its columns are called, and the tables that
// belong to signing in. A column or table that the app does not have is "".
type Account struct {
	Entity, Table string
	// ID is the column of the ids. Default "id".
	ID string

	Username, Email, Role, PasswordHash string // columns
	// Roles are the values of Role; the first is that of a new user.
	Roles []string

	Sessions, Tokens, Identities, Attempts string // tables
	// TokenEntity is the entity of the access tokens.
	TokenEntity string
}

// IDColumn is the column of the ids of users.
func (a Account) IDColumn() string {
	if a.ID == "" {
		return "id"
	}
	return a.ID
}
