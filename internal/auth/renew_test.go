package auth_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/auth"
)

// TestMovedUser signs in with a hash that bcrypt made, which a hash of ours replaces.
func TestMovedUser(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	const moved = "$2b$04$MYWrfs/tyfEAgU6xitXvR.2eA60Q1brG0uRG/JsrLphokv4yw/L8y" // of secret
	keep(t, b.api, moved)
	stranger := &browser{api: b.api}
	codes(t, stranger.ask(t, signIn, vars{"name": "ada", "password": "wrong " + secret}), "UNAUTHENTICATED")
	if got := kept(t, b.api); got != moved {
		t.Errorf("a wrong password left %s", got)
	}
	// A mutation that is undone leaves the old hash as well.
	undone := stranger.ask(t, `mutation($p: String!) { signIn(input: {username: "ada", password: $p}) { user { id } } deletePost(id: "post_00000000000000000000000000") { deletedID } }`, vars{"p": secret})
	codes(t, undone, "NOT_FOUND")
	if got := kept(t, b.api); got != moved || stranger.cookie != nil {
		t.Errorf("an undone sign-in left %s", got)
	}
	for range 2 {
		stranger.ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
		stranger.is(t, isAda)
		if got := kept(t, b.api); !strings.HasPrefix(got, "$argon2id$v=19$m=64,t=1,p=1$") {
			t.Errorf("kept %s", got)
		}
	}
	b.is(t, isAda) // other sessions live on
	renewed := kept(t, b.api)
	// The cookie of the device is sealed by the new hash: it is known there.
	stranger.ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	if got := kept(t, b.api); got != renewed {
		t.Errorf("replaced again: %s", got)
	}
	stranger.ask(t, `mutation($in: ChangePasswordInput!) { changePassword(input: $in) { user { id } } }`, vars{"in": vars{"oldPassword": secret, "newPassword": "another " + secret}}).OK(t)
}

// TestUnusableHash tells the client no more than a wrong password would.
func TestUnusableHash(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	wrong := (&browser{api: b.api}).ask(t, signIn, vars{"name": "nobody", "password": secret})
	for _, hash := range []string{"!", "x", "md5$salt$0123456789abcdef", "$2b$31$MYWrfs/tyfEAgU6xitXvR.2eA60Q1brG0uRG/JsrLphokv4yw/L8y", "$argon2id$v=19$m=4194304,t=100,p=1$c2l4dGVlbiBieXRlcyEhIQ$9YcRdXnFNoU"} {
		keep(t, b.api, hash)
		if got := (&browser{api: b.api}).ask(t, signIn, vars{"name": "ada", "password": secret}); string(got.Body) != string(wrong.Body) {
			t.Errorf("%s: %s", hash, got.Body)
		}
		if got := kept(t, b.api); got != hash {
			t.Errorf("%s became %s", hash, got)
		}
	}
	if log := fmt.Sprint(b.api.Log.Lines("")); !strings.Contains(log, "the hash of a password cannot be used") || strings.Contains(log, "$2b$31$") {
		t.Error("the log does not tell of it, or tells the hash")
	}
}

func keep(t *testing.T, api *apitest.API, hash string) {
	t.Helper()
	if _, err := api.DB.Write.Exec(t.Context(), `UPDATE public.users SET password_hash = $1`, hash); err != nil {
		t.Fatal(err)
	}
}

func kept(t *testing.T, api *apitest.API) (hash string) {
	t.Helper()
	if err := api.DB.Read.QueryRow(t.Context(), `SELECT password_hash FROM public.users`).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	return hash
}
