package server

import (
	"context"
	"database/sql"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/web"
)

// Options tune a [Server]. Those without a default are required.
type Options struct {
	// Log gets one line for each operation and each answer of 5xx.
	Log *slog.Logger
	// Migrations is the directory that the database must match to be ready.
	Migrations fs.FS
	// Tables are those that the server uses, and looks for before it is ready.
	Tables []*schema.Table

	// Auth finds out who asks. Nil: everybody is who the request's context says.
	Auth *auth.Auth
	// SessionCheck is how often a subscription looks its session up again. Default 1m.
	SessionCheck time.Duration

	// Origins are other origins whose pages may use the API; each as "https://host".
	// The cookie does not work there. Default: none.
	Origins []string

	// APIPrefix precedes the path of the API, such as "/api/v1". Default: none.
	APIPrefix string
	// Playground serves the query editor at /playground.
	Playground bool
	// Introspection lets clients read the schema.
	Introspection bool
	// Suggestions lets validation errors name similar fields. With introspection off
	// they would give the schema away piece by piece.
	Suggestions bool
	// Explain lets the request header X-Entgraph-Explain ask for the SQL of a query. It
	// shows tables and costs; for development.
	Explain bool

	// MaxBodyBytes bounds the body of a request and a WebSocket message. Default 1 MiB.
	MaxBodyBytes int64
	// RequestTimeout bounds a query or mutation; when it passes the client sees
	// TIMEOUT. Subscriptions are exempt. Default 30s.
	RequestTimeout time.Duration
	// ShutdownTimeout is how long Serve waits for work under way when it ends.
	// 0 does not wait.
	ShutdownTimeout time.Duration
}

// Schema is what the server executes: *graph.Schema. It is an interface for tests,
// which need fields that wait, panic or stream.
type Schema interface {
	graphql.ExecutableSchema
	// Present turns any error into one for the client.
	Present(context.Context, error) *gqlerror.Error
	// Recover turns a panic into an error for Present.
	Recover(context.Context, any) error
}

const (
	defaultMaxBodyBytes   = 1 << 20
	defaultRequestTimeout = 30 * time.Second
	defaultSessionCheck   = time.Minute

	// cachedDocuments and cachedHashes bound the parsed documents and the persisted
	// queries that are kept. A document of a few KB takes about ten times that.
	cachedDocuments = 1000
	cachedHashes    = 1000
	// maxTokens bounds a document. The introspection query of GraphiQL has about 250.
	maxTokens = 5000
)

// Server serves one schema. Get one from [New].
type Server struct {
	o       Options
	db      *postgres.DB
	schema  Schema
	exec    *executor.Executor
	status  *sql.DB
	gate    *migrate.Gate
	handler http.Handler
	sockets sockets

	// draining ends when the server begins to stop.
	draining   context.Context
	startDrain context.CancelFunc
}

// New makes a server. It opens no connection and starts nothing; db stays the
// caller's and must outlive the server.
func New(db *postgres.DB, executable Schema, o Options) *Server {
	if o.MaxBodyBytes == 0 {
		o.MaxBodyBytes = defaultMaxBodyBytes
	}
	if o.RequestTimeout == 0 {
		o.RequestTimeout = defaultRequestTimeout
	}
	if o.SessionCheck == 0 {
		o.SessionCheck = defaultSessionCheck
	}
	s := &Server{o: o, db: db, schema: executable, status: db.SQL(), gate: migrate.NewGate(o.Migrations, o.Tables)}
	s.draining, s.startDrain = context.WithCancel(context.Background())
	s.exec = s.newExecutor()
	s.handler = s.wrap(s.routes())
	return s
}

func (s *Server) newExecutor() *executor.Executor {
	e := executor.New(s.schema)
	e.SetErrorPresenter(s.schema.Present)
	e.SetRecoverFunc(s.schema.Recover)
	e.SetQueryCache(lru.New[*ast.QueryDocument](cachedDocuments))
	e.SetParserTokenLimit(maxTokens)
	e.SetDisableSuggestion(!s.o.Suggestions)
	e.Use(extension.AutomaticPersistedQuery{Cache: lru.New[string](cachedHashes)})
	if s.o.Introspection {
		e.Use(extension.Introspection{})
	}
	e.Use(operations{server: s})
	return e
}

// Endpoint is the path of the API.
func (s *Server) Endpoint() string { return s.o.APIPrefix + "/graphql" }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(s.Endpoint(), s.guard(http.HandlerFunc(s.graphql)))
	mux.HandleFunc(s.Endpoint()+"/", notFound)
	if s.o.APIPrefix != "" {
		mux.HandleFunc(s.o.APIPrefix+"/", notFound)
	}
	mux.HandleFunc("GET /livez", livez)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("/", web.Handler(web.Options{Endpoint: s.Endpoint(), Playground: s.o.Playground}))
	return mux
}
