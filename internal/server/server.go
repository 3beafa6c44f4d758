package server

import (
	"cmp"
	"context"
	"database/sql"
	"io/fs"
	"log/slog"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/document"
	"github.com/entgraph/entgraph/internal/fair"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/viewer"
)

// Options tune a [Server]. Those without a default are required.
type Options struct {
	// Log gets one line for each operation and each answer of 5xx.
	Log *slog.Logger
	// Migrations is the directory that the database must match to be ready.
	Migrations fs.FS
	// Tables are those that the server uses, and looks for before it is ready.
	Tables []*schema.Table
	// External are those of others, which it looks for as well.
	External []*schema.Table

	// Auth finds out who asks. Nil: everybody is who the request's context says.
	Auth *auth.Auth
	// Proxies is how many trusted reverse proxies are in front of the server; see
	// [auth.Options]. By the address that they tell, clients share the server.
	Proxies int
	// Authenticate finds out who asks in place of Auth. It gets the request of each operation, of a WebSocket that which opened it,
	// with the Authorization of connection_init, and no body; it may be called by several
	// goroutines. An error is UNAUTHENTICATED for the client, and its text goes into the log
	// alone; an *api.Error goes to the client as it is.
	Authenticate func(*http.Request) (viewer.Viewer, error)
	// SessionCheck is how often a subscription finds out again who asks. Default 1m.
	SessionCheck time.Duration

	// Origins are other origins whose pages may use the API; each as "https://host".
	// The cookie does not work there. Default: none.
	Origins []string

	// APIPrefix precedes the path of the API, such as "/api/v1". Default: none.
	APIPrefix string
	// Playground serves the query editor at /playground.
	Playground bool
	// Name is that of the app, for the titles of the pages. Default: "GraphQL API".
	Name string
	// Examples are what the playground opens with on a first visit: each NAME.graphql with the
	// variables of NAME.json and the headers of NAME.headers.json. One that does not fit the
	// schema is left out, and the log says why. Nil: some are made from the schema, if clients
	// may read it.
	Examples fs.FS
	// Routes adds the app's routes beside those of the server; see entgraph.App.
	Routes func(*http.ServeMux)
	// Introspection lets clients read the schema.
	Introspection bool
	// Document bounds what a request may ask, its errors, and the documents that are kept.
	Document document.Options
	// Explain lets the request header X-Entgraph-Explain ask for the SQL of a query and its
	// costs, in requests from this machine that no proxy has passed on. These tell of rows
	// that the viewer does not see; for development.
	Explain bool

	// MaxBodyBytes bounds the body of a request and a WebSocket message. Default 1 MiB.
	MaxBodyBytes int64
	// MaxBodyBytesPerClient bounds the bodies and messages of one client that are read or
	// worked on at a time. Default 16 MiB, at least MaxBodyBytes.
	MaxBodyBytesPerClient int64
	// MaxBodyBytesTotal bounds those of all clients. Default 64 MiB, at least
	// MaxBodyBytesPerClient.
	MaxBodyBytesTotal int64
	// RequestTimeout bounds a query or mutation; when it passes the client sees
	// TIMEOUT. Subscriptions are exempt. Default 30s.
	RequestTimeout time.Duration
	// ReadyAge is how long /readyz gives the result of its last check, so that many who ask
	// cost no more than one. Default 1s; negative: it checks each time.
	ReadyAge time.Duration
	// ShutdownDelay is how long Serve goes on as before when it is told to end, with
	// /readyz at 503, so that a balancer sends nobody here any more. Default 0.
	ShutdownDelay time.Duration
	// ShutdownTimeout is how long Serve waits for work under way when it ends.
	// 0 does not wait.
	ShutdownTimeout time.Duration
	// Handover says that another process goes on at the same address when this one is told
	// to end, on a listener that both have; ShutdownDelay means nothing then.
	Handover bool
	// Development is a file that says what happens to the sources, for the playground, which
	// asks for it at /playground/development.json. Default: nothing is told.
	Development string

	// TrustRequestID takes over the X-Request-Id of requests: there is a proxy that sets
	// it. Default: every request gets a new one.
	TrustRequestID bool
	// MaxSockets bounds the WebSockets of one address. Default 100.
	MaxSockets int64
	// MaxSocketOperations bounds what runs on one WebSocket at a time. Default 100.
	MaxSocketOperations int
	// MaxUnreadBytes bounds the answers to one client that wait until they are read.
	// Default 16 MiB. A single answer may be larger.
	MaxUnreadBytes int64
	// MaxUnreadBytesTotal bounds those to all clients. Default 64 MiB, at least
	// MaxUnreadBytes.
	MaxUnreadBytesTotal int64
	// Queue bounds how clients wait for a processor, of which one client has half, where
	// work before the database takes long: to check a document that is not kept, and to
	// read large bodies and many variables. PerClient is not used.
	Queue fair.Options
}

