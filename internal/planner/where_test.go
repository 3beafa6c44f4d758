package planner_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
)

// TestQuantifiers asks for users by their posts: ada has one with a time and one
// without, bob one with a time, cid none.
func TestQuantifiers(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	exec(t, api, `INSERT INTO users (username, email) SELECT n, n || '@example.com' FROM unnest('{ada,bob,cid}'::text[]) n`)
	exec(t, api, `INSERT INTO posts (title, published_at, author_id) SELECT p.title, p.at::timestamptz, u.id FROM (VALUES
		('ada', 'a1', '2026-01-01Z'), ('ada', 'a2', NULL), ('bob', 'b1', '2026-01-01Z')) p(name, title, at) JOIN users u ON u.username = p.name`)
	past, later := `{publishedAtLT: "2026-02-01T00:00:00Z"}`, `{publishedAtGT: "2026-02-01T00:00:00Z"}`
	for filter, want := range map[string][]string{
		"postsSome: {}":                                    {"ada", "bob"},
		"postsNone: {}":                                    {"cid"},
		"postsEvery: {}":                                   {"ada", "bob", "cid"},
		"postsSome: " + past:                               {"ada", "bob"},
		"postsNone: " + past:                               {"cid"},
		"postsEvery: " + past:                              {"bob", "cid"}, // of a2 it is not known
		"postsSome: {not: " + past + "}":                   nil,
		"postsEvery: {not: " + later + "}":                 {"bob", "cid"},
		"not: {postsEvery: " + past + "}":                  {"ada"},
		"not: {postsNone: " + past + "}":                   {"ada", "bob"},
		"postsNone: " + later:                              {"ada", "bob", "cid"},
		"postsSome: null, postsNone: {}":                   {"cid"},
		`postsEvery: {hasAuthorWith: [{username: "ada"}]}`: {"ada", "cid"},
	} {
		var data struct {
			Users struct{ Nodes []struct{ Username string } }
		}
		api.Query(t, fmt.Sprintf("{ users(where: {%s}, orderBy: [{field: USERNAME}]) { nodes { username } } }", filter), nil).Into(t, &data)
		var got []string
		for _, u := range data.Users.Nodes {
			got = append(got, u.Username)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s gives %v, want %v", filter, got, want)
		}
	}
}

// exec runs a statement on the test's database.
func exec(t *testing.T, api *apitest.API, sql string, args ...any) {
	t.Helper()
	if _, err := api.DB.Write.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
}
