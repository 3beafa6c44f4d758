package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

var (
	// ErrNoEmail tells that a provider's token says too little to make a user of it.
	ErrNoEmail = api.Problem(api.CodeUnauthenticated, "", "the token names no verified e-mail address, which a first sign-in needs")
	// ErrTaken tells that the e-mail address in a provider's token belongs to a user with
	// a password. Whoever made that one need not own the address, so that the two are not
	// joined without the password.
	ErrTaken = api.Problem(api.CodeUnauthenticated, "", "the e-mail address of the token belongs to a user already: sign in as that user and call linkIdentity with the token")
	// ErrLinked tells that a provider's token is for another user.
	ErrLinked = api.Problem(api.CodeConflict, "", "the token is for another user, who has used it already")
	// ErrNoProvider tells that no OpenID provider is set up.
	ErrNoProvider = api.Problem(api.CodeBadUserInput, "", "there is no OpenID provider")
)

// findIdentity says whom a provider's token is for. A user is made at the first sight of
// one, which counts as a sign-up from the address. It fails with [ErrToken], [ErrNoEmail],
// [ErrTaken] and a [LimitError].
func (a *Auth) findIdentity(ctx context.Context, from netip.Addr, text string) (viewer.Viewer, error) {
	c, err := a.o.Provider.verify(ctx, text)
	if err != nil {
		return viewer.Viewer{}, err
	}
	v, err := a.known(ctx, c)
	if !errors.Is(err, pgx.ErrNoRows) {
		return v, err
	}
	limits := a.o.Limits.signUp(from)
	if _, err := a.within(ctx, limits); err != nil {
		return v, err
	}
	made := a.o.Transact(viewer.NewContext(ctx, viewer.System()), func(ctx context.Context, w *entity.Write) error { return a.welcome(ctx, w, c) })
	// After a failure too: another request may have been first, and has counted.
	if v, err = a.known(ctx, c); made == nil || err != nil {
		err = cmp.Or(made, err, a.count(ctx, limits))
	}
	return v, err
}

// known looks up the user of a token. It fails with pgx.ErrNoRows.
func (a *Auth) known(ctx context.Context, c Claims) (v viewer.Viewer, err error) {
	err = a.db.Apart().QueryRow(system(ctx), a.sql.identity, a.o.Provider.issuer, c.Subject).Scan(postgres.Key(&v.UserID), &v.Role)
	if err != nil {
		return v, fmt.Errorf("look up identity: %w", err)
	}
	return v, nil
}

// welcome makes a token's user: the one of its e-mail address when nobody can have
// signed in as that one yet, else a new one.
func (a *Auth) welcome(ctx context.Context, w *entity.Write, c Claims) error {
	if a.account.Email == "" {
		return a.join(ctx, w, c)
	}
	c.Email = strings.ToLower(strings.TrimSpace(c.Email))
	if c.Email == "" || !c.Verified {
		return ErrNoEmail
	}
	type user struct {
		ID   key.Key
		Free bool
	}
	toUser := func(row pgx.CollectableRow) (u user, err error) {
		err = row.Scan(postgres.Key(&u.ID), &u.Free)
		return u, err
	}
	u, err := row(ctx, w, "look up user", toUser, a.sql.joinable, c.Email)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return a.join(ctx, w, c)
	case err != nil:
		return err
	case !u.Free:
		return ErrTaken
	}
	return a.addIdentity(ctx, w, c, u.ID)
}

// join makes a new user.
func (a *Auth) join(ctx context.Context, w *entity.Write, c Claims) error {
	values, err := a.newUser(ctx, w, c)
	if err != nil {
		return err
	}
	id, err := a.create(ctx, w, values)
	var input *entity.InputError
	switch {
	case errors.As(err, &input) && a.onlyEmail(input):
		return ErrNoEmail // an address of a form that we do not take
	case input != nil:
		// None of it was sent by the client.
		return fmt.Errorf("make a user of an OpenID token: %v: set auth.Options.NewUser, or give the fields of %s defaults", err, a.account.Entity)
	case err != nil:
		return fmt.Errorf("create user: %w", err)
	}
	return a.addIdentity(ctx, w, c, id)
}

