// Package config turns the environment into one checked value.
//
// The program reads its environment once, at the start, and hands the parts of
// [Config] on as plain values; no other package looks at the environment. [Load]
// is a function of its argument, reports every bad variable together, and keeps
// secrets out of its errors. A Config can be printed and logged: secrets are hidden
// there as well. [Settings] lists all variables for help texts and documents.
package config

import (
	"log/slog"
	"strings"
	"time"
)

// Environment says what a process is run for, and so which defaults are right.
type Environment string

// The environments.
const (
	// Development is a person's own machine: text logs, playground, private Postgres.
	Development Environment = "development"
	// Production serves others: JSON logs, no playground, a given database.
	Production Environment = "production"
)

// LogFormat is how log lines are written.
type LogFormat string

// The log formats.
const (
	Text LogFormat = "text" // key=value, for people
	JSON LogFormat = "json" // one object per line, for machines
)

// Origins are web origins, such as "https://app.example.com".
type Origins []string

// String is the form in the environment.
func (o Origins) String() string { return strings.Join(o, ",") }

// Config is everything that can be set from outside. Get one from [Load].
//
// Tags: env is the variable, envDefault its default, doc and accept the texts for
// people, and unset describes a default that depends on something else.
type Config struct {
	// AppEnv chooses the defaults of other settings.
	AppEnv Environment `env:"APP_ENV" unset:"production for serve, development for the other commands" accept:"development or production" doc:"What the process is run for. Chooses the defaults of LOG_FORMAT, PLAYGROUND, INTROSPECTION and EXPLAIN; in production cookies need HTTPS."`

	// DatabaseURL is the address of Postgres, as a URL or as keywords and values.
	// Empty: use a private Postgres; not allowed in production. Pool settings in the
	// address (pool_max_conns and kin) have no effect, the DB_ variables rule.
	DatabaseURL DatabaseURL `env:"DATABASE_URL" unset:"a private Postgres; required in production" accept:"a Postgres address such as postgres://user:password@host:5432/name, with special characters in the password percent-encoded" doc:"Address of the database."`
	// MigrateDatabaseURL is the address of the same database for the role that owns its
	// tables, by which migrations and sample data are written. Empty: DatabaseURL.
	MigrateDatabaseURL DatabaseURL `env:"MIGRATE_DATABASE_URL" unset:"DATABASE_URL" accept:"a Postgres address such as postgres://owner:password@host:5432/name, with special characters in the password percent-encoded" doc:"The database by the role that owns its tables, for migrate, schema, seed and user."`
	// DatabaseRLS tells row-level security who asks and refuses a role that it does not
	// bind. Default off: the access rules are kept by the program alone.
	DatabaseRLS Switch `env:"DATABASE_RLS" envDefault:"off" accept:"on or off" doc:"Enforce the access rules by row-level security too; DATABASE_URL must name a role that owns nothing, such as migrate grant makes."`
	// TestDatabaseURL is a server on which tests may create databases. Only tests use
	// it. Empty: tests start a private Postgres.
	TestDatabaseURL DatabaseURL `env:"TEST_DATABASE_URL" unset:"a private Postgres" accept:"a Postgres address such as postgres://user:password@host:5432/name, with special characters in the password percent-encoded" doc:"Server on which the tests create their databases; the program itself does not use it."`
	// PGBin is the directory of the Postgres programs for the private Postgres.
	// Empty: search the usual places.
	PGBin string `env:"PG_BIN" unset:"searched for" accept:"an absolute path" doc:"Directory of initdb and postgres, for the private Postgres."`
	// DevPGPort is the TCP port of the private Postgres on 127.0.0.1. Default 0: no
	// TCP, only its Unix socket.
	DevPGPort int `env:"DEV_PG_PORT" envDefault:"0" accept:"a port from 1 to 65535, or 0 for none" doc:"TCP port of the private Postgres on 127.0.0.1; 0: only its Unix socket."`

	// Addr is the TCP address to listen on. Port 0 takes any free port.
	Addr string `env:"ADDR" envDefault:"127.0.0.1:8080" accept:"host:port, such as 127.0.0.1:8080 or :8080" doc:"Address to listen on; port 0 takes a free one."`
	// APIPrefix precedes the path of every HTTP route. Default: none.
	APIPrefix string `env:"API_PREFIX" unset:"none" accept:"a path such as /api/v1 that begins with / and does not end with it" doc:"Path before /graphql."`
	// Playground serves the query editor at /playground.
	Playground bool `env:"PLAYGROUND" unset:"true in development, false in production" accept:"true or false" doc:"Serve the query editor at /playground."`
	// Introspection lets clients read the GraphQL schema.
	Introspection bool `env:"INTROSPECTION" unset:"true in development, false in production" accept:"true or false" doc:"Let clients read the GraphQL schema."`

	// Explain lets a request from the same machine ask for the SQL of a query and what it
	// costs. Who may ask learns how many rows the access rules hide.
	Explain bool `env:"EXPLAIN" unset:"true in development, false in production" accept:"true or false" doc:"Answer X-Entgraph-Explain from this machine with SQL and costs, which give away hidden rows too."`

	// LogLevel is the least level that is logged.
	LogLevel slog.Level `env:"LOG_LEVEL" envDefault:"info" accept:"debug, info, warn or error" doc:"Lowest level that is logged."`
	// LogFormat is how log lines are written.
	LogFormat LogFormat `env:"LOG_FORMAT" unset:"text in development, json in production" accept:"text or json" doc:"How log lines are written."`
	// SQLEcho logs every statement with its arguments, rows and time. The arguments
	// hold what users entered: not for production.
	SQLEcho bool `env:"SQL_ECHO" envDefault:"false" accept:"true or false" doc:"Log every SQL statement with its arguments and time. Shows what users entered."`

	// DBPoolMax is the largest number of connections of each of the two pools (reads
	// and writes); a process uses up to twice as many.
	DBPoolMax int32 `env:"DB_POOL_MAX" envDefault:"10" accept:"a whole number from 1 to 1000" doc:"Connections of each pool; there is one for reads and one for writes."`
	// DBPoolReserved is how many connections there are besides for finding out who asks and
	// for sign-in, so that slow reads and writes of others do not keep anybody from it.
	DBPoolReserved int32 `env:"DB_POOL_RESERVED" envDefault:"2" accept:"a whole number from 1 to 100" doc:"Additional connections, for sign-in and for finding out who the viewer is."`
	// DBAcquireTimeout bounds the wait for a connection, in the queue of its pool or for a
	// database that cannot be reached. Then the client sees UNAVAILABLE.
	DBAcquireTimeout time.Duration `env:"DB_ACQUIRE_TIMEOUT" envDefault:"10s" accept:"a duration from 1ms to 24h, such as 10s" doc:"Longest wait for a connection, also to a database that cannot be reached, and for a processor; then UNAVAILABLE."`
	// DBConnectTimeout bounds one attempt to connect.
	DBConnectTimeout time.Duration `env:"DB_CONNECT_TIMEOUT" envDefault:"5s" accept:"a duration from 1ms to 24h, such as 5s" doc:"Longest time to connect."`
	// DBStatementTimeout bounds one SQL statement. When it fires the client sees
	// TIMEOUT and the transaction rolls back. 0 keeps the server's value. Source:
	// PostgreSQL manual, statement_timeout.
	DBStatementTimeout time.Duration `env:"DB_STATEMENT_TIMEOUT" envDefault:"10s" accept:"0, or a duration from 1ms to 24h, such as 10s" doc:"Longest time of one SQL statement; 0 keeps the server's value."`
	// DBIdleInTransactionTimeout ends a session that waits in an open transaction, so
	// that it cannot hold locks for ever. 0 keeps the server's value.
	DBIdleInTransactionTimeout time.Duration `env:"DB_IDLE_IN_TRANSACTION_TIMEOUT" envDefault:"30s" accept:"0, or a duration from 1ms to 24h, such as 30s" doc:"Longest pause inside a transaction; 0 keeps the server's value."`
	// DBMaxConnIdleTime closes a connection that was not used for so long.
	DBMaxConnIdleTime time.Duration `env:"DB_MAX_CONN_IDLE_TIME" envDefault:"5m" accept:"a duration from 1ms to 24h, such as 5m" doc:"Unused connections are closed after this time."`
	// DBMaxConnLifetime replaces a connection of this age, so that a fleet spreads
	// over database servers again after one of them was away.
	DBMaxConnLifetime time.Duration `env:"DB_MAX_CONN_LIFETIME" envDefault:"1h" accept:"a duration from 1ms to 24h, such as 1h" doc:"Connections are replaced at this age."`
	// DBStatementCache is how many prepared statements a connection keeps. Each costs
	// Postgres about 80 KB per connection.
	DBStatementCache int `env:"DB_STATEMENT_CACHE" envDefault:"256" accept:"a whole number from 1 to 10000" doc:"Prepared statements kept by each connection."`

	// SessionIdleTimeout ends a sign-in that was not used for so long.
	SessionIdleTimeout time.Duration `env:"SESSION_IDLE_TIMEOUT" envDefault:"336h" accept:"a duration from 1m to 8760h, such as 336h" doc:"A session ends when it has not been used for this long."`
	// SessionLifetime ends every sign-in after so long.
	SessionLifetime time.Duration `env:"SESSION_LIFETIME" envDefault:"2160h" accept:"a duration from 1m to 8760h, such as 2160h" doc:"A session ends after this time, however much it is used."`
	// MaxSessions is how many sessions a user may have at a time.
	MaxSessions int `env:"MAX_SESSIONS" envDefault:"100" accept:"a whole number from 1 to 10000" doc:"Sessions of one user at a time; one more ends the one that has been unused for the longest time."`
	// MaxAccessTokens is how many access tokens a user may have.
	MaxAccessTokens int `env:"MAX_ACCESS_TOKENS" envDefault:"100" accept:"a whole number from 1 to 10000" doc:"Access tokens of one user."`
	// AttemptsWindow is how long the attempts below count, from the first one on.
	AttemptsWindow time.Duration `env:"ATTEMPTS_WINDOW" envDefault:"15m" accept:"a duration from 1m to 24h, such as 15m" doc:"How long attempts count, from the first one on."`
	// SignInAttempts bounds wrong passwords for one account from one address, or from one
	// browser that the account is known in.
	SignInAttempts int `env:"SIGN_IN_ATTEMPTS" envDefault:"10" accept:"a whole number from 1 to 1000" doc:"Wrong passwords for one account from one address, or from one browser in which its user has signed in before."`
	// SignInAttemptsAccount bounds wrong passwords for one account from everywhere else.
	SignInAttemptsAccount int `env:"SIGN_IN_ATTEMPTS_ACCOUNT" envDefault:"100" accept:"a whole number from 1 to 100000" doc:"Wrong passwords for one account from everywhere; browsers in which its user has signed in before are exempt."`
	// SignInAttemptsAddress bounds wrong passwords from one address.
	SignInAttemptsAddress int `env:"SIGN_IN_ATTEMPTS_ADDRESS" envDefault:"100" accept:"a whole number from 1 to 100000" doc:"Wrong passwords from one address (of IPv6 a /64; ten times as many from a /48); browsers in which the account has signed in before are exempt."`
	// SignUpAttempts bounds what makes users or asks whether a hidden unique value is taken.
	SignUpAttempts int `env:"SIGN_UP_ATTEMPTS" envDefault:"20" accept:"a whole number from 1 to 100000" doc:"Sign-ups from one address, together with writes of unique values that have a rule, such as e-mail addresses; the latter for one user too."`
	// TrustedProxies is how many reverse proxies are in front of the server.
	TrustedProxies int `env:"TRUSTED_PROXIES" envDefault:"0" accept:"a whole number from 0 to 10" doc:"Reverse proxies in front of the server, each of which adds to X-Forwarded-For; 0: the header is ignored."`

	// OIDCIssuer is the address of an OpenID provider whose tokens are taken as
	// Authorization: Bearer. Empty: none.
	OIDCIssuer string `env:"OIDC_ISSUER" unset:"none" accept:"an address such as https://id.example.com; https in production" doc:"OpenID provider whose tokens sign users in."`
	// OIDCAudience is for whom those tokens must be: the id of the client that gets them.
	OIDCAudience string `env:"OIDC_AUDIENCE" unset:"required with OIDC_ISSUER" accept:"the client id, or another name that the provider puts into aud" doc:"Audience that the provider's tokens must name."`
	// CORSOrigins are the origins whose pages may use the API with an access token; the
	// session's cookie never works there. Empty: no page of another origin.
	CORSOrigins Origins `env:"CORS_ORIGINS" unset:"none" accept:"origins such as https://app.example.com, separated by commas" doc:"Other origins whose pages may use the API, with access tokens and without the cookie."`

	// MaxBodyBytes bounds the body of an HTTP request, in bytes.
	MaxBodyBytes int64 `env:"MAX_BODY_BYTES" envDefault:"1048576" accept:"a whole number of bytes from 1024 to 1073741824" doc:"Largest body of a request, in bytes."`
	// MaxBodyBytesPerClient bounds the bodies and WebSocket messages of one client that are
	// read or worked on at a time.
	MaxBodyBytesPerClient int64 `env:"MAX_BODY_BYTES_PER_CLIENT" envDefault:"16777216" accept:"a whole number of bytes from 1024 to 1073741824" doc:"Requests of one client that are under way, in bytes, at least MAX_BODY_BYTES; more are RATE_LIMITED."`
	// MaxBodyBytesTotal bounds those of all clients. Each client may have 64 KiB all the
	// same.
	MaxBodyBytesTotal int64 `env:"MAX_BODY_BYTES_TOTAL" envDefault:"67108864" accept:"a whole number of bytes from 1024 to 17179869184" doc:"Requests that are under way in all, in bytes, at least MAX_BODY_BYTES_PER_CLIENT; more are UNAVAILABLE, unless their client has less than 64 KiB."`
	// MaxConcurrentPerClient is how many connections of a pool one client has at a time; a
	// client is a user, else an address (of IPv6 a /64). 0: half of DB_POOL_MAX.
	MaxConcurrentPerClient int `env:"MAX_CONCURRENT_PER_CLIENT" envDefault:"0" accept:"a whole number from 1 to 1000, or 0 for half of DB_POOL_MAX" doc:"Connections of a pool that one client (a user, or else an address) uses at a time; 0: half of DB_POOL_MAX."`
	// MaxQueuePerClient is how many operations of one client wait for a connection. More
	// are RATE_LIMITED.
	MaxQueuePerClient int `env:"MAX_QUEUE_PER_CLIENT" envDefault:"100" accept:"a whole number from 1 to 100000" doc:"Operations of one client that wait for a connection, and as many that wait for a processor; more are RATE_LIMITED."`
	// MaxQueue is how many operations wait in all. More are UNAVAILABLE, first those of
	// the client that waits with most.
	MaxQueue int `env:"MAX_QUEUE" envDefault:"1000" accept:"a whole number from 1 to 1000000" doc:"Operations that wait for a connection in all, and as many that wait for a processor; more are UNAVAILABLE, first those of the client with the most."`
	// MaxSocketsPerClient bounds the WebSockets of one address.
	MaxSocketsPerClient int64 `env:"MAX_SOCKETS_PER_CLIENT" envDefault:"100" accept:"a whole number from 1 to 100000" doc:"WebSockets of one address."`
	// MaxOperationsPerSocket bounds what runs on one WebSocket at a time.
	MaxOperationsPerSocket int `env:"MAX_OPERATIONS_PER_SOCKET" envDefault:"100" accept:"a whole number from 1 to 10000" doc:"Operations that run on one WebSocket at a time."`
	// MaxUnreadBytes bounds the answers to one client that wait to be read; a single one
	// may be larger.
	MaxUnreadBytes int64 `env:"MAX_UNREAD_BYTES" envDefault:"16777216" accept:"a whole number of bytes from 1024 to 1073741824" doc:"Answers to one client that wait until they are read, in bytes; then its operations are RATE_LIMITED."`
	// MaxUnreadBytesTotal bounds those to all clients. Each client may have 256 KiB all the
	// same.
	MaxUnreadBytesTotal int64 `env:"MAX_UNREAD_BYTES_TOTAL" envDefault:"67108864" accept:"a whole number of bytes from 1024 to 17179869184" doc:"Answers that wait until they are read in all, in bytes, at least MAX_UNREAD_BYTES; more are UNAVAILABLE, unless their client has less than 256 KiB."`
	// MaxDocumentTokens bounds the names, signs and values of a GraphQL document.
	MaxDocumentTokens int `env:"MAX_DOCUMENT_TOKENS" envDefault:"5000" accept:"a whole number from 100 to 100000" doc:"Most names, signs and values in the document of a request."`
	// MaxDocumentDepth bounds how deep selections nest, fragments expanded.
	MaxDocumentDepth int `env:"MAX_DOCUMENT_DEPTH" envDefault:"50" accept:"a whole number from 5 to 500" doc:"Most levels that the selections of a document nest, fragments expanded."`
	// MaxDocumentFields bounds the fields of a document, each fragment counted wherever it
	// is spread.
	MaxDocumentFields int `env:"MAX_DOCUMENT_FIELDS" envDefault:"10000" accept:"a whole number from 100 to 100000" doc:"Most fields of a document, each fragment counted wherever it is spread."`
	// MaxDocumentDirectives bounds the directives of a document.
	MaxDocumentDirectives int `env:"MAX_DOCUMENT_DIRECTIVES" envDefault:"200" accept:"a whole number from 1 to 10000" doc:"Most directives in a document."`
	// MaxRootFields bounds the fields at the root of an operation, whatever their aliases.
	MaxRootFields int `env:"MAX_ROOT_FIELDS" envDefault:"50" accept:"a whole number from 1 to 10000" doc:"Most fields at the root of an operation, whatever their aliases."`
	// MaxErrors is how many errors an answer tells one by one; one more counts the rest.
	MaxErrors int `env:"MAX_ERRORS" envDefault:"20" accept:"a whole number from 1 to 1000" doc:"Most errors that an answer tells one by one; one more says how many are left."`
	// DocumentCacheBytes bounds the checked documents that are kept, in bytes.
	DocumentCacheBytes int64 `env:"DOCUMENT_CACHE_BYTES" envDefault:"16777216" accept:"a whole number of bytes from 65536 to 1073741824" doc:"Memory for checked documents, persisted queries among them, in bytes."`
	// RequestTimeout bounds the work on one request; subscriptions are exempt.
	RequestTimeout time.Duration `env:"REQUEST_TIMEOUT" envDefault:"30s" accept:"a duration from 1ms to 24h, such as 30s" doc:"Longest time for one request."`
	// ShutdownDelay is how long a stop goes on serving with /readyz at 503, so that a
	// balancer sends nobody here any more when the listener closes.
	ShutdownDelay time.Duration `env:"SHUTDOWN_DELAY" unset:"0 in development, 5s in production" accept:"0, or a duration from 1ms to 24h, such as 5s" doc:"How long a stopping server goes on serving with /readyz at 503 before it takes no more requests."`
	// ShutdownTimeout is how long a stop waits for requests that are under way. 0
	// does not wait.
	ShutdownTimeout time.Duration `env:"SHUTDOWN_TIMEOUT" envDefault:"15s" accept:"0, or a duration from 1ms to 24h, such as 15s" doc:"How long a stopping server waits for requests under way; 0 does not wait."`
	// PageSizeDefault is the length of a page when a query names none.
	PageSizeDefault int `env:"PAGE_SIZE_DEFAULT" envDefault:"20" accept:"a whole number from 1 to PAGE_SIZE_MAX" doc:"Length of a page when the query names none."`
	// PageSizeMax is the longest page that a query may ask for.
	PageSizeMax int `env:"PAGE_SIZE_MAX" envDefault:"100" accept:"a whole number from 1 to 10000" doc:"Longest page a query may ask for."`
	// MaxLinks bounds the ids in one list of an input, and how many links a list may have
	// that an input sets as a whole. The largest value keeps below the 65,535 parameters of a
	// statement.
	MaxLinks int `env:"MAX_LINKS" envDefault:"1000" accept:"a whole number from 1 to 5000" doc:"Most ids in one list of an input, and most links of a list that an input sets as a whole."`

	// MaxLevels bounds how deep lists may be nested in each other.
	MaxLevels int `env:"MAX_LEVELS" envDefault:"10" accept:"a whole number from 1 to 100" doc:"Lists that a query may nest in each other."`
	// MaxStatements bounds the SQL statements of the reads of one operation; the payloads
	// of its mutations are reads.
	MaxStatements int `env:"MAX_STATEMENTS" envDefault:"200" accept:"a whole number from 1 to 100000" doc:"SQL statements for what one operation reads."`
	// MaxRows bounds the rows that one operation reads and, apart from that, the rows of
	// its answer: one that was read once may be in several places.
	MaxRows int `env:"MAX_ROWS" envDefault:"100000" accept:"a whole number from 1 to 10000000" doc:"Rows that one operation may read, and rows that its answer may have."`
	// MaxReadBytes bounds what one operation keeps of arguments, ids and rows while it
	// reads, in bytes.
	MaxReadBytes int64 `env:"MAX_READ_BYTES" envDefault:"16777216" accept:"a whole number of bytes from 65536 to 1073741824" doc:"Bytes of arguments and rows that one operation may read with."`
	// MaxAnswerBytes bounds the values in one answer, in bytes.
	MaxAnswerBytes int64 `env:"MAX_ANSWER_BYTES" envDefault:"8388608" accept:"a whole number of bytes from 1024 to 1073741824" doc:"Largest answer, in bytes."`
	// MaxJoins bounds the to-one edges that one SQL statement joins. The edges that access
	// rules follow from what is joined count as well.
	MaxJoins int `env:"MAX_JOINS" envDefault:"12" accept:"a whole number from 1 to 100" doc:"To-one edges that a query may follow from the rows of one list; more make Postgres plan for a long time."`
	// MaxFilterDepth bounds how many edges of a filter follow one another.
	MaxFilterDepth int `env:"MAX_FILTER_DEPTH" envDefault:"5" accept:"a whole number from 1 to 16" doc:"Edges that may follow one another in a filter; more make Postgres plan for a long time."`
	// MaxFilterEdges bounds the edges of one filter in all. The edges that access rules
	// follow from what is reached count as well.
	MaxFilterEdges int `env:"MAX_FILTER_EDGES" envDefault:"20" accept:"a whole number from 1 to 200" doc:"Edges that one filter may follow; more make Postgres plan for a long time."`
	// MaxFilterText bounds the characters of the patterns of one filter.
	MaxFilterText int `env:"MAX_FILTER_TEXT" envDefault:"5000" accept:"a whole number from 1 to 1000000" doc:"Characters of all texts that one filter looks for by a part or without regard to case; more make Postgres plan for a long time."`
	// MaxFilterRegex bounds the regular expressions of one filter, in characters, each as often
	// as it may be repeated; 0 refuses them all.
	MaxFilterRegex int `env:"MAX_FILTER_REGEX" envDefault:"100" accept:"a whole number from 0 to 500" doc:"How large the regular expressions of one filter may be in all: characters, each as often as it may be repeated; Postgres hears no time-out while it makes ready a large one. 0 turns them off."`
	// PlanCacheBytes bounds the plans that are kept for later requests, in bytes. A plan of
	// more than an eighth of it is not kept.
	PlanCacheBytes int64 `env:"PLAN_CACHE_BYTES" envDefault:"16777216" accept:"a whole number of bytes from 65536 to 1073741824" doc:"Memory for plans of queries, in bytes."`

	// GCPercent is Go's own GOGC with a default for a server, which allocates little at
	// a time and for short: against Go's 100 it saves 6 to 17 % of its processor time
	// and takes some 10 MB more. -1 is off.
	GCPercent GCPercent `env:"GOGC" envDefault:"400" accept:"a whole number from 1, or off" doc:"How much the heap may grow, in percent, before the garbage collector runs; off: only GOMEMLIMIT makes it run."`
	// MemoryLimit is Go's own GOMEMLIMIT, a soft limit in bytes: near it the garbage
	// collector runs as often as it must, whatever GOGC says. The default is far above
	// what a server needs (40 MB) and keeps large answers from adding up to many times
	// their size.
	MemoryLimit MemoryLimit `env:"GOMEMLIMIT" envDefault:"256MiB" accept:"a number of bytes such as 256MiB, or off" doc:"Memory near which the garbage collector works harder; below the limit of a container."`
}

// OwnerURL is the address by which migrations run.
func (c Config) OwnerURL() DatabaseURL {
	if c.MigrateDatabaseURL != "" {
		return c.MigrateDatabaseURL
	}
	return c.DatabaseURL
}

// Production reports whether the process serves others.
func (c Config) Production() bool { return c.AppEnv == Production }
