package apitest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/viewer"
)

// SignedIn makes a user and returns the API as a browser asks that is signed in so.
func (a *API) SignedIn(t testing.TB, username, role string) *API {
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
	_, err = conn.Exec(t.Context(), `WITH u AS (INSERT INTO users (username, email, role) VALUES ($1::text, $1::text || '@example.com', $2) RETURNING id)
		INSERT INTO sessions (user_id, token_hash, used_at, expires_at) SELECT id, $3, now(), now() + interval '1 day' FROM u`, username, role, sum[:])
	if err != nil {
		t.Fatalf("sign in: %v", err)
	}
	out := a.As(viewer.Viewer{})
	out.bearer = ""
	out.session = &http.Cookie{Name: "entgraph_session", Value: token}
	return out
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
