package config

import (
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxDuration keeps durations far below what Postgres can hold in its timeouts
// (2^31 ms, about 24 days).
const maxDuration = 24 * time.Hour

// maxSession is a year: who is away longer signs in again.
const maxSession = 365 * 24 * time.Hour

var prefixPattern = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)

// validator collects the refused variables, each at most once.
type validator struct {
	vars map[string]string
	bad  map[string]Problem
}

func (v *validator) validate(c Config) {
	v.check("APP_ENV", c.AppEnv == Development || c.AppEnv == Production)
	v.databaseURLs(c)
	v.check("PG_BIN", c.PGBin == "" || filepath.IsAbs(c.PGBin))
	v.check("DEV_PG_PORT", between(c.DevPGPort, 0, 65535))
	v.check("ADDR", isAddr(c.Addr))
	v.check("API_PREFIX", isPrefix(c.APIPrefix))
	v.check("LOG_FORMAT", c.LogFormat == Text || c.LogFormat == JSON)

	v.check("DB_POOL_MAX", between(c.DBPoolMax, 1, 1000))
	v.check("DB_POOL_RESERVED", between(c.DBPoolReserved, 1, 100))
	v.check("DB_ACQUIRE_TIMEOUT", positive(c.DBAcquireTimeout))
	v.check("DB_CONNECT_TIMEOUT", positive(c.DBConnectTimeout))
	v.check("DB_STATEMENT_TIMEOUT", zeroOrPositive(c.DBStatementTimeout))
	v.check("DB_IDLE_IN_TRANSACTION_TIMEOUT", zeroOrPositive(c.DBIdleInTransactionTimeout))
	v.check("DB_MAX_CONN_IDLE_TIME", positive(c.DBMaxConnIdleTime))
	v.check("DB_MAX_CONN_LIFETIME", positive(c.DBMaxConnLifetime))
	v.check("DB_STATEMENT_CACHE", between(c.DBStatementCache, 1, 10_000))

	v.check("SESSION_IDLE_TIMEOUT", between(c.SessionIdleTimeout, time.Minute, maxSession))
	v.check("SESSION_LIFETIME", between(c.SessionLifetime, time.Minute, maxSession))
	v.check("MAX_SESSIONS", between(c.MaxSessions, 1, 10_000))
	v.check("MAX_ACCESS_TOKENS", between(c.MaxAccessTokens, 1, 10_000))
	v.check("ATTEMPTS_WINDOW", between(c.AttemptsWindow, time.Minute, maxDuration))
	v.check("SIGN_IN_ATTEMPTS", between(c.SignInAttempts, 1, 1000))
	v.check("SIGN_IN_ATTEMPTS_ACCOUNT", between(c.SignInAttemptsAccount, 1, 100_000))
	v.check("SIGN_IN_ATTEMPTS_ADDRESS", between(c.SignInAttemptsAddress, 1, 100_000))
	v.check("SIGN_UP_ATTEMPTS", between(c.SignUpAttempts, 1, 100_000))
	v.check("TRUSTED_PROXIES", between(c.TrustedProxies, 0, 10))

	v.provider(c)
	v.check("CORS_ORIGINS", !slices.ContainsFunc(c.CORSOrigins, func(o string) bool { return !isOrigin(o) }))

	v.check("MAX_BODY_BYTES", between(c.MaxBodyBytes, 1024, 1<<30))
	v.check("MAX_BODY_BYTES_PER_CLIENT", between(c.MaxBodyBytesPerClient, 1024, 1<<30))
	v.check("MAX_BODY_BYTES_TOTAL", between(c.MaxBodyBytesTotal, 1024, 16<<30))
	v.check("MAX_CONCURRENT_PER_CLIENT", between(c.MaxConcurrentPerClient, 0, 1000))
	v.check("MAX_QUEUE_PER_CLIENT", between(c.MaxQueuePerClient, 1, 100_000))
	v.check("MAX_QUEUE", between(c.MaxQueue, 1, 1_000_000))
	v.check("MAX_SOCKETS_PER_CLIENT", between(c.MaxSocketsPerClient, 1, 100_000))
	v.check("MAX_OPERATIONS_PER_SOCKET", between(c.MaxOperationsPerSocket, 1, 10_000))
	v.check("MAX_UNREAD_BYTES", between(c.MaxUnreadBytes, 1024, 1<<30))
	v.check("MAX_UNREAD_BYTES_TOTAL", between(c.MaxUnreadBytesTotal, 1024, 16<<30))
	v.check("MAX_DOCUMENT_TOKENS", between(c.MaxDocumentTokens, 100, 100_000))
	v.check("MAX_DOCUMENT_DEPTH", between(c.MaxDocumentDepth, 5, 500))
	v.check("MAX_DOCUMENT_FIELDS", between(c.MaxDocumentFields, 100, 100_000))
	v.check("MAX_DOCUMENT_DIRECTIVES", between(c.MaxDocumentDirectives, 1, 10_000))
	v.check("MAX_ROOT_FIELDS", between(c.MaxRootFields, 1, 10_000))
	v.check("MAX_ERRORS", between(c.MaxErrors, 1, 1000))
	v.check("DOCUMENT_CACHE_BYTES", between(c.DocumentCacheBytes, 64<<10, 1<<30))
	v.check("MAX_LINKS", between(c.MaxLinks, 1, 5000))
	v.check("REQUEST_TIMEOUT", positive(c.RequestTimeout))
	v.check("SHUTDOWN_DELAY", zeroOrPositive(c.ShutdownDelay))
	v.check("SHUTDOWN_TIMEOUT", zeroOrPositive(c.ShutdownTimeout))
	v.pageSizes(c)
	v.queries(c)
}

