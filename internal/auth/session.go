package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// tokenLength is that of a token's text: 32 random bytes in unpadded base64url.
const tokenLength = 43

// newToken makes a token of 256 random bits.
func newToken() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	return base64.RawURLEncoding.EncodeToString(raw)
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// wellFormed reports whether a text can be a token. Others need no look-up.
func wellFormed(token string) bool {
	if len(token) != tokenLength {
		return false
	}
	_, err := base64.RawURLEncoding.DecodeString(token)
	return err == nil && !strings.ContainsAny(token, "\r\n")
}

// touchEvery is how old the time of last use may be before it is written again, so that
// reading stays reading.
const touchEvery = time.Minute

// findSession says whose session a cookie carries. It fails with [ErrEnded].
func (a *Auth) findSession(ctx context.Context, token string) (viewer.Viewer, error) {
	if !wellFormed(token) || a.sql.session == "" {
		return viewer.Viewer{}, ErrEnded
	}
	return a.lookUp(ctx, ErrEnded, a.sql.session, a.sql.touchSession, hashOf(token), min(touchEvery, a.o.IdleTimeout/2), a.o.IdleTimeout)
}

// lookUp runs a statement that finds what a token stands for: its id, the id and role of
// its user, whether it only reads, and whether its time of last use is old, which touch
// then renews. Without a row it fails with missing.
func (a *Auth) lookUp(ctx context.Context, missing error, find, touch string, args ...any) (viewer.Viewer, error) {
	var id key.Key
	var v viewer.Viewer
	var old bool
	ctx = system(ctx)
	err := postgres.Retry(ctx, func() error {
		return a.db.Apart().QueryRow(ctx, find, args...).Scan(postgres.Key(&id), postgres.Key(&v.UserID), &v.Role, &v.ReadOnly, &old)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return viewer.Viewer{}, missing
	case err != nil:
		return viewer.Viewer{}, fmt.Errorf("look up token: %w", err)
	case old:
		if _, err := a.db.Apart().Exec(ctx, touch, id); err != nil {
			return viewer.Viewer{}, fmt.Errorf("renew token: %w", err)
		}
	}
	return v, nil
}

// begin makes a session and returns its token. Of the user's own sessions it removes those
// that have ended, and those used longest ago that are too many.
func (a *Auth) begin(ctx context.Context, w *entity.Write, user key.Key) (string, error) {
	token := newToken()
	_, err := exec(ctx, w, "begin session", a.sql.beginSession, user, hashOf(token), a.o.Lifetime, a.o.IdleTimeout, a.o.MaxSessions-1)
	return token, err
}

// revoke ends the session of a token.
func (a *Auth) revoke(ctx context.Context, w *entity.Write, token string) error {
	_, err := exec(ctx, w, "revoke session", a.sql.revoke, hashOf(token))
	return err
}

// revokeAll ends all sessions of a user.
func (a *Auth) revokeAll(ctx context.Context, w *entity.Write, user key.Key) error {
	if a.sql.revokeAll == "" {
		return nil
	}
	_, err := exec(ctx, w, "revoke sessions", a.sql.revokeAll, user)
	return err
}
