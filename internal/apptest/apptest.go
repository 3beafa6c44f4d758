// Package apptest runs the whole API of an app for a test: a database of the test's own with
// all migrations applied, the schema and the real HTTP handler in front of it.
//
//	a := apptest.New(t, apptest.Subject{Name: "shop", Ent: ent.Engine, Graph: graph.Graph, Migrations: migrate.Migrations})
//	a.Query(t, `{ products { totalCount } }`, nil).OK(t)
//
// It knows no app: package entgraphtest gives it one for everybody, and package apitest the
// sample for tests of the engine.
//
// A database costs about 10 ms, so that each test takes its own and runs in parallel
// with the others. All of it ends with the test; the database of a failed test stays
// and its address is logged. Only tests use this package.
package apptest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/document"
	"github.com/entgraph/entgraph/internal/executor"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/server"
	"github.com/entgraph/entgraph/viewer"
)

// poolSize is small: many tests share one Postgres.
const poolSize = 4

// API is a running API. Its methods may be used by several goroutines.
type API struct {
	// URL is the address of the server, without a path.
	URL string
	// Endpoint is the address of the GraphQL API.
	Endpoint string
	// DatabaseURL is the address of the database.
	DatabaseURL string
	DB          *postgres.DB
	Schema      *executor.Schema
	Server      *server.Server
	// Log holds everything that was logged.
	Log *Log

	// Subject is the app.
	Subject Subject

	viewer  viewer.Viewer
	acts    bool // as the viewer, whatever the request carries else
	cookies []*http.Cookie
	bearer  string // "" without one
}

// Options change what [New] starts.
type Options struct {
	// Database is the address of the database. Default: that of Subject.Database.
	Database string
	// DB holds the options of the pools. Default: MaxConns 4. Its URL, Echo and RowSecurity
	// are set by New.
	DB postgres.Options
	// Graph holds the bounds of reads. Default: those of the server. Its Log is set by New.
	Graph executor.Options
	// Server holds the server's options. Default: everything on. Its Log and, when
	// nil, its Auth are set by New.
	Server server.Options
	// Auth holds the options of sign-in, which NoSignIn leaves out. Default: there is sign-in
	// where the app has users.
	Auth     auth.Options
	NoSignIn bool
	// RowSecurity lets the server work as a role of its own that row-level security binds,
	// on the database of Database, or by default of Subject.SecuredDatabase.
	RowSecurity bool
	// EchoSQL logs every statement under the message "sql".
	EchoSQL bool
	// Wrap puts something before the schema, such as a field that waits.
	Wrap func(*executor.Schema) server.Schema
}

// New starts the API of an app for the test.
func New(t testing.TB, subject Subject, change ...func(*Options)) *API {
	t.Helper()
	o := Options{
		Graph:  executor.Options{Read: planner.Options{DefaultPage: 20, MaxPage: 100}},
		Server: server.Options{Name: subject.Name, Playground: true, Introspection: true, Document: document.Options{Suggestions: true}, Explain: true, ReadyAge: -1, Migrations: subject.Migrations, Tables: subject.Ent.Expected(), External: subject.Ent.External},
		Wrap:   func(s *executor.Schema) server.Schema { return s },
	}
	for _, f := range change {
		f(&o)
	}
	switch {
	case o.Database != "":
	case o.RowSecurity:
		o.Database = subject.SecuredDatabase(t)
	default:
		o.Database = subject.Database(t)
	}
	api := &API{DatabaseURL: o.Database, Log: &Log{}, Subject: subject, viewer: viewer.System(), acts: true}
	log := slog.New(slog.NewJSONHandler(api.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.Graph.Log, o.Server.Log = log, log

	var err error
	open := o.DB
	open.URL, open.RowSecurity, open.MaxConns = o.Database, o.RowSecurity, cmp.Or(o.DB.MaxConns, poolSize)
	if o.RowSecurity {
		open.URL = AsServer(t, o.Database)
	}
	if o.EchoSQL {
		open.Echo = log
	}
	api.DB, err = postgres.Open(t.Context(), open)
	if err != nil {
		t.Fatalf("open the test's database: %v", err)
	}
	t.Cleanup(api.DB.Close)
	api.Schema, err = executor.New(api.DB, executor.App{Ent: subject.Ent, Graph: subject.Graph}, o.Graph)
	if err != nil {
		t.Fatalf("make the schema: %v", err)
	}
	if err := api.Schema.LearnConstraints(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.Server.Proxies = cmp.Or(o.Server.Proxies, o.Auth.Proxies)
	subject.serve(&o.Server)
	if o.Server.Auth == nil && o.Server.Authenticate == nil && subject.Ent.Account != nil && !o.NoSignIn {
		o.Auth.Name, o.Auth.Log = cmp.Or(o.Auth.Name, subject.Name), log
		if o.Auth.Ent.Account == nil {
			o.Auth.Ent = subject.Ent
		}
		o.Auth.Entities, o.Auth.Transact = api.Schema.Entities(), api.Schema.Transact
		if o.Server.Auth, err = auth.New(api.DB, o.Auth); err != nil {
			t.Fatalf("make sign-in: %v", err)
		}
	}
	if api.Server, err = server.New(api.DB, o.Wrap(api.Schema), o.Server); err != nil {
		t.Fatalf("make the server: %v", err)
	}
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.Server.ServeHTTP(w, r.WithContext(viewer.NewContext(r.Context(), viewerOf(r))))
	}))
	t.Cleanup(listener.Close)
	api.URL = listener.URL
	api.Endpoint = api.URL + api.Server.Endpoint()
	return api
}

