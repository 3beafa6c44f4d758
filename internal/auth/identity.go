package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/identity"
	"github.com/entgraph/entgraph/ent/user"
	"github.com/entgraph/entgraph/viewer"
)

var (
	// ErrNoEmail tells that a provider's token says too little to make a user of it.
	ErrNoEmail = api.Problem(api.CodeUnauthenticated, "", "the token names no verified e-mail address, which a first sign-in needs")
	// ErrTaken tells that the e-mail address in a provider's token belongs to a user with
	// a password. Whoever made that one need not own the address, so that the two are not
	// joined without the password.
	ErrTaken = api.Problem(api.CodeUnauthenticated, "", "the e-mail address of the token belongs to a user already: sign in as that one and call linkIdentity with the token")
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
	made := a.o.Transact(viewer.NewContext(ctx, viewer.System()), func(ctx context.Context) error { return a.welcome(ctx, c) })
	// After a failure too: another request may have been first, and has counted.
	if v, err = a.known(ctx, c); made == nil || err != nil {
		err = cmp.Or(made, err, a.count(ctx, limits))
	}
	return v, err
}

// known looks up the user of a token. It fails with pgx.ErrNoRows.
func (a *Auth) known(ctx context.Context, c claims) (v viewer.Viewer, err error) {
	err = a.db.Apart().QueryRow(system(ctx), `SELECT u.id, u.role FROM public.identities i JOIN public.users u ON u.id = i.user_id
		WHERE i.issuer = $1 AND i.subject = $2`, a.o.Provider.issuer, c.Subject).Scan(&v.UserID, &v.Role)
	if err != nil {
		return v, fmt.Errorf("look up identity: %w", err)
	}
	return v, nil
}

// welcome makes a token's user: the one of its e-mail address when nobody can have
// signed in as that one yet, else a new one.
func (a *Auth) welcome(ctx context.Context, c claims) error {
	email := strings.ToLower(strings.TrimSpace(c.Email))
	if email == "" || !c.Verified {
		return ErrNoEmail
	}
	client := ent.FromContext(ctx)
	u, err := client.User.Query().Where(user.Email(email)).WithIdentities().Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return a.join(ctx, c, email)
	case err != nil:
		return fmt.Errorf("look up user: %w", err)
	case u.PasswordHash != nil || len(u.Edges.Identities) > 0:
		return ErrTaken
	}
	return a.link(ctx, c, u.ID)
}

// join makes a new user.
func (a *Auth) join(ctx context.Context, c claims, email string) error {
	client := ent.FromContext(ctx)
	name, err := freeName(ctx, client, c.Name, email)
	if err != nil {
		return err
	}
	u, err := client.User.Create().SetUsername(name).SetEmail(email).Save(ctx)
	if ent.IsValidationError(err) {
		return ErrNoEmail // an address of a form that we do not take
	}
	if err != nil {
		return fmt.Errorf("create user: %w", err)
	}
	return a.link(ctx, c, u.ID)
}

func (a *Auth) link(ctx context.Context, c claims, user uuid.UUID) error {
	err := ent.FromContext(ctx).Identity.Create().SetIssuer(a.o.Provider.issuer).SetSubject(c.Subject).SetUserID(user).Exec(ctx)
	if err != nil {
		return fmt.Errorf("create identity: %w", err)
	}
	return nil
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
func (req *Request) LinkIdentity(ctx context.Context) (uuid.UUID, error) {
	c, err := checked(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	a, user := req.auth, c.Viewer().UserID
	ctx = system(ctx)
	found, err := ent.FromContext(ctx).Identity.Query().
		Where(identity.Issuer(a.o.Provider.issuer), identity.Subject(c.claims.Subject)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return user, a.link(ctx, c.claims, user)
	case err != nil:
		return uuid.Nil, fmt.Errorf("look up identity: %w", err)
	case found.UserID != user:
		return uuid.Nil, ErrLinked
	}
	return user, nil
}

// notInNames is what user names do not have.
var notInNames = regexp.MustCompile(`[^a-z0-9_]+`)

// freeName makes a user name of what the provider calls a user, or of the address, that
// nobody has yet.
func freeName(ctx context.Context, client *ent.Client, name, email string) (string, error) {
	if name == "" || strings.Contains(name, "@") {
		name, _, _ = strings.Cut(email, "@")
	}
	name = strings.Trim(notInNames.ReplaceAllString(strings.ToLower(name), "_"), "_")
	const longest, suffix = 32, 7 // "_" and six letters
	name = strings.TrimLeft(name[:min(len(name), longest)], "0123456789_")
	if len(name) < 3 {
		name = "user" + name
	}
	taken, err := client.User.Query().Where(user.Username(name)).Exist(ctx)
	if err != nil {
		return "", fmt.Errorf("look for a free user name: %w", err)
	}
	if taken {
		name = name[:min(len(name), longest-suffix)] + "_" + strings.ToLower(rand.Text()[:suffix-1])
	}
	return name, nil
}
