package planner_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// blocked waits until a statement of the read pool waits for a lock.
func (w *world) blocked(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		var n int
		err := w.DB.Write.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n)
		if err != nil {
			t.Fatalf("wait for a blocked statement: %v", err)
		}
		if n > 0 {
			return
		}
	}
}

// lock holds a table so that every statement on it waits.
func (w *world) lock(t *testing.T, table string) pgx.Tx {
	t.Helper()
	tx, err := w.DB.Write.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE "+table); err != nil {
		t.Fatal(err)
	}
	return tx
}

// TestOneQueryReadsOneSnapshot changes rows between the statements of a query: its
// second level waits for a lock while another transaction commits.
func TestOneQueryReadsOneSnapshot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 41, 10)
	const query = `{ posts { totalCount nodes { id tags { totalCount nodes { name } } taggings { totalCount } } } users { nodes { posts { totalCount } } } }`
	want := string(w.Query(t, query, nil).OK(t))

	tx := w.lock(t, "taggings")
	answer := make(chan string)
	go func() { answer <- string(w.Query(t, query, nil).Data) }()
	w.blocked(t)
	for _, sql := range []string{
		`INSERT INTO taggings (post_id, tag_id) SELECT posts.id, tags.id FROM posts, tags ON CONFLICT DO NOTHING`,
		`INSERT INTO posts (id, title, body, status, author_id) SELECT gen_random_uuid(), 'new', '', 'DRAFT', id FROM users`,
		`UPDATE tags SET name = name || 'x'`,
	} {
		if _, err := tx.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-answer; got != want {
		t.Errorf("the query saw two states:\n got %s\nwant %s", got, want)
	}
	if got := string(w.Query(t, query, nil).OK(t)); got == want {
		t.Error("the next query does not see the change")
	}
}

// TestClientsThatGoAwayFreeTheirConnection cancels requests that wait for a lock.
func TestClientsThatGoAwayFreeTheirConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 42, 3)
	tx := w.lock(t, "taggings")
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	for range 8 { // twice the size of the pool
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.Endpoint+"?query="+url.QueryEscape(`{ taggings { totalCount } }`), nil)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() {
			_, err := http.DefaultClient.Do(r)
			done <- err
		}()
		w.blocked(t)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatalf("the request ended with %v", err)
		}
	}
	if got := w.Query(t, `{ users { totalCount } }`, nil).At(t, "users.totalCount"); got != 3.0 {
		t.Errorf("%v users", got)
	}
}

// TestMigrationsUnderPreparedStatements changes a table whose statements are prepared.
func TestMigrationsUnderPreparedStatements(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 43, 3)
	read := func() { w.Query(t, `{ posts { nodes { title status } } tags { nodes { name } } }`, nil).OK(t) }
	for i := range 5 {
		read()
		if _, err := w.DB.Write.Exec(t.Context(), fmt.Sprintf(`ALTER TABLE posts ADD COLUMN extra%d int; ALTER TABLE tags ALTER COLUMN name TYPE varchar(%d)`, i, 60+i)); err != nil {
			t.Fatal(err)
		}
		read()
	}
}

// TestManyShapes runs more different statements than a connection keeps prepared, and
// each of them three times.
func TestManyShapes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 44, 5)
	for range 3 {
		for i := range 200 {
			filter := "{}"
			for bit := range 8 {
				if i>>bit&1 == 1 {
					filter = fmt.Sprintf(`{or: [{title: "t%d_%%"}, %s]}`, bit%3, filter)
				}
			}
			w.Query(t, `{ posts(where: `+filter+`) { totalCount } }`, nil).OK(t)
		}
	}
}
