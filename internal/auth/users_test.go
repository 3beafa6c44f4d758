package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/viewer"
)

// commands are what a command has: sign-in, beside the API that is served.
func commands(t *testing.T, o auth.Options) (*auth.Auth, *apitest.API) {
	t.Helper()
	var made *auth.Auth
	api := newAPI(t, o)
	o.Name, o.Ent, o.Cost = "entgraph", apitest.App.Ent, cheap
	o.Entities, o.Transact = api.Schema.Entities(), api.Schema.Transact
	made, err := auth.New(api.DB, o)
	if err != nil {
		t.Fatal(err)
	}
	return made, api
}

func TestCommandsOnUsers(t *testing.T) {
	t.Parallel()
	made, api := commands(t, auth.Options{})
	ctx := t.Context()
	if _, err := made.CreateUser(ctx, auth.NewUser{Username: " Ada", Email: "ada@example.com", Role: "ADMIN", Password: secret}); err != nil {
		t.Fatal(err)
	}
	b := &browser{api: api}
	b.ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	if got := string(b.ask(t, whoAll, nil).Body); got != `{"data":{"viewer":{"username":"ada","email":"ada@example.com","role":"ADMIN"}}}` {
		t.Errorf("made %s", got)
	}
	if err := made.SetRole(ctx, "ADA@example.com", "MEMBER"); err != nil {
		t.Error(err)
	}
	if got := b.ask(t, whoAll, nil).At(t, "viewer.role"); got != "MEMBER" {
		t.Errorf("role %v", got)
	}
	if err := made.SetPassword(ctx, "ada", "another "+secret); err != nil {
		t.Error(err)
	}
	codes(t, b.ask(t, who, nil), "UNAUTHENTICATED") // its session has ended
	codes(t, (&browser{api: api}).ask(t, signIn, vars{"name": "ada", "password": secret}), "UNAUTHENTICATED")
	b.ask(t, signIn, vars{"name": "ada", "password": "another " + secret}).OK(t)

	for want, err := range map[string]error{
		`there is no user "bob"`:                 made.SetPassword(ctx, "bob", secret),
		`there is no user "a@b"`:                 made.SetRole(ctx, "a@b", "ADMIN"),
		`the role "KING"`:                        made.SetRole(ctx, "ada", "KING"),
		"the password must have at least 8":      made.SetPassword(ctx, "ada", "short"),
		"the password must be text in UTF-8":     made.SetPassword(ctx, "ada", "caf\xe9 au lait"),
		"the password must not contain the cha":  made.SetPassword(ctx, "ada", "caf\x00 au lait"),
		"the e-mail address is given twice":      second(made.CreateUser(ctx, auth.NewUser{Username: "eve", Email: "eve@example.com", Values: vars{"email": "b@example.com"}})),
		"the password is empty":                  made.SetPassword(ctx, "ada", ""),
		"username: must have 3 to 32 characters": second(made.CreateUser(ctx, auth.NewUser{Username: "A!", Email: "eve@example.com"})),
		"username: is missing":                   second(made.CreateUser(ctx, auth.NewUser{Email: "eve@example.com"})),
		"role: is not one of the allowed values": second(made.CreateUser(ctx, auth.NewUser{Username: "eve", Email: "eve@example.com", Role: "KING"})),
		"email: ":                                second(made.CreateUser(ctx, auth.NewUser{Username: "eve", Email: "ada@example.com"})),
		"nick: is not an input of User":          second(made.CreateUser(ctx, auth.NewUser{Username: "eve", Email: "eve@example.com", Values: vars{"nick": "x"}})),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestOptionsOfTheApp refuses passwords by the app's own rule, and makes users of tokens by
// its own function.
func TestOptionsOfTheApp(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	open, err := auth.OpenProvider(t.Context(), p.URL, "shop")
	if err != nil {
		t.Fatal(err)
	}
	api := newAPI(t, auth.Options{
		Provider: open,
		CheckPassword: func(_ context.Context, password string) error {
			if strings.Contains(password, "hunter2") {
				return errors.New("is known to everybody")
			}
			return nil
		},
		NewUser: func(c auth.Claims) map[string]any {
			return map[string]any{"username": "oidc_" + c.Subject, "email": c.Email, "role": "ADMIN"}
		},
	})
	b := &browser{api: api}
	answer := b.ask(t, signUp, vars{"in": vars{"username": "eve", "email": "eve@example.com", "password": "hunter2 hunter2"}})
	codes(t, answer, "BAD_USER_INPUT")
	if !strings.Contains(string(answer.Body), "password: is known to everybody") {
		t.Errorf("answer %s", answer.Body)
	}
	if got := string(api.As(viewer.Viewer{}).Bearer(p.token(t, nil)).Query(t, whoAll, nil).Body); got != `{"data":{"viewer":{"username":"oidc_1234","email":"ada@example.com","role":"ADMIN"}}}` {
		t.Errorf("answer %s", got)
	}
}
