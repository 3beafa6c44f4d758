package config_test

import (
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/config"
)

const address = "postgres://app:s3cr3t-pw@db.example:5433/app?sslmode=disable"

func TestDefaults(t *testing.T) {
	t.Parallel()
	got, err := config.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		AppEnv:                     config.Development,
		Addr:                       "127.0.0.1:8080",
		Playground:                 true,
		Introspection:              true,
		Explain:                    true,
		LogLevel:                   slog.LevelInfo,
		LogFormat:                  config.Text,
		DBPoolMax:                  10,
		DBPoolReserved:             2,
		DBAcquireTimeout:           10 * time.Second,
		DBConnectTimeout:           5 * time.Second,
		DBStatementTimeout:         10 * time.Second,
		DBIdleInTransactionTimeout: 30 * time.Second,
		DBMaxConnIdleTime:          5 * time.Minute,
		DBMaxConnLifetime:          time.Hour,
		DBStatementCache:           256,
		MaxBodyBytes:               1 << 20,
		MaxBodyBytesPerClient:      16 << 20,
		MaxBodyBytesTotal:          64 << 20,
		MaxQueuePerClient:          100,
		MaxQueue:                   1000,
		MaxSocketsPerClient:        100,
		MaxOperationsPerSocket:     100,
		MaxUnreadBytes:             16 << 20,
		MaxUnreadBytesTotal:        64 << 20,
		MaxDocumentTokens:          5000,
		MaxDocumentDepth:           50,
		MaxDocumentFields:          10000,
		MaxDocumentDirectives:      200,
		MaxRootFields:              50,
		MaxErrors:                  20,
		DocumentCacheBytes:         16 << 20,
		RequestTimeout:             30 * time.Second,
		ShutdownTimeout:            15 * time.Second,
		PageSizeDefault:            20,
		PageSizeMax:                100,
		MaxLevels:                  10,
		MaxStatements:              200,
		MaxRows:                    100_000,
		MaxReadBytes:               16 << 20,
		MaxAnswerBytes:             8 << 20,
		MaxJoins:                   12,
		MaxFilterDepth:             5,
		MaxFilterEdges:             20,
		MaxFilterText:              5000,
		MaxFilterRegex:             100,
		PlanCacheBytes:             16 << 20,
		MaxLinks:                   1000,
		SessionIdleTimeout:         14 * 24 * time.Hour,
		SessionLifetime:            90 * 24 * time.Hour,
		MaxSessions:                100,
		MaxAccessTokens:            100,
		AttemptsWindow:             15 * time.Minute,
		SignInAttempts:             10,
		SignInAttemptsAccount:      100,
		SignInAttemptsAddress:      100,
		SignUpAttempts:             20,
		GCPercent:                  400,
		MemoryLimit:                256 << 20,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestEveryVariableIsRead(t *testing.T) {
	t.Parallel()
	environ := []string{
		"APP_ENV=production", "DATABASE_URL=" + address, "MIGRATE_DATABASE_URL=host=/run/pg user=owner", "DATABASE_RLS=on", "TEST_DATABASE_URL=host=/run/pg user=tester",
		"PG_BIN=/opt/pg/bin", "DEV_PG_PORT=5499", "ADDR=:0", "API_PREFIX=/api/v1",
		"PLAYGROUND=true", "INTROSPECTION=1", "EXPLAIN=true", "LOG_LEVEL=warn", "LOG_FORMAT=text", "SQL_ECHO=true",
		"DB_POOL_MAX=3", "DB_CONNECT_TIMEOUT=1s", "DB_STATEMENT_TIMEOUT=0", "DB_IDLE_IN_TRANSACTION_TIMEOUT=2s",
		"DB_MAX_CONN_IDLE_TIME=3s", "DB_MAX_CONN_LIFETIME=4s", "DB_STATEMENT_CACHE=7",
		"SESSION_IDLE_TIMEOUT=1h", "SESSION_LIFETIME=24h", "TRUSTED_PROXIES=2",
		"MAX_SESSIONS=8", "MAX_ACCESS_TOKENS=7", "ATTEMPTS_WINDOW=1h", "SIGN_IN_ATTEMPTS=9", "SIGN_IN_ATTEMPTS_ACCOUNT=99", "SIGN_IN_ATTEMPTS_ADDRESS=98", "SIGN_UP_ATTEMPTS=19",
		"OIDC_ISSUER=https://id.example.com", "OIDC_AUDIENCE=shop", "CORS_ORIGINS=https://a.example,https://b.example:8443",
		"DB_POOL_RESERVED=4", "DB_ACQUIRE_TIMEOUT=6s", "MAX_CONCURRENT_PER_CLIENT=2", "MAX_QUEUE_PER_CLIENT=8", "MAX_QUEUE=9",
		"MAX_SOCKETS_PER_CLIENT=11", "MAX_OPERATIONS_PER_SOCKET=12", "MAX_UNREAD_BYTES=2048", "MAX_UNREAD_BYTES_TOTAL=4096", "SHUTDOWN_DELAY=1s",
		"MAX_DOCUMENT_TOKENS=101", "MAX_DOCUMENT_DEPTH=6", "MAX_DOCUMENT_FIELDS=102", "MAX_DOCUMENT_DIRECTIVES=2",
		"MAX_ROOT_FIELDS=3", "MAX_ERRORS=4", "DOCUMENT_CACHE_BYTES=65537",
		"MAX_BODY_BYTES=4096", "MAX_BODY_BYTES_PER_CLIENT=8192", "MAX_BODY_BYTES_TOTAL=16384", "REQUEST_TIMEOUT=5s", "SHUTDOWN_TIMEOUT=0s",
		"PAGE_SIZE_DEFAULT=5", "PAGE_SIZE_MAX=50", "MAX_LINKS=9",
		"MAX_LEVELS=1", "MAX_STATEMENTS=2", "MAX_ROWS=3", "MAX_READ_BYTES=65536", "MAX_ANSWER_BYTES=5000",
		"MAX_JOINS=6", "MAX_FILTER_DEPTH=7", "MAX_FILTER_EDGES=8", "MAX_FILTER_TEXT=9", "MAX_FILTER_REGEX=0", "PLAN_CACHE_BYTES=90000",
		"GOGC=off", "GOMEMLIMIT=2GiB",
	}
	got, err := config.Load(environ)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		AppEnv: config.Production, DatabaseURL: address, MigrateDatabaseURL: "host=/run/pg user=owner", DatabaseRLS: true, TestDatabaseURL: "host=/run/pg user=tester",
		PGBin: "/opt/pg/bin", DevPGPort: 5499, Addr: ":0", APIPrefix: "/api/v1",
		Playground: true, Introspection: true, Explain: true, LogLevel: slog.LevelWarn, LogFormat: config.Text, SQLEcho: true,
		DBPoolMax: 3, DBConnectTimeout: time.Second, DBStatementTimeout: 0, DBIdleInTransactionTimeout: 2 * time.Second,
		DBMaxConnIdleTime: 3 * time.Second, DBMaxConnLifetime: 4 * time.Second, DBStatementCache: 7,
		SessionIdleTimeout: time.Hour, SessionLifetime: 24 * time.Hour, TrustedProxies: 2,
		MaxSessions: 8, MaxAccessTokens: 7, AttemptsWindow: time.Hour, SignInAttempts: 9, SignInAttemptsAccount: 99, SignInAttemptsAddress: 98, SignUpAttempts: 19,
		OIDCIssuer: "https://id.example.com", OIDCAudience: "shop", CORSOrigins: config.Origins{"https://a.example", "https://b.example:8443"},
		DBPoolReserved: 4, DBAcquireTimeout: 6 * time.Second, MaxConcurrentPerClient: 2, MaxQueuePerClient: 8, MaxQueue: 9,
		MaxSocketsPerClient: 11, MaxOperationsPerSocket: 12, MaxUnreadBytes: 2048, MaxUnreadBytesTotal: 4096, ShutdownDelay: time.Second,
		MaxDocumentTokens: 101, MaxDocumentDepth: 6, MaxDocumentFields: 102, MaxDocumentDirectives: 2,
		MaxRootFields: 3, MaxErrors: 4, DocumentCacheBytes: 65537,
		MaxBodyBytes: 4096, MaxBodyBytesPerClient: 8192, MaxBodyBytesTotal: 16384, RequestTimeout: 5 * time.Second, ShutdownTimeout: 0,
		PageSizeDefault: 5, PageSizeMax: 50, MaxLinks: 9,
		MaxLevels: 1, MaxStatements: 2, MaxRows: 3, MaxReadBytes: 65536, MaxAnswerBytes: 5000,
		MaxJoins: 6, MaxFilterDepth: 7, MaxFilterEdges: 8, MaxFilterText: 9, PlanCacheBytes: 90_000,
		GCPercent: -1, MemoryLimit: 2 << 30,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if len(environ) != len(config.Settings()) {
		t.Errorf("this test sets %d variables, there are %d", len(environ), len(config.Settings()))
	}
}

func TestDefaultsThatDependOnTheEnvironment(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environ                   []string
		playground, introspection bool
		format                    config.LogFormat
		delay                     time.Duration
	}{
		"development":       {[]string{"APP_ENV=development"}, true, true, config.Text, 0},
		"empty is unset":    {[]string{"APP_ENV=", "LOG_FORMAT=", "PLAYGROUND="}, true, true, config.Text, 0},
		"production":        {[]string{"APP_ENV=production", "DATABASE_URL=" + address}, false, false, config.JSON, 5 * time.Second},
		"given wins":        {[]string{"APP_ENV=production", "DATABASE_URL=" + address, "PLAYGROUND=true", "LOG_FORMAT=text", "SHUTDOWN_DELAY=0"}, true, false, config.Text, 0},
		"given wins in dev": {[]string{"INTROSPECTION=false", "LOG_FORMAT=json"}, true, false, config.JSON, 0},
		"later value wins":  {[]string{"PLAYGROUND=true", "PLAYGROUND=false"}, false, true, config.Text, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Load(test.environ)
			if err != nil {
				t.Fatal(err)
			}
			if c.Playground != test.playground || c.Introspection != test.introspection || c.LogFormat != test.format || c.ShutdownDelay != test.delay {
				t.Errorf("playground %v, introspection %v, format %v, delay %v", c.Playground, c.Introspection, c.LogFormat, c.ShutdownDelay)
			}
		})
	}
}

