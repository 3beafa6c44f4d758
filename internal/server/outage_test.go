package server_test

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/fair"
)

// wire is what a database is reached through. It can be cut.
type wire struct {
	t                *testing.T
	network, address string
	listen           string

	mu    sync.Mutex
	ln    net.Listener // nil while cut
	conns []net.Conn
}

// newWire returns a wire to the database, and the address at its other end.
func newWire(t *testing.T, database string) (*wire, string) {
	t.Helper()
	cfg, err := pgconn.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, listen: "127.0.0.1:0"}
	w.network, w.address = pgconn.NetworkAddress(cfg.Host, cfg.Port)
	w.mend()
	w.listen = w.ln.Addr().String()
	t.Cleanup(w.cut)
	u := url.URL{Scheme: "postgres", User: url.UserPassword(cfg.User, cfg.Password), Host: w.listen, Path: "/" + cfg.Database, RawQuery: "sslmode=disable"}
	return w, u.String()
}

func (w *wire) mend() {
	w.t.Helper()
	ln, err := net.Listen("tcp", w.listen)
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.ln = ln
	w.mu.Unlock()
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(w.network, w.address)
			if err != nil {
				_ = client.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, client, server)
			w.mu.Unlock()
			for from, to := range map[net.Conn]net.Conn{client: server, server: client} {
				go func() {
					_, _ = io.Copy(to, from)
					_ = to.Close()
				}()
			}
		}
	}()
}

// cut ends all connections; new ones are refused.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ln != nil {
		_ = w.ln.Close()
	}
	w.ln = nil
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

// TestDatabaseAway cuts the wire to the database: every operation says so, in time.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	w, address := newWire(t, apitest.Database(t))
	api := apitest.New(t, func(o *apitest.Options) {
		o.Database, o.DB.Queue = address, fair.Options{Timeout: 50 * time.Millisecond}
	})
	api.Query(t, countPosts, nil).OK(t)
	w.cut()
	const graphqlJSON = "application/graphql-response+json"
	for query, status := range map[string]int{
		countPosts: 503,
		`mutation { createTag(input: {name: "go"}) { tag { id } } }`:                   503,
		`mutation { signIn(input: {username: "ada", password: "x"}) { user { id } } }`: 503,
		`{ viewer { id } __typename }`:                                                 200, // which needs no database
	} {
		for _, accept := range []string{graphqlJSON, "application/json"} {
			answer := api.Do(t, request(t, api, "POST", "", body(t, query), isJSON, "Accept: "+accept))
			want := status
			if accept != graphqlJSON {
				want = 200
			}
			if answer.Status != want {
				t.Errorf("%s: status %d, want %d: %s", query, answer.Status, want, answer.Body)
			}
			if status == 503 && (!slices.Equal(answer.Codes(), []string{"UNAVAILABLE"}) || answer.Header.Get("Retry-After") != "1") {
				t.Errorf("%s: %s, header %v", query, answer.Body, answer.Header)
			}
		}
	}
	// Who asks cannot be found out: nothing is executed.
	r := request(t, api, "POST", "", body(t, `{ viewer { id } }`), isJSON)
	r.AddCookie(&http.Cookie{Name: "entgraph_session", Value: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
	if answer := api.Do(t, r); answer.Status != 503 || !slices.Equal(answer.Codes(), []string{"UNAVAILABLE"}) {
		t.Errorf("status %d: %s", answer.Status, answer.Body)
	}
	if lines := api.Log.Lines("internal error"); len(lines) > 0 {
		t.Errorf("internal errors: %v", lines)
	}
	w.mend()
	eventually(t, "an answer", func() bool { return len(api.Query(t, countPosts, nil).Errors) == 0 })
}

// TestDatabaseComesBack cuts the wire while nothing runs, and lets requests come before it
// is mended: they wait.
func TestDatabaseComesBack(t *testing.T) {
	t.Parallel()
	w, address := newWire(t, apitest.Database(t))
	api := apitest.New(t, func(o *apitest.Options) {
		o.Database, o.DB.Queue = address, fair.Options{Timeout: time.Minute}
	})
	api.Query(t, countPosts, nil).OK(t)
	w.cut()
	answers := make(chan apitest.Response, 2)
	for _, query := range []string{countPosts, `mutation { createTag(input: {name: "go"}) { tag { id } } }`} {
		go func() { answers <- api.Query(t, query, nil) }()
	}
	w.mend()
	for range cap(answers) {
		(<-answers).OK(t)
	}
}

// TestBackendsAreKilled kills every session of the server between requests, and one in the
// middle of a read.
func TestBackendsAreKilled(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	const kill = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type IS DISTINCT FROM 'nothing'`
	for range 5 {
		api.Query(t, countPosts, nil).OK(t)
		api.Query(t, `mutation { updateUser(id: "user_01h455vb4pex5vsknk084sn02q", input: {}) { user { id } } }`, nil)
		conn, release := locked(t, api)
		if _, err := conn.Exec(t.Context(), kill); err != nil {
			t.Fatal(err)
		}
		release()
		answer := api.Query(t, `mutation { updateUser(id: "user_01h455vb4pex5vsknk084sn02q", input: {}) { user { id } } }`, nil)
		if !slices.Equal(answer.Codes(), []string{"NOT_FOUND"}) {
			t.Errorf("write: %s", answer.Body)
		}
		api.Query(t, countPosts, nil).OK(t)
	}
	conn, release := locked(t, api)
	answer := make(chan apitest.Response, 1)
	go func() { answer <- api.Query(t, countTags, nil) }()
	for range 2 {
		waiting(t, conn, 1)
		if _, err := conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`); err != nil {
			t.Fatal(err)
		}
	}
	waiting(t, conn, 1)
	release()
	(<-answer).OK(t)
}
