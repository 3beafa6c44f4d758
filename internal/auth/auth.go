package auth

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/fair"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/viewer"
)

// Options tune an [Auth]. The zero value is for development.
type Options struct {
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
	// Transact runs a function in a transaction, with an Ent client in its context:
	// graph.Schema.Transact. Required with a Provider.
	Transact func(context.Context, func(context.Context) error) error
}

// Auth signs users in and out. Get one from [New]; it may be used by several
// goroutines.
type Auth struct {
	o      Options
	db     *postgres.DB
	hasher hasher
}

// New makes an Auth on the database, which stays the caller's.
func New(db *postgres.DB, o Options) *Auth {
	if o.IdleTimeout == 0 {
		o.IdleTimeout = 14 * 24 * time.Hour
	}
	if o.Lifetime == 0 {
		o.Lifetime = 90 * 24 * time.Hour
	}
	o.MaxSessions = cmp.Or(o.MaxSessions, 100)
	o.MaxTokens = cmp.Or(o.MaxTokens, 100)
	o.Limits = o.Limits.withDefaults()
	return &Auth{o: o, db: db, hasher: newHasher(o.Cost, o.Share)}
}

// system is the context of what only the program itself reads and writes, such as sessions
// and hashes of passwords.
func system(ctx context.Context) context.Context { return viewer.NewContext(ctx, viewer.System()) }

// What a client did wrong. Others are failures of ours.
var (
	// ErrWrong is the one answer to an unknown user, a wrong password and a user who
	// has none.
	ErrWrong = api.Problem(api.CodeUnauthenticated, "", "the user name or the password is wrong")
	// ErrEnded tells that the request carries a session that does not exist: it has
	// ended, was revoked, or never was.
	ErrEnded = api.Problem(api.CodeUnauthenticated, "", "the session has ended; sign in again")
	// ErrNoCookie tells that the way a request came by cannot carry a cookie back.
	ErrNoCookie = api.Problem(api.CodeBadUserInput, "", "sign-in sets a cookie: send it by POST, not on a WebSocket or as a stream")
	// ErrToken tells that the request carries an access token that does not hold.
	ErrToken = api.Problem(api.CodeUnauthenticated, "", "the access token is not valid: it has ended, was revoked, or is for somebody else")
	// ErrReadOnly tells that the request's access token is for reading.
	ErrReadOnly = api.Problem(api.CodeForbidden, "", "this access token is for reading only")
	// ErrNeedsSession tells that an access token is not enough.
	ErrNeedsSession = api.Problem(api.CodeForbidden, "", "this needs a session: sign in, and send the cookie without an Authorization header")
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
