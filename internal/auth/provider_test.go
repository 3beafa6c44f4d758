package auth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// provider is an OpenID provider on this machine.
type provider struct {
	*httptest.Server
	key     atomic.Pointer[jose.JSONWebKey]
	fetched atomic.Int32 // how often its keys were asked for
	broken  atomic.Bool
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{}
	p.rotate(t, "1")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(vars{"issuer": p.URL, "jwks_uri": p.URL + "/keys", "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token",
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		if p.fetched.Add(1); p.broken.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{p.key.Load().Public()}})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// rotate gives the provider another key.
func (p *provider) rotate(t *testing.T, id string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p.key.Store(&jose.JSONWebKey{Key: key, KeyID: id, Algorithm: string(jose.RS256), Use: "sig"})
}

// token signs claims; those that are not given are right.
func (p *provider) token(t *testing.T, change vars) string {
	t.Helper()
	return sign(t, jose.SigningKey{Algorithm: jose.RS256, Key: p.key.Load()}, p.claims(change))
}

func (p *provider) claims(change vars) vars {
	all := vars{"iss": p.URL, "aud": "shop", "sub": "1234", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
		"email": "Ada@Example.com", "email_verified": true, "preferred_username": "Ada.Lovelace"}
	maps.Copy(all, change)
	return all
}

func sign(t *testing.T, key jose.SigningKey, claims vars) string {
	t.Helper()
	signer, err := jose.NewSigner(key, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// newAPIWith starts an API that takes the provider's tokens.
func newAPIWith(t *testing.T, p *provider, limits ...auth.Limits) *apitest.API {
	t.Helper()
	o := auth.Options{}
	for _, l := range limits {
		o.Limits = l
	}
	open, err := auth.OpenProvider(t.Context(), p.URL, "shop")
	if err != nil {
		t.Fatal(err)
	}
	o.Provider = open
	return newAPI(t, o)
}

func (p *provider) count(t *testing.T, api *apitest.API, users, identities int) {
	t.Helper()
	var u, i int
	if err := api.DB.Read.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM public.users), (SELECT count(*) FROM public.identities)`).Scan(&u, &i); err != nil || u != users || i != identities {
		t.Errorf("%d users and %d identities, want %d and %d, %v", u, i, users, identities, err)
	}
}

const whoAll = `{ viewer { username email role } }`

func TestProvider(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	api := newAPIWith(t, p)
	token := p.token(t, nil)
	for range 2 {
		if got := string(api.Bearer(token).Query(t, whoAll, nil).Body); got != `{"data":{"viewer":{"username":"ada_lovelace","email":"ada@example.com","role":"MEMBER"}}}` {
			t.Errorf("answer %s", got)
		}
	}
	p.count(t, api, 1, 1)
	// Who somebody is does not depend on the address later on.
	changed := api.Bearer(p.token(t, vars{"email": "other@example.com", "email_verified": false}))
	if got := changed.Query(t, whoAll, nil).At(t, "viewer.email"); got != "ada@example.com" {
		t.Errorf("e-mail %v", got)
	}
	changed.Query(t, `mutation { createTag(input: {name: "go"}) { tag { id } } }`, nil).OK(t)
	if n := p.fetched.Load(); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
	p.rotate(t, "2")
	// Keys are fetched once in a second, whatever tokens ask for.
	start, program := time.Now(), api.Bearer(p.token(t, nil))
	for len(program.Query(t, who, nil).Errors) > 0 {
		if time.Since(start) > 20*time.Second {
			t.Fatal("the new key does not count")
		}
	}
	if n := p.fetched.Load(); n > 3+int32(time.Since(start).Seconds()) {
		t.Errorf("the keys were fetched %d times in %s", n, time.Since(start))
	}
	codes(t, api.Bearer(token).Query(t, who, nil), "UNAUTHENTICATED") // the old key is gone
}

func TestBadProviderTokens(t *testing.T) {
	t.Parallel()
	p, other := newProvider(t), newProvider(t)
	api := newAPIWith(t, p)
	public, err := json.Marshal(p.key.Load().Public())
	if err != nil {
		t.Fatal(err)
	}
	good := p.token(t, nil)
	parts := strings.Split(good, ".")
	part := func(v vars) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	for name, token := range map[string]string{
		"ended":             p.token(t, vars{"exp": time.Now().Add(-time.Minute).Unix()}),
		"not yet":           p.token(t, vars{"nbf": time.Now().Add(time.Hour).Unix()}),
		"for another":       p.token(t, vars{"aud": "bank"}),
		"for nobody":        p.token(t, vars{"aud": nil}),
		"of another issuer": p.token(t, vars{"iss": other.URL}),
		"of another key":    other.token(t, vars{"iss": p.URL}),
		"with a public key": sign(t, jose.SigningKey{Algorithm: jose.HS256, Key: append(public, make([]byte, 32)...)}, p.claims(nil)),
		"unsigned":          part(vars{"alg": "none"}) + "." + parts[1] + ".",
		"other claims":      parts[0] + "." + part(p.claims(vars{"sub": "admin"})) + "." + parts[2],
		"without subject":   p.token(t, vars{"sub": ""}),
		"long subject":      p.token(t, vars{"sub": strings.Repeat("a", 256)}),
		"null byte":         p.token(t, vars{"sub": "a\x00"}),
		"wrong types":       p.token(t, vars{"email": 5}),
		"cut":               good[:len(good)-10],
		"large":             p.token(t, vars{"x": strings.Repeat("a", 20<<10)}),
		"dots":              "..", "garbage": "x.y.z", "no address": p.token(t, vars{"email": nil}), "unproven address": p.token(t, vars{"email_verified": false}),
		"bad address": p.token(t, vars{"email": "ada"}), "address with a null byte": p.token(t, vars{"email": "a\x00@example.com"}),
	} {
		answer := api.Bearer(token).Query(t, who, nil)
		if codes(t, answer, "UNAUTHENTICATED"); t.Failed() {
			t.Fatalf("%s: %s", name, answer.Body)
		}
	}
	p.count(t, api, 0, 0)
}

// TestProviderIsAway keeps apart what a client did wrong and what it did not.
func TestProviderIsAway(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	api := newAPIWith(t, p)
	p.broken.Store(true)
	token := p.token(t, nil)
	codes(t, api.Bearer(token).Query(t, who, nil), "INTERNAL")
	p.broken.Store(false)
	api.Bearer(token).Query(t, who, nil).OK(t)
	p.Close()
	if _, err := auth.OpenProvider(t.Context(), p.URL, "shop"); err == nil || !strings.Contains(err.Error(), p.URL) {
		t.Errorf("error %v", err)
	}
	wrong := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(wrong.Close)
	if _, err := auth.OpenProvider(t.Context(), wrong.URL, "shop"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("error %v", err)
	}
}

// TestProviderMeetsUsers does not join an account that somebody else may have made with
// the address.
func TestProviderMeetsUsers(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	api := newAPIWith(t, p)
	b := join(t, api, "ada") // has a password
	token := p.token(t, nil)
	codes(t, api.Bearer(token).Query(t, who, nil), "UNAUTHENTICATED")
	p.count(t, api, 1, 0)

	link := func(b *browser, token string) apitest.Response {
		return b.ask(t, `mutation($token: String!) { linkIdentity(token: $token) { user { username } } }`, vars{"token": token})
	}
	codes(t, link(b, "x"), "UNAUTHENTICATED")
	for range 2 {
		link(b, token).OK(t)
	}
	if got := string(api.Bearer(token).Query(t, who, nil).Body); got != isAda {
		t.Errorf("answer %s", got)
	}
	codes(t, link(join(t, api, "eve"), token), "CONFLICT")

	// Nobody can have signed in as a user without a password, such as one that an admin made.
	api.As(viewer.System()).Query(t, `mutation { createUser(input: {username: "zoe", email: "zoe@example.com", role: ADMIN}) { user { id } } }`, nil).OK(t)
	zoe := p.token(t, vars{"sub": "5", "email": "zoe@example.com"})
	if got := string(api.Bearer(zoe).Query(t, whoAll, nil).Body); got != `{"data":{"viewer":{"username":"zoe","email":"zoe@example.com","role":"ADMIN"}}}` {
		t.Errorf("answer %s", got)
	}
	codes(t, api.Bearer(p.token(t, vars{"sub": "6", "email": "zoe@example.com"})).Query(t, who, nil), "UNAUTHENTICATED")
	p.count(t, api, 3, 2)
	codes(t, newAPI(t, auth.Options{}).As(viewer.Viewer{UserID: key.UUID([16]byte{1}), Role: "MEMBER"}).Query(t, `mutation { linkIdentity(token: "x") { user { id } } }`, nil), "BAD_USER_INPUT")
}

// TestProviderNames makes user names that are free and allowed.
func TestProviderNames(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	api := newAPIWith(t, p)
	for i, tc := range []struct{ name, email, want string }{
		{"", "grace.hopper@example.com", "grace_hopper"},
		{"grace@corp.example", "grace@example.com", "grace"},
		{"1_2 Åsa", "asa@example.com", "sa"},
		{"用户", "u@example.com", "user"},
		{strings.Repeat("long", 20), "long@example.com", strings.Repeat("long", 8)},
		{"grace", "other@example.com", "grace_??????"},
		{strings.Repeat("long", 20), "long2@example.com", strings.Repeat("long", 8)[:25] + "_??????"},
	} {
		if tc.want == "sa" {
			tc.want = "usersa" // three letters at least
		}
		got := fmt.Sprint(api.Bearer(p.token(t, vars{"sub": fmt.Sprint(i), "preferred_username": tc.name, "email": tc.email})).Query(t, who, nil).At(t, "viewer.username"))
		if stem, free := strings.CutSuffix(tc.want, "??????"); got != tc.want && !(free && strings.HasPrefix(got, stem) && len(got) == len(tc.want)) {
			t.Errorf("%q, %s: got %s, want %s", tc.name, tc.email, got, tc.want)
		}
	}
}

// TestFirstSightAtOnce sends a new user's first requests together.
func TestFirstSightAtOnce(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	api := newAPIWith(t, p)
	program := api.Bearer(p.token(t, nil))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got := program.Query(t, who, nil).At(t, "viewer.username"); got != "ada_lovelace" {
				t.Errorf("got %v", got)
			}
		})
	}
	all.Wait()
	p.count(t, api, 1, 1)
}

// TestProviderUsersAreLimited makes users by tokens, which counts as signing up; to be known
// already does not.
func TestProviderUsersAreLimited(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	api := newAPIWith(t, p, auth.Limits{SignUp: 3})
	as := func(subject string, change vars) apitest.Response {
		all := vars{"sub": subject, "email": subject + "@example.com"}
		maps.Copy(all, change)
		return api.Bearer(p.token(t, all)).Query(t, who, nil)
	}
	as("one", nil).OK(t)
	as("two", nil).OK(t)
	codes(t, as("three", vars{"email_verified": false}), "UNAUTHENTICATED")
	for range 5 {
		as("one", nil).OK(t)
		codes(t, as("four", nil), "RATE_LIMITED")
	}
	p.count(t, api, 2, 2)
	codes(t, (&browser{api: api}).ask(t, signUp, vars{"in": vars{"username": "ada", "email": "ada@example.com", "password": secret}}), "RATE_LIMITED")
}

// TestLinkingIsLimited sends tokens that do not hold.
func TestLinkingIsLimited(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	api := newAPIWith(t, p, auth.Limits{SignIn: 2})
	b := join(t, api, "ada")
	second := &browser{api: api}
	second.ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	link := func(b *browser, token string) apitest.Response {
		return b.ask(t, `mutation($token: String!) { linkIdentity(token: $token) { user { username } } }`, vars{"token": token})
	}
	for range 2 {
		codes(t, link(b, "x"), "UNAUTHENTICATED")
	}
	codes(t, link(b, p.token(t, nil)), "RATE_LIMITED")
	link(second, p.token(t, nil)).OK(t)
}
