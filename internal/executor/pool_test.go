package executor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/viewer"
)

func poolsOfOne(o *apitest.Options) { o.DB.MaxConns, o.DB.Reserved = 1, 1 }

// TestOperationsAtOnceOnPoolsOfOne runs everything that takes connections, thirty times at
// once. With one connection of each kind, whoever waits for a second one waits for ever.
func TestOperationsAtOnceOnPoolsOfOne(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, poolsOfOne)
	ada := api.SignedIn(t, "ada", "ADMIN")
	tag := create(t, api, "Tag", vars{"name": "go"})
	user := ada.Query(t, `{ viewer { id } }`, nil).At(t, "viewer.id").(string)
	post := create(t, api, "Post", vars{"title": "1", "authorID": user, "tagIDs": []string{tag}, "status": "PUBLISHED"})
	madeUp := `mutation { signOut { signedOut } signIn(input: {username: "nobody1", password: "x"}) { user { id } } }`
	operations := []string{
		madeUp,
		`mutation { createTag(input: {name: "t%d"}) { tag { name posts { totalCount } } } signIn(input: {username: "nobody2", password: "x"}) { user { id } } }`,
		`mutation { a: createTag(input: {name: "a%d"}) { tag { name } } createAccessToken(input: {name: "x", scope: READ}) { accessToken { user { username } } } }`,
		`mutation { signUp(input: {username: "user%d", email: "user%[1]d@example.com", password: "correct horse"}) { user { username posts { totalCount } } } createTag(input: {name: "s%[1]d"}) { tag { id } } }`,
		fmt.Sprintf(`mutation { updatePost(id: %q, input: {addTagIDs: [%q]}) { post { tags { totalCount nodes { name } } author { username } } } }`, post, tag),
		fmt.Sprintf(`{ viewer { username } relatedPosts(id: %q, first: 3) { title tags { totalCount } } b: relatedPosts(id: %[1]q, first: 3) { id } posts { totalCount nodes { author { username } } } }`, post),
		`mutation { changePassword(input: {oldPassword: "no", newPassword: "correct horse"}) { user { id } } }`,
	}
	fine := []string{"UNAUTHENTICATED", "RATE_LIMITED", "FORBIDDEN", "CONFLICT"}
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			for n, operation := range operations {
				if strings.Contains(operation, "%d") {
					operation = fmt.Sprintf(operation, i)
				}
				answer := ada.Bearer("")
				if n == 0 {
					answer = api.As(viewer.Viewer{})
				}
				for _, code := range answer.Query(t, operation, nil).Codes() {
					if !slices.Contains(fine, code) {
						t.Errorf("%s: %s", operation, code)
					}
				}
			}
		})
	}
	all.Wait()
	// What was tried counts, though the mutation around it was undone.
	conn := connect(t, api)
	var attempts, tags int
	if err := conn.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM attempts), (SELECT count(*) FROM tags WHERE name ~ '^t[0-9]')`).Scan(&attempts, &tags); err != nil || attempts == 0 || tags != 0 {
		t.Errorf("%d attempts, %d tags of failed mutations, %v", attempts, tags, err)
	}
}

func connect(t *testing.T, api *apitest.API) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), api.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func execute(t *testing.T, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// deadlocking is a database that finds deadlocks at once.
func deadlocking(t *testing.T) func(*apitest.Options) {
	t.Helper()
	url := apitest.Database(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	execute(t, conn, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''20ms''', current_database()); END $$`)
	return func(o *apitest.Options) { o.Database = url }
}

const renames = `mutation($a: ID!, $b: ID!, $c: ID!, $to: String!) {
	a: updatePost(id: $a, input: {body: $to}) { post { body } }
	b: updatePost(id: $b, input: {body: $to}) { post { body } }
	c: updatePost(id: $c, input: {body: $to}) { post { body } }
}`

func threePosts(t *testing.T, api *apitest.API) (ids []string) {
	t.Helper()
	ada := newUser(t, api, "ada")
	for i := range 3 {
		ids = append(ids, create(t, api, "Post", vars{"title": fmt.Sprint(i), "authorID": ada}))
	}
	return ids
}

