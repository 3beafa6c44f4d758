package planner_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/apitest"
)

// TestSearchIndex looks for a rare word: at the root, across an edge and by relevance.
func TestSearchIndex(t *testing.T) {
	t.Parallel()
	e := newEchoed(t)
	manyPosts(t, e.API, 20_000)
	exec(t, e.API, `INSERT INTO posts (title, author_id) SELECT 'a needle', id FROM users WHERE username = 'user7'`)
	for _, query := range []string{
		`{ posts(where: {search: "needles"}) { nodes { title } } }`,
		`{ posts(where: {search: "needles"}, orderBy: [{field: RELEVANCE}]) { nodes { title } } }`,
		`{ posts(where: {and: [{search: "needles"}, {status: DRAFT}]}) { totalCount } }`,
		`{ users(where: {postsSome: {search: "needles"}}) { nodes { username } } }`,
	} {
		answer, plan := e.explain(t, query, nil)
		if strings.Contains(string(answer.Data), "[]") || strings.Contains(string(answer.Data), ":0") {
			t.Errorf("%s finds nothing", query)
		}
		if !strings.Contains(plan, "Bitmap Index Scan on post_search") {
			t.Errorf("%s does not use the index:\n%s", query, plan)
		}
	}
}

// library is an API with posts of a few words, so that many fit a search equally well.
type library struct {
	*apitest.API
	ranks map[string]float64 // of the posts that the search finds, by title
	ids   map[string]uuid.UUID
}

const librarySearch = `gopher or "red panda" or zebra -crab`

func newLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{API: apitest.New(t), ranks: map[string]float64{}, ids: map[string]uuid.UUID{}}
	r := rand.New(rand.NewPCG(3, 3))
	exec(t, l.API, `INSERT INTO users (username, email) SELECT n, n || '@example.com' FROM unnest('{ada,bob,cid}'::text[]) n`)
	for i := range 120 {
		var words []string
		for range r.IntN(5) {
			words = append(words, []string{"gophers", "red panda", "zebra", "crab", "panda red", "and", "owl"}[r.IntN(7)])
		}
		title := fmt.Sprintf("t%d %s", i, []string{"Gopher", "owl", "zebras"}[r.IntN(3)])
		exec(t, l.API, `INSERT INTO posts (id, title, body, author_id) SELECT $1, $2, $3, id FROM users ORDER BY username OFFSET $4 LIMIT 1`,
			id(r), title, strings.Join(words, " "), r.IntN(3))
	}
	rows, err := l.DB.Write.Query(t.Context(), `SELECT id, title, ts_rank_cd(w, q) FROM websearch_to_tsquery('english', $1) q,
		(SELECT id, title, setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', body), 'B') w FROM posts) p WHERE w @@ q`, librarySearch)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var key uuid.UUID
		var title string
		var rank float64
		if err := rows.Scan(&key, &title, &rank); err != nil {
			t.Fatal(err)
		}
		l.ranks[title], l.ids[title] = rank, key
	}
	if rows.Err() != nil || len(l.ranks) < 40 {
		t.Fatalf("%d posts found: %v", len(l.ranks), rows.Err())
	}
	return l
}

// sorted lists the titles by relevance, ties by id.
func (l *library) sorted(desc bool) []string {
	var titles []string
	for title := range l.ranks {
		titles = append(titles, title)
	}
	slices.SortFunc(titles, func(a, b string) int {
		c := -cmp.Compare(l.ranks[a], l.ranks[b])
		if desc {
			c = -c
		}
		return cmp.Or(c, cmp.Compare(l.ids[a].String(), l.ids[b].String()))
	})
	return titles
}

type titlePage struct {
	Nodes    []struct{ Title string }
	PageInfo struct {
		HasNextPage, HasPreviousPage bool
		StartCursor, EndCursor       string
	}
	TotalCount int
}

