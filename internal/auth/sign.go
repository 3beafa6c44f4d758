package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// Signing in has two halves. The methods whose names begin with Check are called before a
// mutation's transaction has begun, while no connection is held: they count, hash and
// compare. What they find goes into the context by [WithChecked], and there [Signing] finds
// it, whose methods run inside of the mutation: what these write is part of its transaction,
// and the context's viewer becomes the one who has signed in or out.

// Signing is a field of a mutation that signs somebody in or out: the request that it came
// by, the transaction that it is part of, and what was checked for it.
type Signing struct {
	*Request
	write   *entity.Write
	checked Checked
}

// SigningFromContext returns that of the context of a mutation's resolver. It fails with
// [ErrNotSetUp]; other errors are for whoever wrote the resolver.
func SigningFromContext(ctx context.Context) (*Signing, error) {
	req := FromContext(ctx)
	if req == nil {
		return nil, ErrNotSetUp
	}
	w, err := entity.WriteFromContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	c, ok := ctx.Value(checkedKey{}).(Checked)
	if !ok {
		return nil, errUnchecked
	}
	return &Signing{req, w, c}, nil
}

// Checked is what a check has found, for one field of a mutation.
type Checked struct {
	account account
	renewed string // hash of the password to keep instead of the account's, "" for none
	claims  Claims
}

// Viewer is whom the check was about.
func (c Checked) Viewer() viewer.Viewer { return c.account.viewer }

type checkedKey struct{}

// WithChecked returns the context for the field that was checked.
func WithChecked(ctx context.Context, c Checked) context.Context {
	return context.WithValue(ctx, checkedKey{}, c)
}

var errUnchecked = errors.New("sign in: nothing was checked before the transaction")

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
// [Auth.CheckNew] refuses it. It fails with a [LimitError], [ErrNoCookie] and
// [ErrNeedsSession].
func (req *Request) CheckSignUp(ctx context.Context, password string) (Checked, error) {
	a := req.auth
	if err := cmp.Or(a.mayUsePasswords("signUp"), req.mayBegin()); err != nil {
		return Checked{}, err
	}
	if err := a.count(ctx, a.o.Limits.signUp(a.address(req.http))); err != nil || a.CheckNew(ctx, password) != nil {
		return Checked{}, err
	}
	hash, err := a.hash(ctx, password)
	return Checked{account: account{hash: &hash}}, err
}

// SignUp makes a user of the values of a create input, gives them the password that was
// checked and begins a session. What is wrong with the password, which CheckSignUp has found, is
// told with what is wrong with the values.
func (s *Signing) SignUp(ctx context.Context, values map[string]any, password string) (key.Key, error) {
	a, w := s.auth, s.write
	id, err := a.create(ctx, w, values)
	if bad := a.CheckNew(ctx, password); bad != nil {
		return key.Key{}, withBad(err, badInput("password", bad.Error()))
	}
	if err != nil {
		return key.Key{}, err
	}
	if s.checked.account.hash == nil {
		return key.Key{}, errUnchecked
	}
	if err := a.setHash(ctx, w, id, *s.checked.account.hash); err != nil {
		return key.Key{}, err
	}
	acc, err := a.accountIn(ctx, w, id)
	if err != nil {
		return key.Key{}, err
	}
	return id, s.become(ctx, acc)
}

// withBad adds a bad value to what is wrong with the others, if anything.
func withBad(err error, bad entity.FieldError) error {
	var input *entity.InputError
	if errors.As(err, &input) {
		return &entity.InputError{Fields: append(slices.Clone(input.Fields), bad)}
	}
	return &entity.InputError{Fields: []entity.FieldError{bad}}
}

