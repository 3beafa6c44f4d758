package graph

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/ent/accesstoken"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/viewer"
)

// Mutation gives the methods of the handwritten mutation fields.
func (r *Resolver) Mutation() MutationResolver { return &mutationResolver{r} }

type mutationResolver struct{ *Resolver }

// request is that which the mutation came by.
func request(ctx context.Context) (*auth.Request, error) {
	if req := auth.FromContext(ctx); req != nil {
		return req, nil
	}
	return nil, errors.New("sign in outside of a request")
}

// SignUp makes a user and signs in.
func (r *mutationResolver) SignUp(ctx context.Context, input SignUpInput) (*SignInPayload, error) {
	req, err := request(ctx)
	if err != nil {
		return nil, err
	}
	system := viewer.NewContext(ctx, viewer.System())
	id, err := r.Entities.Create(system, "User", api.Input{"username": input.Username, "email": input.Email})
	if bad := auth.CheckPassword(input.Password); bad != nil {
		return nil, withFieldError(err, "password", bad)
	}
	if err != nil {
		return nil, err
	}
	return signedIn(id, req.SignUp(ctx, viewer.Viewer{UserID: id, Role: viewer.Member}))
}

// withFieldError adds a bad value to what is wrong with the others.
func withFieldError(err error, name string, bad error) error {
	one := entity.FieldError{Path: []any{"input", name}, Message: bad.Error()}
	var input *entity.InputError
	if errors.As(err, &input) {
		return &entity.InputError{Fields: append(input.Fields, one)}
	}
	return &entity.InputError{Fields: []entity.FieldError{one}}
}

// SignIn begins a session.
func (r *mutationResolver) SignIn(ctx context.Context, _ SignInInput) (*SignInPayload, error) {
	req, err := request(ctx)
	if err != nil {
		return nil, err
	}
	return signedIn(req.SignIn(ctx))
}

func signedIn(id uuid.UUID, err error) (*SignInPayload, error) {
	if err != nil {
		return nil, err
	}
	return &SignInPayload{User: &api.Ref{Type: "User", ID: id}}, nil
}

// SignOut ends one session or all.
func (r *mutationResolver) SignOut(ctx context.Context, everywhere bool) (*SignOutPayload, error) {
	req, err := request(ctx)
	if err != nil {
		return nil, err
	}
	was := viewer.FromContext(ctx).SignedIn()
	return &SignOutPayload{SignedOut: was}, req.SignOut(ctx, everywhere)
}

// ChangePassword replaces the viewer's password.
func (r *mutationResolver) ChangePassword(ctx context.Context, _ ChangePasswordInput) (*SignInPayload, error) {
	req, err := request(ctx)
	if err != nil {
		return nil, err
	}
	return signedIn(req.ChangePassword(ctx))
}

// CreateAccessToken makes an access token of the viewer and shows it, this once.
func (r *mutationResolver) CreateAccessToken(ctx context.Context, input CreateAccessTokenInput) (*CreateAccessTokenPayload, error) {
	req, err := request(ctx)
	if err != nil {
		return nil, err
	}
	name, err := r.Entities.Parse("AccessToken", "name", input.Name)
	if err != nil {
		return nil, withFieldError(nil, "name", err)
	}
	id, token, err := req.CreateToken(ctx, fmt.Sprint(name), accesstoken.Scope(input.Scope), input.ExpiresAt)
	var expiry auth.ExpiryError
	switch {
	case errors.As(err, &expiry):
		return nil, withFieldError(nil, "expiresAt", expiry)
	case err != nil:
		return nil, err
	}
	return &CreateAccessTokenPayload{Token: token, AccessToken: &api.Ref{Type: "AccessToken", ID: id}}, nil
}

// LinkIdentity lets the viewer sign in with the tokens of the OpenID provider.
func (r *mutationResolver) LinkIdentity(ctx context.Context, _ string) (*LinkIdentityPayload, error) {
	req, err := request(ctx)
	if err != nil {
		return nil, err
	}
	id, err := req.LinkIdentity(ctx)
	if err != nil {
		return nil, err
	}
	return &LinkIdentityPayload{User: &api.Ref{Type: "User", ID: id}}, nil
}