// TestRelevanceWalk pages through a search in both directions and compares with a sort
// in memory.
func TestRelevanceWalk(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	const query = `query($search: String!, $order: OrderDirection!, $first: Int, $after: Cursor, $last: Int, $before: Cursor) {
		posts(where: {search: $search}, orderBy: [{field: RELEVANCE, direction: $order}], first: $first, after: $after, last: $last, before: $before) {
			nodes { title } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
	for _, order := range []string{"ASC", "DESC"} {
		want := l.sorted(order == "DESC")
		for _, backward := range []bool{false, true} {
			var got []string
			for cursor, more := any(nil), true; more; {
				vars := map[string]any{"search": librarySearch, "order": order, "first": 7, "after": cursor}
				if backward {
					vars = map[string]any{"search": librarySearch, "order": order, "last": 7, "before": cursor}
				}
				var data struct{ Posts titlePage }
				l.Query(t, query, vars).Into(t, &data)
				var titles []string
				for _, n := range data.Posts.Nodes {
					titles = append(titles, n.Title)
				}
				if data.Posts.TotalCount != len(want) {
					t.Fatalf("%d in all, want %d", data.Posts.TotalCount, len(want))
				}
				if backward {
					got, cursor, more = append(titles, got...), data.Posts.PageInfo.StartCursor, data.Posts.PageInfo.HasPreviousPage
				} else {
					got, cursor, more = append(got, titles...), data.Posts.PageInfo.EndCursor, data.Posts.PageInfo.HasNextPage
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, backward %t:\n got %v\nwant %v", order, backward, got, want)
			}
		}
	}
}

// TestNestedRelevance searches the posts of each user, with a cursor.
func TestNestedRelevance(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	list := func(args string) string {
		return fmt.Sprintf(`page: posts(where: {search: %s}, orderBy: [{field: RELEVANCE}], %s) { nodes { title } totalCount pageInfo { endCursor } }`, quoted(librarySearch), args)
	}
	type user struct {
		ID   string
		Page titlePage
	}
	var all struct{ Users struct{ Nodes []user } }
	l.Query(t, "{ users { nodes { id "+list("first: 100")+" } } }", nil).Into(t, &all)
	var found []string
	for _, u := range all.Users.Nodes {
		want := slices.DeleteFunc(l.sorted(false), func(title string) bool {
			return !slices.ContainsFunc(u.Page.Nodes, func(n struct{ Title string }) bool { return n.Title == title })
		})
		var got []string
		for _, n := range u.Page.Nodes {
			got = append(got, n.Title)
		}
		if !slices.Equal(got, want) || u.Page.TotalCount != len(got) {
			t.Errorf("%s: got %v of %d, want %v", u.ID, got, u.Page.TotalCount, want)
		}
		found = append(found, got...)
		var rest []string
		for after := ""; ; {
			var one struct{ User user }
			l.Query(t, fmt.Sprintf("{ user(id: %q) { id %s } }", u.ID, list(`first: 3`+after)), nil).Into(t, &one)
			if len(one.User.Page.Nodes) == 0 {
				break
			}
			for _, n := range one.User.Page.Nodes {
				rest = append(rest, n.Title)
			}
			after = fmt.Sprintf(", after: %q", one.User.Page.PageInfo.EndCursor)
		}
		if !slices.Equal(rest, want) {
			t.Errorf("%s by pages: got %v, want %v", u.ID, rest, want)
		}
	}
	if len(found) != len(l.ranks) {
		t.Errorf("%d found below users, want %d", len(found), len(l.ranks))
	}
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestSearchMeaning fixes what a search finds; see docs/search.md.
func TestSearchMeaning(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	exec(t, api, `INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com')`)
	exec(t, api, `INSERT INTO posts (title, body, author_id) SELECT t[1], t[2], id FROM users, (VALUES
		(ARRAY['a', 'Running a database']), (ARRAY['b', 'the index of a book']), (ARRAY['c index', ''])) v(t)`)
	for filter, want := range map[string]string{
		`search: "database"`:                               "a",
		`search: "DATABASES runs"`:                         "a",
		`search: "index"`:                                  "b c index",
		`search: "index -book"`:                            "c index",
		`search: "running or index"`:                       "a b c index",
		`search: "\"a book\""`:                             "b",
		`search: "\"book index\""`:                         "",
		`search: "the"`:                                    "",
		`search: ""`:                                       "",
		`not: {search: "the"}`:                             "a b c index",
		`not: {search: "index"}`:                           "a",
		`or: [{search: "book"}, {search: "database"}]`:     "a b",
		`search: null`:                                     "a b c index",
		`hasAuthorWith: [{postsEvery: {search: "index"}}]`: "",
		`hasAuthorWith: [{postsSome: {search: "book"}}]`:   "a b c index",
	} {
		if got := titles(t, api, filter); got != want {
			t.Errorf("%s finds %q, want %q", filter, got, want)
		}
	}
}

// titles lists what a filter lets through, by title.
func titles(t *testing.T, api *apitest.API, filter string) string {
	t.Helper()
	var data struct{ Posts titlePage }
	api.Query(t, "{ posts(where: {"+filter+"}, orderBy: [{field: TITLE}]) { nodes { title } } }", nil).Into(t, &data)
	var got []string
	for _, n := range data.Posts.Nodes {
		got = append(got, n.Title)
	}
	return strings.Join(got, " ")
}

// TestSearchSeesWrites changes a post and searches at once.
func TestSearchSeesWrites(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	exec(t, api, `INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com')`)
	user := api.Query(t, `{ userByUsername(username: "ada") { id } }`, nil).At(t, "userByUsername.id").(string)
	answer := api.Query(t, `mutation($user: ID!) { createPost(input: {title: "Zebras", authorID: $user}) { post { id author { posts(where: {search: "zebra"}) { totalCount } } } } }`, map[string]any{"user": user})
	post := answer.At(t, "createPost.post.id").(string)
	if n := answer.At(t, "createPost.post.author.posts.totalCount"); n != 1.0 {
		t.Errorf("the payload finds %v", n)
	}
	api.Query(t, `mutation($id: ID!) { updatePost(id: $id, input: {title: "Owls", body: "and gophers"}) { post { id } } }`, map[string]any{"id": post}).OK(t)
	for text, want := range map[string]string{"zebra": "", "owl": "Owls", "gopher": "Owls"} {
		if got := titles(t, api, fmt.Sprintf("search: %q", text)); got != want {
			t.Errorf("%s finds %q, want %q", text, got, want)
		}
	}
}