// Schema is what the server executes: *executor.Schema. It is an interface for tests,
// which need fields that wait, panic or stream.
type Schema interface {
	graphql.ExecutableSchema
	// Present turns any error into one for the client.
	Present(context.Context, error) *gqlerror.Error
	// Recover turns a panic into an error for Present.
	Recover(context.Context, any) error
	// Within runs a function in a transaction, with an Ent client and the viewer in its context.
	Within(context.Context, func(context.Context) error) error
}

const (
	defaultMaxBodyBytes   = 1 << 20
	defaultClientBytes    = 16 << 20
	defaultTotalBytes     = 64 << 20
	defaultRequestTimeout = 30 * time.Second
	defaultSessionCheck   = time.Minute
	defaultReadyAge       = time.Second
	defaultSockets        = 100
)

// Server serves one schema. Get one from [New].
type Server struct {
	o         Options
	db        *postgres.DB
	schema    Schema
	documents *document.Set
	exec      *executor.Executor
	status    *sql.DB
	gate      *database.Gate
	handler   http.Handler
	sockets   sockets
	perhost   tally // WebSockets by address
	work      *fair.Queue
	bodies    quota // bytes of requests by client
	unread    quota // bytes of answers by client

	readiness readiness
	transfers transfers
	// leaving is set when the server is told to stop, before it begins to.
	leaving atomic.Bool

	// draining ends when the server begins to stop.
	draining   context.Context
	startDrain context.CancelFunc
}

// New makes a server. It opens no connection and starts nothing; db stays the
// caller's and must outlive the server. It fails when Routes takes a path of the server's.
func New(db *postgres.DB, executable Schema, o Options) (*Server, error) {
	if o.MaxBodyBytes == 0 {
		o.MaxBodyBytes = defaultMaxBodyBytes
	}
	if o.RequestTimeout == 0 {
		o.RequestTimeout = defaultRequestTimeout
	}
	if o.SessionCheck == 0 {
		o.SessionCheck = defaultSessionCheck
	}
	o.ReadyAge = cmp.Or(o.ReadyAge, defaultReadyAge)
	o.MaxSockets = cmp.Or(o.MaxSockets, defaultSockets)
	o.MaxSocketOperations = cmp.Or(o.MaxSocketOperations, defaultSockets)
	o.MaxUnreadBytes = cmp.Or(o.MaxUnreadBytes, defaultClientBytes)
	o.MaxBodyBytesPerClient = max(cmp.Or(o.MaxBodyBytesPerClient, defaultClientBytes), o.MaxBodyBytes)
	o.MaxBodyBytesTotal = max(cmp.Or(o.MaxBodyBytesTotal, defaultTotalBytes), o.MaxBodyBytesPerClient)
	o.MaxUnreadBytesTotal = max(cmp.Or(o.MaxUnreadBytesTotal, defaultTotalBytes), o.MaxUnreadBytes)
	o.Document.MaxErrors = cmp.Or(o.Document.MaxErrors, document.DefaultMaxErrors)
	o.Queue.PerClient = 0 // half
	work := fair.New(max(2, runtime.GOMAXPROCS(0)), o.Queue)
	o.Document.Turn = work.Acquire
	s := &Server{
		o: o, db: db, schema: executable, documents: document.New(executable.Schema(), o.Document),
		work: work, status: db.SQL(), gate: database.NewGate(o.Migrations, o.Tables, o.External...),
	}
	s.bodies, s.unread = newBodies(o), newUnread(o)
	s.draining, s.startDrain = context.WithCancel(context.Background())
	s.exec = s.newExecutor()
	routes, err := s.routes()
	if err != nil {
		return nil, err
	}
	s.handler = s.wrap(routes)
	return s, nil
}

// newExecutor makes what runs operations; package document has made them.
func (s *Server) newExecutor() *executor.Executor {
	e := executor.New(s.schema)
	e.SetErrorPresenter(s.schema.Present)
	e.SetRecoverFunc(s.schema.Recover)
	e.Use(operations{server: s})
	return e
}

// Endpoint is the path of the API.
func (s *Server) Endpoint() string { return s.o.APIPrefix + "/graphql" }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.leaving.Load() {
		w.Header().Set("Connection", "close") // the next request is for another server
	}
	s.handler.ServeHTTP(w, r)
}
