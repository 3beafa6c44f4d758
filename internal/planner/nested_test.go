package planner_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.jetify.com/typeid"
)

// TestNestedPagesAreTheSameAlone compares each page below a list of parents with the
// same page asked for one parent, in both directions, on a 1-N and an N-N edge.
func TestNestedPagesAreTheSameAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 11, 30)
	for _, tc := range []struct{ list, one, edge string }{
		{"users", "user", "posts"}, {"posts", "post", "tags"}, {"tags", "tag", "posts"}, {"posts", "post", "taggings"},
	} {
		for _, args := range []string{
			"first: 2", "last: 2", "first: 0", "first: 3, offset: 1", "first: 100",
			"first: 2, orderBy: [{field: CREATED_AT, direction: DESC}]", "last: 2, orderBy: [{field: UPDATED_AT}, {field: ID, direction: DESC}]",
		} {
			page := fmt.Sprintf("%s(%s) { totalCount edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }", tc.edge, args)
			var list map[string]struct{ Nodes []map[string]json.RawMessage }
			w.Query(t, fmt.Sprintf("{ %s(first: 100) { nodes { id page: %s } } }", tc.list, page), nil).Into(t, &list)
			if len(list[tc.list].Nodes) < 3 {
				t.Fatalf("only %d %s", len(list[tc.list].Nodes), tc.list)
			}
			for _, parent := range list[tc.list].Nodes {
				var alone map[string]map[string]json.RawMessage
				w.Query(t, fmt.Sprintf("{ %s(id: %s) { page: %s } }", tc.one, parent["id"], page), nil).Into(t, &alone)
				if got, want := string(parent["page"]), string(alone[tc.one]["page"]); got != want {
					t.Fatalf("%s of %s %s:\n in a list %s\n     alone %s", page, tc.one, parent["id"], got, want)
				}
			}
		}
	}
}

// TestNestedWalk follows the cursors of a nested list and compares with all at once.
func TestNestedWalk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 12, 40)
	for _, order := range []string{"", "orderBy: [{field: TITLE, direction: DESC}]", "orderBy: [{field: PUBLISHED_AT, nulls: FIRST}]"} {
		query := "{ tagByName(name: \"tag1\") { posts(first: %s, %s) { nodes { id } pageInfo { hasNextPage endCursor } } } }"
		type page struct {
			TagByName struct {
				Posts struct {
					Nodes    []struct{ ID string }
					PageInfo struct {
						HasNextPage bool
						EndCursor   string
					}
				}
			}
		}
		var all page
		w.Query(t, fmt.Sprintf(query, "100", order), nil).Into(t, &all)
		var got []struct{ ID string }
		for after := ""; ; {
			var p page
			w.Query(t, fmt.Sprintf(query, "3", after+order), nil).Into(t, &p)
			got = append(got, p.TagByName.Posts.Nodes...)
			if !p.TagByName.Posts.PageInfo.HasNextPage {
				break
			}
			after = `after: "` + p.TagByName.Posts.PageInfo.EndCursor + `", `
		}
		if !slices.Equal(got, all.TagByName.Posts.Nodes) || len(got) < 5 {
			t.Errorf("%q: pages give %v, the whole list %v", order, got, all.TagByName.Posts.Nodes)
		}
	}
}

// TestStatements counts what a request costs: one statement for everything to-one, and
// one more for each to-many level and count.
func TestStatements(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 13, 20)
	for query, want := range map[string]int{
		`{ posts { nodes { title author { username profile { bio user { username } } } } } }`:                                      1,
		`{ userByUsername(username: "ada") { id } }`:                                                                               1,
		`{ posts { nodes { id } totalCount } }`:                                                                                    2,
		`{ posts { totalCount } }`:                                                                                                 1,
		`{ posts(first: 3) { pageInfo { hasNextPage endCursor } } users { nodes { id } } }`:                                        2,
		`{ users { nodes { posts(first: 2) { nodes { tags(first: 2) { nodes { name } } } } } } }`:                                  3,
		`{ users { nodes { posts(first: 2) { totalCount nodes { tags { nodes { name } } taggings { nodes { position } } } } } } }`: 5,
		`{ users { nodes { __typename posts { __typename } } } }`:                                                                  1,
		`{ users(where: {username: "nobody"}) { nodes { posts { nodes { id } } } } }`:                                              1,
		// One more for each count, aggregate and grouping, also below many parents.
		`{ users { nodes { profile { firstName } posts { totalCount aggregate { count } } } } }`:                      3,
		`{ posts { aggregate { count } groupBy(keys: [{field: STATUS}]) { count } totalCount nodes { id } } }`:        4,
		`{ posts { nodes { author { posts(first: 1) { nodes { author { posts { totalCount } } } } } } } }`:            3,
		`{ posts { edges { node { tags { edges { position node { taggings { nodes { post { title } } } } } } } } } }`: 3,
		`{ a: posts { totalCount } b: posts { totalCount } tagByName(name: "tag1") { name } }`:                        3,
		`{ __typename viewer { id } }`: 0,
	} {
		answer := w.Query(t, query, nil)
		answer.OK(t)
		if answer.Statements != want {
			t.Errorf("%s takes %d statements, want %d", query, answer.Statements, want)
		}
	}
}

