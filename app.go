package entgraph

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/auth"
	"github.com/entgraph/entgraph/entity/table"
	"github.com/entgraph/entgraph/internal/command"
	"github.com/entgraph/entgraph/internal/server"
	"github.com/entgraph/entgraph/viewer"
)

// App is a program: what is generated, and what its owner adds. Name, Ent, Migrations and
// Graph are required.
type App struct {
	// Name is the program in messages, and names what belongs to it: the database in the
	// private Postgres and application_name. Lower-case letters, digits, - and _, at most 40,
	// the first a letter.
	Name string
	// Ent is ent.Engine, of the generated package ent.
	Ent table.Engine
	// Migrations is migrate.Migrations, of the package ent/migrate: the migration directory
	// with its functions in Go.
	Migrations fs.FS
	// Graph is graph.Graph, of the generated package graph.
	Graph api.Graph

	// Auth is what the app says of its sign-in: &auth.Options{} where users sign in here, for
	// which its user entity has the mixin kit.Account. Nil: they do not.
	Auth *auth.Options

	// Authenticate finds out who sends a request, for an app whose users do not sign in here.
	// The zero Viewer is somebody who is not signed in. It is asked for each operation, also
	// for each on a WebSocket, with the request that opened it; an Authorization of the first
	// message counts as that of the request. There is no body. Subscriptions ask again each
	// minute, and end when the answer is another or an error. One that says nothing of who asks
	// ends none: context.Canceled, context.DeadlineExceeded, a panic. It may be called by several
	// goroutines.
	//
	// An error is UNAUTHENTICATED for the client, who does not see its text: that goes into
	// the log. One that [api.Problem] makes goes to the client as it is. Requests of pages of other
	// origins come without their cookies.
	//
	// With nil in both, a request is made by whom its context names, see [viewer.NewContext],
	// such as by a handler around [App.Handler]; by nobody who is known where it names none. That
	// handler is asked once for each request: a WebSocket keeps the viewer of the request that
	// opened it for as long as it lives, with all subscriptions on it. It sees cookies that the
	// server itself would not take, also those that pages of CORS_ORIGINS send when they open a
	// WebSocket, and must refuse them or not rely on cookies.
	Authenticate func(*http.Request) (viewer.Viewer, error)

	// Examples are the tabs that the playground opens with on a first visit: of each
	// NAME.graphql, in folders too and in the order of their paths, its one operation, whose
	// name is the tab's title, with the variables of NAME.json and the request headers of
	// NAME.headers.json. One that does not fit the schema is left out, and the log says why.
	// Nil: a few are made from the schema.
	Examples fs.FS

	// Seed writes the sample data of ./run.sh and of the command seed, in one transaction.
	// Nil: believable rows for every entity.
	Seed func(context.Context, *Seeder) error

	// Commands makes the subcommands of the app's own, new ones at each call: every run of the
	// program changes those that it is given, and several may run at once. One with the name of
	// another is refused. What works on the database calls [Transact]. An error of RunE, PreRunE
	// and the like is told, and the program exits with 1; one of Args shows the usage, with 2.
	Commands func() []*cobra.Command
	// Routes adds HTTP routes of the app's own to the server. One that would answer for the
	// server's is refused, with whatever method: API_PREFIX/graphql, /livez, /readyz,
	// /playground and all below it ("/playground/"), /playground/examples.json and
	// /playground/development.json, /licenses.md, and all below /assets/. So is what
	// http.ServeMux finds in conflict with these, such as "GET /": a route for all other
	// paths is "/", without a method. With it there is no start page. The server has icons at
	// /favicon.svg and /favicon.ico where no route of the app answers. A route for many paths,
	// such as "/", "/{page}" or one with a host, never gets these paths, nor the pages' own files
	// below /assets/.
	//
	// Who sends a request is known below [WithViewer] alone; elsewhere viewer.FromContext gives
	// somebody who is not signed in, unless a handler around [App.Handler] says more. There is no
	// Ent client in the context but in that of [Transact], and outside of [WithViewer] nothing is
	// refused for the page that it comes from.
	Routes func(*http.ServeMux)
}

// Main runs the command that the arguments of the process name, with its environment, and
// exits with the command's code. It does not return.
func Main(a App) { os.Exit(command.Main(a.program())) }

// Run is the program as a function, for tests and for programs around it: it reads nothing
// but its arguments and the files of the working directory. environ has the form of
// [os.Environ]. It returns the exit code: 0, 1 when something failed, 2 when it was called
// wrongly. Ending ctx stops it in order.
func (a App) Run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return command.Run(ctx, a.program(), args, environ, stdin, stdout, stderr)
}

