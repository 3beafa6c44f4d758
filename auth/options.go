package auth

import (
	"context"

	"github.com/entgraph/entgraph/internal/auth"
)

// Options are what an app decides about its sign-in; how long sessions last and how often something may
// be tried are settings of the environment. The zero value is an app's that says nothing.
type Options struct {
	// NewUser gives the values of the user who is made when the OpenID provider's token is
	// seen for the first time, by the keys of the entity's create input. Default: a free user
	// name and the e-mail address, as far as the entity has them. An entity that requires more
	// needs it.
	NewUser func(Claims) map[string]any
	// CheckPassword says what is wrong with a new password besides its length, such as that
	// everybody knows it. Its error continues "the password", and the client reads it. It is
	// asked twice for each password and must be quick. Default: nothing is wrong.
	CheckPassword func(ctx context.Context, password string) error
}

// Claims is what the token of an OpenID provider says about a user.
type Claims = auth.Claims