// onlyEmail reports whether the e-mail address alone is wrong.
func (a *Auth) onlyEmail(err *entity.InputError) bool {
	email := a.nameOf(a.account.Email)
	return a.account.Email != "" && !slices.ContainsFunc(err.Fields, func(f entity.FieldError) bool { return f.Path[len(f.Path)-1] != email })
}

// newUser gives the values of the user to make of a token.
func (a *Auth) newUser(ctx context.Context, w *entity.Write, c Claims) (map[string]any, error) {
	if a.o.NewUser != nil {
		return a.o.NewUser(c), nil
	}
	values := map[string]any{}
	if a.account.Email != "" {
		values[a.nameOf(a.account.Email)] = c.Email
	}
	if a.account.Username != "" {
		name, err := a.freeName(ctx, w, c)
		if err != nil {
			return nil, err
		}
		values[a.nameOf(a.account.Username)] = name
	}
	return values, nil
}

// addIdentity lets a user sign in with the tokens of a provider.
func (a *Auth) addIdentity(ctx context.Context, w *entity.Write, c Claims, user key.Key) error {
	_, err := exec(ctx, w, "create identity", a.sql.link, a.o.Provider.issuer, c.Subject, user)
	return err
}

// CheckLink verifies a token that the viewer wants to sign in with. It fails with
// [ErrNotSignedIn], [ErrNeedsSession], [ErrNoProvider], [ErrToken] and a [LimitError].
func (req *Request) CheckLink(ctx context.Context, v viewer.Viewer, text string) (c Checked, err error) {
	a := req.auth
	switch {
	case !v.SignedIn():
		return c, ErrNotSignedIn
	case req.bearer != "":
		return c, ErrNeedsSession
	case a.o.Provider == nil:
		return c, ErrNoProvider
	}
	limits := req.ownLimits("link an identity", v)
	if _, err := a.within(ctx, limits); err != nil {
		return c, err
	}
	c.account.viewer = v
	if c.claims, err = a.o.Provider.verify(ctx, text); errors.Is(err, ErrToken) {
		err = cmp.Or(a.count(ctx, limits), err)
	}
	return c, err
}

// LinkIdentity lets the viewer sign in with the tokens of a provider from now on, of
// whom the checked one is. It fails with [ErrLinked].
func (s *Signing) LinkIdentity(ctx context.Context) (key.Key, error) {
	a, w, c := s.auth, s.write, s.checked
	user := c.Viewer().UserID
	found, err := row(ctx, w, "look up identity", postgres.RowToKey, a.sql.identityOf, a.o.Provider.issuer, c.claims.Subject)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return user, a.addIdentity(ctx, w, c.claims, user)
	case err != nil:
		return key.Key{}, err
	case found != user:
		return key.Key{}, ErrLinked
	}
	return user, nil
}

// notInNames is what user names do not have.
var notInNames = regexp.MustCompile(`[^a-z0-9_]+`)

// freeName makes a user name of what the provider calls a user, or of the address, that
// nobody has yet.
func (a *Auth) freeName(ctx context.Context, w *entity.Write, c Claims) (string, error) {
	name := c.Name
	if name == "" || strings.Contains(name, "@") {
		name, _, _ = strings.Cut(c.Email, "@")
	}
	name = strings.Trim(notInNames.ReplaceAllString(strings.ToLower(name), "_"), "_")
	const longest, suffix = 32, 7 // "_" and six letters
	name = strings.TrimLeft(name[:min(len(name), longest)], "0123456789_")
	if len(name) < 3 {
		name = "user" + name
	}
	taken, err := row(ctx, w, "look for a free user name", pgx.RowTo[bool], a.sql.usernameTaken, name)
	if taken {
		name = name[:min(len(name), longest-suffix)] + "_" + strings.ToLower(rand.Text()[:suffix-1])
	}
	return name, err
}
