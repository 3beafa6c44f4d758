package auth

import (
	"context"
	"maps"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// Queries answers the query field viewer; embed it in the app's query resolver.
type Queries struct{ of *api.Entities }

// NewQueries makes the resolvers of an app's entities.
func NewQueries(of *api.Entities) Queries { return Queries{of} }

// Viewer is the user who asks, null without sign-in.
func (q Queries) Viewer(ctx context.Context) (*api.Ref, error) {
	v := viewer.FromContext(ctx)
	if !v.SignedIn() {
		return nil, nil
	}
	return &api.Ref{Type: q.of.Account().Entity, ID: v.UserID}, nil
}

// Mutations answers the mutations of signing in; embed it in the app's mutation resolver.
type Mutations struct{ of *api.Entities }

// NewMutations makes the resolvers of an app's entities.
func NewMutations(of *api.Entities) Mutations { return Mutations{of} }

// SignUp makes a user and signs in. The input has the password besides what a new user needs.
func (m Mutations) SignUp(ctx context.Context, input api.Input) (*SignInPayload, error) {
	s, err := auth.SigningFromContext(ctx)
	if err != nil {
		return nil, err
	}
	password, _ := input["password"].(string)
	values := maps.Clone(input)
	delete(values, "password")
	return m.signedIn(s.SignUp(ctx, values, password))
}

// SignIn begins a session.
func (m Mutations) SignIn(ctx context.Context, _ SignInInput) (*SignInPayload, error) {
	s, err := auth.SigningFromContext(ctx)
	if err != nil {
		return nil, err
	}
	return m.signedIn(s.SignIn(ctx))
}

func (m Mutations) signedIn(id key.Key, err error) (*SignInPayload, error) {
	if err != nil {
		return nil, err
	}
	return &SignInPayload{User: &api.Ref{Type: m.of.Account().Entity, ID: id}}, nil
}

// SignOut ends one session or all.
func (m Mutations) SignOut(ctx context.Context, everywhere bool) (*SignOutPayload, error) {
	s, err := auth.SigningFromContext(ctx)
	if err != nil {
		return nil, err
	}
	was := viewer.FromContext(ctx).SignedIn()
	return &SignOutPayload{SignedOut: was}, s.SignOut(ctx, everywhere)
}

// ChangePassword replaces the viewer's password.
func (m Mutations) ChangePassword(ctx context.Context, _ ChangePasswordInput) (*SignInPayload, error) {
	s, err := auth.SigningFromContext(ctx)
	if err != nil {
		return nil, err
	}
	return m.signedIn(s.ChangePassword(ctx))
}

// CreateAccessToken makes an access token of the viewer and shows it, this once.
func (m Mutations) CreateAccessToken(ctx context.Context, input CreateAccessTokenInput) (*CreateAccessTokenPayload, error) {
	s, err := auth.SigningFromContext(ctx)
	if err != nil {
		return nil, err
	}
	id, token, err := s.CreateToken(ctx, auth.Token{Name: input.Name, Scope: input.Scope, Expires: input.ExpiresAt})
	if err != nil {
		return nil, err
	}
	return &CreateAccessTokenPayload{Token: token, AccessToken: &api.Ref{Type: m.of.Account().TokenEntity, ID: id}}, nil
}

// LinkIdentity lets the viewer sign in with the tokens of the OpenID provider.
func (m Mutations) LinkIdentity(ctx context.Context, _ string) (*LinkIdentityPayload, error) {
	s, err := auth.SigningFromContext(ctx)
	if err != nil {
		return nil, err
	}
	id, err := s.LinkIdentity(ctx)
	if err != nil {
		return nil, err
	}
	return &LinkIdentityPayload{User: &api.Ref{Type: m.of.Account().Entity, ID: id}}, nil
}