// TestSearchRefusals sends what cannot be searched for or ordered by.
func TestSearchRefusals(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	cursor := l.Query(t, `{ posts(where: {search: "zebra"}, orderBy: [{field: RELEVANCE}], first: 1) { pageInfo { endCursor } } }`, nil).At(t, "posts.pageInfo.endCursor").(string)
	needs := [2]string{"BAD_USER_INPUT", "orderBy: RELEVANCE needs a search: give the key search in where, not inside and, or or not"}
	other := [2]string{"BAD_USER_INPUT", "after: is a cursor of another ordering or search: give the orderBy and the search under which it was given"}
	for args, want := range map[string][2]string{
		`orderBy: [{field: RELEVANCE}]`:                                                                     needs,
		`orderBy: [{field: TITLE}, {field: RELEVANCE}], where: {search: null}`:                              needs,
		`orderBy: [{field: RELEVANCE}], where: {and: [{search: "a"}]}`:                                      needs,
		`orderBy: [{field: RELEVANCE}], where: {not: {search: "a"}}`:                                        needs,
		`orderBy: [{field: RELEVANCE}], where: {search: "owl"}, after: "` + cursor + `"`:                    other,
		`orderBy: [{field: RELEVANCE, direction: DESC}], where: {search: "zebra"}, after: "` + cursor + `"`: other,
		`where: {search: "zebra"}, after: "` + cursor + `"`:                                                 {"BAD_USER_INPUT", "after: is a cursor of another ordering: give the orderBy under which it was given"},
		`where: {search: "a\u0000"}`:                                                                        {"BAD_USER_INPUT", "where: search must not contain the character U+0000"},
		`where: {search: "` + strings.Repeat("ä", 1001) + `"}`:                                              {"LIMIT_EXCEEDED", "where: search has 1001 characters, at most 1000 are allowed"},
	} {
		refused(t, l.Query(t, "{ posts("+args+") { nodes { id } totalCount } }", nil), want)
	}
	vars := map[string]any{"text": strings.Repeat("word ", 200_000)}
	refused(t, l.Query(t, `query($text: String) { posts(where: {not: {search: $text}}) { totalCount } }`, vars),
		[2]string{"LIMIT_EXCEEDED", "where: search has 1000000 characters, at most 1000 are allowed"})
	refused(t, l.Query(t, `query($text: String) { posts(where: {search: $text}, orderBy: [{field: RELEVANCE}]) { pageInfo { endCursor } } }`, vars),
		[2]string{"LIMIT_EXCEEDED", "where: search has 1000000 characters, at most 1000 are allowed"})
}

func refused(t *testing.T, answer apitest.Response, want [2]string) {
	t.Helper()
	if len(answer.Errors) != 1 || answer.Errors[0].Code() != want[0] || answer.Errors[0].Message != want[1] {
		t.Errorf("got %.300s, want %v", answer.Body, want)
	}
}

// TestAnySearch searches for texts of everything that means something to Postgres, to
// GraphQL or to nobody. All are valid; what a text finds and what it does not find are
// all there is.
func TestAnySearch(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	r := rand.New(rand.NewPCG(9, 9))
	parts := []string{
		"gopher", "zebra", "the", " ", " ", `"`, `"`, "'", "''", `\`, "-", "- ", "!", "&", "|", "(", ")", "<->", "<2>", ":*", ":A", " or ", "OR", "and",
		"$1", "%", "_", ";--", "/*", "日本", "é", "e\u0301", "İ", "😀", "\u200d", "\ufeff", "\U0010ffff", "\n", "\t", "\x01", "\x7f", "a@b.c", "http://x.y/z?q=1", "1e400", "-5", "3.14",
		strings.Repeat("x", 300), strings.Repeat("-", 20), strings.Repeat(`"a`, 20),
	}
	const query = `query($text: String!) {
		yes: posts(where: {search: $text}, orderBy: [{field: RELEVANCE}], first: 100) { totalCount nodes { id } edges { cursor } }
		no: posts(where: {not: {search: $text}}) { totalCount }
		all: posts { totalCount }
	}`
	for range 200 {
		var text string
		for range 1 + r.IntN(12) {
			text += parts[r.IntN(len(parts))]
		}
		if text = string([]rune(text)[:min(1000, len([]rune(text)))]); r.IntN(10) == 0 {
			text = string([]rune(strings.Repeat(text, 1000))[:1000])
		}
		answer := l.Query(t, query, map[string]any{"text": text})
		if len(answer.Errors) > 0 {
			t.Fatalf("%q: %s\n%v", text, answer.Body, l.Log.Lines("internal error"))
		}
		yes, no, all := answer.At(t, "yes.totalCount").(float64), answer.At(t, "no.totalCount").(float64), answer.At(t, "all.totalCount").(float64)
		if yes+no != all || len(answer.At(t, "yes.nodes").([]any)) != int(min(yes, 100)) {
			t.Errorf("%q: %v found and %v not, of %v", text, yes, no, all)
		}
	}
}
