package entgraphtest_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/auth"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/entgraphtest"
	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// sample is an app of another name, on the sample's generated packages.
func sample() entgraph.App {
	return entgraph.App{Name: "blog", Ent: ent.Engine, Migrations: migrate.Migrations, Graph: graph.Graph, Auth: &auth.Options{}}
}

// TestAuthenticate asks an app that finds out itself who asks: the app's answer counts, and
// before it the viewer that a test names.
func TestAuthenticate(t *testing.T) {
	t.Parallel()
	app := sample()
	id := uuid.New()
	app.Auth = nil
	app.Authenticate = func(r *http.Request) (viewer.Viewer, error) {
		switch r.Header.Get("X-Badge") {
		case "":
			return viewer.Viewer{}, nil
		case "gold":
			return viewer.Viewer{UserID: key.UUID(id), Role: "ADMIN"}, nil
		}
		return viewer.Viewer{}, errors.New("no such badge")
	}
	app.Routes = func(mux *http.ServeMux) {
		mux.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	}
	api := entgraphtest.New(t, app)
	badge := func(name string) string {
		body := `{"query": "{ auditLogs { totalCount } }"}`
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.Endpoint, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Badge", name)
		return send(t, api, r)
	}
	api.As(viewer.System()).Query(t, `mutation { createTag(input: {name: "go"}) { tag { id } } }`, nil).OK(t)
	for name, want := range map[string]string{"": `"totalCount":0`, "gold": `"totalCount":1`, "tin": "UNAUTHENTICATED"} {
		if got := badge(name); !strings.Contains(got, want) {
			t.Errorf("badge %q: %s, want %s", name, got, want)
		}
	}
	api.As(viewer.Viewer{UserID: key.UUID(id), Role: "MEMBER"}).Query(t, `{ auditLogs { totalCount } }`, nil).WantData(t, `{"auditLogs": {"totalCount": 0}}`)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api.URL+"/hello", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := send(t, api, r); got != "hello" {
		t.Errorf("the app's own route: %s", got)
	}
}

func send(t *testing.T, api *entgraphtest.API, r *http.Request) string {
	t.Helper()
	answer := api.Do(t, r)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestSignUp carries the cookies of a session, under the app's name, and drops them again.
func TestSignUp(t *testing.T) {
	t.Parallel()
	api := entgraphtest.New(t, sample())
	ada := api.SignUp(t, map[string]any{"username": "ada", "email": "ada@example.com", "password": "correct horse battery"})
	for name, who := range map[string]*entgraphtest.API{"ada": ada, "": ada.Anonymous()} {
		var got struct{ Viewer struct{ Username string } }
		who.Query(t, `{ viewer { username } }`, nil).Decode(t, &got)
		if got.Viewer.Username != name {
			t.Errorf("the viewer is %q, want %q", got.Viewer.Username, name)
		}
	}
	api.Exec(t, "UPDATE users SET role = 'ADMIN' WHERE username = $1", "ada")
	ada.Query(t, `{ viewer { role } }`, nil).WantData(t, `{"viewer": {"role": "ADMIN"}}`)
}

// TestWants fails a test for what is not as it wants it.
func TestWants(t *testing.T) {
	t.Parallel()
	api := entgraphtest.New(t, sample())
	answer := api.Query(t, `{ tags { totalCount } }`, nil)
	refused := api.Query(t, `mutation { createTag(input: {name: "x"}) { tag { id } } }`, nil)
	for name, test := range map[string]struct {
		red bool
		try func(testing.TB)
	}{
		"data":         {false, func(t testing.TB) { answer.WantData(t, `{"tags": { "totalCount": 0 }}`) }},
		"other data":   {true, func(t testing.TB) { answer.WantData(t, `{"tags": {"totalCount": 1}}`) }},
		"a code":       {false, func(t testing.TB) { refused.WantCode(t, "UNAUTHENTICATED") }},
		"another code": {true, func(t testing.TB) { refused.WantCode(t, "FORBIDDEN") }},
		"no error":     {true, func(t testing.TB) { answer.WantCode(t, "FORBIDDEN") }},
	} {
		r := &recorder{TB: t}
		if test.try(r); r.red != test.red {
			t.Errorf("%s: failed %t, want %t", name, r.red, test.red)
		}
	}
}

// recorder notes that a test would fail.
type recorder struct {
	testing.TB
	red bool
}

func (r *recorder) Errorf(string, ...any) { r.red = true }
