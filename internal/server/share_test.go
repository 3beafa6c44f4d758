package server_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/fair"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// locked holds the table of tags, so that whoever reads it waits until release is called.
func locked(t *testing.T, api *apitest.API) (conn *pgx.Conn, release func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), api.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	for _, sql := range []string{"BEGIN", "LOCK TABLE tags IN ACCESS EXCLUSIVE MODE"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	return conn, func() {
		if _, err := conn.Exec(t.Context(), "ROLLBACK"); err != nil {
			t.Error(err)
		}
	}
}

// waiting waits until so many statements wait for a lock.
func waiting(t *testing.T, conn *pgx.Conn, want int) {
	t.Helper()
	eventually(t, fmt.Sprint(want, " statements that wait"), func() bool {
		var n int
		// A transaction sees this view as it was at first, unless told otherwise.
		if _, err := conn.Exec(t.Context(), "SELECT pg_stat_clear_snapshot()"); err != nil {
			t.Fatal(err)
		}
		err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n == want
	})
}

const countTags = `{ tags { totalCount } }`

// TestSlowReadsOfOneClient lets one client ask for much that takes long: the others, those
// who sign in and the health check go on.
func TestSlowReadsOfOneClient(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) {
		o.Server.RequestTimeout = time.Minute
		o.DB.MaxConns, o.DB.Reserved, o.DB.Queue = 2, 1, fair.Options{MaxPerClient: 3, Timeout: time.Minute}
	})
	greedy, polite := api.SignedIn(t, "greedy", "MEMBER"), api.SignedIn(t, "polite", "MEMBER")
	conn, release := locked(t, api)
	answers := make(chan apitest.Response, 10)
	for range cap(answers) {
		go func() { answers <- greedy.Query(t, countTags, nil) }()
	}
	// One is read, three wait, six are too many.
	for range 6 {
		answer := <-answers
		if !slices.Equal(answer.Codes(), []string{"RATE_LIMITED"}) || answer.Errors[0].Extensions["limit"] != "MAX_QUEUE_PER_CLIENT" || answer.Header.Get("Retry-After") != "1" {
			t.Errorf("answer %s, header %v", answer.Body, answer.Header)
		}
	}
	waiting(t, conn, 1)
	for range 3 {
		polite.Query(t, `{ viewer { username } posts { totalCount } }`, nil).OK(t)
	}
	// Another one takes the last connection of the pool.
	other := make(chan apitest.Response, 1)
	go func() { other <- api.SignedIn(t, "other", "MEMBER").Query(t, countTags, nil) }()
	waiting(t, conn, 2)
	checkReady(t, api, 200, `{"database":"ok","schema":"ok","status":"ok"}`)
	anonymous := api.As(viewer.Viewer{})
	answer := anonymous.Query(t, `mutation { signIn(input: {username: "polite", password: "wrong"}) { user { id } } }`, nil)
	if !slices.Equal(answer.Codes(), []string{"UNAUTHENTICATED"}) {
		t.Errorf("sign in: %s", answer.Body)
	}
	if answer := polite.Query(t, `{ __typename }`, nil); answer.Status != 200 || len(answer.Errors) > 0 {
		t.Errorf("who asks: %s", answer.Body)
	}
	release()
	for range 4 {
		(<-answers).OK(t)
	}
	(<-other).OK(t)
}

// TestClientThatLeaves gives its connection back, though its statement would go on.
func TestClientThatLeaves(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]struct {
		change func(*apitest.Options)
		cancel bool
	}{
		"cancelled": {func(*apitest.Options) {}, true},
		"timed out": {func(o *apitest.Options) { o.Server.RequestTimeout = 200 * time.Millisecond }, false},
		"statement": {func(o *apitest.Options) { o.DB.StatementTimeout = 200 * time.Millisecond }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := apitest.New(t, leave.change, func(o *apitest.Options) { o.DB.MaxConns = 1 })
			conn, release := locked(t, api)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				if resp, err := http.DefaultClient.Do(request(t, api, "POST", "", body(t, countTags), isJSON).WithContext(ctx)); err == nil {
					_ = resp.Body.Close()
				}
			}()
			if leave.cancel {
				waiting(t, conn, 1)
				cancel()
			}
			<-ended
			// The lock is still held: whoever waits for it keeps the only connection.
			eventually(t, "an answer", func() bool { return len(api.Query(t, countPosts, nil).Errors) == 0 })
			waiting(t, conn, 0)
			release()
		})
	}
}

