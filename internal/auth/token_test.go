package auth_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

const newToken = `mutation($in: CreateAccessTokenInput!) { createAccessToken(input: $in) { token accessToken { id name scope expiresAt usedAt user { username } } } }`

// token makes an access token and returns its text and its id.
func (b *browser) token(t *testing.T, scope string) (text, id string) {
	t.Helper()
	answer := b.ask(t, newToken, vars{"in": vars{"name": " backup ", "scope": scope}})
	return answer.At(t, "createAccessToken.token").(string), answer.At(t, "createAccessToken.accessToken.id").(string)
}

func TestAccessToken(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	text, id := b.token(t, "WRITE")
	if !regexp.MustCompile(`^entgraph_[A-Za-z0-9_-]{43}$`).MatchString(text) {
		t.Errorf("token %s", text)
	}
	var stored string
	if err := b.api.DB.Read.QueryRow(t.Context(), `SELECT string_agg(a::text, ' ') FROM public.access_tokens a`).Scan(&stored); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(stored, text) || strings.Contains(stored, text[len("entgraph_"):]) {
		t.Errorf("stored: %s", stored)
	}
	program := b.api.Bearer(text)
	if got := program.Query(t, `{ viewer { username email accessTokens { totalCount } } }`, nil); string(got.Data) != `{"viewer":{"username":"ada","email":"ada@example.com","accessTokens":{"totalCount":1}}}` {
		t.Errorf("answer %s", got.Body)
	}
	program.Query(t, `mutation { createTag(input: {name: "go"}) { tag { name } } }`, nil).OK(t)
	shown := program.Query(t, fmt.Sprintf(`{ accessToken(id: %q) { name scope usedAt expiresAt user { username } } }`, id), nil)
	if shown.At(t, "accessToken.name") != "backup" || shown.At(t, "accessToken.scope") != "WRITE" || shown.At(t, "accessToken.usedAt") == nil {
		t.Errorf("shown: %s", shown.Body)
	}
	end, err := time.Parse(time.RFC3339Nano, shown.At(t, "accessToken.expiresAt").(string))
	if left := time.Until(end); err != nil || left < 89*24*time.Hour || left > 91*24*time.Hour {
		t.Errorf("ends at %s, %v", end, err)
	}
	b.ask(t, fmt.Sprintf(`mutation { deleteAccessToken(id: %q) { deletedID } }`, id), nil).OK(t)
	codes(t, program.Query(t, who, nil), "UNAUTHENTICATED")
}

// A user has a bounded number of tokens; those that have ended make room.
func TestTokensAreBounded(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{MaxTokens: 2}), "ada")
	other := b.api
	b.token(t, "READ")
	b.token(t, "READ")
	full := b.ask(t, newToken, vars{"in": vars{"name": "third", "scope": "READ"}})
	codes(t, full, "LIMIT_EXCEEDED")
	if !strings.Contains(string(full.Body), `"limit":"MAX_ACCESS_TOKENS"`) {
		t.Errorf("answer %s", full.Body)
	}
	if _, err := other.DB.Write.Exec(t.Context(), `UPDATE public.access_tokens SET expires_at = now() - interval '1 s' WHERE id = (SELECT min(id::text)::uuid FROM public.access_tokens)`); err != nil {
		t.Fatal(err)
	}
	b.token(t, "READ")
	var n int
	if err := other.DB.Read.QueryRow(t.Context(), `SELECT count(*) FROM public.access_tokens`).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// TestReadToken sends every kind of mutation with a token for reading.
func TestReadToken(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	text, id := b.token(t, "READ")
	program := b.api.Bearer(text)
	if got := string(program.Query(t, who, nil).Body); got != isAda {
		t.Errorf("answer %s", got)
	}
	for _, m := range []string{
		`createTag(input: {name: "go"}) { tag { id } }`,
		fmt.Sprintf(`deleteAccessToken(id: %q) { deletedID }`, id),
		`createAccessToken(input: {name: "more", scope: WRITE}) { token }`,
		`changePassword(input: {oldPassword: "correct horse battery", newPassword: "another secret"}) { user { id } }`,
		`signIn(input: {username: "ada", password: "correct horse battery"}) { user { id } }`,
		`signUp(input: {username: "eve", email: "eve@example.com", password: "correct horse battery"}) { user { id } }`,
		`signOut(everywhere: true) { signedOut }`,
	} {
		answer := program.Query(t, "mutation { "+m+" }", nil)
		codes(t, answer, "FORBIDDEN")
		if len(answer.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s: a cookie", m)
		}
	}
	b.is(t, isAda)
}