// queries checks what one operation may cost.
func (v *validator) queries(c Config) {
	v.check("MAX_LEVELS", between(c.MaxLevels, 1, 100))
	v.check("MAX_STATEMENTS", between(c.MaxStatements, 1, 100_000))
	v.check("MAX_ROWS", between(c.MaxRows, 1, 10_000_000))
	v.check("MAX_READ_BYTES", between(c.MaxReadBytes, 64<<10, 1<<30))
	v.check("MAX_ANSWER_BYTES", between(c.MaxAnswerBytes, 1024, 1<<30))
	v.check("MAX_JOINS", between(c.MaxJoins, 1, 100))
	v.check("MAX_FILTER_DEPTH", between(c.MaxFilterDepth, 1, 16))
	v.check("MAX_FILTER_EDGES", between(c.MaxFilterEdges, 1, 200))
	v.check("MAX_FILTER_TEXT", between(c.MaxFilterText, 1, 1_000_000))
	v.check("MAX_FILTER_REGEX", between(c.MaxFilterRegex, 0, 500))
	v.check("PLAN_CACHE_BYTES", between(c.PlanCacheBytes, 64<<10, 1<<30))
}

func (v *validator) databaseURLs(c Config) {
	if c.AppEnv == Production && c.DatabaseURL == "" {
		v.demand("DATABASE_URL", "production needs one (to develop with a private Postgres run the command dev)")
	}
	for _, url := range []struct {
		name  string
		value DatabaseURL
	}{{"DATABASE_URL", c.DatabaseURL}, {"MIGRATE_DATABASE_URL", c.MigrateDatabaseURL}, {"TEST_DATABASE_URL", c.TestDatabaseURL}} {
		if url.value == "" {
			continue
		}
		if _, err := url.value.parse(); err != nil {
			v.refuse(url.name, err.Error())
		}
	}
}

// provider wants an audience with an issuer: without one, a token that the provider gave
// to any other program would do.
func (v *validator) provider(c Config) {
	if c.OIDCIssuer != "" && !isIssuer(c.OIDCIssuer, c.Production()) {
		v.refuse("OIDC_ISSUER", "")
		return
	}
	switch {
	case c.OIDCIssuer != "" && c.OIDCAudience == "":
		v.demand("OIDC_AUDIENCE", "OIDC_ISSUER needs one")
	case c.OIDCIssuer == "" && c.OIDCAudience != "":
		v.refuse("OIDC_AUDIENCE", "it has no effect without OIDC_ISSUER")
	}
}

// pageSizes blames only what the user set: a PAGE_SIZE_MAX of 10 is refused
// because of the default 20, and the message must lead to the cause.
func (v *validator) pageSizes(c Config) {
	v.check("PAGE_SIZE_MAX", between(c.PageSizeMax, 1, 10_000))
	if _, bad := v.bad["PAGE_SIZE_MAX"]; bad {
		v.check("PAGE_SIZE_DEFAULT", c.PageSizeDefault >= 1)
		return
	}
	if !between(c.PageSizeDefault, 1, c.PageSizeMax) {
		v.refuse("PAGE_SIZE_DEFAULT", "it is "+strconv.Itoa(c.PageSizeDefault)+" and PAGE_SIZE_MAX is "+strconv.Itoa(c.PageSizeMax))
	}
}

func (v *validator) check(name string, ok bool) {
	if !ok {
		v.refuse(name, "")
	}
}

// refuse notes a problem. The first one of a variable stands: what could not be
// read is also out of range, being zero.
func (v *validator) refuse(name, cause string) {
	if _, seen := v.bad[name]; seen {
		return
	}
	s := settings[name]
	p := Problem{Name: name, Want: s.accept, Cause: cause}
	if !s.Secret {
		p.Value = shorten(v.vars[name])
	}
	v.bad[name] = p
}

// demand notes that a variable is missing.
func (v *validator) demand(name, cause string) {
	if _, seen := v.bad[name]; !seen {
		v.bad[name] = Problem{Name: name, Want: settings[name].accept, Cause: cause, Unset: true}
	}
}

func (v *validator) err() error {
	if len(v.bad) == 0 {
		return nil
	}
	var e Error
	for _, s := range Settings() {
		if p, ok := v.bad[s.Name]; ok {
			e.Problems = append(e.Problems, p)
		}
	}
	return &e
}

func between[N ~int | ~int32 | ~int64](n, least, most N) bool { return least <= n && n <= most }

// positive refuses less than a millisecond, the unit of Postgres' timeouts: it
// would become 0, which turns them off.
func positive(d time.Duration) bool { return time.Millisecond <= d && d <= maxDuration }

func zeroOrPositive(d time.Duration) bool { return d == 0 || positive(d) }

func isAddr(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// isOrigin accepts what a browser sends as Origin. Source: RFC 6454, section 6.1.
func isOrigin(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && origin == strings.ToLower(u.Scheme+"://"+u.Host)
}

// isIssuer wants TLS in production, since the provider's keys come that way.
func isIssuer(issuer string, production bool) bool {
	u, err := url.Parse(issuer)
	return err == nil && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" && (u.Scheme == "https" || u.Scheme == "http" && !production)
}

func isPrefix(prefix string) bool {
	if prefix == "" {
		return true
	}
	for segment := range strings.SplitSeq(prefix, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return prefixPattern.MatchString(prefix)
}

// shorten keeps a value from filling the screen.
func shorten(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
