package planner_test

import (
	"fmt"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
)

// newUnfit is an API whose database has, written by SQL, what the API's types do not
// hold: a is a post with infinite times, b is one of the year 10000 whose author was
// created before Christ, c is well.
func newUnfit(t *testing.T) *apitest.API {
	t.Helper()
	api := apitest.New(t)
	exec(t, api, `ALTER TABLE posts DROP CONSTRAINT posts_status_values, ALTER created_at DROP NOT NULL`)
	exec(t, api, `INSERT INTO users (username, email, created_at) VALUES ('ada', 'ada@example.com', now()), ('bob', 'bob@example.com', '0044-03-15 BC')`)
	exec(t, api, `INSERT INTO posts (title, status, published_at, created_at, author_id) SELECT p.title, p.status, p.at::timestamptz, p.made::timestamptz, u.id FROM (VALUES
		('a', 'PUBLISHED', 'infinity', '-infinity', 'ada'), ('b', 'NONSENSE', '10000-01-01Z', '2026-01-02Z', 'bob'), ('c', 'PUBLISHED', '2026-01-01Z', NULL, 'ada')
		) p(title, status, at, made, name) JOIN users u ON u.username = p.name`)
	exec(t, api, `INSERT INTO tags (name) VALUES ('go')`)
	exec(t, api, `INSERT INTO taggings (post_id, tag_id, position) SELECT p.id, t.id, 3000000000 FROM posts p, tags t WHERE p.title = 'c'`)
	return api
}

