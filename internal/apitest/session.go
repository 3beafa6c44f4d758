package apitest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/viewer"
)

// SignedIn makes a user and returns the API as a browser asks that is signed in so.
func (a *API) SignedIn(t testing.TB, username, role string) *API {
	t.Helper()
	return a.signIn(t, `WITH u AS (INSERT INTO users (username, email, role) VALUES ($1::text, $1::text || '@example.com', $2) RETURNING id)
		INSERT INTO sessions (user_id, token_hash, used_at, expires_at) SELECT id, $3, now(), now() + interval '1 day' FROM u`, username, role)
}

// Session signs a user in and returns the API as that browser asks. The session ends
// after so long, which may be over.
func (a *API) Session(t testing.TB, user uuid.UUID, life time.Duration) *API {
	t.Helper()
	return a.signIn(t, `INSERT INTO sessions (user_id, token_hash, used_at, expires_at) VALUES ($1, $3, now(), now() + $2::interval)`, user, life)
}

// signIn runs a statement that makes a session; its last argument is the token's hash.
func (a *API) signIn(t testing.TB, sql string, args ...any) *API {
	t.Helper()
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	token := base64.RawURLEncoding.EncodeToString(raw)
	sum := sha256.Sum256([]byte(token))
	conn, err := pgx.Connect(t.Context(), a.DatabaseURL)
	if err != nil {
		t.Fatalf("sign in: %v", err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err = conn.Exec(t.Context(), sql, append(args, sum[:])...); err != nil {
		t.Fatalf("sign in: %v", err)
	}
	out := a.As(viewer.Viewer{})
	out.session, out.bearer = &http.Cookie{Name: "entgraph_session", Value: token}, ""
	return out
}

// Like returns the API as seen by the viewer of another one.
func (a *API) Like(other *API) *API {
	out := *a
	out.viewer, out.session, out.bearer = other.viewer, other.session, other.bearer
	return &out
}

// At returns the API as the same viewer finds it at another address.
func (a *API) At(endpoint string) *API {
	out := *a
	out.Endpoint = endpoint
	return &out
}

// Bearer returns the API as a program asks that carries this access token.
func (a *API) Bearer(token string) *API {
	out := a.As(viewer.Viewer{})
	out.session, out.bearer = nil, token
	return out
}