// serve lets a server have the routes of the app, and know who asks.
func (s Subject) serve(o *server.Options) {
	if s.Routes != nil {
		o.Routes = s.Routes
	}
	if s.Authenticate != nil {
		o.Authenticate = func(r *http.Request) (viewer.Viewer, error) {
			if r.Header.Get(viewerHeader) != "" {
				return viewerOf(r), nil
			}
			return s.Authenticate(r)
		}
	}
}

// viewerHeader carries the viewer from a test's request to its server.
const viewerHeader = "X-Test-Viewer"

func viewerOf(r *http.Request) (v viewer.Viewer) {
	if err := json.Unmarshal([]byte(r.Header.Get(viewerHeader)), &v); err != nil {
		return viewer.Viewer{}
	}
	return v
}

// As returns the API as a viewer sees it. [New] gives it as the system sees it, to
// which no access rule applies.
func (a *API) As(v viewer.Viewer) *API {
	out := *a
	out.viewer, out.acts = v, true
	return &out
}

// Sign makes a request one of the API's viewer.
func (a *API) Sign(r *http.Request) {
	if a.acts {
		text, err := json.Marshal(a.viewer)
		if err != nil {
			panic(err) // a viewer always marshals
		}
		r.Header.Set(viewerHeader, string(text))
	}
	for _, c := range a.cookies {
		r.AddCookie(c)
	}
	if a.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+a.bearer)
	}
}

// Query sends an operation by POST. Variables may be nil or anything that encodes to
// a JSON object. An answer that is no GraphQL response fails the test.
func (a *API) Query(t testing.TB, query string, variables any) Response {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatalf("encode the request: %v", err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.Endpoint, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return a.Do(t, r)
}

// Post sends a body to the GraphQL API as JSON and gives the status and the answer as they
// come.
func (a *API) Post(t testing.TB, body []byte) (int, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.Endpoint, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	a.Sign(r)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// Do sends a request of any form to the API and reads the GraphQL response.
func (a *API) Do(t testing.TB, r *http.Request) Response {
	t.Helper()
	a.Sign(r)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer := Response{Status: resp.StatusCode, Header: resp.Header}
	if answer.Body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	var parsed struct {
		Data   json.RawMessage
		Errors []Error
	}
	if err := json.Unmarshal(answer.Body, &parsed); err != nil {
		t.Fatalf("status %d, not a GraphQL response: %v\n%s", answer.Status, err, answer.Body)
	}
	answer.Data, answer.Errors = parsed.Data, parsed.Errors
	if line := a.Log.Operation(resp.Header.Get("X-Request-Id")); line != nil {
		n, _ := line["sql"].(float64)
		answer.Statements = int(n)
	}
	return answer
}
