package apptest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/viewer"
)

// SignedIn makes a user who has but a name, an address and a role, and returns the API as a
// browser asks that is signed in so. The app needs kit.Account and sessions.
func (a *API) SignedIn(t testing.TB, username, role string) *API {
	t.Helper()
	of := a.account(t)
	var columns, values []string
	for column, value := range map[string]string{of.Username: "$1::text", of.Email: "$1::text || '@example.com'", of.Role: "$2"} {
		if column != "" {
			columns, values = append(columns, sqltext.Ident(column)), append(values, value)
		}
	}
	return a.signIn(t, fmt.Sprintf(`WITH u AS (INSERT INTO public.%s (%s) VALUES (%s) RETURNING id)
		INSERT INTO public.%s (user_id, token_hash, used_at, expires_at) SELECT id, $3, now(), now() + interval '1 day' FROM u`,
		sqltext.Ident(of.Table), strings.Join(columns, ", "), strings.Join(values, ", "), sqltext.Ident(of.Sessions)), username, role)
}

// Session signs a user in and returns the API as that browser asks. The session ends
// after so long, which may be over.
func (a *API) Session(t testing.TB, user uuid.UUID, life time.Duration) *API {
	t.Helper()
	return a.signIn(t, fmt.Sprintf(`INSERT INTO public.%s (user_id, token_hash, used_at, expires_at) VALUES ($1, $3, now(), now() + $2::interval)`,
		sqltext.Ident(a.account(t).Sessions)), user, life)
}

// account is where the app keeps users and sessions.
func (a *API) account(t testing.TB) *entity.Account {
	t.Helper()
	if a.Subject.Ent.Account == nil || a.Subject.Ent.Account.Sessions == "" {
		t.Fatal("sign in: the app has no sessions")
	}
	return a.Subject.Ent.Account
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
	out.cookies, out.bearer = []*http.Cookie{{Name: a.Subject.Name + "_session", Value: token}}, ""
	return out
}

// Like returns the API as seen by the viewer of another one.
func (a *API) Like(other *API) *API {
	out := *a
	out.viewer, out.acts, out.cookies, out.bearer = other.viewer, other.acts, other.cookies, other.bearer
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
	out.cookies, out.bearer = nil, token
	return out
}

// Carrying returns the API as a browser asks that has these cookies, which alone say who it
// is; without any it is anonymous.
func (a *API) Carrying(cookies []*http.Cookie) *API {
	out := *a
	out.viewer, out.acts, out.cookies, out.bearer = viewer.Viewer{}, false, cookies, ""
	return &out
}
