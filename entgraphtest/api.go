package entgraphtest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/internal/apptest"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/viewer"
)

// API is an app's running API as somebody asks it. Its methods may be used by several
// goroutines.
type API struct {
	// URL is the address of the server, without a path; Endpoint that of the GraphQL API.
	URL, Endpoint string
	// DatabaseURL is the address of the test's database, for its owner, whom no rule binds.
	DatabaseURL string

	api *apptest.API
}

// New starts the app's API for the test, on a migrated, empty database, and returns it as
// somebody asks who is not signed in. It ends with the test.
func New(t testing.TB, app entgraph.App) *API {
	t.Helper()
	return wrap(start(t, app).Carrying(nil))
}

// start gives the API as the system asks.
func start(t testing.TB, app entgraph.App, change ...func(*apptest.Options)) *apptest.API {
	t.Helper()
	if app.Name == "" || len(app.Ent.Tables) == 0 || app.Migrations == nil || app.Graph.New == nil {
		t.Fatal("the app needs Name, Ent, Migrations and Graph; see entgraph.App")
	}
	subject := apptest.Subject{Name: app.Name, Ent: app.Ent, Graph: app.Graph, Migrations: app.Migrations, Authenticate: app.Authenticate, Routes: app.Routes, Seed: app.Seed}
	planned(t, app)
	return apptest.New(t, subject, append(change, func(o *apptest.Options) {
		o.Graph.Hidden.SignUp = manyAttempts
		if o.NoSignIn = app.Auth == nil; app.Auth != nil {
			o.Auth.NewUser, o.Auth.CheckPassword = app.Auth.NewUser, app.Auth.CheckPassword
			quick(o)
		}
	})...)
}

// unplanned are the answers of [planned], by the migrations and the first of the tables.
var unplanned sync.Map

// planned fails the test where the schemas have tables or columns that no migration makes: what
// would be said of them later is far from what was forgotten.
func planned(t testing.TB, app entgraph.App) {
	t.Helper()
	hash, err := folder.Hash(app.Migrations)
	if err != nil {
		t.Fatalf("read the migrations: %v", err)
	}
	type subject struct {
		hash   string
		tables **schema.Table
	}
	ask := sync.OnceValue(func() error {
		url := apptest.Subject{Migrations: app.Migrations}.Database(t)
		status, err := database.NewGate(app.Migrations, app.Ent.Tables).Read(context.Background(), url)
		if err != nil || len(status.Missing) == 0 {
			return err
		}
		return fmt.Errorf("no migration makes %s: plan it first, with ./run.sh migrate diff NAME", strings.Join(status.Missing, ", "))
	})
	answer, _ := unplanned.LoadOrStore(subject{hash, &app.Ent.Tables[0]}, ask)
	if err := answer.(func() error)(); err != nil {
		t.Fatal(err)
	}
}

// quick lets tests sign up as often as they want, at no cost: what protects passwords would
// only slow them.
func quick(o *apptest.Options) {
	o.Auth.Cost = argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	o.Auth.Limits.SignUp = manyAttempts
}

// manyAttempts is more than a test makes.
const manyAttempts = 1_000_000

func wrap(a *apptest.API) *API {
	return &API{URL: a.URL, Endpoint: a.Endpoint, DatabaseURL: a.DatabaseURL, api: a}
}

// As returns the API as a viewer asks it, whoever is signed in. As [viewer.System] a test makes
// the rows that it needs: no access rule applies. Hooks and validators do.
func (a *API) As(v viewer.Viewer) *API { return wrap(a.api.As(v)) }

// Anonymous returns the API as somebody asks it who is not signed in.
func (a *API) Anonymous() *API { return wrap(a.api.Carrying(nil)) }

// SignUp makes a user by the mutation signUp and returns the API as their browser asks it, with
// the cookie of the session. The input is that of the mutation. The app needs kit.Account and App.Auth.
func (a *API) SignUp(t testing.TB, input map[string]any) *API {
	t.Helper()
	return a.sign(t, `mutation($input: SignUpInput!) { signUp(input: $input) { __typename } }`, input)
}

// SignIn signs a user in by the mutation signIn and returns the API as their browser asks it.
// The input is that of the mutation.
func (a *API) SignIn(t testing.TB, input map[string]any) *API {
	t.Helper()
	return a.sign(t, `mutation($input: SignInInput!) { signIn(input: $input) { __typename } }`, input)
}

// sign sends a mutation that signs in, and keeps the cookies of the answer.
func (a *API) sign(t testing.TB, query string, input map[string]any) *API {
	t.Helper()
	answer := a.api.Carrying(nil).Query(t, query, map[string]any{"input": input})
	answer.OK(t)
	cookies := (&http.Response{Header: answer.Header}).Cookies()
	cookies = slices.DeleteFunc(cookies, func(c *http.Cookie) bool { return c.MaxAge < 0 || c.Value == "" })
	if len(cookies) == 0 {
		t.Fatalf("the answer has no cookie: %s", answer.Body)
	}
	return wrap(a.api.Carrying(cookies))
}

// Query sends an operation and returns the answer. Variables may be nil, or anything that
// encodes to a JSON object. An answer that is no GraphQL response fails the test; errors in it
// do not.
func (a *API) Query(t testing.TB, query string, variables any) Response {
	t.Helper()
	return Response{a.api.Query(t, query, variables)}
}

// Do sends a request of any form as who asks, such as one to a route of the app's own. It is
// the caller's to close the body of the answer.
func (a *API) Do(t testing.TB, r *http.Request) *http.Response {
	t.Helper()
	a.api.Sign(r)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// Seed writes the app's sample data into the test's empty database, as ./run.sh does: all of
// its users have the password [entgraph.DemoPassword].
func (a *API) Seed(t testing.TB) {
	t.Helper()
	a.api.Fill(t)
}

// Exec runs SQL on the test's database as the owner of the tables, with arguments as $1, $2: for
// rows that no mutation makes.
func (a *API) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), a.DatabaseURL)
	if err != nil {
		t.Fatalf("connect to the test's database: %v", err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