func (a App) program() command.Program {
	return command.Program{
		Name: a.Name, Ent: a.Ent, Migrations: a.Migrations, Graph: a.Graph,
		Auth: a.Auth, Authenticate: a.Authenticate, Seed: a.Seed, Examples: a.Examples, Commands: a.Commands, Routes: a.Routes,
	}
}

// Transact calls f in a transaction of the app's database, for a command of [App].Commands, with
// the context of the command, and for a route of [App].Routes, with that of the request. It
// commits when f returns nil. In the context of f are the Ent client of the transaction, see
// ent.FromContext, and who asks:
//
//	RunE: func(cmd *cobra.Command, _ []string) error {
//		return entgraph.Transact(cmd.Context(), func(ctx context.Context) error {
//			_, err := ent.FromContext(ctx).Product.Delete().Where(product.PriceLT(1)).Exec(ctx)
//			return err
//		})
//	}
//
// A command works as [viewer.System], to which no access rule applies, and a route as the viewer
// that [WithViewer] finds, without it as nobody who is known. Another is given by
// viewer.NewContext. Hooks, validators and the audit log are those of the API. A command opens
// the database of DATABASE_URL, or the private Postgres of the project, and fails when its schema
// does not fit.
//
// When others changed the same rows at the same time f is called again, a few times: what it does
// besides, such as sending an e-mail, belongs behind the call. The error of f is returned as it is.
func Transact(ctx context.Context, f func(context.Context) error) error {
	return command.Transact(ctx, f)
}

// WithViewer lets a route of [App].Routes know who asks, as an operation of /graphql does: by
// the session or access token of App.Auth, or by App.Authenticate. It is then the viewer of the
// request's context:
//
//	mux.Handle("GET /export", entgraph.WithViewer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
//		if who := viewer.FromContext(r.Context()); !who.SignedIn() {
//
// Somebody without a sign-in is let through; what does not hold, such as a session that has
// ended, is answered with 401 and errors in the form of GraphQL. No cookie counts that a browser
// sends for a page of another origin, and by a method other than GET, HEAD and OPTIONS such a
// page is refused with 403, but for one of CORS_ORIGINS. The viewer of a token for reading has
// ReadOnly set, which the route itself has to heed. A request that did not come through
// App.Routes makes it panic.
func WithViewer(next http.Handler) http.Handler { return server.WithViewer(next) }

// HandlerOptions are what [App.Handler] takes.
type HandlerOptions struct {
	// Environ holds the settings, in the form of [os.Environ]; of two values the later wins.
	// DATABASE_URL is required. Defaults are those of production unless APP_ENV says
	// development. ADDR and SHUTDOWN_DELAY do nothing here.
	Environ []string
	// Log gets one line for each operation and each failure. Default: the standard error, as
	// LOG_LEVEL and LOG_FORMAT say.
	Log *slog.Logger
}

// Handler opens the database and gives the whole API as an http.Handler, to mount below a
// router of one's own. It answers what "serve" answers: API_PREFIX/graphql with WebSockets
// and event streams, /livez, /readyz, /playground, the start page, the app's Routes. The
// paths are those of the request: a router that strips a prefix must strip none, and
// API_PREFIX says where /graphql is.
//
// The http.Server's ReadTimeout and WriteTimeout hold for the app's Routes. For all else the
// handler clears them, since they would end streams: a body has 30 seconds to arrive there, and
// a client a minute to read each answer or event. Its ReadHeaderTimeout and IdleTimeout are
// the host's to set.
//
// It migrates nothing. It fails when a setting is not valid, when the database cannot be
// reached, and when its schema does not fit; the error then names the command to run.
func (a App) Handler(ctx context.Context, o HandlerOptions) (*Handler, error) {
	s, done, err := command.Open(ctx, a.program(), o.Environ, o.Log)
	if err != nil {
		return nil, err
	}
	return &Handler{s, done}, nil
}

// Handler is an app's API on its database. Get one from [App.Handler]. It may be used by
// several goroutines.
type Handler struct {
	server *server.Server
	close  func()
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.server.ServeHTTP(w, r) }

// Shutdown ends what http.Server.Shutdown does not know of or would wait for: from now on
// /readyz answers 503, subscriptions end, and WebSockets are closed as soon as nothing but
// subscriptions runs on them. It waits for them until ctx ends, and then cuts them, which is
// an error. Call it before http.Server.Shutdown. Requests are still answered.
func (h *Handler) Shutdown(ctx context.Context) error { return h.server.Shutdown(ctx) }

// Close closes the connections to the database. Call it when the last request has been
// answered: after http.Server.Shutdown.
func (h *Handler) Close() { h.close() }
