package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// tokenPrefix begins every access token, so that scanners find one that was published.
func (a *Auth) tokenPrefix() string { return a.o.Name + "_" }

// How long access tokens hold.
const (
	defaultTokenLife = 90 * 24 * time.Hour
	maxTokenLife     = 366 * 24 * time.Hour
)

// findAccessToken says whom an access token acts for. It fails with [ErrToken].
func (a *Auth) findAccessToken(ctx context.Context, text string) (viewer.Viewer, error) {
	secret, ours := strings.CutPrefix(text, a.tokenPrefix())
	if !ours || !wellFormed(secret) || a.sql.token == "" {
		return viewer.Viewer{}, ErrToken
	}
	return a.lookUp(ctx, ErrToken, a.sql.token, a.sql.touchToken, hashOf(text), touchEvery)
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

// Token is an access token as [Signing.CreateToken] makes it.
type Token struct {
	// Name is what it is for, in the user's words; Scope is READ or WRITE.
	Name, Scope string
	// Expires is when it ends. Nil: in 90 days.
	Expires *time.Time
}

// CreateToken makes an access token of the viewer and returns its id and its text, which
// is kept nowhere. It fails with [ErrNotSignedIn], with [ErrNeedsSession] when a token asks, so
// that none outlives its own end, with an [entity.InputError], and with a [limit.Error] when the
// viewer has too many.
func (s *Signing) CreateToken(ctx context.Context, t Token) (key.Key, string, error) {
	a, v := s.auth, viewer.FromContext(ctx)
	switch {
	case a.sql.token == "":
		return key.Key{}, "", lacks("createAccessToken", "a table of access tokens: embed kit.AccessToken in a schema")
	case !v.SignedIn():
		return key.Key{}, "", ErrNotSignedIn
	case s.bearer != "":
		return key.Key{}, "", ErrNeedsSession
	}
	e := a.o.Entities.Entity(a.account.TokenEntity)
	values, err := t.values(e)
	if err != nil {
		return key.Key{}, "", err
	}
	if err := a.roomForToken(ctx, s.write, v.UserID); err != nil {
		return key.Key{}, "", err
	}
	text := a.tokenPrefix() + newToken()
	values["token_hash"] = hashOf(text)
	m := e.NewCreate(s.write.Client)
	if err := e.Refer(m, "user_id", v.UserID); err != nil {
		return key.Key{}, "", fmt.Errorf("create access token: %w", err)
	}
	if err := mutate(ctx, s.write, m, values); err != nil {
		return key.Key{}, "", fmt.Errorf("create access token: %w", err)
	}
	id, _ := e.IDOf(m)
	return id, text, nil
}

// values are those of the columns that the user decides on.
func (t Token) values(e *entity.Entity) (map[string]any, error) {
	now := time.Now()
	end := now.Add(defaultTokenLife)
	if t.Expires != nil {
		end = *t.Expires
	}
	var bad []entity.FieldError
	values := map[string]any{"expires_at": end}
	for _, given := range [][2]string{{"name", t.Name}, {"scope", t.Scope}} {
		v, err := e.FieldByColumn(given[0]).Parse(given[1])
		if err != nil {
			bad = append(bad, badInput(given[0], err.Error()))
		}
		values[given[0]] = v
	}
	if !end.After(now) || end.After(now.Add(maxTokenLife)) {
		bad = append(bad, badInput("expiresAt", "must be in the future, within a year"))
	}
	if len(bad) > 0 {
		return nil, &entity.InputError{Fields: bad}
	}
	return values, nil
}

// badInput says what is wrong with one value of a mutation's input.
func badInput(name, message string) entity.FieldError {
	return entity.FieldError{Path: []any{"input", name}, Message: message}
}

// roomForToken fails when a user has as many access tokens as one may have. Those that
// have ended make room. Mutations of one user at once may go beyond the bound by as many as
// they are, and no further.
func (a *Auth) roomForToken(ctx context.Context, w *entity.Write, user key.Key) error {
	n, err := row(ctx, w, "count access tokens", pgx.RowTo[int], a.sql.countTokens, user)
	if err == nil && n >= a.o.MaxTokens {
		err = limit.Exceeded("MAX_ACCESS_TOKENS", int64(a.o.MaxTokens), "there are %d access tokens already: delete one first", n)
	}
	return err
}
