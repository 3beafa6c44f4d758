package auth_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/viewer"
)

// TestSignInWithRowSecurity signs up, in and out, changes the password and tries wrong
// ones on a server that row-level security binds: sessions and hashes, which no viewer
// sees, are found by the program.
func TestSignInWithRowSecurity(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) { o.RowSecurity, o.Auth.Cost = true, cheap }).As(viewer.Viewer{})
	b := join(t, api, "ada")
	b.is(t, isAda)
	other := &browser{api: api}
	codes(t, other.ask(t, signIn, vars{"name": "ada", "password": "wrong password"}), "UNAUTHENTICATED")
	other.ask(t, signIn, vars{"name": "ada@example.com", "password": secret}).OK(t)
	other.is(t, isAda)

	// A session that has not been used for a while is renewed.
	conn, err := pgx.Connect(t.Context(), api.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `UPDATE sessions SET used_at = used_at - interval '1 hour'`); err != nil {
		t.Fatal(err)
	}
	b.is(t, isAda)
	var renewed, sessions, attempts int
	const count = `SELECT count(*) FILTER (WHERE used_at > now() - interval '1 minute'), count(*), (SELECT count(*) FROM attempts) FROM sessions`
	if err := conn.QueryRow(t.Context(), count).Scan(&renewed, &sessions, &attempts); err != nil || renewed != 1 || sessions != 2 || attempts == 0 {
		t.Errorf("%d of %d sessions are renewed, %d attempts: %v", renewed, sessions, attempts, err)
	}

	b.ask(t, `mutation($in: ChangePasswordInput!) { changePassword(input: $in) { user { username } } }`,
		vars{"in": vars{"oldPassword": secret, "newPassword": "another " + secret}}).OK(t)
	b.is(t, isAda)
	codes(t, other.ask(t, who, nil), "UNAUTHENTICATED")
	b.ask(t, `mutation { signOut(everywhere: true) { signedOut } }`, nil).OK(t)
	b.is(t, isNone)
	if err := conn.QueryRow(t.Context(), count).Scan(&renewed, &sessions, &attempts); err != nil || sessions != 0 {
		t.Errorf("%d sessions are left: %v", sessions, err)
	}
}
