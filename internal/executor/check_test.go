package executor_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/apitest"
)

// TestBrokenChecks: what passes the validators and is changed before it is stored meets the CHECK
// that follows from them, and is the same to a client as what does not pass them.
func TestBrokenChecks(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	conn := connect(t, api)
	author := newUser(t, api, "ada")
	failing := func(table, what string) {
		execute(t, conn, `CREATE OR REPLACE FUNCTION worsen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN `+what+`; RETURN NEW; END $$`)
		execute(t, conn, `CREATE OR REPLACE TRIGGER worsen BEFORE INSERT ON `+table+` FOR EACH ROW EXECUTE FUNCTION worsen()`)
	}
	for _, tc := range []struct {
		table, what, mutation, code, field, message string
	}{
		{"tags", "NEW.name := ''", `mutation { createTag(input: {name: "x"}) { tag { id } } }`, "BAD_USER_INPUT", "name", "name: must have 1 to 50 characters"},
		{"posts", "NEW.body := repeat('x', 50001)", `mutation($author: ID!) { createPost(input: {title: "x", authorID: $author}) { post { id } } }`, "BAD_USER_INPUT", "body", "body: must have at most 50000 characters"},
		{"users", "NEW.password_hash := ''", `mutation { createUser(input: {username: "bob", email: "bob@example.com"}) { user { id } } }`, "BAD_USER_INPUT", "", "a value of User that it sets must have 1 to 255 characters"},
	} {
		failing(tc.table, tc.what)
		given := vars{"author": author}
		if tc.table != "posts" {
			given = nil
		}
		e := api.Query(t, tc.mutation, given).Errors[0]
		field, _ := e.Extensions["field"].(string)
		if e.Extensions["code"] != tc.code || field != tc.field || e.Message != tc.message {
			t.Errorf("%s: %v %q %q, want %s %q %q", tc.what, e.Extensions["code"], field, e.Message, tc.code, tc.field, tc.message)
		}
	}
}

// TestBrokenByHand: SQL of a resolver of one's own meets the same.
func TestBrokenByHand(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	for constraint, want := range map[string]string{"tags_name_valid": "name: must have 1 to 50 characters", "by_hand": "internal error"} {
		err := &pgconn.PgError{Code: "23514", TableName: "tags", ConstraintName: constraint}
		if got := api.Schema.Present(t.Context(), err).Message; got != want {
			t.Errorf("%s: %q, want %q", constraint, got, want)
		}
	}
}