// TestUnfitValues checks that such a value is null with an error at its place, and that
// where a field cannot be null the nearest parent that can is. Source: GraphQL
// specification, section 6.4.4.
func TestUnfitValues(t *testing.T) {
	t.Parallel()
	api := newUnfit(t)
	const infinite, year = "the stored value cannot be shown as Time: it is infinite", "the stored value cannot be shown as Time: it is not of the years 1 to 9999"
	for query, want := range map[string][]string{
		`{ posts(orderBy: [{field: TITLE}]) { nodes { title publishedAt } } }`: {
			`{"posts":{"nodes":[{"title":"a","publishedAt":null},{"title":"b","publishedAt":null},{"title":"c","publishedAt":"2026-01-01T00:00:00Z"}]}}`,
			"[posts nodes 0 publishedAt] " + infinite, "[posts nodes 1 publishedAt] " + year},
		`{ posts(first: 1, orderBy: [{field: TITLE}]) { edges { node { made: createdAt } } } }`:          {`null`, "[posts edges 0 node made] " + infinite},
		`{ tags { nodes { name } } posts(first: 1, orderBy: [{field: TITLE}]) { nodes { createdAt } } }`: {`null`, "[posts nodes 0 createdAt] " + infinite},
		`{ userByUsername(username: "bob") { username createdAt } ada: userByUsername(username: "ada") { username } }`: {
			`{"userByUsername":null,"ada":{"username":"ada"}}`, "[userByUsername createdAt] " + year},
		`{ userByUsername(username: "ada") { username posts(orderBy: [{field: TITLE}]) { nodes { createdAt } } } }`: {
			`{"userByUsername":null}`, "[userByUsername posts nodes 0 createdAt] " + infinite},
		`{ posts(where: {title: "c"}) { nodes { createdAt } } }`:            {`null`, "[posts nodes 0 createdAt] there is no value, which the schema does not allow"},
		`{ posts(where: {title: "b"}) { nodes { author { createdAt } } } }`: {`null`, "[posts nodes 0 author createdAt] " + year},
		`{ posts(where: {title: "b"}) { nodes { status } } }`:               {`null`, "[posts nodes 0 status] the stored value cannot be shown as a value of its enum: it is not one of them"},
		`{ tagByName(name: "go") { name posts { edges { position } } } }`:   {`{"tagByName":null}`, "[tagByName posts edges 0 position] the stored value cannot be shown as Int: it needs more than 32 bits"},
		`{ tagByName(name: "go") { posts { nodes { title } } } }`:           {`{"tagByName":{"posts":{"nodes":[{"title":"c"}]}}}`},
		`{ posts { aggregate { count max { publishedAt } min { createdAt publishedAt } } } }`: {
			`{"posts":{"aggregate":{"count":3,"max":{"publishedAt":null},"min":{"createdAt":null,"publishedAt":"2026-01-01T00:00:00Z"}}}}`,
			"[posts aggregate max publishedAt] " + infinite, "[posts aggregate min createdAt] " + infinite},
		`{ posts { groupBy(keys: [{field: STATUS}]) { count key { status } } } }`: {
			`{"posts":{"groupBy":[{"count":1,"key":{"status":null}},{"count":2,"key":{"status":"PUBLISHED"}}]}}`,
			"[posts groupBy 0 key status] the stored value cannot be shown as a value of its enum: it is not one of them"},
		`{ posts { groupBy(keys: [{field: PUBLISHED_AT, truncate: YEAR}], first: 2, offset: 1) { key { publishedAt } } } }`: {
			`{"posts":{"groupBy":[{"key":{"publishedAt":null}},{"key":{"publishedAt":null}}]}}`,
			"[posts groupBy 0 key publishedAt] " + year, "[posts groupBy 1 key publishedAt] " + infinite},
		`{ posts(first: 2, orderBy: [{field: PUBLISHED_AT, direction: DESC}]) { nodes { title } pageInfo { hasNextPage } edges { cursor } } }`: nil,
	} {
		for range 3 { // as text, while it is prepared, and prepared
			answer := api.Query(t, query, nil)
			if want == nil {
				answer.OK(t)
				continue
			}
			got := []string{string(answer.Data)}
			for _, e := range answer.Errors {
				got = append(got, fmt.Sprint(e.Path, " ", e.Message))
				if e.Code() != "UNREPRESENTABLE" {
					t.Errorf("%s: code %s", query, e.Code())
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s:\n got %q\nwant %q", query, got, want)
			}
		}
	}
}

// TestNodesBesideUnfit checks that one entity that cannot be shown spoils no other.
func TestNodesBesideUnfit(t *testing.T) {
	t.Parallel()
	api := newUnfit(t)
	ids := map[string]string{}
	var data struct {
		Posts struct{ Nodes []struct{ ID, Title string } }
	}
	api.Query(t, `{ posts { nodes { id title } } }`, nil).Into(t, &data)
	for _, p := range data.Posts.Nodes {
		ids[p.Title] = p.ID
	}
	answer := api.Query(t, `query($ids: [ID!]!) { nodes(ids: $ids) { ... on Post { title status } } }`, map[string]any{"ids": []string{ids["a"], ids["b"], ids["c"]}})
	if got, want := string(answer.Data), `{"nodes":[{"title":"a","status":"PUBLISHED"},null,{"title":"c","status":"PUBLISHED"}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(answer.Errors) != 1 || fmt.Sprint(answer.Errors[0].Path) != "[nodes 1 status]" {
		t.Errorf("errors %+v", answer.Errors)
	}
}

// TestAlteredColumn checks that a column that is not of the type that the schema declares
// is an error, whatever is in it, and not bytes in the answer.
func TestAlteredColumn(t *testing.T) {
	t.Parallel()
	api := newUnfit(t)
	exec(t, api, `INSERT INTO profiles (user_id, bio) SELECT id, '12' FROM users`)
	const query = `{ userByUsername(username: "ada") { profile { bio } } }`
	for range 3 {
		api.Query(t, query, nil).OK(t)
	}
	exec(t, api, `ALTER TABLE profiles DROP CONSTRAINT profiles_bio_valid`)
	for typ, using := range map[string]string{"numeric": "12.50", "money": "12.5", "inet": "'10.0.0.1'", "interval": "'1 day'", "char(5)": "'ab'", "bytea": `'\xff'`, "text[]": "'{a}'"} {
		exec(t, api, `ALTER TABLE profiles ALTER bio TYPE `+typ+` USING `+using+`::`+typ)
		for range 3 {
			answer := api.Query(t, query, nil)
			if string(answer.Data) != `{"userByUsername":null}` || len(answer.Errors) != 1 || answer.Errors[0].Code() != "UNREPRESENTABLE" ||
				answer.Errors[0].Message != "User cannot be read: a column of the database has another type than the schema declares" {
				t.Errorf("%s: %s", typ, answer.Body)
			}
		}
	}
	exec(t, api, `ALTER TABLE profiles ALTER bio TYPE text USING 'well'`)
	if got, want := string(api.Query(t, query, nil).OK(t)), `{"userByUsername":{"profile":{"bio":"well"}}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestGroupKeyTwice checks that a field is a key once: a group shows one value of it.
func TestGroupKeyTwice(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	answer := api.Query(t, `{ posts { groupBy(keys: [{field: CREATED_AT, truncate: YEAR}, {field: STATUS}, {field: CREATED_AT, truncate: DAY}]) { count key { createdAt } } } }`, nil)
	if len(answer.Errors) != 1 || answer.Errors[0].Code() != "BAD_USER_INPUT" || answer.Errors[0].Message != "keys.2: CREATED_AT is a key already" {
		t.Errorf("%s", answer.Body)
	}
}