// TestTokensNeedASession makes sure that a token for writing gives nobody more than it.
func TestTokensNeedASession(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	text, _ := b.token(t, "WRITE")
	for _, m := range []string{
		`createAccessToken(input: {name: "more", scope: WRITE}) { token }`,
		`changePassword(input: {oldPassword: "correct horse battery", newPassword: "another secret"}) { user { id } }`,
		`signIn(input: {username: "ada", password: "correct horse battery"}) { user { id } }`,
		`signUp(input: {username: "eve", email: "eve@example.com", password: "correct horse battery"}) { user { id } }`,
		`signOut(everywhere: true) { signedOut }`,
		`linkIdentity(token: "x") { user { id } }`,
	} {
		codes(t, b.api.Bearer(text).Query(t, "mutation { "+m+" }", nil), "FORBIDDEN")
	}
	codes(t, b.api.Query(t, newToken, vars{"in": vars{"name": "x", "scope": "READ"}}), "UNAUTHENTICATED")
	var users, tokens int
	if err := b.api.DB.Read.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM public.users), (SELECT count(*) FROM public.access_tokens)`).Scan(&users, &tokens); err != nil || users != 1 || tokens != 1 {
		t.Errorf("%d users, %d tokens, %v", users, tokens, err)
	}
}

func TestTokenInput(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	at := func(d time.Duration) string { return time.Now().Add(d).Format(time.RFC3339) }
	for field, in := range map[string]vars{
		"expiresAt": {"name": "x", "scope": "READ", "expiresAt": at(-time.Minute)},
		"expires":   {"name": "x", "scope": "READ", "expiresAt": at(400 * 24 * time.Hour)},
		"name":      {"name": "  ", "scope": "READ"},
		"long name": {"name": strings.Repeat("a", 101), "scope": "READ"},
		"null byte": {"name": "a\x00", "scope": "READ"},
	} {
		codes(t, b.ask(t, newToken, vars{"in": in}), "BAD_USER_INPUT")
		_ = field
	}
	answer := b.ask(t, newToken, vars{"in": vars{"name": "x", "scope": "READ", "expiresAt": at(time.Hour)}})
	answer.OK(t)
}

// TestTokensAreTheUsersOwn looks for somebody else's tokens.
func TestTokensAreTheUsersOwn(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{})
	ada, eve := join(t, api, "ada"), join(t, api, "eve")
	_, id := ada.token(t, "WRITE")
	answer := eve.ask(t, fmt.Sprintf(`{ accessToken(id: %[1]q) { id } node(id: %[1]q) { id } accessTokens { totalCount } users(where: {hasAccessTokens: true}) { totalCount } userByUsername(username: "ada") { accessTokens { totalCount } } }`, id), nil)
	if want := `{"accessToken":null,"node":null,"accessTokens":{"totalCount":0},"users":{"totalCount":0},"userByUsername":{"accessTokens":{"totalCount":0}}}`; string(answer.Data) != want {
		t.Errorf("eve sees %s", answer.Body)
	}
	codes(t, eve.ask(t, fmt.Sprintf(`mutation { deleteAccessToken(id: %q) { deletedID } }`, id), nil), "NOT_FOUND")
	admin := api.As(viewer.Viewer{UserID: key.UUID([16]byte{1}), Role: "ADMIN"})
	if got := admin.Query(t, `{ accessTokens { totalCount } }`, nil); string(got.Data) != `{"accessTokens":{"totalCount":0}}` {
		t.Errorf("an admin sees %s", got.Body)
	}
}

// TestBadBearer sends what is no token, or none that holds; never does the cookie beside
// it count.
func TestBadBearer(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	text, _ := b.token(t, "READ")
	ended, _ := b.token(t, "READ")
	if _, err := b.api.DB.Write.Exec(t.Context(), `UPDATE access_tokens SET expires_at = now() WHERE id = (SELECT id FROM access_tokens ORDER BY id DESC LIMIT 1)`); err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"ended": ended, "cut": text[:len(text)-1], "longer": text + "A", "other case": strings.ToUpper(text), "without prefix": text[len("entgraph_"):],
		"the cookie's": b.cookie.Value, "the cookie's with prefix": "entgraph_" + b.cookie.Value,
		"garbage": "x", "two": text + " " + text, "quoted": `"` + text + `"`, "long": strings.Repeat("a", 100<<10), "a web token": "e30.e30.e30",
	} {
		answer := b.ask(t, who, nil, "Authorization", "Bearer "+token)
		if codes(t, answer, "UNAUTHENTICATED"); t.Failed() {
			t.Fatalf("%s: %.200s", name, answer.Body)
		}
	}
	for _, header := range []string{"bearer " + text, "BEARER   " + text + " "} {
		if got := string(b.ask(t, who, nil, "Authorization", header).Body); got != isAda {
			t.Errorf("%q: %s", header, got)
		}
	}
	// The password of a proxy is none of ours.
	for _, header := range []string{"Basic YTpi", "Bearer", "Bearer ", "Bear " + text, text} {
		if got := string(b.ask(t, who, nil, "Authorization", header).Body); got != isAda {
			t.Errorf("%q: %s", header, got)
		}
	}
	var used int
	if err := b.api.DB.Read.QueryRow(t.Context(), `SELECT count(*) FROM public.access_tokens WHERE used_at IS NOT NULL`).Scan(&used); err != nil || used != 1 {
		t.Errorf("%d tokens were used, %v", used, err)
	}
}

// TestTokenGoesWithItsUser deletes the user.
func TestTokenGoesWithItsUser(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	text, _ := b.token(t, "WRITE")
	id := b.ask(t, `{ viewer { id } }`, nil).At(t, "viewer.id")
	b.ask(t, fmt.Sprintf(`mutation { deleteUser(id: %q) { deletedID } }`, id), nil).OK(t)
	codes(t, b.api.Bearer(text).Query(t, who, nil), "UNAUTHENTICATED")
}

// TestUseOfATokenCostsOneLookUp counts statements: reading stays reading.
func TestUseOfATokenCostsOneLookUp(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	text, _ := b.token(t, "READ")
	program := b.api.Bearer(text)
	first, later := program.Query(t, who, nil).Statements, program.Query(t, who, nil).Statements
	if first != 3 || later != 2 {
		t.Errorf("%d statements, then %d; want 3, for the time of use, then 2", first, later)
	}
}