// longPosts make a page of a megabyte.
func longPosts(t *testing.T, api *apitest.API) {
	t.Helper()
	const sql = `WITH u AS (INSERT INTO users (username, email, role) VALUES ('author', 'author@example.com', 'MEMBER') RETURNING id)
		INSERT INTO posts (title, body, status, author_id) SELECT 'long', repeat('a', 50000), 'PUBLISHED', id FROM u, generate_series(1, 20)`
	if _, err := api.DB.Write.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestSocketsPerClient(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) { o.Server.MaxSockets = 2 })
	first := dial(t, api, initialise)
	expect(t, first, ack)
	expect(t, dial(t, api, initialise), ack)
	conn, resp, err := websocket.Dial(t.Context(), api.Endpoint, &websocket.DialOptions{Subprotocols: []string{subprotocol}})
	if err == nil {
		_ = conn.CloseNow()
		t.Fatal("accepted")
	}
	if text := readAll(t, resp); resp.StatusCode != 429 || !strings.Contains(text, `"limit":"MAX_SOCKETS_PER_CLIENT"`) || resp.Header.Get("Retry-After") != "1" {
		t.Errorf("status %d, %s", resp.StatusCode, text)
	}
	if err := first.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	eventually(t, "room for another socket", func() bool {
		conn, _, err := websocket.Dial(t.Context(), api.Endpoint, &websocket.DialOptions{Subprotocols: []string{subprotocol}})
		if err == nil {
			_ = conn.CloseNow()
		}
		return err == nil
	})
}

// TestUnreadAnswers asks for much over a socket and does not read: what waits to be read
// stays bounded, and everybody else is served.
func TestUnreadAnswers(t *testing.T) {
	t.Parallel()
	const most = 2 << 20
	api := apitest.New(t, func(o *apitest.Options) {
		o.DB.MaxConns, o.Server.MaxUnreadBytes, o.Server.MaxBodyBytes = 2, most, 4<<20
	})
	longPosts(t, api)

	conn := dial(t, api, initialise)
	conn.SetReadLimit(-1)
	expect(t, conn, ack)
	const operations = 60 // more than all buffers between server and client hold
	for i := range operations {
		write(t, conn, subscribe(fmt.Sprint(i), `{ posts { nodes { title body } } }`))
	}
	eventually(t, "refused operations", func() bool {
		return slices.ContainsFunc(api.Log.Lines("operation"), func(l map[string]any) bool { return l["code"] == "RATE_LIMITED" })
	})
	api.As(viewer.Viewer{UserID: key.UUID([16]byte{1}), Role: "MEMBER"}).Query(t, countPosts, nil).OK(t)
	answered, refused := 0, 0
	for answered+refused < operations {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		_, data, err := conn.Read(ctx)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		switch text := string(data[:min(len(data), 400)]); {
		case strings.HasPrefix(text, `{"type":"next"`):
		case strings.HasPrefix(text, `{"type":"complete"`):
			answered++
		case strings.Contains(text, `"limit":"MAX_UNREAD_BYTES","max":2097152`):
			refused++
		default:
			t.Fatalf("message %s", text)
		}
	}
	if answered == 0 || refused == 0 {
		t.Errorf("%d answered, %d refused", answered, refused)
	}
	t.Logf("%d answered, %d refused", answered, refused)
	api.Query(t, countPosts, nil).OK(t) // nothing is left behind
}
