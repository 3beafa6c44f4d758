package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/internal/viewer"
)

// The methods below run inside of a mutation: what they write is part of the
// transaction of the client in the context, and the context's viewer becomes the one
// who has signed in or out.

// CountSignUp counts an attempt to sign up. It fails with a [LimitError].
func (req *Request) CountSignUp(ctx context.Context) error {
	return req.auth.attempt(ctx, signUpLimits(place(req.auth.address(req.http))))
}

// mayBegin fails when no session can begin: no cookie can go back, or an access token,
// which goes before a cookie, would hide it.
func (req *Request) mayBegin() error {
	switch {
	case req.bearer != "":
		return ErrNeedsSession
	case !req.answers:
		return ErrNoCookie
	}
	return nil
}

// SignIn checks the password of a user by his name or e-mail address and begins a
// session in place of the one that the request carries. It fails with [ErrWrong], a
// [LimitError], [ErrNoCookie] and [ErrNeedsSession].
func (req *Request) SignIn(ctx context.Context, username, password string) (uuid.UUID, error) {
	if err := req.mayBegin(); err != nil {
		return uuid.Nil, err
	}
	a := req.auth
	username = strings.ToLower(strings.TrimSpace(username))
	limits := signInLimits(username, place(req.auth.address(req.http)))
	if err := a.attempt(ctx, limits); err != nil {
		return uuid.Nil, err
	}
	column := "username"
	if strings.Contains(username, "@") {
		column = "email"
	}
	var user viewer.Viewer
	if err := a.check(ctx, column, username, password, &user); err != nil {
		return uuid.Nil, err
	}
	if err := a.forget(ctx, limits); err != nil {
		return uuid.Nil, err
	}
	return user.UserID, req.Become(ctx, user)
}

// check compares a password with that of the user whose column has the value, and says
// who it is. It fails with [ErrWrong], after the same work, also when there is no such
// user.
func (a *Auth) check(ctx context.Context, column string, value any, password string, into *viewer.Viewer) error {
	var v viewer.Viewer
	var hash *string
	if s, ok := value.(string); !ok || !strings.ContainsRune(s, 0) { // Postgres has no such text
		err := a.db.Apart().QueryRow(system(ctx), `SELECT id, role, password_hash FROM public.users WHERE `+column+` = $1`, value).Scan(&v.UserID, &v.Role, &hash)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("look up account: %w", err)
		}
	}
	ok, err := a.verify(ctx, password, hash)
	switch {
	case err != nil:
		return err
	case !ok:
		return ErrWrong
	case into != nil:
		*into = v
	}
	return nil
}

// Become begins a session of a user in place of the one that the request carries.
func (req *Request) Become(ctx context.Context, v viewer.Viewer) error {
	if err := req.mayBegin(); err != nil {
		return err
	}
	client := ent.FromContext(ctx)
	if req.token != "" {
		if err := revoke(ctx, client, req.token); err != nil {
			return err
		}
	}
	token, err := req.auth.begin(ctx, client, v.UserID)
	if err != nil {
		return err
	}
	req.token, req.cookie = token, req.auth.newCookie(token)
	viewer.Become(ctx, v)
	return nil
}

// SignOut ends the session that the request carries, or all of its user's. Without one
// it does nothing. It fails with [ErrNeedsSession] for an access token, which
// deleteAccessToken ends.
func (req *Request) SignOut(ctx context.Context, everywhere bool) error {
	if req.bearer != "" {
		return ErrNeedsSession
	}
	client := ent.FromContext(ctx)
	if v := viewer.FromContext(ctx); everywhere && v.SignedIn() {
		if err := revokeAll(ctx, client, v.UserID); err != nil {
			return err
		}
	}
	if req.token != "" {
		if err := revoke(ctx, client, req.token); err != nil {
			return err
		}
		if req.answers {
			req.cookie = req.auth.newCookie("")
		}
	}
	if req.answers { // a WebSocket keeps the token, and finds that it has ended
		req.token = ""
	}
	viewer.Become(ctx, viewer.Viewer{})
	return nil
}

// ChangePassword replaces the password of the viewer, ends all of his sessions and
// begins a new one. The old password is asked for again, so that an open browser is
// not enough. It fails with [ErrNotSignedIn], [ErrWrong], a [LimitError] and
// [ErrNoCookie]; the new password is not checked, see [CheckPassword].
func (req *Request) ChangePassword(ctx context.Context, old, password string) (uuid.UUID, error) {
	v := viewer.FromContext(ctx)
	if !v.SignedIn() {
		return uuid.Nil, ErrNotSignedIn
	}
	if err := req.mayBegin(); err != nil {
		return uuid.Nil, err
	}
	a := req.auth
	if err := a.attempt(ctx, signInLimits(v.UserID.String(), place(req.auth.address(req.http)))); err != nil {
		return uuid.Nil, err
	}
	if err := a.check(ctx, "id", v.UserID, old, nil); err != nil {
		return uuid.Nil, err
	}
	hash, err := a.hash(ctx, password)
	if err != nil {
		return uuid.Nil, err
	}
	if err := SetHash(ctx, v.UserID, hash); err != nil {
		return uuid.Nil, err
	}
	if err := revokeAll(ctx, ent.FromContext(ctx), v.UserID); err != nil {
		return uuid.Nil, err
	}
	return v.UserID, req.Become(ctx, v)
}

// Hash returns the hash of a password for [SetHash]. Call it before anything is written:
// it takes long, and needs no connection.
func (req *Request) Hash(ctx context.Context, password string) (string, error) {
	return req.auth.hash(ctx, password)
}

// SetHash gives a user a new password.
func SetHash(ctx context.Context, user uuid.UUID, hash string) error {
	ctx = system(ctx)
	if err := ent.FromContext(ctx).User.UpdateOneID(user).SetPasswordHash(hash).Exec(ctx); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return nil
}
