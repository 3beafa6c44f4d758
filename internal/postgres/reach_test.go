package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/postgres"
)

// crowded is a DB of a role that may have three connections, on which all are taken.
func crowded(t *testing.T, timeout time.Duration) (db *postgres.DB, leave func()) {
	t.Helper()
	address := devpg.Empty(t)
	owner := openAt(t, address)
	role := "crowded_" + fmt.Sprint(one[int64](t, owner.Write, "SELECT oid::int8 FROM pg_database WHERE datname = current_database()"))
	exec(t, owner.Write, "CREATE ROLE "+role+" LOGIN CONNECTION LIMIT 3")
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.WithoutCancel(t.Context()), address)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(context.WithoutCancel(t.Context()))
		if _, err := conn.Exec(context.WithoutCancel(t.Context()), "DROP ROLE "+role); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	db = openAt(t, u.String(), func(o *postgres.Options) { o.Queue.Timeout = timeout }) // two
	third, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	return db, func() { _ = third.Close(t.Context()) }
}

// TestTooManyClients asks for a connection while the server has none to spare.
func TestTooManyClients(t *testing.T) {
	t.Parallel()
	db, leave := crowded(t, time.Second)
	_, err := db.Apart().Exec(t.Context(), "SELECT 1")
	var unreachable *postgres.UnreachableError
	if !errors.As(err, &unreachable) || postgres.Code(err) != "53300" || !postgres.IsUnavailable(err) || postgres.CanRepeat(err) {
		t.Errorf("got %v", err)
	}
	leave()

	db, leave = crowded(t, time.Minute)
	done := make(chan error, 1)
	go func() {
		_, err := db.Apart().Exec(t.Context(), "SELECT 1")
		done <- err
	}()
	leave()
	if err := <-done; err != nil {
		t.Errorf("it does not wait: %v", err)
	}
}

// TestApart runs what fails by itself: nobody waits an hour for it.
func TestApart(t *testing.T) {
	t.Parallel()
	db := open(t, func(o *postgres.Options) { o.Queue.Timeout = time.Hour })
	if _, err := db.Apart().Exec(t.Context(), "SELECT nothing"); postgres.Code(err) != "42703" {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.Apart().Exec(ctx, "SELECT 1"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	var b pgx.Batch
	b.Queue("CREATE TABLE batch (n int)")
	b.Queue("SELECT nothing")
	if err := db.Apart().Batch(t.Context(), &b); postgres.Code(err) != "42703" {
		t.Errorf("got %v", err)
	}
	if one[bool](t, db.Write, "SELECT to_regclass('batch') IS NOT NULL") {
		t.Error("the first statement of a failed batch stays")
	}
}

// TestUncertainCommit loses the connection while a transaction is committed.
func TestUncertainCommit(t *testing.T) {
	t.Parallel()
	db := open(t)
	exec(t, db.Write, `CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(10); RETURN NULL; END'`)
	exec(t, db.Write, `CREATE TABLE notes (n int)`)
	exec(t, db.Write, `CREATE CONSTRAINT TRIGGER die AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()`)
	runs := 0
	err := postgres.Retry(t.Context(), func() error {
		runs++
		tx := db.Begin(postgres.Actor{})
		exec(t, tx, "INSERT INTO notes VALUES (1)")
		return tx.Commit(t.Context())
	})
	var uncertain *postgres.UncertainError
	if !errors.As(err, &uncertain) || runs != 1 || !strings.Contains(err.Error(), "may have been made or not") {
		t.Errorf("%d runs, %v", runs, err)
	}
	exec(t, db.Write, "SELECT 1")
}