// TestStatementsOfIDs counts what entities by id take: one statement for each type.
func TestStatementsOfIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 16, 20)
	var data struct {
		Posts, Users struct{ Nodes []struct{ ID string } }
	}
	w.Query(t, `{ posts { nodes { id } } users { nodes { id } } }`, nil).Into(t, &data)
	var posts, users []string
	for _, n := range data.Posts.Nodes {
		posts = append(posts, n.ID)
	}
	for _, n := range data.Users.Nodes {
		users = append(users, n.ID)
	}
	missing := typeid.Must(typeid.FromUUIDBytesWithPrefix("post", make([]byte, 16))).String()
	for _, tc := range []struct {
		ids        []string
		statements int
	}{
		{nil, 0}, {[]string{missing}, 1}, {posts, 1}, {append(slices.Clone(posts), posts...), 1},
		{append(slices.Clone(users), posts...), 3}, {append([]string{"nonsense", missing}, users...), 3},
	} {
		answer := w.Query(t, `query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Post { title author { username } } ... on User { posts(first: 1) { nodes { id } } } } }`, map[string]any{"ids": tc.ids})
		if answer.Statements != tc.statements {
			t.Errorf("%d ids take %d statements, want %d", len(tc.ids), answer.Statements, tc.statements)
		}
	}
	if n := w.Query(t, `query($id: ID!) { node(id: $id) { id ... on Post { author { profile { bio } } } } }`, map[string]any{"id": posts[0]}).Statements; n != 1 {
		t.Errorf("node takes %d statements", n)
	}
}

