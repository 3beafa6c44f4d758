// Package apitest runs the whole API for a test: a database of the test's own with
// all migrations applied, the schema and the real HTTP handler in front of it.
//
//	api := apitest.New(t)
//	answer := api.Query(t, `{ posts { totalCount } }`, nil)
//	answer.OK(t)
//
// A database costs about 10 ms, so that each test takes its own and runs in parallel
// with the others. All of it ends with the test; the database of a failed test stays
// and its address is logged. Only tests import this package.
package apitest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/ent"
	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/document"
	"github.com/entgraph/entgraph/internal/executor"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/server"
	"github.com/entgraph/entgraph/viewer"
)

// App is the sample, which the tests of the engine have as their example.
var App = executor.App{Ent: ent.Engine, Graph: graph.Graph}

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

	viewer  viewer.Viewer
	session *http.Cookie // nil without one
	bearer  string       // "" without one
}

// Options change what [New] starts.
type Options struct {
	// Database is the address of the database. Default: Database(t).
	Database string
	// DB holds the options of the pools. Default: MaxConns 4. Its URL, Echo and RowSecurity
	// are set by New.
	DB postgres.Options
	// Graph holds the bounds of reads. Default: those of the server. Its Log is set by New.
	Graph executor.Options
	// Server holds the server's options. Default: everything on. Its Log and, when
	// nil, its Migrations and Auth are set by New.
	Server server.Options
	// Auth holds the options of sign-in.
	Auth auth.Options
	// RowSecurity lets the server work as a role of its own that row-level security binds,
	// on the database of Database, or by default of SecuredDatabase(t).
	RowSecurity bool
	// EchoSQL logs every statement under the message "sql".
	EchoSQL bool
	// Wrap puts something before the schema, such as a field that waits.
	Wrap func(*executor.Schema) server.Schema
}

// New starts an API for the test.
func New(t testing.TB, change ...func(*Options)) *API {
	t.Helper()
	o := Options{
		Graph:  executor.Options{Read: planner.Options{DefaultPage: 20, MaxPage: 100}},
		Server: server.Options{Name: "sample", Examples: graph.Examples, Playground: true, Introspection: true, Document: document.Options{Suggestions: true}, Explain: true, ReadyAge: -1, Migrations: entmigrate.Migrations, Tables: entmigrate.Tables},
		Wrap:   func(s *executor.Schema) server.Schema { return s },
	}
	for _, f := range change {
		f(&o)
	}
	switch {
	case o.Database != "":
	case o.RowSecurity:
		o.Database = SecuredDatabase(t)
	default:
		o.Database = Database(t)
	}
	api := &API{DatabaseURL: o.Database, Log: &Log{}, viewer: viewer.System()}
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
	api.Schema, err = executor.New(api.DB, App, o.Graph)
	if err != nil {
		t.Fatalf("make the schema: %v", err)
	}
	if o.Server.Auth == nil {
		o.Auth.Name, o.Auth.Log = cmp.Or(o.Auth.Name, "entgraph"), log
		if o.Auth.Ent.Account == nil {
			o.Auth.Ent = App.Ent
		}
		o.Auth.Entities, o.Auth.Transact = api.Schema.Entities(), api.Schema.Transact
		if o.Server.Auth, err = auth.New(api.DB, o.Auth); err != nil {
			t.Fatalf("make sign-in: %v", err)
		}
	}
	api.Server = server.New(api.DB, o.Wrap(api.Schema), o.Server)
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.Server.ServeHTTP(w, r.WithContext(viewer.NewContext(r.Context(), viewerOf(r))))
	}))
	t.Cleanup(listener.Close)
	api.URL = listener.URL
	api.Endpoint = api.URL + api.Server.Endpoint()
	return api
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
	out.viewer = v
	return &out
}

// Database returns the address of a migrated, empty database of the test's own.
func Database(t testing.TB) string {
	t.Helper()
	hash, err := folder.Hash(entmigrate.Migrations)
	if err != nil {
		t.Fatalf("hash the migrations: %v", err)
	}
	return devpg.Clone(t, devpg.Template{
		Key: "migrated " + hash,
		Build: func(ctx context.Context, url string) error {
			_, err := database.Up(ctx, url, entmigrate.Migrations, database.UpOptions{StandIns: true})
			return err
		},
	})
}

// Sign makes a request one of the API's viewer.
func (a *API) Sign(r *http.Request) {
	text, err := json.Marshal(a.viewer)
	if err != nil {
		panic(err) // a viewer always marshals
	}
	r.Header.Set(viewerHeader, string(text))
	if a.session != nil {
		r.AddCookie(a.session)
	}
	if a.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+a.bearer)
	}
}

// Error is one error of an answer.
type Error struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path"`
	Extensions map[string]any `json:"extensions"`
}

// Code is the error's code, "" without one.
func (e Error) Code() string {
	code, _ := e.Extensions["code"].(string)
	return code
}

// Response is an answer of the API.
type Response struct {
	Status int
	Header http.Header
	// Body is the answer as it came.
	Body   []byte
	Data   json.RawMessage
	Errors []Error
	// Statements is how many SQL statements it took.
	Statements int
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

// OK fails the test unless the answer has data and no errors. It returns the data.
func (r Response) OK(t testing.TB) json.RawMessage {
	t.Helper()
	if len(r.Errors) > 0 || r.Data == nil || r.Status != http.StatusOK {
		t.Fatalf("status %d: %s", r.Status, r.Body)
	}
	return r.Data
}

// Into decodes the data of an answer without errors.
func (r Response) Into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(r.OK(t), v); err != nil {
		t.Fatalf("decode the data: %v\n%s", err, r.Data)
	}
}

// At returns the value below a path such as "posts.nodes.0.title" in the data of an
// answer without errors: string, float64, bool, nil, map or slice.
func (r Response) At(t testing.TB, path string) any {
	t.Helper()
	var v any
	r.Into(t, &v)
	for step := range strings.SplitSeq(path, ".") {
		v = child(t, v, step, r.Data)
	}
	return v
}

// Codes lists the codes of the errors.
func (r Response) Codes() []string {
	codes := make([]string, len(r.Errors))
	for i, e := range r.Errors {
		codes[i] = e.Code()
	}
	return codes
}
