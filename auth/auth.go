// Package auth answers the fields of signing in, which the generator adds to the API of an app
// that embeds the entities of package kit:
//
//	type mutationResolver struct {
//		*Resolver
//		auth.Mutations
//	}
//
//	func (r *Resolver) Mutation() MutationResolver {
//		return &mutationResolver{r, auth.NewMutations(r.Entities)}
//	}
//
//	type queryResolver struct {
//		*Resolver
//		auth.Queries
//	}
//
//	func (r *Resolver) Query() QueryResolver {
//		return &queryResolver{r, auth.NewQueries(r.Entities)}
//	}
//
// A method of the app's own with one of their names replaces it.
package auth

import (
	"time"

	"github.com/entgraph/entgraph/api"
)

// SignInInput is whom signIn is for, by the name that users of the app have.
type SignInInput struct{ Username, Email, Password string }

// ChangePasswordInput is what changePassword takes.
type ChangePasswordInput struct{ OldPassword, NewPassword string }

// CreateAccessTokenInput is what createAccessToken takes.
type CreateAccessTokenInput struct {
	Name, Scope string
	ExpiresAt   *time.Time
}

// SignInPayload says who is signed in now.
type SignInPayload struct{ User *api.Ref }

// SignOutPayload says whether somebody was signed in.
type SignOutPayload struct{ SignedOut bool }

// CreateAccessTokenPayload has the token, which is shown this once.
type CreateAccessTokenPayload struct {
	Token       string
	AccessToken *api.Ref
}

// LinkIdentityPayload says whose identity it is now.
type LinkIdentityPayload struct{ User *api.Ref }
