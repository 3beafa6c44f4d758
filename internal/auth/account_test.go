package auth_test

import (
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/entity"
)

// account starts an API whose sign-in is told of another account, on a database that was
// changed to fit.
func account(t *testing.T, change func(*entity.Account), o auth.Options, sql ...string) *apitest.API {
	t.Helper()
	a := *apitest.App.Ent.Account
	change(&a)
	o.Ent = apitest.App.Ent
	o.Ent.Account = &a
	api := newAPI(t, o)
	for _, statement := range sql {
		if _, err := api.DB.Write.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return api
}

// TestOtherNames signs in where tables are called otherwise and another app's name is on
// cookies and tokens.
func TestOtherNames(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	open, err := auth.OpenProvider(t.Context(), p.URL, "shop")
	if err != nil {
		t.Fatal(err)
	}
	api := account(t, func(a *entity.Account) {
		a.Sessions, a.Identities, a.Attempts = "logins", "Known As", `tries"`
	}, auth.Options{Name: "shop", Limits: auth.Limits{SignIn: 2}, Provider: open},
		`ALTER TABLE sessions RENAME TO logins`, `ALTER TABLE identities RENAME TO "Known As"`, `ALTER TABLE attempts RENAME TO "tries"""`)
	b := join(t, api, "ada")
	if b.cookie.Name != "shop_session" {
		t.Errorf("cookie %s", b.cookie.Name)
	}
	b.is(t, isAda)
	text, _ := b.token(t, "READ")
	if !strings.HasPrefix(text, "shop_") {
		t.Errorf("token %s", text)
	}
	if got := string(api.Bearer(text).Query(t, who, nil).Body); got != isAda {
		t.Errorf("by token %s", got)
	}
	codes(t, api.Bearer("entgraph_"+strings.TrimPrefix(text, "shop_")).Query(t, who, nil), "UNAUTHENTICATED")
	b.ask(t, `mutation($token: String!) { linkIdentity(token: $token) { user { id } } }`, vars{"token": p.token(t, nil)}).OK(t)
	if got := string(api.Bearer(p.token(t, nil)).Query(t, who, nil).Body); got != isAda {
		t.Errorf("by the provider %s", got)
	}
	stranger := &browser{api: api}
	for _, want := range []string{"UNAUTHENTICATED", "UNAUTHENTICATED", "RATE_LIMITED"} {
		codes(t, stranger.ask(t, signIn, vars{"name": "ada", "password": "wrong password"}), want)
	}
	b.ask(t, `mutation { signOut(everywhere: true) { signedOut } }`, nil).OK(t)
	b.is(t, isNone)
}

// TestByEmailAlone signs in where users have no user name and no role.
func TestByEmailAlone(t *testing.T) {
	t.Parallel()
	api := account(t, func(a *entity.Account) { a.Username, a.Role = "", "" }, auth.Options{})
	join(t, api, "ada")
	b := &browser{api: api}
	codes(t, b.ask(t, signIn, vars{"name": "ada", "password": secret}), "UNAUTHENTICATED")
	b.ask(t, signIn, vars{"name": "Ada@example.com", "password": secret}).OK(t)
	b.is(t, isAda)
	// Without a role a rule about one does not hold for anybody.
	codes(t, b.ask(t, `mutation { createUser(input: {username: "eve", email: "eve@example.com"}) { user { id } } }`, nil), "FORBIDDEN")
}

// TestByUsernameAlone signs in where users have no e-mail address: an @ is part of no name.
func TestByUsernameAlone(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	open, err := auth.OpenProvider(t.Context(), p.URL, "shop")
	if err != nil {
		t.Fatal(err)
	}
	api := account(t, func(a *entity.Account) { a.Email = "" }, auth.Options{
		Provider: open,
		NewUser: func(c auth.Claims) map[string]any {
			return map[string]any{"username": "grace", "email": c.Email} // the sample requires it
		},
	})
	join(t, api, "ada")
	b := &browser{api: api}
	codes(t, b.ask(t, signIn, vars{"name": "ada@example.com", "password": secret}), "UNAUTHENTICATED")
	b.ask(t, signIn, vars{"name": "Ada", "password": secret}).OK(t)
	b.is(t, isAda)
	// A token needs no address, and joins nobody by one.
	token := p.token(t, vars{"email": "grace@example.com", "email_verified": false})
	if got := api.Bearer(token).Query(t, who, nil).At(t, "viewer.username"); got != "grace" {
		t.Errorf("by the provider %v", got)
	}
}

// TestWithoutPasswords refuses what needs one, and lets the provider's tokens in.
func TestWithoutPasswords(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	open, err := auth.OpenProvider(t.Context(), p.URL, "shop")
	if err != nil {
		t.Fatal(err)
	}
	api := account(t, func(a *entity.Account) { a.PasswordHash, a.Sessions, a.Tokens, a.TokenEntity = "", "", "", "" }, auth.Options{Provider: open})
	program := api.Bearer(p.token(t, nil))
	if got := program.Query(t, who, nil).At(t, "viewer.username"); got != "ada_lovelace" {
		t.Errorf("by the provider %v", got)
	}
	b := &browser{api: api}
	codes(t, b.ask(t, signUp, vars{"in": vars{"username": "eve", "email": "eve@example.com", "password": secret}}), "NOT_IMPLEMENTED")
	answer := b.ask(t, signIn, vars{"name": "ada", "password": secret})
	codes(t, answer, "NOT_IMPLEMENTED")
	if !strings.Contains(string(answer.Body), "signIn needs a password: User has none") {
		t.Errorf("answer %s", answer.Body)
	}
	codes(t, program.Query(t, newToken, vars{"in": vars{"name": "x", "scope": "READ"}}), "NOT_IMPLEMENTED")
	b.ask(t, `mutation { signOut(everywhere: true) { signedOut } }`, nil).OK(t)
	b.is(t, isNone)
}

// TestAccountsThatDoNotSuffice are refused when the server starts, with what to do.
func TestAccountsThatDoNotSuffice(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{})
	start := func(name string, change func(*entity.Account), provider *auth.Provider) error {
		o := auth.Options{Name: name, Ent: apitest.App.Ent, Entities: api.Schema.Entities(), Provider: provider}
		if change == nil {
			o.Ent.Account = nil
		} else {
			a := *o.Ent.Account
			change(&a)
			o.Ent.Account = &a
		}
		return second(auth.New(api.DB, o))
	}
	for want, err := range map[string]error{
		`the app's name "My Shop"`:   start("My Shop", func(*entity.Account) {}, nil),
		"no entity embeds":           start("shop", nil, nil),
		"does not serve Member":      start("shop", func(a *entity.Account) { a.Entity = "Member" }, nil),
		"neither a user name nor an": start("shop", func(a *entity.Account) { a.Username, a.Email = "", "" }, nil),
		"embed kit.Attempt":          start("shop", func(a *entity.Account) { a.Attempts = "" }, nil),
		"OIDC_ISSUER":                start("shop", func(a *entity.Account) { a.Identities = "" }, &auth.Provider{}),
		"does not serve Token":       start("shop", func(a *entity.Account) { a.TokenEntity = "Token" }, nil),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if err := start("shop", func(a *entity.Account) { *a = entity.Account{Entity: "User", Table: "users"} }, nil); err != nil {
		t.Errorf("a user and nothing else: %v", err)
	}
}
