package postgres_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/postgres"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	db := open(t, func(o *postgres.Options) {
		o.StatementTimeout = 1500 * time.Millisecond
		o.IdleInTransactionTimeout = time.Microsecond // rounded up: 0 would be for ever
	})
	common := map[string]string{
		"application_name": "entgraph", "timezone": "UTC", "client_connection_check_interval": "1s",
		"statement_timeout": "1500ms", "idle_in_transaction_session_timeout": "1ms",
	}
	read := map[string]string{
		"jit": "off", "search_path": "", "default_transaction_read_only": "on", "default_transaction_isolation": "repeatable read",
	}
	write := map[string]string{
		"jit": "off", "search_path": `"$user", public`, "default_transaction_read_only": "off", "default_transaction_isolation": "read committed",
	}
	for name, want := range common {
		read[name], write[name] = want, want
	}
	check := func(pool postgres.Querier, kind string, settings map[string]string) {
		for name, want := range settings {
			if got := one[string](t, pool, "SELECT current_setting($1)", name); got != want {
				t.Errorf("%s session: %s is %q, want %q", kind, name, got, want)
			}
		}
	}
	check(db.Read, "read", read)
	check(db.Write, "write", write)
}

// Neither the address nor the settings of database and role can open a read session.
func TestReadSessionsCannotBeOpened(t *testing.T) {
	t.Parallel()
	address := devpg.Empty(t)
	admin := openAt(t, address)
	exec(t, admin.Write, "CREATE TABLE secrets (id int)")
	name := pgx.Identifier{one[string](t, admin.Write, "SELECT current_database()::text")}.Sanitize()
	for _, setting := range []string{"jit = on", "search_path = public", "default_transaction_read_only = off", "default_transaction_isolation = 'read committed'"} {
		exec(t, admin.Write, "ALTER DATABASE "+name+" SET "+setting)
	}
	for _, params := range []map[string]string{
		{},
		{"search_path": "public", "default_transaction_read_only": "off", "default_transaction_isolation": "read committed"},
		{"options": "-csearch_path=public -cdefault_transaction_read_only=off"},
	} {
		db := openAt(t, withParams(t, address, params))
		if _, err := tryOne[int](t.Context(), db.Read, "SELECT count(*) FROM secrets"); postgres.Code(err) != "42P01" {
			t.Errorf("%v: an unqualified table: error %v, want 42P01 undefined table", params, err)
		}
		if n := one[int](t, db.Read, "WITH secrets AS (SELECT FROM public.secrets) SELECT count(*) FROM secrets"); n != 0 {
			t.Errorf("%v: %d rows", params, n)
		}
		if _, err := db.Read.Exec(t.Context(), "INSERT INTO public.secrets VALUES (1)"); postgres.Code(err) != "25006" {
			t.Errorf("%v: a write: error %v, want 25006 read-only transaction", params, err)
		}
		exec(t, db.Write, "INSERT INTO secrets SELECT 1 WHERE false")
	}
}

func withParams(t *testing.T, address string, params map[string]string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	for name, value := range params {
		query.Set(name, value)
	}
	// Postgres takes a + of a URL literally.
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return u.String()
}

func TestReadTransactionsKeepOneSnapshot(t *testing.T) {
	t.Parallel()
	db := open(t)
	exec(t, db.Write, "CREATE TABLE t (id int)")
	tx, err := db.Read.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	before := one[int](t, tx, "SELECT count(*) FROM public.t")
	exec(t, db.Write, "INSERT INTO t VALUES (1)")
	if after := one[int](t, tx, "SELECT count(*) FROM public.t"); before != 0 || after != 0 {
		t.Errorf("%d and then %d rows in one transaction", before, after)
	}
	if n := one[int](t, db.Read, "SELECT count(*) FROM public.t"); n != 1 {
		t.Errorf("%d rows afterwards, want 1", n)
	}
}