// CheckSignIn checks the password of a user by name or e-mail address. A hash that another
// program made, or one that is cheaper than those of today, is replaced once the password is
// right. It fails with [ErrWrong], a [LimitError], [ErrNoCookie] and [ErrNeedsSession].
func (req *Request) CheckSignIn(ctx context.Context, username, password string) (Checked, error) {
	a := req.auth
	if err := cmp.Or(a.mayUsePasswords("signIn"), req.mayBegin()); err != nil {
		return Checked{}, err
	}
	acc, username, err := a.accountOf(ctx, username)
	if err != nil {
		return Checked{}, err
	}
	// By the name as it was given: by the user, a count would tell whose address one is.
	limits := a.o.Limits.signIn(username, a.address(req.http))
	if tag := req.device(acc); tag != "" {
		limits = []bound{{"sign in from device " + tag, a.o.Limits.SignIn}}
	}
	old, err := a.guess(ctx, limits, password, acc)
	if err != nil || !old {
		return Checked{account: acc}, err
	}
	hash, err := a.hash(ctx, password)
	return Checked{account: acc, renewed: hash}, err
}

// SignIn begins a session of the user who was checked, in place of the one that the
// request carries.
func (s *Signing) SignIn(ctx context.Context) (key.Key, error) {
	c := s.checked
	if c.renewed != "" {
		if err := s.auth.renewHash(ctx, s.write, &c.account, c.renewed); err != nil {
			return key.Key{}, err
		}
	}
	return c.Viewer().UserID, s.become(ctx, c.account)
}

// become begins a session of a user in place of the one that the request carries.
func (s *Signing) become(ctx context.Context, acc account) error {
	if s.token != "" {
		if err := s.auth.revoke(ctx, s.write, s.token); err != nil {
			return err
		}
	}
	token, err := s.auth.begin(ctx, s.write, acc.viewer.UserID)
	if err != nil {
		return err
	}
	s.token, s.cookie = token, s.auth.newCookie("session", token, s.auth.o.Lifetime)
	s.known = s.deviceCookie(acc)
	viewer.Become(ctx, acc.viewer)
	return nil
}

// SignOut ends the session that the request carries, or all of its user's. Without one
// it does nothing. It fails with [ErrNeedsSession] for an access token, which
// deleteAccessToken ends.
func (s *Signing) SignOut(ctx context.Context, everywhere bool) error {
	if s.bearer != "" {
		return ErrNeedsSession
	}
	if v := viewer.FromContext(ctx); everywhere && v.SignedIn() {
		if err := s.auth.revokeAll(ctx, s.write, v.UserID); err != nil {
			return err
		}
	}
	if s.token != "" {
		if err := s.auth.revoke(ctx, s.write, s.token); err != nil {
			return err
		}
		if s.answers {
			s.cookie = s.auth.newCookie("session", "", 0)
		}
	}
	if s.answers { // a WebSocket keeps the token, and finds that it has ended
		s.token = ""
	}
	viewer.Become(ctx, viewer.Viewer{})
	return nil
}

// CheckChange checks the old password of a viewer once more, so that an open browser is not
// enough to change it, and hashes the new one. It fails with [ErrNotSignedIn], [ErrWrong],
// a [LimitError], [ErrNoCookie] and [ErrNeedsSession]; see [Auth.CheckNew] for the new
// password.
func (req *Request) CheckChange(ctx context.Context, v viewer.Viewer, old, password string) (Checked, error) {
	if !v.SignedIn() {
		return Checked{}, ErrNotSignedIn
	}
	a := req.auth
	if err := cmp.Or(a.mayUsePasswords("changePassword"), req.mayBegin()); err != nil {
		return Checked{}, err
	}
	acc, err := a.find(ctx, a.sql.byID, v.UserID)
	if err != nil {
		return Checked{}, err
	}
	if _, err := a.guess(ctx, req.ownLimits("change the password", v), old, acc); err != nil {
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
func (s *Signing) ChangePassword(ctx context.Context) (key.Key, error) {
	c, user := s.checked, s.checked.Viewer().UserID
	if err := s.auth.setHash(ctx, s.write, user, *c.account.hash); err != nil {
		return key.Key{}, err
	}
	if err := s.auth.revokeAll(ctx, s.write, user); err != nil {
		return key.Key{}, err
	}
	return user, s.become(ctx, c.account)
}