func TestRefusedValues(t *testing.T) {
	t.Parallel()
	refused := map[string][]string{
		"APP_ENV":                        {"prod", "Production"},
		"DATABASE_URL":                   {"nonsense", "mysql://u@h/d", "postgresql+asyncpg://u:p@h/d", "postgres://u:p@h:port/d", "postgres://u:p@h/d?sslmode=maybe", "postgres://u:a/b@h/d", "postgres://u:1?2@h/d", "postgres://u:1#2@h/d", "postgres://u@h/d?pool_max_conns=x"},
		"MIGRATE_DATABASE_URL":           {"nonsense"},
		"DATABASE_RLS":                   {"yes", "true", "ON"},
		"TEST_DATABASE_URL":              {"nonsense"},
		"PG_BIN":                         {"bin", "./bin"},
		"DEV_PG_PORT":                    {"-1", "65536", "x", "5432.0"},
		"ADDR":                           {"8080", "localhost", "localhost:http", "localhost:65536", "[::1:80", "http://localhost:80"},
		"API_PREFIX":                     {"/", "api", "/api/", "//api", "/a//b", "/a/../b", "/a b", "/a?b", "/."},
		"PLAYGROUND":                     {"yes", "2"},
		"INTROSPECTION":                  {"on"},
		"EXPLAIN":                        {"analyze"},
		"LOG_LEVEL":                      {"loud"},
		"LOG_FORMAT":                     {"xml"},
		"SQL_ECHO":                       {"no"},
		"DB_POOL_MAX":                    {"0", "-1", "1001", "many", "99999999999"},
		"DB_CONNECT_TIMEOUT":             {"0", "-1s", "5", "25h"},
		"DB_STATEMENT_TIMEOUT":           {"-1s", "10", "500us", "25h"},
		"DB_IDLE_IN_TRANSACTION_TIMEOUT": {"-1ms", "1y"},
		"DB_MAX_CONN_IDLE_TIME":          {"0", "-5m"},
		"DB_MAX_CONN_LIFETIME":           {"0s", "1d"},
		"DB_STATEMENT_CACHE":             {"0", "10001", "-3"},
		"SESSION_IDLE_TIMEOUT":           {"0", "59s", "8761h", "14d"},
		"SESSION_LIFETIME":               {"0", "-1h", "8761h"},
		"MAX_SESSIONS":                   {"0", "10001", "many"},
		"MAX_ACCESS_TOKENS":              {"0", "10001", "-1"},
		"ATTEMPTS_WINDOW":                {"0", "59s", "25h"},
		"SIGN_IN_ATTEMPTS":               {"0", "1001"},
		"SIGN_IN_ATTEMPTS_ACCOUNT":       {"0", "100001"},
		"SIGN_IN_ATTEMPTS_ADDRESS":       {"-1", "1e3"},
		"SIGN_UP_ATTEMPTS":               {"0", "x"},
		"TRUSTED_PROXIES":                {"-1", "11", "yes"},
		"OIDC_ISSUER":                    {"id.example.com", "https://", "ftp://id.example.com", "https://u:p@id.example.com", "https://id.example.com?x=1"},
		"OIDC_AUDIENCE":                  {"shop"},
		"CORS_ORIGINS":                   {"*", "https://a.example/", "a.example", "https://a.example https://b.example", "null", "https://A.example", "https://a.example,ftp://b"},
		"DB_POOL_RESERVED":               {"0", "101", "two"},
		"DB_ACQUIRE_TIMEOUT":             {"0", "-1s", "10"},
		"MAX_CONCURRENT_PER_CLIENT":      {"-1", "1001", "half"},
		"MAX_QUEUE_PER_CLIENT":           {"0", "100001"},
		"MAX_QUEUE":                      {"0", "1000001"},
		"MAX_SOCKETS_PER_CLIENT":         {"0", "100001"},
		"MAX_OPERATIONS_PER_SOCKET":      {"0", "10001"},
		"MAX_UNREAD_BYTES_TOTAL":         {"1023", "64MiB", "17179869185"},
		"MAX_UNREAD_BYTES":               {"1023", "16MiB", "1073741825"},
		"SHUTDOWN_DELAY":                 {"-1s", "500us", "5"},
		"MAX_DOCUMENT_TOKENS":            {"0", "99", "100001"},
		"MAX_DOCUMENT_DEPTH":             {"0", "4", "501"},
		"MAX_DOCUMENT_FIELDS":            {"0", "99", "100001"},
		"MAX_DOCUMENT_DIRECTIVES":        {"0", "-1", "10001"},
		"MAX_ROOT_FIELDS":                {"0", "-1", "10001"},
		"MAX_ERRORS":                     {"0", "-1", "1001"},
		"DOCUMENT_CACHE_BYTES":           {"0", "65535", "1GiB"},
		"MAX_BODY_BYTES_PER_CLIENT":      {"1023", "16MiB", "1073741825"},
		"MAX_BODY_BYTES_TOTAL":           {"1023", "64MiB", "17179869185"},
		"MAX_BODY_BYTES":                 {"0", "1MiB", "1073741825", "-1"},
		"REQUEST_TIMEOUT":                {"0", "-1s"},
		"SHUTDOWN_TIMEOUT":               {"-1s", "soon"},
		"PAGE_SIZE_DEFAULT":              {"0", "101", "-1", "x"},
		"PAGE_SIZE_MAX":                  {"0", "10001", "x"},
		"MAX_LEVELS":                     {"0", "101"},
		"MAX_STATEMENTS":                 {"0", "100001"},
		"MAX_ROWS":                       {"0", "10000001"},
		"MAX_READ_BYTES":                 {"65535", "1073741825"},
		"MAX_ANSWER_BYTES":               {"1023", "1073741825", "8MiB"},
		"MAX_JOINS":                      {"0", "101"},
		"MAX_FILTER_DEPTH":               {"0", "17"},
		"MAX_FILTER_EDGES":               {"0", "201"},
		"MAX_FILTER_TEXT":                {"0", "1000001"},
		"MAX_FILTER_REGEX":               {"-1", "501"},
		"PLAN_CACHE_BYTES":               {"0", "65535", "1073741825"},
		"MAX_LINKS":                      {"0", "5001", "x"},
		"GOGC":                           {"0", "-1", "1e3", "never"},
		"GOMEMLIMIT":                     {"0", "-1", "1MB", "9223372036854775807KiB", "MiB", "never"},
	}
	for _, s := range config.Settings() {
		values := refused[s.Name]
		if len(values) == 0 {
			t.Errorf("no refused value of %s is tested", s.Name)
		}
		for _, value := range values {
			t.Run(s.Name+"="+value, func(t *testing.T) {
				t.Parallel()
				_, err := config.Load([]string{s.Name + "=" + value})
				var all *config.Error
				if !errors.As(err, &all) {
					t.Fatalf("error %v, want a *config.Error", err)
				}
				if len(all.Problems) != 1 || all.Problems[0].Name != s.Name {
					t.Fatalf("problems %+v, want one of %s", all.Problems, s.Name)
				}
				p := all.Problems[0]
				if p.Want == "" || (p.Value != value) != s.Secret {
					t.Errorf("problem %+v", p)
				}
			})
		}
	}
}

