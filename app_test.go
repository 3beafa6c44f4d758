package entgraph_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/auth"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// shop is an app of another name than the sample, on its generated packages: with sign-in, a
// command and a route of its own.
func shop() entgraph.App {
	return entgraph.App{
		Name: "my-shop", Ent: ent.Engine, Migrations: migrate.Migrations, Graph: graph.Graph,
		Authenticate: func(r *http.Request) (viewer.Viewer, error) {
			text := r.Header.Get("X-Customer")
			if text == "" {
				return viewer.Viewer{}, nil
			}
			id, err := uuid.Parse(text)
			return viewer.Viewer{UserID: key.UUID(id), Role: "MEMBER"}, err
		},
		Commands: func() []*cobra.Command { return []*cobra.Command{greet()} },
		Routes: func(mux *http.ServeMux) {
			mux.Handle("GET /me", entgraph.WithViewer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = w.Write([]byte("you are " + viewer.FromContext(r.Context()).String()))
			})))
			mux.HandleFunc("GET /prices", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("low")) })
		},
	}
}

func greet() *cobra.Command {
	cmd := &cobra.Command{
		Use: "greet NAME", Short: "Greet somebody", Args: cobra.ExactArgs(1),
		PreRunE: func(_ *cobra.Command, args []string) error {
			if args[0] == "somebody" {
				return errors.New("somebody must have a name")
			}
			return nil
		},
	}
	word := cmd.Flags().String("word", "hello", "`word` to say")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if args[0] == "nobody" {
			return errors.New("nobody is there")
		}
		cmd.Println(*word, args[0])
		return nil
	}
	return cmd
}

func run(t *testing.T, app entgraph.App, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = app.Run(t.Context(), args, environ, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// A program goes by the name of its app, and its commands stand beside ours.
func TestAppCommands(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]struct {
		code           int
		stdout, stderr string
	}{
		"greet ada":      {0, "hello ada\n", ""},
		"greet":          {2, "", "my-shop: accepts 1 arg(s), received 0\nrun: my-shop greet --help\n"},
		"greet nobody":   {1, "", "my-shop: nobody is there\n"},
		"greet somebody": {1, "", "my-shop: somebody must have a name\n"},
		"migrate up x":   {1, "", "my-shop: "},
		"version":        {0, "my-shop ", ""},
		"help":           {0, "A GraphQL API from Ent schemas\n\nUsage:\n  my-shop ", ""},
		"serve":          {1, "", "my-shop: invalid settings:\n  DATABASE_URL is not set"},
	} {
		code, stdout, stderr := run(t, shop(), []string{"MIGRATE_DATABASE_URL=postgres://127.0.0.1:1/x"}, strings.Fields(args)...)
		if code != want.code || !strings.HasPrefix(stdout, want.stdout) || !strings.HasPrefix(stderr, want.stderr) {
			t.Errorf("%s: code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
		if strings.Contains(stdout+stderr, "entgraph ") && args != "version" {
			t.Errorf("%s names another program: %s%s", args, stdout, stderr)
		}
	}
}

// A program may run several times, at once too: no run finds flags or errors of another.
func TestAppRunsAgain(t *testing.T) {
	t.Parallel()
	app := shop()
	if code, stdout, _ := run(t, app, nil, "greet", "ada", "--word", "bye"); code != 0 || stdout != "bye ada\n" {
		t.Errorf("code %d, %q", code, stdout)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if code, stdout, stderr := run(t, app, nil, "greet", "ada"); code != 0 || stdout != "hello ada\n" {
				t.Errorf("code %d, %q, %s", code, stdout, stderr)
			}
			if code, _, stderr := run(t, app, nil, "greet", "nobody"); code != 1 || stderr != "my-shop: nobody is there\n" {
				t.Errorf("code %d, %s", code, stderr)
			}
		})
	}
	all.Wait()
}

// An app that lacks something, or has what there is already, is told what to do.
func TestAppRefused(t *testing.T) {
	t.Parallel()
	gives := func(cmd *cobra.Command) func() []*cobra.Command {
		return func() []*cobra.Command { return []*cobra.Command{cmd} }
	}
	taken := &cobra.Command{Use: "look", Aliases: []string{"doctor"}, Run: func(*cobra.Command, []string) {}}
	for want, change := range map[string]func(*entgraph.App){
		`App.Name is "Shop"`:     func(a *entgraph.App) { a.Name = "Shop" },
		"App.Name is \"\"":       func(a *entgraph.App) { a.Name = "" },
		"App.Ent is missing":     func(a *entgraph.App) { a.Ent.Tables = nil },
		"App.Migrations is miss": func(a *entgraph.App) { a.Migrations = nil },
		"App.Graph is missing":   func(a *entgraph.App) { a.Graph.New = nil },
		"the flags of my-shop look: ": func(a *entgraph.App) {
			a.Commands = func() []*cobra.Command {
				cmd := &cobra.Command{Use: "look", Run: func(*cobra.Command, []string) {}}
				cmd.Flags().StringP("host", "h", "", "")
				return []*cobra.Command{cmd}
			}
		},
		"the flags of my-shop look at: ": func(a *entgraph.App) { // that of the command above is its own, too
			a.Commands = func() []*cobra.Command {
				cmd, at := &cobra.Command{Use: "look"}, &cobra.Command{Use: "at", Run: func(*cobra.Command, []string) {}}
				cmd.PersistentFlags().StringP("place", "p", "", "")
				at.Flags().IntP("port", "p", 0, "")
				cmd.AddCommand(at)
				return []*cobra.Command{cmd}
			}
		},
		"has a command doctor": func(a *entgraph.App) { a.Commands = gives(taken) },
		"both set": func(a *entgraph.App) {
			a.Auth = &auth.Options{}
		},
		"no entity signs in": func(a *entgraph.App) {
			a.Auth, a.Authenticate, a.Ent.Account = &auth.Options{}, nil, nil
		},
		"without a name": func(a *entgraph.App) { a.Commands = gives(&cobra.Command{}) },
	} {
		app := shop()
		change(&app)
		if code, _, stderr := run(t, app, nil, "version"); code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("code %d, want %q: %s", code, want, stderr)
		}
	}
}

