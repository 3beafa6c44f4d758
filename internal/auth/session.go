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

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/predicate"
	"github.com/entgraph/entgraph/ent/session"
	"github.com/entgraph/entgraph/internal/postgres"
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

// sessionQuery looks up a session with its user; see [Auth.lookUp].
const sessionQuery = `SELECT s.id, u.id, u.role, false, s.used_at < now() - $2::interval
	FROM public.sessions s JOIN public.users u ON u.id = s.user_id
	WHERE s.token_hash = $1 AND s.expires_at > now() AND s.used_at > now() - $3::interval`

const touchSession = `UPDATE public.sessions SET used_at = now() WHERE id = $1`

// findSession says whose session a cookie carries. It fails with [ErrEnded].
func (a *Auth) findSession(ctx context.Context, token string) (viewer.Viewer, error) {
	if !wellFormed(token) {
		return viewer.Viewer{}, ErrEnded
	}
	return a.lookUp(ctx, ErrEnded, sessionQuery, touchSession, hashOf(token), min(touchEvery, a.o.IdleTimeout/2), a.o.IdleTimeout)
}

// lookUp runs a statement that finds what a token stands for: its id, the id and role of
// its user, whether it only reads, and whether its time of last use is old, which touch
// then renews. Without a row it fails with missing.
func (a *Auth) lookUp(ctx context.Context, missing error, find, touch string, args ...any) (viewer.Viewer, error) {
	var id uuid.UUID
	var v viewer.Viewer
	var old bool
	ctx = system(ctx)
	err := postgres.Retry(ctx, func() error {
		return a.db.Apart().QueryRow(ctx, find, args...).Scan(&id, &v.UserID, &v.Role, &v.ReadOnly, &old)
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

// begin makes a session and returns its token. The client is that of the mutation's
// transaction. Of the user's own sessions it removes those that have ended, and those used
// longest ago that are too many.
func (a *Auth) begin(ctx context.Context, client *ent.Client, user uuid.UUID) (string, error) {
	token, now := newToken(), time.Now()
	ctx = system(ctx)
	_, err := client.Session.Delete().
		Where(session.UserID(user), session.Or(session.ExpiresAtLT(now), session.UsedAtLT(now.Add(-a.o.IdleTimeout)), beyond(user, a.o.MaxSessions-1))).Exec(ctx)
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

// beyond finds the sessions of a user besides the n used last.
func beyond(user uuid.UUID, n int) predicate.Session {
	return func(s *sql.Selector) {
		t := sql.Table(session.Table)
		s.Where(sql.In(s.C(session.FieldID), sql.Select(t.C(session.FieldID)).From(t).Where(sql.EQ(t.C(session.FieldUserID), user)).
			OrderBy(sql.Desc(t.C(session.FieldUsedAt)), sql.Desc(t.C(session.FieldID))).Offset(n)))
	}
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