func TestOptionsWinOverTheAddress(t *testing.T) {
	t.Parallel()
	address := withParams(t, devpg.Empty(t), map[string]string{
		"pool_max_conns": "77", "pool_min_conns": "3", "statement_timeout": "1", "application_name": "from_address",
		"default_query_exec_mode": "simple_protocol", "timezone": "Asia/Tokyo",
	})
	db := openAt(t, address, func(o *postgres.Options) {
		o.MaxConns = 2
		o.StatementTimeout = time.Minute
		o.ApplicationName = "shop"
	})
	if got := db.Read.Stat().MaxConns(); got != 2 {
		t.Errorf("%d connections at most, want 2", got)
	}
	if got := one[string](t, db.Read, "SHOW statement_timeout"); got != "1min" {
		t.Errorf("statement_timeout %s", got)
	}
	if got := one[string](t, db.Read, "SHOW application_name"); got != "from_address" {
		t.Errorf("application_name %s: the address' name stays", got)
	}
	if got := one[time.Time](t, db.Write, "SELECT '2026-01-01 00:00+00'::timestamptz"); got.Location() != time.UTC {
		t.Errorf("times come in %s", got.Location())
	}
	if got := one[string](t, db.Write, "SHOW timezone"); got != "UTC" {
		t.Errorf("timezone %s", got)
	}
	exec(t, db.Write, "SELECT $1::int", 1)
	if n := one[int](t, db.Write, "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1::int'"); n == 0 {
		t.Error("statements are not kept prepared")
	}
}

func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	db := open(t, func(o *postgres.Options) { o.StatementTimeout = 200 * time.Millisecond })
	for kind, pool := range map[string]postgres.Querier{"read": db.Read, "write": db.Write} {
		_, err := pool.Exec(t.Context(), "SELECT pg_sleep(60)")
		if !postgres.IsTimeout(err) || postgres.IsUnavailable(err) || postgres.Code(err) != "57014" {
			t.Errorf("%s: error %v, want a timeout", kind, err)
		}
	}
	view := db.SQL()
	if _, err := view.ExecContext(t.Context(), "SELECT pg_sleep(0.4)"); err != nil {
		t.Errorf("the view for tools has a timeout: %v", err)
	}
}

func TestSQLView(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx, stats := postgres.WithStats(t.Context())
	view := db.SQL()
	var at time.Time
	if err := view.QueryRowContext(ctx, "SELECT $1::timestamptz", "2026-01-02 12:00+02").Scan(&at); err != nil {
		t.Fatal(err)
	}
	if at.Location() != time.UTC || at.Hour() != 10 {
		t.Errorf("time %s, want it in UTC", at)
	}
	if stats.Statements() != 1 {
		t.Errorf("%d statements were counted", stats.Statements())
	}
	if err := db.SQL().Close(); err != nil {
		t.Error(err)
	}
	if err := view.PingContext(ctx); err != nil {
		t.Errorf("closing another view closed this one: %v", err)
	}
	db.Close()
	db.Close()
	if err := view.PingContext(ctx); err == nil {
		t.Error("the view still works after Close")
	}
	if err := db.Write.Ping(ctx); !postgres.IsUnavailable(err) {
		t.Errorf("error %v after Close, want unavailable", err)
	}
}

func TestOpenFailsAtOnceAndHidesThePassword(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := closed.Addr().(*net.TCPAddr).Port
	closed.Close()
	const password = "hunter2"
	missing, err := url.Parse(devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	missing.Path = "/no_such_database"
	tests := map[string]struct {
		url         string
		unavailable bool
	}{
		"no address":       {"postgres://app:" + password + "@h:port/d", false},
		"other scheme":     {"mysql://app:" + password + "@h/d", false},
		"keyword":          {"host=h password='" + password + "", false},
		"nobody listens":   {fmt.Sprintf("postgres://app:%s@127.0.0.1:%d/d?sslmode=disable", password, port), true},
		"no such socket":   {"host=/nonexistent user=app password=" + password, true},
		"no such setting":  {withParams(t, devpg.Empty(t), map[string]string{"no_such_setting": "1", "password": password}), true},
		"no such database": {withParams(t, missing.String(), map[string]string{"password": password}), true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := postgres.Open(t.Context(), postgres.Options{URL: test.url, ConnectTimeout: 5 * time.Second})
			if err == nil {
				t.Fatal("no error")
			}
			if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, password) {
				t.Errorf("the error shows the password: %s", text)
			}
			if got := postgres.IsUnavailable(err); got != test.unavailable {
				t.Errorf("unavailable %v, want %v: %v", got, test.unavailable, err)
			}
		})
	}
}

// A server that takes the connection and then says nothing.
func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_, err = postgres.Open(t.Context(), postgres.Options{
		URL:            "postgres://app@" + silent.Addr().String() + "/d?sslmode=disable",
		ConnectTimeout: 20 * time.Millisecond,
	})
	if !postgres.IsTimeout(err) || !postgres.IsUnavailable(err) {
		t.Errorf("error %v, want a timeout that is unavailable too", err)
	}
}
