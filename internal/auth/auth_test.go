package auth_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/viewer"
)

type vars = map[string]any

// browser is a client with the cookies of its session and its device, and an address.
type browser struct {
	api            *apitest.API
	cookie, device *http.Cookie
	address        string
}

// cheap is a cost for tests, which the race detector makes many times slower.
var cheap = argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

func newAPI(t *testing.T, o auth.Options) *apitest.API {
	t.Helper()
	o.Cost = cheap
	return apitest.New(t, func(all *apitest.Options) { all.Auth = o }).As(viewer.Viewer{})
}

// ask sends an operation as a browser does: with its cookie, and keeping the new one.
func (b *browser) ask(t *testing.T, query string, variables any, headers ...string) apitest.Response {
	t.Helper()
	body, err := json.Marshal(vars{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.api.Endpoint, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if b.address != "" {
		r.Header.Set("X-Forwarded-For", b.address)
	}
	for _, c := range []*http.Cookie{b.cookie, b.device} {
		if c != nil {
			r.AddCookie(c)
		}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer := b.api.Do(t, r)
	for _, c := range (&http.Response{Header: answer.Header}).Cookies() {
		if strings.HasSuffix(c.Name, "_device") {
			b.device = c
			continue
		}
		if b.cookie = c; c.MaxAge < 0 {
			b.cookie = nil
		}
	}
	return answer
}

const (
	signUp = `mutation($in: SignUpInput!) { signUp(input: $in) { user { username email role } } }`
	signIn = `mutation($name: String!, $password: String!) { signIn(input: {username: $name, password: $password}) { user { username email } } }`
	who    = `{ viewer { username } }`
	secret = "correct horse battery"
)

func join(t *testing.T, api *apitest.API, name string) *browser {
	t.Helper()
	b := &browser{api: api}
	b.ask(t, signUp, vars{"in": vars{"username": name, "email": name + "@example.com", "password": secret}}).OK(t)
	return b
}

func (b *browser) is(t *testing.T, want string) {
	t.Helper()
	if got := string(b.ask(t, who, nil).Body); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

const (
	isAda  = `{"data":{"viewer":{"username":"ada"}}}`
	isNone = `{"data":{"viewer":null}}`
)

func codes(t *testing.T, answer apitest.Response, want ...string) {
	t.Helper()
	if !slices.Equal(answer.Codes(), want) {
		t.Errorf("codes %v, want %v: %s", answer.Codes(), want, answer.Body)
	}
}

func TestSignUp(t *testing.T) {
	t.Parallel()
	b := &browser{api: apitest.New(t).As(viewer.Viewer{})} // with the cost of a server
	answer := b.ask(t, signUp, vars{"in": vars{"username": " Ada ", "email": "Ada@Example.com", "password": secret}})
	// What the payload shows is for the one who is signed in now.
	if got := string(answer.OK(t)); got != `{"signUp":{"user":{"username":"ada","email":"ada@example.com","role":"MEMBER"}}}` {
		t.Errorf("answer %s", got)
	}
	if c := b.cookie; c == nil || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.Path != "/" || len(c.Value) != 43 {
		t.Errorf("cookie %v", b.cookie)
	}
	b.is(t, isAda)
	var stored string
	if err := b.api.DB.Read.QueryRow(t.Context(), `SELECT concat((SELECT string_agg(s::text, ' ') FROM public.sessions s), (SELECT string_agg(u::text, ' ') FROM public.users u))`).Scan(&stored); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(stored, b.cookie.Value) || strings.Contains(stored, secret) || !strings.Contains(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("stored: %s", stored)
	}
}

func TestSignUpRefusals(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	other := &browser{api: b.api}
	for name, tc := range map[string]struct {
		in    vars
		codes []string
		field any
	}{
		"everything at once": {vars{"username": "A!", "email": "no", "password": "short"}, []string{"BAD_USER_INPUT", "BAD_USER_INPUT", "BAD_USER_INPUT"}, nil},
		"short password":     {vars{"username": "eve", "email": "eve@example.com", "password": "1234567"}, []string{"BAD_USER_INPUT"}, "password"},
		"1 MB password":      {vars{"username": "eve", "email": "eve@example.com", "password": strings.Repeat("x", 1<<20-500)}, []string{"BAD_USER_INPUT"}, "password"},
		"null byte":          {vars{"username": "eve", "email": "eve@example.com", "password": "12345678\x00"}, []string{"BAD_USER_INPUT"}, "password"},
		"long name":          {vars{"username": strings.Repeat("a", 10<<10), "email": "eve@example.com", "password": secret}, []string{"BAD_USER_INPUT"}, "username"},
		"look-alike name":    {vars{"username": "аda", "email": "eve@example.com", "password": secret}, []string{"BAD_USER_INPUT"}, "username"},
		"taken name":         {vars{"username": "ADA", "email": "eve@example.com", "password": secret}, []string{"CONFLICT"}, "username"},
		"taken address":      {vars{"username": "eve", "email": "ada@example.com", "password": secret}, []string{"CONFLICT"}, "email"},
	} {
		answer := other.ask(t, signUp, vars{"in": tc.in})
		codes(t, answer, tc.codes...)
		if tc.field != nil && answer.Errors[0].Extensions["field"] != tc.field {
			t.Errorf("%s: %s", name, answer.Body)
		}
		if other.cookie != nil {
			t.Errorf("%s: a cookie", name)
		}
	}
	var users, sessions int
	if err := b.api.DB.Read.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM public.users), (SELECT count(*) FROM public.sessions)`).Scan(&users, &sessions); err != nil || users != 1 || sessions != 1 {
		t.Errorf("%d users, %d sessions, %v", users, sessions, err)
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	first := join(t, newAPI(t, auth.Options{}), "ada")
	b := &browser{api: first.api}
	for _, name := range []string{"ada", " ADA ", "ada@example.com"} {
		if got := string(b.ask(t, signIn, vars{"name": name, "password": secret}).OK(t)); got != `{"signIn":{"user":{"username":"ada","email":"ada@example.com"}}}` {
			t.Errorf("%q: %s", name, got)
		}
		b.is(t, isAda)
	}
	// Each sign-in began a new session in place of the one before.
	var n int
	if err := b.api.DB.Read.QueryRow(t.Context(), `SELECT count(*) FROM public.sessions`).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d sessions, want those of two browsers", n)
	}
	old := &browser{api: b.api, cookie: b.cookie}
	b.ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	codes(t, old.ask(t, who, nil), "UNAUTHENTICATED")
	first.is(t, isAda)
}

// TestWrongSignIns checks that the answers to an unknown user, a wrong password and a user
// without one are the same to the byte.
func TestWrongSignIns(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	if _, err := b.api.DB.Write.Exec(t.Context(), `INSERT INTO users (username, email) VALUES ('none', 'none@example.com')`); err != nil {
		t.Fatal(err)
	}
	other := &browser{api: b.api}
	bodies := map[string]bool{}
	for _, in := range []vars{
		{"name": "ada", "password": "wrong password"}, {"name": "ada", "password": ""}, {"name": "none", "password": ""},
		{"name": "nobody", "password": secret}, {"name": "", "password": secret}, {"name": "x\x00", "password": "y\x00"},
		{"name": "ada", "password": strings.Repeat("x", 1<<19)}, {"name": strings.Repeat("x", 10<<10), "password": secret},
	} {
		answer := other.ask(t, signIn, in)
		codes(t, answer, "UNAUTHENTICATED")
		bodies[string(answer.Body)] = true
	}
	if len(bodies) != 1 || other.cookie != nil {
		t.Errorf("answers %v", bodies)
	}
	if lines := b.api.Log.Lines("internal error"); len(lines) > 0 {
		t.Errorf("log: %v", lines)
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	second := &browser{api: b.api}
	second.ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	stolen := &browser{api: b.api, cookie: b.cookie}
	if got := string(b.ask(t, `mutation { signOut { signedOut } }`, nil).OK(t)); got != `{"signOut":{"signedOut":true}}` || b.cookie != nil {
		t.Errorf("answer %s, cookie %v", got, b.cookie)
	}
	codes(t, stolen.ask(t, who, nil), "UNAUTHENTICATED")
	if stolen.cookie != nil {
		t.Error("the ended session's cookie was not taken away")
	}
	b.is(t, isNone)
	second.is(t, isAda)

	third := &browser{api: b.api}
	third.ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	second.ask(t, `mutation { signOut(everywhere: true) { signedOut } }`, nil).OK(t)
	codes(t, third.ask(t, who, nil), "UNAUTHENTICATED")
	// Nobody is signed in: it does nothing.
	if got := string(b.ask(t, `mutation { signOut(everywhere: true) { signedOut } }`, nil).OK(t)); got != `{"signOut":{"signedOut":false}}` {
		t.Errorf("answer %s", got)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	const change = `mutation($old: String!, $new: String!) { changePassword(input: {oldPassword: $old, newPassword: $new}) { user { username } } }`
	b := join(t, newAPI(t, auth.Options{}), "ada")
	second := &browser{api: b.api}
	second.ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	stolen := &browser{api: b.api, cookie: b.cookie}

	codes(t, (&browser{api: b.api}).ask(t, change, vars{"old": secret, "new": "another secret"}), "UNAUTHENTICATED")
	codes(t, b.ask(t, change, vars{"old": "wrong", "new": "another secret"}), "UNAUTHENTICATED")
	codes(t, b.ask(t, change, vars{"old": secret, "new": "short"}), "BAD_USER_INPUT")
	b.is(t, isAda)

	b.ask(t, change, vars{"old": secret, "new": "another secret"}).OK(t)
	b.is(t, isAda)
	codes(t, second.ask(t, who, nil), "UNAUTHENTICATED")
	codes(t, stolen.ask(t, who, nil), "UNAUTHENTICATED")
	codes(t, second.ask(t, signIn, vars{"name": "ada", "password": secret}), "UNAUTHENTICATED")
	second.ask(t, signIn, vars{"name": "ada", "password": "another secret"}).OK(t)
}

// TestSessionsEnd ends sessions in each way there is.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"idle":        `UPDATE sessions SET used_at = now() - interval '61 minutes'`,
		"age":         `UPDATE sessions SET expires_at = now() - interval '1 second'`,
		"gone":        `DELETE FROM sessions`,
		"user's end":  `DELETE FROM users`,
		"other token": `UPDATE sessions SET token_hash = sha256('x')`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := join(t, newAPI(t, auth.Options{IdleTimeout: time.Hour, Lifetime: 24 * time.Hour}), "ada")
			b.is(t, isAda)
			if _, err := b.api.DB.Write.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
			answer := b.ask(t, who, nil)
			codes(t, answer, "UNAUTHENTICATED")
			if answer.Data != nil || b.cookie != nil {
				t.Errorf("data %s, cookie %v", answer.Data, b.cookie)
			}
			b.is(t, isNone) // without the cookie
		})
	}
}

// TestUseKeepsASession checks that use is written down, and not more often than needed.
func TestUseKeepsASession(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{IdleTimeout: time.Hour}), "ada")
	used := func() (at time.Time) {
		if err := b.api.DB.Read.QueryRow(t.Context(), `SELECT used_at FROM public.sessions`).Scan(&at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	before := used()
	if answer := b.ask(t, who, nil); answer.Statements != 2 || !used().Equal(before) {
		t.Errorf("%d statements", answer.Statements) // the session and the user
	}
	if _, err := b.api.DB.Write.Exec(t.Context(), `UPDATE sessions SET used_at = used_at - interval '59 minutes'`); err != nil {
		t.Fatal(err)
	}
	if b.is(t, isAda); used().Before(before) {
		t.Error("the use was not written down")
	}
}

func TestMalformedTokens(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{})
	for _, token := range []string{"x", strings.Repeat("A", 43), strings.Repeat("A", 42) + "+", strings.Repeat("A", 4000), "' OR true --"} {
		b := &browser{api: api, cookie: &http.Cookie{Name: "entgraph_session", Value: token}}
		codes(t, b.ask(t, `{ tags { totalCount } }`, nil), "UNAUTHENTICATED")
	}
	// Whoever only wants to sign in is not kept from it by an old cookie.
	join(t, api, "ada")
	b := &browser{api: api, cookie: &http.Cookie{Name: "entgraph_session", Value: strings.Repeat("A", 43)}}
	b.ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	b.is(t, isAda)
}

// TestRoleCountsAtOnce makes a signed-in member an admin and back.
func TestRoleCountsAtOnce(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	join(t, b.api, "eve")
	const emails = `{ users(where: {emailContains: "@"}) { totalCount } }`
	for _, tc := range []struct{ role, want string }{
		{"MEMBER", `{"users":{"totalCount":1}}`}, {"ADMIN", `{"users":{"totalCount":2}}`}, {"MEMBER", `{"users":{"totalCount":1}}`},
	} {
		if _, err := b.api.DB.Write.Exec(t.Context(), `UPDATE users SET role = $1 WHERE username = 'ada'`, tc.role); err != nil {
			t.Fatal(err)
		}
		if got := string(b.ask(t, emails, nil).OK(t)); got != tc.want {
			t.Errorf("%s: %s", tc.role, got)
		}
	}
}

func TestAttemptsAreLimited(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{Proxies: 1})
	join(t, api, "ada")
	join(t, api, "eve")
	guess := func(name, from string) apitest.Response {
		return (&browser{api: api, address: from}).ask(t, signIn, vars{"name": name, "password": "wrong password"})
	}
	for range 10 {
		codes(t, guess("ada", "192.0.2.1"), "UNAUTHENTICATED")
	}
	answer := guess("ada", "192.0.2.1")
	codes(t, answer, "RATE_LIMITED")
	if wait, _ := answer.Errors[0].Extensions["retryAfter"].(float64); wait < 800 || wait > 900 {
		t.Errorf("wait %v: %s", wait, answer.Body)
	}
	// The right password opens no more from there, but does from elsewhere, and another account from there.
	codes(t, (&browser{api: api, address: "192.0.2.1"}).ask(t, signIn, vars{"name": "ada", "password": secret}), "RATE_LIMITED")
	(&browser{api: api, address: "192.0.2.2"}).ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	(&browser{api: api, address: "192.0.2.1"}).ask(t, signIn, vars{"name": "eve", "password": secret}).OK(t)
	// An address that the client wrote itself is not believed.
	codes(t, guess("ada", "198.51.100.7, 192.0.2.1"), "RATE_LIMITED")
	// One network of IPv6 is one place.
	for i := range 10 {
		codes(t, guess("eve", fmt.Sprintf("2001:db8:1:1::%d", i)), "UNAUTHENTICATED")
	}
	codes(t, guess("eve", "2001:db8:1:1:ffff::1"), "RATE_LIMITED")
	codes(t, guess("eve", "2001:db8:1:2::1"), "UNAUTHENTICATED")
	// A while later the count begins again.
	if _, err := api.DB.Write.Exec(t.Context(), `UPDATE attempts SET ends_at = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	(&browser{api: api, address: "192.0.2.1"}).ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	codes(t, guess("ada", "192.0.2.1"), "UNAUTHENTICATED")
	var old int
	if err := api.DB.Read.QueryRow(t.Context(), `SELECT count(*) FROM public.attempts WHERE ends_at < now()`).Scan(&old); err != nil || old != 0 {
		t.Errorf("%d old counts stay", old)
	}
}

// TestServersShareTheCount sends guesses to two servers on one database at once: failed
// mutations roll back, the count does not.
func TestServersShareTheCount(t *testing.T) {
	t.Parallel()
	one := newAPI(t, auth.Options{})
	two := apitest.New(t, func(o *apitest.Options) { o.Database, o.Auth.Cost = one.DatabaseURL, cheap }).As(viewer.Viewer{})
	join(t, one, "ada")
	var mu sync.Mutex
	got := map[string]int{}
	var wg sync.WaitGroup
	for i := range 20 {
		api := []*apitest.API{one, two}[i%2]
		wg.Go(func() {
			answer := (&browser{api: api}).ask(t, signIn, vars{"name": "ada", "password": "wrong password"})
			mu.Lock()
			defer mu.Unlock()
			for _, code := range answer.Codes() {
				got[code]++
			}
		})
	}
	wg.Wait()
	if got["UNAUTHENTICATED"] != 10 || got["RATE_LIMITED"] != 10 {
		t.Errorf("codes %v", got)
	}
}

// TestManySignInsHoldNoConnection hashes more passwords at once than there are
// connections, beside a mutation that must not wait for them.
func TestManySignInsHoldNoConnection(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{Proxies: 1})
	join(t, api, "ada")
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			b := &browser{api: api, address: fmt.Sprintf("192.0.2.%d", i)}
			b.ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
		})
	}
	wg.Wait()
	if n := api.DB.Write.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections are held", n)
	}
}