// TestDeadlock lets two mutations hold a row each and wait for a third one, which the test
// holds: whoever gets it then waits for the other.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, deadlocking(t))
	ids := threePosts(t, api)
	conn := connect(t, api)
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM posts WHERE title = '1' FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	answers := make(chan apitest.Response, 2)
	for _, order := range [][]string{{ids[0], ids[1], ids[2]}, {ids[2], ids[1], ids[0]}} {
		go func() {
			answers <- api.Query(t, renames, vars{"a": order[0], "b": order[1], "c": order[2], "to": "by " + order[0]})
		}()
	}
	// Inside of the transaction the view stays as it was at first.
	waitUntil(t, connect(t, api), `SELECT count(*) = 2 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	var statements []int
	for range 2 {
		answer := <-answers
		answer.OK(t)
		statements = append(statements, answer.Statements)
	}
	if statements[0] == statements[1] {
		t.Errorf("%v statements: there was no deadlock", statements)
	}
	var changes, bodies int
	err = conn.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM audit_logs WHERE action = 'UPDATE'), (SELECT count(DISTINCT body) FROM posts)`).Scan(&changes, &bodies)
	if err != nil || changes != 6 || bodies != 1 {
		t.Errorf("%d changes in the log, %d bodies, %v; want 6, 1", changes, bodies, err)
	}
}

// waitUntil asks until a condition holds.
func waitUntil(t *testing.T, q interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}, sql string, args ...any) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		var holds bool
		if err := q.QueryRow(t.Context(), sql, args...).Scan(&holds); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		if holds {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", sql)
		}
	}
}

// TestOppositeOrders lets two clients write the same rows in opposite orders.
func TestOppositeOrders(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, deadlocking(t))
	ids := threePosts(t, api)
	var all sync.WaitGroup
	for _, order := range [][]string{{ids[0], ids[1], ids[2]}, {ids[2], ids[1], ids[0]}} {
		all.Go(func() {
			for n := range 120 {
				answer := api.Query(t, renames, vars{"a": order[0], "b": order[1], "c": order[2], "to": fmt.Sprint(n)})
				for _, code := range answer.Codes() {
					if code != "ABORTED" {
						t.Errorf("%s", answer.Body)
					}
				}
			}
		})
	}
	all.Wait()
}

