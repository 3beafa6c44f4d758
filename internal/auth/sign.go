package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/viewer"
)

// Signing in has two halves. The methods whose names begin with Check are called before a
// mutation's transaction has begun, while no connection is held: they count, hash and
// compare. What they find goes into the context by [WithChecked], for the methods that run
// inside of the mutation: what these write is part of the transaction of the client in the
// context, and the context's viewer becomes the one who has signed in or out.

// Checked is what a check has found, for one field of a mutation.
type Checked struct {
	account account
	claims  claims
}

// Viewer is whom the check was about.
func (c Checked) Viewer() viewer.Viewer { return c.account.viewer }

type checkedKey struct{}

// WithChecked returns the context for the field that was checked.
func WithChecked(ctx context.Context, c Checked) context.Context {
	return context.WithValue(ctx, checkedKey{}, c)
}

var errUnchecked = errors.New("sign in: nothing was checked before the transaction")

func checked(ctx context.Context) (Checked, error) {
	c, ok := ctx.Value(checkedKey{}).(Checked)
	if !ok {
		return c, errUnchecked
	}
	return c, nil
}

// account is a user as sign-in knows one.
type account struct {
	viewer viewer.Viewer // the zero value without such a user
	hash   *string       // of the password; nil without one
}

// account looks up the user whose column has the value. Without one it gives the zero
// value, on which the same work can be done.
func (a *Auth) account(ctx context.Context, column string, value any) (acc account, err error) {
	if s, ok := value.(string); ok && strings.ContainsRune(s, 0) { // Postgres has no such text
		return acc, nil
	}
	err = a.db.Apart().QueryRow(system(ctx), `SELECT id, role, password_hash FROM public.users WHERE `+column+` = $1`, value).
		Scan(&acc.viewer.UserID, &acc.viewer.Role, &acc.hash)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return acc, fmt.Errorf("look up account: %w", err)
	}
	return acc, nil
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

// CheckSignUp counts an attempt to sign up, and hashes the password unless
// [CheckPassword] refuses it. It fails with a [LimitError], [ErrNoCookie] and
// [ErrNeedsSession].
func (req *Request) CheckSignUp(ctx context.Context, password string) (Checked, error) {
	if err := req.mayBegin(); err != nil {
		return Checked{}, err
	}
	a := req.auth
	if err := a.count(ctx, a.o.Limits.signUp(a.address(req.http))); err != nil || CheckPassword(password) != nil {
		return Checked{}, err
	}
	hash, err := a.hash(ctx, password)
	return Checked{account: account{hash: &hash}}, err
}

// SignUp gives a new user the password that was checked and begins a session.
func (req *Request) SignUp(ctx context.Context, v viewer.Viewer) error {
	c, err := checked(ctx)
	if err != nil {
		return err
	}
	if err := setHash(ctx, v.UserID, *c.account.hash); err != nil {
		return err
	}
	return req.become(ctx, account{viewer: v, hash: c.account.hash})
}

// CheckSignIn checks the password of a user by name or e-mail address. It fails with
// [ErrWrong], a [LimitError], [ErrNoCookie] and [ErrNeedsSession].
func (req *Request) CheckSignIn(ctx context.Context, username, password string) (Checked, error) {
	if err := req.mayBegin(); err != nil {
		return Checked{}, err
	}
	a := req.auth
	username = strings.ToLower(strings.TrimSpace(username))
	column := "username"
	if strings.Contains(username, "@") {
		column = "email"
	}
	acc, err := a.account(ctx, column, username)
	if err != nil {
		return Checked{}, err
	}
	// By the name as it was given: by the user, a count would tell whose address one is.
	limits := a.o.Limits.signIn(username, a.address(req.http))
	if tag := req.device(acc); tag != "" {
		limits = []bound{{"sign in from device " + tag, a.o.Limits.SignIn}}
	}
	if err := a.guess(ctx, limits, password, acc.hash); err != nil {
		return Checked{}, err
	}
	return Checked{account: acc}, nil
}

// SignIn begins a session of the user who was checked, in place of the one that the
// request carries.
func (req *Request) SignIn(ctx context.Context) (uuid.UUID, error) {
	c, err := checked(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	return c.Viewer().UserID, req.become(ctx, c.account)
}

// become begins a session of a user in place of the one that the request carries.
func (req *Request) become(ctx context.Context, acc account) error {
	client := ent.FromContext(ctx)
	if req.token != "" {
		if err := revoke(ctx, client, req.token); err != nil {
			return err
		}
	}
	token, err := req.auth.begin(ctx, client, acc.viewer.UserID)
	if err != nil {
		return err
	}
	req.token, req.cookie = token, req.auth.newCookie(cookieName, token, req.auth.o.Lifetime)
	req.known = req.deviceCookie(acc)
	viewer.Become(ctx, acc.viewer)
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
			req.cookie = req.auth.newCookie(cookieName, "", 0)
		}
	}
	if req.answers { // a WebSocket keeps the token, and finds that it has ended
		req.token = ""
	}
	viewer.Become(ctx, viewer.Viewer{})
	return nil
}

// CheckChange checks the old password of a viewer once more, so that an open browser is not
// enough to change it, and hashes the new one. It fails with [ErrNotSignedIn], [ErrWrong],
// a [LimitError], [ErrNoCookie] and [ErrNeedsSession]; see [CheckPassword] for the new
// password.
func (req *Request) CheckChange(ctx context.Context, v viewer.Viewer, old, password string) (Checked, error) {
	if !v.SignedIn() {
		return Checked{}, ErrNotSignedIn
	}
	if err := req.mayBegin(); err != nil {
		return Checked{}, err
	}
	a := req.auth
	acc, err := a.account(ctx, "id", v.UserID)
	if err != nil {
		return Checked{}, err
	}
	if err := a.guess(ctx, req.ownLimits("change the password", v), old, acc.hash); err != nil {
		return Checked{}, err
	}
	hash, err := a.hash(ctx, password)
	return Checked{account: account{viewer: v, hash: &hash}}, err
}

// ownLimits bound what only a signed-in user can try, by the session: who has stolen one
// does not keep the others from it.
func (req *Request) ownLimits(what string, v viewer.Viewer) []bound {
	by := req.token
	if by == "" { // signed in by another field of the mutation
		by = place(req.auth.address(req.http))
	}
	return []bound{{what + " of " + v.UserID.String() + " by " + by, req.auth.o.Limits.SignIn}}
}

// ChangePassword replaces the password of the viewer by the one that was checked, ends all
// sessions of the user and begins a new one.
func (req *Request) ChangePassword(ctx context.Context) (uuid.UUID, error) {
	c, err := checked(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	user := c.Viewer().UserID
	if err := setHash(ctx, user, *c.account.hash); err != nil {
		return uuid.Nil, err
	}
	if err := revokeAll(ctx, ent.FromContext(ctx), user); err != nil {
		return uuid.Nil, err
	}
	return user, req.become(ctx, c.account)
}

// setHash gives a user a new password.
func setHash(ctx context.Context, user uuid.UUID, hash string) error {
	ctx = system(ctx)
	if err := ent.FromContext(ctx).User.UpdateOneID(user).SetPasswordHash(hash).Exec(ctx); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return nil
}
