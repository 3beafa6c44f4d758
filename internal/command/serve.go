package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/document"
	"github.com/entgraph/entgraph/internal/executor"
	"github.com/entgraph/entgraph/internal/fair"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/server"
)

func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Serve the API on the database of DATABASE_URL",
		Long: `Serve the API on the database of DATABASE_URL, for production unless APP_ENV says
development.

It never migrates: it refuses to start on a database whose schema does not fit, and
names the command to run. A newer schema fits when its migrations are compatible. With
DATABASE_RLS=on it refuses a role that row-level security does not bind.`,
		Args: cobra.NoArgs,
		RunE: work(func(ctx context.Context, _ []string) error { return a.serve(ctx) }),
	}
}

func (a *app) serve(ctx context.Context) error {
	cfg, err := config.LoadFor(config.Production, a.environ)
	if err != nil {
		return err
	}
	if cfg.DatabaseURL == "" {
		return fmt.Errorf("DATABASE_URL is not set; to develop with a private Postgres run: %s dev", a.Name)
	}
	tune(cfg)
	log := a.logger(cfg)
	log.Info("starting", "app_env", cfg.AppEnv)
	warn(cfg, log)
	if a.stale() {
		log.Warn(a.staleWarning(""))
	}
	db, err := a.open(ctx, cfg, string(cfg.DatabaseURL), log)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := a.checkDatabase(ctx, db); err != nil {
		return err
	}
	ln, err := listen(cfg.Addr)
	if err != nil {
		return err
	}
	log.Info("listening", "api", apiURL(cfg, ln), "playground", cfg.Playground, "database", cfg.DatabaseURL)
	if err := a.serveOn(ctx, cfg, db, ln, log); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

// tune sets the garbage collector of a process that serves; before anything else, since
// a start allocates more than its first answers.
func tune(cfg config.Config) {
	debug.SetGCPercent(int(cfg.GCPercent))
	debug.SetMemoryLimit(int64(cfg.MemoryLimit))
}

// checkSchema fails unless the database is at the embedded migrations, or ahead of them by
// compatible ones, and has the tables.
// It uses the connection that is open already: another one would take a backend of
// Postgres some 20 ms to start.
func (a *app) checkSchema(ctx context.Context, db *postgres.DB) (err error) {
	sql := stdlib.OpenDBFromPool(db.Write)
	defer func() { err = errors.Join(err, sql.Close()) }()
	status, err := database.NewGate(a.Migrations, a.Ent.Expected(), a.Ent.External...).Status(ctx, sql)
	if err != nil {
		return fmt.Errorf("check the schema: %w", err)
	}
	return status.Err()
}

// warn tells what is unusual on a server for others.
func warn(cfg config.Config, log *slog.Logger) {
	if !cfg.Production() {
		log.Warn("this is not a production server: APP_ENV is development, so that cookies work without HTTPS", "app_env", cfg.AppEnv)
	}
	for _, s := range []struct {
		name string
		on   bool
	}{{"PLAYGROUND", cfg.Playground}, {"INTROSPECTION", cfg.Introspection}, {"EXPLAIN", cfg.Explain}, {"SQL_ECHO", cfg.SQLEcho}} {
		if s.on {
			log.Warn("setting is meant for development", "name", s.name)
		}
	}
}

// lastPort bounds the search of a free port.
const lastPort = 100

// listenDev listens on the address of the configuration. When ADDR was not set and another
// program has the default port, as another app in development does, it takes the next free
// one and says so.
func (a *app) listenDev(addr string) (net.Listener, error) {
	ln, err := listen(addr)
	host, text, splitErr := net.SplitHostPort(addr)
	first, numErr := strconv.Atoi(text)
	if err == nil || a.variable("ADDR") != "" || !errors.Is(err, syscall.EADDRINUSE) || splitErr != nil || numErr != nil {
		return ln, err
	}
	for port := first + 1; port < first+lastPort; port++ {
		next, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			fmt.Fprintf(a.stdout, "port %d is in use by another program; taking %d (ADDR chooses one)\n", first, port)
			return next, nil
		}
	}
	return nil, err
}

func listen(addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%w; choose another address with ADDR, such as ADDR=127.0.0.1:8081", err)
	}
	return ln, err
}

// apiURL is the address of the API for people.
func apiURL(cfg config.Config, ln net.Listener) string {
	return baseURL(ln) + cfg.APIPrefix + "/graphql"
}

