package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/accesstoken"
	"github.com/entgraph/entgraph/internal/limit"
	"github.com/entgraph/entgraph/viewer"
)

// tokenPrefix begins every access token, so that scanners find one that was published.
const tokenPrefix = "entgraph_"

// How long access tokens hold.
const (
	defaultTokenLife = 90 * 24 * time.Hour
	maxTokenLife     = 366 * 24 * time.Hour
)

// tokenQuery looks up an access token with its user; see [Auth.lookUp].
const tokenQuery = `SELECT t.id, u.id, u.role, t.scope = 'READ', coalesce(t.used_at < now() - $2::interval, true)
	FROM public.access_tokens t JOIN public.users u ON u.id = t.user_id
	WHERE t.token_hash = $1 AND t.expires_at > now()`

const touchToken = `UPDATE public.access_tokens SET used_at = now() WHERE id = $1`

// findAccessToken says whom an access token acts for. It fails with [ErrToken].
func (a *Auth) findAccessToken(ctx context.Context, text string) (viewer.Viewer, error) {
	secret, ours := strings.CutPrefix(text, tokenPrefix)
	if !ours || !wellFormed(secret) {
		return viewer.Viewer{}, ErrToken
	}
	return a.lookUp(ctx, ErrToken, tokenQuery, touchToken, hashOf(text), touchEvery)
}

// bearer returns the token of an Authorization header, "" without one or of another
// scheme, such as that of a proxy's own password. Source: RFC 6750, section 2.1.
func bearer(header string) string {
	const scheme = "Bearer "
	if len(header) < len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return ""
	}
	return strings.TrimSpace(header[len(scheme):])
}

// CreateToken makes an access token of the viewer and returns its id and its text, which
// is kept nowhere. A nil expiry is 90 days from now. It fails with [ErrNotSignedIn],
// with [ErrNeedsSession] when a token asks, so that none outlives its own end, with an
// [ExpiryError], and with a [limit.Error] when the viewer has too many.
func (req *Request) CreateToken(ctx context.Context, name string, scope accesstoken.Scope, expires *time.Time) (uuid.UUID, string, error) {
	now := time.Now()
	v := viewer.FromContext(ctx)
	end := now.Add(defaultTokenLife)
	if expires != nil {
		end = *expires
	}
	switch {
	case !v.SignedIn():
		return uuid.Nil, "", ErrNotSignedIn
	case req.bearer != "":
		return uuid.Nil, "", ErrNeedsSession
	case !end.After(now) || end.After(now.Add(maxTokenLife)):
		return uuid.Nil, "", ExpiryError{}
	}
	if err := req.auth.roomForToken(ctx, v.UserID); err != nil {
		return uuid.Nil, "", err
	}
	text := tokenPrefix + newToken()
	t, err := ent.FromContext(ctx).AccessToken.Create().
		SetUserID(v.UserID).SetName(name).SetScope(scope).SetExpiresAt(end).SetTokenHash(hashOf(text)).Save(ctx)
	if err != nil {
		return uuid.Nil, "", fmt.Errorf("create access token: %w", err)
	}
	return t.ID, text, nil
}

// roomForToken fails when a user has as many access tokens as one may have. Those that
// have ended make room. Mutations of one user at once may go beyond the bound by as many as
// they are, and no further.
func (a *Auth) roomForToken(ctx context.Context, user uuid.UUID) error {
	ctx = system(ctx)
	client := ent.FromContext(ctx).AccessToken
	if _, err := client.Delete().Where(accesstoken.UserID(user), accesstoken.ExpiresAtLT(time.Now())).Exec(ctx); err != nil {
		return fmt.Errorf("remove access tokens that have ended: %w", err)
	}
	n, err := client.Query().Where(accesstoken.UserID(user)).Count(ctx)
	if err != nil {
		return fmt.Errorf("count access tokens: %w", err)
	}
	if n >= a.o.MaxTokens {
		return limit.Exceeded("MAX_ACCESS_TOKENS", int64(a.o.MaxTokens), "there are %d access tokens already: delete one first", n)
	}
	return nil
}

// ExpiryError tells that an access token was to end in the past or too late.
type ExpiryError struct{}

// Error is for the client.
func (ExpiryError) Error() string { return "must be in the future, within a year" }
