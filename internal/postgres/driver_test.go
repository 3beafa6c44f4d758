package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/ent"
	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/ent/post"
	"github.com/entgraph/entgraph/ent/tag"
	"github.com/entgraph/entgraph/ent/user"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/viewer"

	_ "github.com/entgraph/entgraph/ent/runtime" // hooks and defaults of the schema
)

// openEntities gives a DB that has the tables of all entities.
func openEntities(t *testing.T) *postgres.DB {
	t.Helper()
	db := open(t)
	if _, err := db.Write.Exec(t.Context(), entmigrate.SchemaSQL); err != nil {
		t.Fatal(err)
	}
	return db
}

// system is a context for which no access rule applies.
func system(t *testing.T) context.Context {
	return viewer.NewContext(t.Context(), viewer.System())
}

// entClient gives a client on a pool or a transaction.
func entClient(q postgres.Querier) *ent.Client {
	return ent.NewClient(ent.Driver(postgres.NewDriver(q)))
}

// Several writes of Ent on one transaction are committed, or rolled back, together.
func TestDriverJoinsATransaction(t *testing.T) {
	t.Parallel()
	db := openEntities(t)
	ctx := system(t)
	for _, commit := range []bool{true, false} {
		tx, err := db.Write.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		client := entClient(tx)
		name := fmt.Sprintf("commit_%v", commit)
		u := client.User.Create().SetUsername(name).SetEmail(name + "@example.com").SaveX(ctx)
		// With tags, Ent begins and commits a transaction of its own around the insert.
		made := client.Tag.Create().SetName(name).SaveX(ctx)
		client.Post.Create().SetTitle(name).SetAuthor(u).AddTags(made).SaveX(ctx)
		if n := entClient(db.Write).User.Query().Where(user.Username(name)).CountX(ctx); n != 0 {
			t.Errorf("%s: seen before the commit", name)
		}
		inner, err := client.Tx(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := inner.Commit(); err != nil {
			t.Fatal(err)
		}
		want := 0
		if commit {
			want = 1
			err = tx.Commit(ctx)
		} else {
			err = tx.Rollback(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
		if n := entClient(db.Write).Post.Query().Where(post.Title(name), post.HasTags()).CountX(ctx); n != want {
			t.Errorf("%s: %d posts, want %d", name, n, want)
		}
	}
}

func TestDriverTransactionsOfItsOwn(t *testing.T) {
	t.Parallel()
	db := openEntities(t)
	ctx := system(t)
	client := entClient(db.Write)
	for _, commit := range []bool{true, false} {
		tx, err := client.Tx(ctx)
		if err != nil {
			t.Fatal(err)
		}
		tx.Tag.Create().SetName(fmt.Sprint(commit)).ExecX(ctx)
		if n := client.Tag.Query().Where(tag.Name(fmt.Sprint(commit))).CountX(ctx); n != 0 {
			t.Error("seen before the commit")
		}
		end := tx.Rollback
		if commit {
			end = tx.Commit
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	if names := client.Tag.Query().Select(tag.FieldName).StringsX(ctx); !cmp.Equal(names, []string{"true"}) {
		t.Errorf("tags %v, want the committed one", names)
	}
	if n := db.Write.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections were not given back", n)
	}
}

// A failed write of many rows leaves nothing behind, though nobody asked for a
// transaction: Ent begins one.
func TestDriverRollsBackAFailedWrite(t *testing.T) {
	t.Parallel()
	db := openEntities(t)
	ctx := system(t)
	client := entClient(db.Write)
	author := client.User.Create().SetUsername("ada").SetEmail("ada@example.com").SaveX(ctx)
	err := client.Post.Create().SetTitle("x").SetAuthor(author).AddTagIDs(id(99)).Exec(ctx)
	if !ent.IsConstraintError(err) {
		t.Fatalf("error %v, want a constraint error", err)
	}
	if n := client.Post.Query().CountX(ctx); n != 0 {
		t.Errorf("%d posts", n)
	}
	if n := db.Write.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections were not given back", n)
	}
}

// A client that goes away in the middle of a write costs no connection.
func TestRollbackAfterTheContextHasEnded(t *testing.T) {
	t.Parallel()
	db := openEntities(t)
	backend := one[int](t, db.Write, "SELECT pg_backend_pid()")
	ctx, cancel := context.WithCancel(system(t))
	tx, err := entClient(db.Write).Tx(ctx)
	if err != nil {
		t.Fatal(err)
	}
	tx.Tag.Create().SetName("x").ExecX(ctx)
	cancel()
	if err := tx.Rollback(); err != nil {
		t.Errorf("roll back: %v", err)
	}
	if got := one[int](t, db.Write, "SELECT pg_backend_pid()"); got != backend {
		t.Error("the connection was thrown away")
	}
	if n := entClient(db.Write).Tag.Query().CountX(system(t)); n != 0 {
		t.Errorf("%d tags, want none", n)
	}
}

func TestCommitAfterTheContextHasEnded(t *testing.T) {
	t.Parallel()
	db := openEntities(t)
	ctx, cancel := context.WithCancel(system(t))
	tx, err := entClient(db.Write).Tx(ctx)
	if err != nil {
		t.Fatal(err)
	}
	tx.Tag.Create().SetName("x").ExecX(ctx)
	cancel()
	if err := tx.Commit(); err == nil {
		t.Error("a commit after the context has ended must fail")
	}
	if n := entClient(db.Write).Tag.Query().CountX(system(t)); n != 0 {
		t.Errorf("%d tags, want none", n)
	}
	if n := db.Write.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections were not given back", n)
	}
}

func TestBeginTxOptions(t *testing.T) {
	t.Parallel()
	db := open(t)
	type beginner interface {
		BeginTx(context.Context, *sql.TxOptions) (dialect.Tx, error)
	}
	driver := postgres.NewDriver(db.Write).(beginner)
	for level, want := range map[sql.IsolationLevel]string{
		sql.LevelDefault: "read committed", sql.LevelReadUncommitted: "read uncommitted",
		sql.LevelReadCommitted: "read committed", sql.LevelRepeatableRead: "repeatable read",
		sql.LevelSnapshot: "repeatable read", sql.LevelSerializable: "serializable",
	} {
		tx, err := driver.BeginTx(t.Context(), &sql.TxOptions{Isolation: level, ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		for setting, want := range map[string]string{"transaction_isolation": want, "transaction_read_only": "on"} {
			if got, err := scanOne(t.Context(), tx, "SELECT current_setting('"+setting+"')", new(string)); got != want {
				t.Errorf("%s: %s is %v, want %s (error %v)", level, setting, got, want, err)
			}
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := driver.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelLinearizable}); err == nil {
		t.Error("a level that Postgres does not have is accepted")
	}
	tx, err := db.Write.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	if _, err := postgres.NewDriver(tx).(beginner).BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true}); err == nil {
		t.Error("options are accepted inside a transaction, where they have no effect")
	}
}

func TestDriverRefusesWrongTypes(t *testing.T) {
	t.Parallel()
	d := postgres.NewDriver(open(t).Write)
	ctx := system(t)
	var result sql.Result
	if err := d.Exec(ctx, "SELECT 1", []any{}, &result); err != nil {
		t.Fatal(err)
	} else if n, err := result.RowsAffected(); n != 1 || err != nil {
		t.Errorf("%d rows, error %v", n, err)
	}
	for name, err := range map[string]error{
		"exec args":    d.Exec(ctx, "SELECT 1", "x", nil),
		"exec result":  d.Exec(ctx, "SELECT 1", []any{}, new(int)),
		"query args":   d.Query(ctx, "SELECT 1", nil, new(entsql.Rows)),
		"query result": d.Query(ctx, "SELECT 1", []any{}, new(sql.Rows)),
	} {
		if err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	var rows entsql.Rows
	if err := d.Query(ctx, "SELECT 1, 2", []any{}, &rows); err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() || rows.Scan(new(int)) == nil {
		t.Error("one destination for two columns is accepted")
	}
}

// The columns of rows are known after the last of them, when others have the connection:
// Ent asks for them even when there are no rows.
func TestColumnsAfterTheLastRow(t *testing.T) {
	t.Parallel()
	db := open(t, func(o *postgres.Options) { o.MaxConns = 1 })
	rows, err := db.Writer().Query(t.Context(), `SELECT 1 AS mine WHERE false`)
	if err != nil {
		t.Fatal(err)
	}
	if rows.Next() {
		t.Fatal("a row")
	}
	if err := db.Writer().QueryRow(t.Context(), `SELECT 2 AS theirs, 3 AS more`).Scan(new(int), new(int)); err != nil {
		t.Fatal(err)
	}
	if fields := rows.FieldDescriptions(); len(fields) != 1 || fields[0].Name != "mine" {
		t.Errorf("columns %+v", fields)
	}
}