// TestCookieNeedsAnAnswer signs in where no cookie can go back.
func TestCookieNeedsAnAnswer(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	body := `{"query":"mutation { signIn(input: {username: \"ada\", password: \"` + secret + `\"}) { user { id } } }"}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.api.Endpoint, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "BAD_USER_INPUT") || len(resp.Cookies()) > 0 {
		t.Errorf("answer %s", text.String())
	}
}

// TestFailedMutationSignsNobodyIn signs in beside a field that fails: the operation had
// no effect.
func TestFailedMutationSignsNobodyIn(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	other := &browser{api: b.api}
	answer := other.ask(t, `mutation($p: String!) { signIn(input: {username: "ada", password: $p}) { user { id } } createTag(input: {name: ""}) { tag { id } } }`, vars{"p": secret})
	codes(t, answer, "BAD_USER_INPUT")
	if other.cookie != nil {
		t.Error("a cookie for a session that is not there")
	}
}

func TestSecureCookie(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{Secure: true}), "ada")
	if c := b.cookie; c.Name != "__Host-entgraph_session" || !c.Secure || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %v", c)
	}
	b.is(t, isAda)
	b.cookie.Name = "entgraph_session" // what a neighbour's page could set
	b.is(t, isNone)
}

// TestLogsHoldNoSecrets looks for passwords and tokens in everything that is logged.
func TestLogsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	b := join(t, newAPI(t, auth.Options{}), "ada")
	token := b.cookie.Value
	b.ask(t, `mutation { changePassword(input: {oldPassword: "`+secret+`", newPassword: "another secret"}) { user { id } } }`, nil).OK(t)
	text, err := json.Marshal(b.api.Log.Lines(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{secret, "another secret", token, b.cookie.Value} {
		if strings.Contains(string(text), s) {
			t.Errorf("the log holds %q", s)
		}
	}
}
