package graph

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/viewer"
)

// Mutation gives the methods of the handwritten mutation fields.
func (r *Resolver) Mutation() MutationResolver { return &mutationResolver{r} }

type mutationResolver struct{ *Resolver }

var errNoRequest = errors.New("sign in outside of a request")

// SignUp makes a user and signs in.
func (r *mutationResolver) SignUp(ctx context.Context, input SignUpInput) (*SignInPayload, error) {
	req := auth.FromContext(ctx)
	if req == nil {
		return nil, errNoRequest
	}
	if err := req.CountSignUp(ctx); err != nil {
		return nil, err
	}
	bad, hash := auth.CheckPassword(input.Password), ""
	if bad == nil {
		var err error
		if hash, err = req.Hash(ctx, input.Password); err != nil {
			return nil, err
		}
	}
	system := viewer.NewContext(ctx, viewer.System())
	id, err := r.Entities.Create(system, r.Entities.Entity("User"), map[string]any{"username": input.Username, "email": input.Email})
	if bad != nil {
		return nil, withFieldError(err, "password", bad)
	}
	if err != nil {
		return nil, err
	}
	if err := auth.SetHash(ctx, id, hash); err != nil {
		return nil, err
	}
	return signedIn(id, req.Become(ctx, viewer.Viewer{UserID: id, Role: viewer.Member}))
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
func (r *mutationResolver) SignIn(ctx context.Context, input SignInInput) (*SignInPayload, error) {
	req := auth.FromContext(ctx)
	if req == nil {
		return nil, errNoRequest
	}
	return signedIn(req.SignIn(ctx, input.Username, input.Password))
}

func signedIn(id uuid.UUID, err error) (*SignInPayload, error) {
	if err != nil {
		return nil, err
	}
	return &SignInPayload{User: &Ref{Type: "User", ID: id}}, nil
}

// SignOut ends one session or all.
func (r *mutationResolver) SignOut(ctx context.Context, everywhere bool) (*SignOutPayload, error) {
	req := auth.FromContext(ctx)
	if req == nil {
		return nil, errNoRequest
	}
	was := viewer.FromContext(ctx).SignedIn()
	return &SignOutPayload{SignedOut: was}, req.SignOut(ctx, everywhere)
}

// ChangePassword replaces the viewer's password.
func (r *mutationResolver) ChangePassword(ctx context.Context, input ChangePasswordInput) (*SignInPayload, error) {
	req := auth.FromContext(ctx)
	if req == nil {
		return nil, errNoRequest
	}
	if err := auth.CheckPassword(input.NewPassword); err != nil {
		return nil, withFieldError(nil, "newPassword", err)
	}
	return signedIn(req.ChangePassword(ctx, input.OldPassword, input.NewPassword))
}