// baseURL is the address that ln answers to on this machine.
func baseURL(ln net.Listener) string {
	host, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return "http://" + ln.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// serveOn serves the API on ln until ctx ends. It closes ln.
func (a *app) serveOn(ctx context.Context, cfg config.Config, db *postgres.DB, ln net.Listener, log *slog.Logger) error {
	s, err := a.server(ctx, cfg, db, log, "")
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	return s.Serve(ctx, ln)
}

// schema makes the API on a database.
func (a *app) schema(ctx context.Context, cfg config.Config, db *postgres.DB, log *slog.Logger) (*executor.Schema, error) {
	schema, err := executor.New(db, executor.App{Ent: a.Ent, Graph: a.Graph}, executor.Options{Read: readOptions(cfg), MaxLinks: cfg.MaxLinks, Hidden: limits(cfg), Log: log})
	if err != nil {
		return nil, err
	}
	err = schema.CheckColumns(ctx)
	if err == nil {
		err = schema.LearnConstraints(ctx)
	}
	if err != nil && ctx.Err() == nil { // what is told to stop while it starts stops in order
		return nil, err
	}
	return schema, nil
}

// server makes the server of the API; development is as in [server.Options].
func (a *app) server(ctx context.Context, cfg config.Config, db *postgres.DB, log *slog.Logger, development string) (*server.Server, error) {
	schema, err := a.schema(ctx, cfg, db, log)
	if err != nil {
		return nil, err
	}
	signIn, err := a.newAuth(ctx, cfg, db, schema, log)
	if err != nil {
		return nil, err
	}
	return server.New(db, schema, server.Options{
		Log:                   log,
		Name:                  a.Name,
		Examples:              a.Examples,
		Auth:                  signIn,
		Proxies:               cfg.TrustedProxies,
		Authenticate:          a.Authenticate,
		Routes:                a.Routes,
		Origins:               cfg.CORSOrigins,
		Migrations:            a.Migrations,
		Tables:                a.Ent.Expected(),
		External:              a.Ent.External,
		APIPrefix:             cfg.APIPrefix,
		Playground:            cfg.Playground,
		Introspection:         cfg.Introspection,
		Explain:               cfg.Explain,
		Document:              documentOptions(cfg),
		MaxBodyBytes:          cfg.MaxBodyBytes,
		RequestTimeout:        cfg.RequestTimeout,
		MaxBodyBytesPerClient: cfg.MaxBodyBytesPerClient,
		MaxBodyBytesTotal:     cfg.MaxBodyBytesTotal,
		ShutdownDelay:         cfg.ShutdownDelay,
		ShutdownTimeout:       cfg.ShutdownTimeout,
		Handover:              development != "",
		Development:           development,

		TrustRequestID:      cfg.TrustedProxies > 0,
		MaxSockets:          cfg.MaxSocketsPerClient,
		MaxSocketOperations: cfg.MaxOperationsPerSocket,
		MaxUnreadBytes:      cfg.MaxUnreadBytes,
		MaxUnreadBytesTotal: cfg.MaxUnreadBytesTotal,
		Queue:               fair.Options{MaxPerClient: cfg.MaxQueuePerClient, Max: cfg.MaxQueue, Timeout: cfg.DBAcquireTimeout},
	})
}

// documentOptions are the bounds of documents and their errors. With introspection off,
// suggestions would give the schema away piece by piece.
func documentOptions(cfg config.Config) document.Options {
	return document.Options{
		MaxTokens: cfg.MaxDocumentTokens, MaxDepth: cfg.MaxDocumentDepth, MaxFields: cfg.MaxDocumentFields,
		MaxDirectives: cfg.MaxDocumentDirectives, MaxRootFields: cfg.MaxRootFields, MaxErrors: cfg.MaxErrors,
		CacheBytes: cfg.DocumentCacheBytes, Suggestions: cfg.Introspection,
	}
}

// readOptions are the bounds of reads.
func readOptions(cfg config.Config) planner.Options {
	regex := cfg.MaxFilterRegex
	if regex == 0 {
		regex = -1 // none, where 0 is the default
	}
	return planner.Options{
		DefaultPage: cfg.PageSizeDefault, MaxPage: cfg.PageSizeMax,
		MaxLevels: cfg.MaxLevels, MaxStatements: cfg.MaxStatements, MaxRows: cfg.MaxRows,
		MaxReadBytes: cfg.MaxReadBytes, MaxAnswerBytes: cfg.MaxAnswerBytes,
		MaxJoins: cfg.MaxJoins, MaxFilterDepth: cfg.MaxFilterDepth, MaxFilterEdges: cfg.MaxFilterEdges, MaxFilterText: cfg.MaxFilterText, MaxFilterRegex: regex,
		PlanCacheBytes: cfg.PlanCacheBytes,
	}
}

// limits are how often something may be tried.
func limits(cfg config.Config) auth.Limits {
	return auth.Limits{
		Window: cfg.AttemptsWindow, SignIn: cfg.SignInAttempts, Account: cfg.SignInAttemptsAccount,
		Address: cfg.SignInAttemptsAddress, SignUp: cfg.SignUpAttempts,
	}
}

var errNoSignIn = errors.New("OIDC_ISSUER is set, but the app signs nobody in, so that no token of the provider would be taken: set App.Auth to &auth.Options{}, or unset OIDC_ISSUER where App.Authenticate or a handler of your own checks them")

// newAuth makes sign-in, nil for an app in which nobody signs in. It asks the OpenID provider, if
// any, for its description.
func (a *app) newAuth(ctx context.Context, cfg config.Config, db *postgres.DB, schema *executor.Schema, log *slog.Logger) (*auth.Auth, error) {
	switch {
	case a.Auth == nil && cfg.OIDCIssuer != "":
		return nil, errNoSignIn
	case a.Auth == nil:
		return nil, nil // nobody signs in here; server.New takes that
	}
	o := auth.Options{
		IdleTimeout: cfg.SessionIdleTimeout, Lifetime: cfg.SessionLifetime, Secure: cfg.Production(), Proxies: cfg.TrustedProxies,
		MaxSessions: cfg.MaxSessions, MaxTokens: cfg.MaxAccessTokens,
		Limits: limits(cfg),
		Name:   a.Name, Ent: a.Ent, Entities: schema.Entities(),
		Transact: schema.Transact, Share: shares(cfg), Log: log,
		NewUser: a.Auth.NewUser, CheckPassword: a.Auth.CheckPassword,
	}
	if cfg.OIDCIssuer != "" {
		provider, err := auth.OpenProvider(ctx, cfg.OIDCIssuer, cfg.OIDCAudience)
		if err != nil {
			return nil, fmt.Errorf("OIDC_ISSUER: %w", err)
		}
		o.Provider = provider
	}
	return auth.New(db, o)
}