// failing makes every insert of a tag fail with a code until it was tried so many times.
func failing(t *testing.T, api *apitest.API, what string, times int) (tries func() int) {
	t.Helper()
	conn := connect(t, api)
	execute(t, conn, `CREATE SEQUENCE tries`) // which no rollback undoes
	execute(t, conn, fmt.Sprintf(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF nextval('public.tries') <= %d THEN %s; END IF; RETURN NEW; END $$`, times, what))
	execute(t, conn, `CREATE TRIGGER fail BEFORE INSERT ON tags FOR EACH ROW EXECUTE FUNCTION fail()`)
	return func() (n int) {
		if err := conn.QueryRow(t.Context(), `SELECT last_value FROM tries`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
}

const (
	serialization = `RAISE 'no' USING ERRCODE = '40001'`
	terminated    = `PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(10)`
)

// TestMutationsAreRunAgain fails the first tries after a user was made and signed in.
func TestMutationsAreRunAgain(t *testing.T) {
	t.Parallel()
	for name, what := range map[string]string{"conflict": serialization, "connection lost": terminated} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := apitest.New(t, poolsOfOne)
			tries := failing(t, api, what, 2)
			anonymous := api.As(viewer.Viewer{})
			answer := anonymous.Query(t, `mutation { signUp(input: {username: "ada", email: "ada@example.com", password: "correct horse"}) { user { username email } } createTag(input: {name: "go"}) { tag { name } } }`, nil)
			if want := `{"signUp":{"user":{"username":"ada","email":"ada@example.com"}},"createTag":{"tag":{"name":"go"}}}`; string(answer.OK(t)) != want {
				t.Errorf("answer %s", answer.Body)
			}
			if n := tries(); n != 3 {
				t.Errorf("%d tries", n)
			}
			// That of the session and that of the browser, as of one try.
			if n := len(answer.Header.Values("Set-Cookie")); n != 2 {
				t.Errorf("%d cookies", n)
			}
			var sessions, changes, actors int
			err := connect(t, api).QueryRow(t.Context(), `SELECT (SELECT count(*) FROM sessions), count(*), count(DISTINCT actor) FROM audit_logs WHERE entity = 'Tag'`).Scan(&sessions, &changes, &actors)
			if err != nil || sessions != 1 || changes != 1 || actors != 1 {
				t.Errorf("%d sessions, %d changes by %d, %v", sessions, changes, actors, err)
			}
			if lines := api.Log.Lines("internal error"); len(lines) > 0 {
				t.Errorf("logged: %v", lines)
			}
		})
	}
}

// TestGivingUp fails for ever.
func TestGivingUp(t *testing.T) {
	t.Parallel()
	for code, what := range map[string]string{"ABORTED": serialization, "UNAVAILABLE": terminated} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			api := apitest.New(t)
			tries := failing(t, api, what, 1000)
			ada := api.SignedIn(t, "ada", "ADMIN")
			answer := ada.Query(t, `mutation { signOut { signedOut } signUp(input: {username: "eve", email: "eve@example.com", password: "correct horse"}) { user { id } } createTag(input: {name: "go"}) { tag { name } } }`, nil)
			if n := tries(); n != 6 || !slices.Equal(answer.Codes(), []string{code}) {
				t.Errorf("%d tries: %s", n, answer.Body)
			}
			answer = ada.Query(t, `mutation { a: createTag(input: {name: "go"}) { tag { name } } }`, nil)
			if !slices.Equal(answer.Codes(), []string{code}) || answer.Errors[0].Extensions["retryAfter"] != 1.0 || fmt.Sprint(answer.Errors[0].Path) != "[a]" {
				t.Errorf("answer %s", answer.Body)
			}
			if n := tries(); n != 12 {
				t.Errorf("%d tries", n-6)
			}
			if len(answer.Header.Values("Set-Cookie")) > 0 || answer.Header.Get("Retry-After") != "1" {
				t.Errorf("headers %v", answer.Header)
			}
			if got := string(ada.Query(t, `{ viewer { username } }`, nil).Data); got != `{"viewer":{"username":"ada"}}` {
				t.Errorf("who asks: %s", got)
			}
		})
	}
}

// TestUncertainCommit loses the connection while the mutation is committed. Whether it
// happened is not known, so that it is not run again, and nobody is told to.
func TestUncertainCommit(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	tries := failing(t, api, terminated, 1000)
	conn := connect(t, api)
	execute(t, conn, `DROP TRIGGER fail ON tags`)
	execute(t, conn, `CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON tags DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()`)
	answer := api.Query(t, `mutation { createTag(input: {name: "go"}) { tag { name } } }`, nil)
	if !slices.Equal(answer.Codes(), []string{"UNAVAILABLE"}) || !strings.Contains(answer.Errors[0].Message, "may have been made or not") ||
		answer.Errors[0].Extensions["retryAfter"] != nil || tries() != 1 {
		t.Errorf("%d tries: %s", tries(), answer.Body)
	}
}

// TestTransactRunsAgain fails a function of background work.
func TestTransactRunsAgain(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	tries := failing(t, api, serialization, 2)
	ctx := viewer.NewContext(t.Context(), viewer.System())
	runs := 0
	err := api.Schema.Transact(ctx, func(ctx context.Context, _ *entity.Write) error {
		runs++
		return ent.FromContext(ctx).Tag.Create().SetName("go").Exec(ctx)
	})
	if n := tries(); err != nil || runs != 3 || n != 3 {
		t.Errorf("%d runs, %d tries, %v", runs, n, err)
	}
	// The error of the function is no reason to run it again.
	err = api.Schema.Transact(ctx, func(context.Context, *entity.Write) error { runs++; return errors.New("mine") })
	if err == nil || runs != 4 {
		t.Errorf("%d runs, %v", runs, err)
	}
}

// TestNoSecondConnection asks for one by every way inside of a transaction.
func TestNoSecondConnection(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	err := api.Schema.Transact(viewer.NewContext(t.Context(), viewer.System()), func(c context.Context, _ *entity.Write) error {
		for name, f := range map[string]func() error{
			"read":        func() error { return api.DB.Reader().QueryRow(c, "SELECT 1").Scan(new(int)) },
			"write":       func() error { _, err := api.DB.Writer().Exec(c, "SELECT 1"); return err },
			"begin":       func() error { _, err := api.DB.Writer().BeginTx(c, pgx.TxOptions{}); return err },
			"planner":     func() error { return api.DB.AcquireRead(c, func(context.Context, *pgx.Conn) error { return nil }) },
			"transaction": func() error { _, err := api.DB.Begin(postgres.Actor{}).Exec(c, "SELECT 1"); return err },
			"transact": func() error {
				return api.Schema.Transact(c, func(c context.Context, _ *entity.Write) error {
					_, err := ent.FromContext(c).Tag.Query().Count(c)
					return err
				})
			},
		} {
			if err := f(); !errors.Is(err, postgres.ErrInTransaction) {
				t.Errorf("%s: %v", name, err)
			}
		}
		return api.DB.Apart().QueryRow(c, "SELECT 1").Scan(new(int))
	})
	if err != nil {
		t.Error(err)
	}
}
