package auth

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/fair"
	"github.com/entgraph/entgraph/internal/postgres"
)

// Options tune an [Auth]. Name, Ent and Entities are required; the others' zero values are for
// development.
type Options struct {
	// Name is that of the app: cookies and access tokens begin with it, so that several apps
	// on one host do not take each other's.
	Name string
	// Ent is the app's generated package, which says what its user entity is: Ent.Account.
	Ent entity.Engine
	// Entities makes users and access tokens, with the hooks, validators and rules of the app.
	Entities *entity.Graph
	// Transact runs a function in a transaction, which it is handed. Required with a Provider, and for what commands do: [Auth.CreateUser] and the like.
	Transact func(context.Context, func(context.Context, *entity.Write) error) error
	// NewUser gives the values of the user who is made when a provider's token is seen for
	// the first time, by the keys of the entity's create input. Default: the user name and
	// the e-mail address, as far as the entity has them.
	NewUser func(Claims) map[string]any
	// CheckPassword says what is wrong with a new password besides what the function of that
	// name does; its error is for the client. Default: nothing.
	CheckPassword func(ctx context.Context, password string) error

	// IdleTimeout ends a session that was not used for so long. Default 14 days.
	IdleTimeout time.Duration
	// Lifetime ends every session this long after its sign-in. Default 90 days.
	Lifetime time.Duration
	// MaxSessions is how many sessions a user may have; the one that was not used for the
	// longest time ends when another begins. Default 100.
	MaxSessions int
	// MaxTokens is how many access tokens a user may have. Default 100.
	MaxTokens int
	// Limits bound guessing and the making of users.
	Limits Limits
	// Share bounds how clients share the processors that hash passwords; each has half of
	// them at most.
	Share fair.Options
	// Secure keeps cookies to HTTPS, and to this very host, under another name.
	Secure bool
	// Proxies is how many trusted reverse proxies are in front of the server, each of
	// which adds one address to X-Forwarded-For. Default 0: that header is not read.
	Proxies int
	// Cost of hashing a new password. Default: what OWASP recommends, 19 MiB and two
	// passes.
	Cost argon2id.Params
	// Provider is an external OpenID provider whose tokens are taken too. Default: none.
	Provider *Provider
	// Log gets a warning for a kept hash of a password that cannot be used. Default: none.
	Log *slog.Logger
}

// Auth signs users in and out. Get one from [New]; it may be used by several
// goroutines.
type Auth struct {
	o      Options
	db     *postgres.DB
	hasher hasher

	account entity.Account
	user    *entity.Entity
	sql     statements
}

// New makes an Auth on the database, which stays the caller's. It fails when the app's user
// entity and its tables do not suffice for what the options ask for.
func New(db *postgres.DB, o Options) (*Auth, error) {
	if o.IdleTimeout == 0 {
		o.IdleTimeout = 14 * 24 * time.Hour
	}
	if o.Lifetime == 0 {
		o.Lifetime = 90 * 24 * time.Hour
	}
	o.MaxSessions = cmp.Or(o.MaxSessions, 100)
	o.MaxTokens = cmp.Or(o.MaxTokens, 100)
	o.Limits = o.Limits.withDefaults()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &Auth{o: o, db: db, hasher: newHasher(o.Cost, o.Share)}
	if err := a.adopt(); err != nil {
		return nil, err
	}
	a.sql = newStatements(a.account)
	return a, nil
}

// What a client did wrong. Others are failures of ours.
var (
	// ErrWrong is the one answer to an unknown user, a wrong password and a user who
	// has none.
	ErrWrong = api.Problem(api.CodeUnauthenticated, "", "wrong password, or no such user")
	// ErrEnded tells that the request carries a session that does not exist: it has
	// ended, was revoked, or never was.
	ErrEnded = api.Problem(api.CodeUnauthenticated, "", "the session has ended; sign in again")
	// ErrNoCookie tells that the way a request came by cannot carry a cookie back.
	ErrNoCookie = api.Problem(api.CodeBadUserInput, "", "sign-in sets a cookie: send it by POST, not on a WebSocket or as a stream")
	// ErrToken tells that the request carries an access token that does not hold.
	ErrToken = api.Problem(api.CodeUnauthenticated, "", "the access token is not valid: it has expired, was revoked, or is meant for another API")
	// ErrReadOnly tells that the request's access token is for reading.
	ErrReadOnly = api.Problem(api.CodeForbidden, "", "this access token is for reading only")
	// ErrNeedsSession tells that an access token is not enough.
	ErrNeedsSession = api.Problem(api.CodeForbidden, "", "this needs a session: sign in, and send the cookie without an Authorization header")
	// ErrNotSetUp tells that the app has no sign-in of ours.
	ErrNotSetUp = api.Problem(api.CodeNotImplemented, "", "sign-in is not set up: entgraph.App has no Auth")
	// ErrNotSignedIn tells that somebody must be signed in for this.
	ErrNotSignedIn = api.Problem(api.CodeUnauthenticated, "", "sign in first")
)

// LimitError tells that something was tried too often.
type LimitError struct {
	// Wait is the time until it may be tried again.
	Wait time.Duration
}

// Error is for the client.
func (e *LimitError) Error() string {
	return fmt.Sprintf("too many attempts; try again in %d seconds", e.Seconds())
}

// Seconds is Wait in whole seconds, rounded up.
func (e *LimitError) Seconds() int { return int((e.Wait + time.Second - 1) / time.Second) }