// TestSelections reads the same through aliases, fragments, directives and __typename.
func TestSelections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 14, 5)
	got := string(w.Query(t, `
		query($yes: Boolean!, $no: Boolean!, $n: Int) {
			__typename
			b: posts(first: $n) { ...page a: totalCount @skip(if: $yes) }
			none: posts(first: 0) { edges { cursor } pageInfo { startCursor hasNextPage } }
			userByUsername(username: "bob") { z: username ... @include(if: $no) { email } ... on Node { __typename } ... on User { username } }
		}
		fragment page on PostConnection { __typename edges { __typename node { ...title } } nodes { ...title } pageInfo { __typename } }
		fragment title on Post { t: title author { username } }
	`, map[string]any{"yes": true, "no": false, "n": 1}).OK(t))
	post := fmt.Sprintf(`{"t":"%s","author":{"username":"%s"}}`, first(w).title, first(w).author)
	want := `{"__typename":"Query","b":{"__typename":"PostConnection","edges":[{"__typename":"PostEdge","node":` + post + `}],"nodes":[` + post + `],"pageInfo":{"__typename":"PageInfo"}},` +
		`"none":{"edges":[],"pageInfo":{"startCursor":null,"hasNextPage":true}},"userByUsername":{"z":"bob","__typename":"User","username":"bob"}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func first(w *world) row { return sorted(w.posts, nil)[0] }

// TestRefusals sends what no page can be made of.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 15, 5)
	var page struct {
		Posts struct{ PageInfo struct{ EndCursor string } }
	}
	w.Query(t, `{ posts(first: 1) { pageInfo { endCursor } } }`, nil).Into(t, &page)
	cursor := page.Posts.PageInfo.EndCursor
	deep := strings.Repeat("{not: ", 40) + "{title: \"x\"}" + strings.Repeat("}", 40)
	wide := "{or: [" + strings.Repeat(`{title: "x"},`, 500) + "]}"
	across := strings.Repeat("{tagsNone: {postsEvery: ", 20) + "{}" + strings.Repeat("}}", 20)
	for args, want := range map[string][2]string{
		"first: 101":                         {"LIMIT_EXCEEDED", "a page of 101 is too large, at most 100 are allowed: page with first and after (PAGE_SIZE_MAX)"},
		"last: 101":                          {"LIMIT_EXCEEDED", "a page of 101 is too large, at most 100 are allowed: page with first and after (PAGE_SIZE_MAX)"},
		"first: -1":                          {"BAD_USER_INPUT", "first: must not be negative"},
		"first: 1, last: 1":                  {"BAD_USER_INPUT", "last: cannot be used with first"},
		"offset: -2":                         {"BAD_USER_INPUT", "offset: must not be negative"},
		`offset: 2, after: "` + cursor + `"`: {"BAD_USER_INPUT", "offset: cannot be used with after, before or last"},
		`after: "!"`:                         {"BAD_USER_INPUT", "after: is not a cursor of this API"},
		`before: "` + cursor + `AA"`:         {"BAD_USER_INPUT", "before: is not a cursor of this API"},
		`where: {id: "` + "user_0" + `"}`:    {"BAD_USER_INPUT", "where: id is not the id of a Post"},
		`where: {createdAtGT: "today"}`:      {"BAD_USER_INPUT", "where: createdAtGT must be a time such as 2026-01-31T12:00:00Z"},
		`where: {titleIn: ["a", "b\u0000"]}`: {"BAD_USER_INPUT", "where: titleIn[1] must not contain the character U+0000"},
		"where: " + across:                   {"LIMIT_EXCEEDED", "where: more than 5 edges follow one another (MAX_FILTER_DEPTH)"},
		"where: " + deep:                     {"LIMIT_EXCEEDED", "where: filters may be nested at most 16 deep"},
		"where: " + wide:                     {"LIMIT_EXCEEDED", "where: at most 200 conditions are allowed"},
		`after: "` + cursor + `", orderBy: [{field: TITLE}]`: {"BAD_USER_INPUT", "after: is a cursor of another ordering: give the orderBy under which it was given"},
	} {
		answer := w.Query(t, "{ posts("+args+") { nodes { id } totalCount } }", nil)
		if len(answer.Errors) != 1 || answer.Errors[0].Code() != want[0] || answer.Errors[0].Message != want[1] {
			t.Errorf("posts(%.80s) gives %s, want %v", args, answer.Body, want)
		}
	}
}

// TestRefusalsOfVariables sends too much in variables, and checks that nothing of it
// reaches the database.
func TestRefusalsOfVariables(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 16, 5)
	var page struct {
		Tags struct{ PageInfo struct{ EndCursor string } }
	}
	w.Query(t, `{ tags(first: 1) { pageInfo { endCursor } } }`, nil).Into(t, &page)
	var deep any = map[string]any{"title": "x"}
	for range 200 {
		deep = map[string]any{"not": deep}
	}
	literal := strings.Repeat("{not: ", 200) + `{title: "x"}` + strings.Repeat("}", 200)
	ids := slices.Repeat([]string{"post_01h455vb4pex5vsknk084sn02q"}, 10_000)
	const posts = `query($where: PostWhereInput, $n: Int, $after: Cursor) { posts(where: $where, first: $n, after: $after) { totalCount nodes { id } } }`
	for name, tc := range map[string]struct {
		query string
		vars  map[string]any
		code  string
	}{
		"200 deep":                 {posts, map[string]any{"where": deep}, "LIMIT_EXCEEDED"},
		"200 deep, literal":        {`{ posts(where: ` + literal + `) { totalCount } }`, nil, "LIMIT_EXCEEDED"},
		"200 deep, nested list":    {`{ users { nodes { posts(where: ` + literal + `) { totalCount } } } }`, nil, "LIMIT_EXCEEDED"},
		"10,001 in a list":         {posts, map[string]any{"where": map[string]any{"titleIn": slices.Repeat([]string{"a"}, 10_001)}}, "LIMIT_EXCEEDED"},
		"50,000 in a list":         {posts, map[string]any{"where": map[string]any{"titleIn": slices.Repeat([]string{"a"}, 50_000)}}, "LIMIT_EXCEEDED"},
		"50,000 conditions":        {posts, map[string]any{"where": map[string]any{"or": slices.Repeat([]any{map[string]any{"title": "a"}}, 50_000)}}, "LIMIT_EXCEEDED"},
		"10,000 ids":               {`query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, map[string]any{"ids": ids}, "LIMIT_EXCEEDED"},
		"a huge page":              {posts, map[string]any{"n": 2_000_000_000}, "LIMIT_EXCEEDED"},
		"no number of 32 bits":     {posts, map[string]any{"n": 1 << 40}, "GRAPHQL_VALIDATION_FAILED"},
		"a cursor of another type": {posts, map[string]any{"after": page.Tags.PageInfo.EndCursor}, "BAD_USER_INPUT"},
		"an enum in another case":  {posts, map[string]any{"where": map[string]any{"status": "draft"}}, "GRAPHQL_VALIDATION_FAILED"},
		"an enum of another case":  {posts, map[string]any{"where": map[string]any{"statusIn": []string{"DRAFT", "Draft"}}}, "GRAPHQL_VALIDATION_FAILED"},
	} {
		answer := w.Query(t, tc.query, tc.vars)
		if !slices.Equal(answer.Codes(), []string{tc.code}) || answer.Statements != 0 || len(answer.Body) > 2000 {
			t.Errorf("%s: %d statements, %.300s", name, answer.Statements, answer.Body)
		}
	}
}