func TestAllProblemsAreReportedTogether(t *testing.T) {
	t.Parallel()
	_, err := config.Load([]string{
		"PAGE_SIZE_MAX=10", "DB_POOL_MAX=lots", "ADDR=here", "DATABASE_URL=postgres://app:hunter2@h:x/d",
		"DB_CONNECT_TIMEOUT=0", "HOME=/root", "LOG_LEVEL=loud",
	})
	want := `invalid settings:
  DATABASE_URL: want a Postgres address such as postgres://user:password@host:5432/name, with special characters in the password percent-encoded (it cannot be read)
  ADDR="here": want host:port, such as 127.0.0.1:8080 or :8080
  LOG_LEVEL="loud": want debug, info, warn or error
  DB_POOL_MAX="lots": want a whole number from 1 to 1000
  DB_CONNECT_TIMEOUT="0": want a duration from 1ms to 24h, such as 5s
  PAGE_SIZE_DEFAULT: want a whole number from 1 to PAGE_SIZE_MAX (it is 20 and PAGE_SIZE_MAX is 10)`
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

// TestUnsaidEnvironment loads for a command that is for production unless APP_ENV says
// otherwise.
func TestUnsaidEnvironment(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		said       string
		want       config.Environment
		playground bool
	}{
		"unset":   {"", config.Production, false},
		"nothing": {"APP_ENV=", config.Production, false},
		"said":    {"APP_ENV=development", config.Development, true},
	} {
		c, err := config.LoadFor(config.Production, []string{"DATABASE_URL=" + address, tc.said})
		if err != nil || c.AppEnv != tc.want || c.Playground != tc.playground || c.Introspection != tc.playground || c.Explain != tc.playground {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}

func TestProductionNeedsADatabase(t *testing.T) {
	t.Parallel()
	_, err := config.Load([]string{"APP_ENV=production"})
	if err == nil || err.Error() != "invalid settings:\n  DATABASE_URL is not set; production needs one (to develop with a private Postgres run the command dev)" {
		t.Errorf("error %v", err)
	}
}

func TestCauseOfARefusedAddressIsNamed(t *testing.T) {
	t.Parallel()
	_, err := config.Load([]string{"DATABASE_URL=postgres://u:p@h/d?sslmode=maybe"})
	if err == nil || !strings.Contains(err.Error(), "sslmode is invalid") {
		t.Errorf("error %v, want the cause", err)
	}
}

func TestAddressesThatAreAccepted(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://h/d", "postgresql://u:p@[::1]:5432/d", "postgres:///d?host=/run/pg&port=5555",
		"host=/run/pg user=u dbname=d", "user=u password='a b'", "postgres://u:p%2F%40%23@h/d?application_name=a@b",
		"postgres://u@h1:1,h2:2/d", "postgres://u@h/d?pool_max_conns=4&search_path=x",
	} {
		if _, err := config.Load([]string{"DATABASE_URL=" + url}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// Each field is a documented variable, and each documented default is the one that
// Load gives.
func TestSettingsDescribeTheConfig(t *testing.T) {
	t.Parallel()
	list := config.Settings()
	if want := reflect.TypeFor[config.Config]().NumField(); len(list) != want {
		t.Fatalf("%d settings for %d fields", len(list), want)
	}
	seen := map[string]bool{}
	var environ []string
	for _, s := range list {
		if s.Name == "" || s.Doc == "" || s.Default == "" || seen[s.Name] {
			t.Errorf("setting %+v is incomplete or twice there", s)
		}
		if !strings.HasSuffix(s.Doc, ".") {
			t.Errorf("%s: doc %q is no sentence", s.Name, s.Doc)
		}
		seen[s.Name] = true
		if !s.DefaultText {
			environ = append(environ, s.Name+"="+s.Default)
		}
	}
	unset, err := config.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	given, err := config.Load(environ)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(unset, given); diff != "" {
		t.Errorf("documented defaults differ (-unset +documented):\n%s", diff)
	}
}
