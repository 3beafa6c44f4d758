package server_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/server"
)

// Routes of an app's own stand beside those of the server.
func TestRoutes(t *testing.T) {
	t.Parallel()
	a := apitest.New(t, func(o *apitest.Options) {
		o.Server.Routes = func(mux *http.ServeMux) {
			mux.HandleFunc("GET /hello/{name}", func(w http.ResponseWriter, r *http.Request) {
				_, _ = w.Write([]byte("hello " + r.PathValue("name")))
			})
			mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("home")) })
		}
	})
	for path, want := range map[string]string{"/hello/ada": "hello ada", "/": "home", "/elsewhere": "home", "/livez": `{"status":"ok"}`, "/favicon.svg": "home", "/playground/examples.json": "["} {
		resp, err := http.Get(a.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(body), want) || resp.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s: %q, want %q", path, body, want)
		}
	}
	if n := a.Query(t, `{ posts { totalCount } }`, nil).At(t, "posts.totalCount"); n != float64(0) {
		t.Errorf("the API: %v", n)
	}
}

// A route that would take what the server answers is refused, whatever its form; one for
// something else is not.
func TestRoutesTaken(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	for route, refused := range map[string]bool{
		"/api/graphql": true, "POST /api/graphql": true, "OPTIONS /api/graphql": true, "/api/graphql/{$}": false, "/api/prices": false,
		"/livez": true, "GET /livez": true, "POST /livez": true, "HEAD /readyz": true, "/playground": true, "GET /playground/examples.json": true,
		"/playground/more": false, "GET /licenses.md": true, "/assets/": true, "GET /assets/{file}": true, "GET /assets/logo.svg": false,
		"/favicon.svg": false, "GET /favicon.ico": false, "GET /": true, "GET /{path...}": true, "/": false, "/{path...}": false,
		"CONNECT /api/graphql": true, "TRACE /livez": true, "/playground/": true, "/assets/{x...}": true, "POST /assets/{x}": true, "POST /": true, "/{x}": false,
		"GET /{$}": false, "GET /{page}": false, "/graphql": false, "not a pattern": true,
	} {
		mine := func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("mine")) }
		s, err := server.New(api.DB, api.Schema, server.Options{
			Log: slog.New(slog.DiscardHandler), APIPrefix: "/api", Playground: true,
			Routes: func(mux *http.ServeMux) { mux.HandleFunc(route, mine) },
		})
		if (err != nil) != refused || err != nil && !strings.HasPrefix(err.Error(), "App.Routes: ") {
			t.Errorf("%s: %v", route, err)
		}
		if method, path, ok := strings.Cut(route, " "); err == nil && (!ok || method == http.MethodGet) {
			path = strings.NewReplacer("{$}", "", "{page}", "about", "{path...}", "a/b").Replace(strings.TrimPrefix(route, "GET "))
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			if w.Body.String() != "mine" {
				t.Errorf("%s is not asked: %d, %s", path, w.Code, w.Body)
			}
		}
	}
}

// No route of the app gets a path of the server's: neither one with a host nor one for many
// paths, whatever the method.
func TestRoutesNeverTake(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	for _, route := range []string{"example.com/", "example.com/graphql", "GET example.com/livez", "/{x}", "/{x...}", "/"} {
		mine := func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("mine")) }
		s, err := server.New(api.DB, api.Schema, server.Options{
			Log: slog.New(slog.DiscardHandler), Playground: true,
			Routes: func(mux *http.ServeMux) { mux.HandleFunc(route, mine) },
		})
		if err != nil {
			t.Errorf("%s: %v", route, err)
			continue
		}
		for _, request := range []string{"GET /livez", "POST /livez", "PURGE /livez", "PUT /licenses.md", "POST /graphql", "CONNECT /graphql", "GET /%67raphql", "POST /playground"} {
			method, path, _ := strings.Cut(request, " ")
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.com"+path, nil)
			r.Method = method
			if s.ServeHTTP(w, r); w.Body.String() == "mine" || w.Code == http.StatusMovedPermanently {
				t.Errorf("%s takes %s", route, request)
			}
		}
	}
}

// deadlines is the writer of a connection, which notes that its deadlines are set.
type deadlines struct {
	*httptest.ResponseRecorder
	read, write int
}

func (d *deadlines) SetReadDeadline(time.Time) error  { d.read++; return nil }
func (d *deadlines) SetWriteDeadline(time.Time) error { d.write++; return nil }

// Below an http.Server with bounds of its own, they hold for routes of the app, and ours for
// what is ours. Without any ours hold for all.
func TestDeadlinesOfRoutes(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) {
		o.Server.Routes = func(mux *http.ServeMux) {
			mux.HandleFunc("/mine", func(http.ResponseWriter, *http.Request) {})
		}
	})
	bounded := &http.Server{ReadTimeout: time.Minute, WriteTimeout: time.Minute}
	for _, test := range []struct {
		path  string
		host  *http.Server
		wants bool
	}{{"/mine", bounded, false}, {"/graphql", bounded, true}, {"/mine", &http.Server{}, true}, {"/graphql", &http.Server{}, true}} {
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		ctx := context.WithValue(t.Context(), http.ServerContextKey, test.host)
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, test.path, strings.NewReader(`{"query": "{ __typename }"}`))
		r.Header.Set("Content-Type", "application/json")
		api.Server.ServeHTTP(w, r)
		if w.Code != http.StatusOK || (w.read > 0) != test.wants || (w.write > 0) != test.wants {
			t.Errorf("%s: %d, deadlines set: %d for reading, %d for writing; %s", test.path, w.Code, w.read, w.write, w.Body)
		}
	}
}