// The commands on users work in an app whose users come from elsewhere.
func TestAppUsersFromElsewhere(t *testing.T) {
	t.Parallel()
	database := "DATABASE_URL=" + apitest.Database(t)
	for _, args := range []string{
		"user create --username ada --email ada@example.com --no-password", "user role ada ADMIN", "user password ada",
	} {
		var errs bytes.Buffer
		code := shop().Run(t.Context(), strings.Fields(args), []string{database, "LOG_LEVEL=error"}, strings.NewReader("correct horse battery\n"), io.Discard, &errs)
		if code != 0 {
			t.Errorf("%s: code %d: %s", args, code, &errs)
		}
	}
}

// A provider that nobody would ask is refused.
func TestAppRefusesProvider(t *testing.T) {
	t.Parallel()
	environ := []string{"DATABASE_URL=" + apitest.Database(t), "OIDC_ISSUER=https://id.example.com", "OIDC_AUDIENCE=shop", "LOG_LEVEL=error"}
	api, err := shop().Handler(t.Context(), entgraph.HandlerOptions{Environ: environ})
	if err == nil {
		api.Close()
	}
	if want := "OIDC_ISSUER is set, but the app signs nobody in"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}

// The API is mounted below a router of somebody's own, with routes and sign-in of its own.
func TestAppHandler(t *testing.T) {
	t.Parallel()
	api, err := shop().Handler(t.Context(), entgraph.HandlerOptions{Environ: []string{"DATABASE_URL=" + apitest.Database(t), "LOG_LEVEL=error"}})
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	r := chi.NewRouter()
	r.Get("/hello", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) })
	r.Mount("/", api)
	s := httptest.NewServer(r)
	defer s.Close()
	for path, want := range map[string]string{"/hello": "hello", "/prices": "low", "/livez": `{"status":"ok"}`, "/readyz": `{"database":"ok"`} {
		if got := send(t, http.MethodGet, s.URL+path, nil, ""); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", path, got)
		}
	}
	if got := send(t, http.MethodGet, s.URL+"/me", http.Header{"X-Customer": {uuid.Max.String()}}, ""); got != "you are "+uuid.Max.String() {
		t.Errorf("a route with a viewer: %s", got)
	}
	query := `{"query": "{ posts { totalCount } }"}`
	if got := send(t, http.MethodPost, s.URL+"/graphql", nil, query); got != `{"data":{"posts":{"totalCount":0}}}` {
		t.Errorf("a query: %s", got)
	}
	if got := send(t, http.MethodPost, s.URL+"/graphql", http.Header{"X-Customer": {"x"}}, query); !strings.Contains(got, "UNAUTHENTICATED") {
		t.Errorf("somebody unknown: %s", got)
	}
	if err := api.Shutdown(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
	if got := send(t, http.MethodGet, s.URL+"/readyz", nil, ""); !strings.Contains(got, "stopping") {
		t.Errorf("when it stops: %s", got)
	}
}

// What serve refuses, Handler refuses, and names the command to run.
func TestAppHandlerRefuses(t *testing.T) {
	t.Parallel()
	routed := func(pattern string) entgraph.App {
		app := shop()
		app.Routes = func(mux *http.ServeMux) { mux.HandleFunc(pattern, http.NotFound) }
		return app
	}
	for name, test := range map[string]struct {
		app     entgraph.App
		environ string
		want    string
	}{
		"no database":      {shop(), "", "DATABASE_URL is not set"},
		"not migrated":     {shop(), "DATABASE_URL=" + devpg.Empty(t), "migrate up"},
		"a route of ours":  {routed("/graphql"), "DATABASE_URL=" + apitest.Database(t), "App.Routes: "},
		"one in its place": {routed("POST /graphql"), "DATABASE_URL=" + apitest.Database(t), `App.Routes: the route "POST /graphql" would answer /graphql`},
	} {
		_, err := test.app.Handler(t.Context(), entgraph.HandlerOptions{Environ: []string{test.environ}})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func send(t *testing.T, method, url string, header http.Header, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
