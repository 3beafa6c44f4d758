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

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/session"
	"github.com/entgraph/entgraph/internal/viewer"
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

// found is a session that holds.
type found struct {
	id     uuid.UUID
	viewer viewer.Viewer
}

// find looks up a session with its user. It fails with [ErrEnded].
func (a *Auth) find(ctx context.Context, token string) (found, error) {
	if !wellFormed(token) {
		return found{}, ErrEnded
	}
	ctx = system(ctx)
	var f found
	var stale bool
	err := a.db.Reader().QueryRow(ctx, `SELECT s.id, u.id, u.role, s.used_at < now() - $3::interval
		FROM public.sessions s JOIN public.users u ON u.id = s.user_id
		WHERE s.token_hash = $1 AND s.expires_at > now() AND s.used_at > now() - $2::interval`,
		hashOf(token), a.o.IdleTimeout, min(touchEvery, a.o.IdleTimeout/2)).Scan(&f.id, &f.viewer.UserID, &f.viewer.Role, &stale)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return found{}, ErrEnded
	case err != nil:
		return found{}, fmt.Errorf("look up session: %w", err)
	case stale:
		if _, err := a.db.Writer().Exec(ctx, `UPDATE public.sessions SET used_at = now() WHERE id = $1`, f.id); err != nil {
			return found{}, fmt.Errorf("renew session: %w", err)
		}
	}
	return f, nil
}

// begin makes a session and returns its token. The client is that of the mutation's
// transaction. Of the user's own sessions it removes those that have ended.
func (a *Auth) begin(ctx context.Context, client *ent.Client, user uuid.UUID) (string, error) {
	token, now := newToken(), time.Now()
	ctx = system(ctx)
	_, err := client.Session.Delete().
		Where(session.UserID(user), session.Or(session.ExpiresAtLT(now), session.UsedAtLT(now.Add(-a.o.IdleTimeout)))).Exec(ctx)
	if err != nil {
		return "", fmt.Errorf("remove ended sessions: %w", err)
	}
	err = client.Session.Create().SetUserID(user).SetTokenHash(hashOf(token)).
		SetUsedAt(now).SetExpiresAt(now.Add(a.o.Lifetime)).Exec(ctx)
	if err != nil {
		return "", fmt.Errorf("create session: %w", err)
	}
	return token, nil
}

// revoke ends the session of a token.
func revoke(ctx context.Context, client *ent.Client, token string) error {
	if _, err := client.Session.Delete().Where(session.TokenHash(hashOf(token))).Exec(system(ctx)); err != nil {
		return fmt.Errorf("revoke session: %w", err)
	}
	return nil
}

// revokeAll ends all sessions of a user.
func revokeAll(ctx context.Context, client *ent.Client, user uuid.UUID) error {
	if _, err := client.Session.Delete().Where(session.UserID(user)).Exec(system(ctx)); err != nil {
		return fmt.Errorf("revoke sessions: %w", err)
	}
	return nil
}
