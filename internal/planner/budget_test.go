package planner_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/planner"
)

// limited is the same database behind other limits.
func limited(t *testing.T, api *apitest.API, o planner.Options) *apitest.API {
	t.Helper()
	return apitest.New(t, func(a *apitest.Options) { a.Database, a.Graph.Read = api.DatabaseURL, o })
}

// TestBoundsOfOperations asks one operation for as much as is allowed, and for more.
func TestBoundsOfOperations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 43, 12)
	nested := func(n int) string {
		inner := "id"
		for i := n - 1; i >= 0; i-- {
			inner = fmt.Sprintf("%s(first: 1) { nodes { %s } }", []string{"tags", "posts"}[i%2], inner)
		}
		return "{ " + inner + " }"
	}
	counts := func(n int) string {
		out := "{"
		for i := range n {
			out += fmt.Sprintf(" a%d: posts { totalCount }", i)
		}
		return out + " }"
	}
	// Two of each kind in one level, and one below many parents.
	many := `users { nodes { id posts { totalCount nodes { id } aggregate { count } %s } } }`
	for name, tc := range map[string]struct {
		o planner.Options
		b bound
	}{
		"levels":               {planner.Options{}, bound{nested(10), nested(11), "MAX_LEVELS", 10, "lists are nested more than 10 deep (MAX_LEVELS)"}},
		"levels below an id":   {planner.Options{MaxLevels: 1}, bound{`{ tagByName(name: "tag1") { posts { totalCount } } }`, `{ tagByName(name: "tag1") { posts { nodes { tags { totalCount } } } } }`, "MAX_LEVELS", 1, "lists are nested more than 1 deep (MAX_LEVELS)"}},
		"statements":           {planner.Options{MaxStatements: 5}, bound{counts(5), counts(6), "MAX_STATEMENTS", 5, "the operation takes more than 5 SQL statements (MAX_STATEMENTS)"}},
		"statements by nature": {planner.Options{MaxStatements: 4}, bound{"{" + fmt.Sprintf(many, "") + "}", "{" + fmt.Sprintf(many, "groupBy(keys: [{field: STATUS}]) { count }") + "}", "MAX_STATEMENTS", 4, "the operation takes more than 4 SQL statements (MAX_STATEMENTS)"}},
	} {
		t.Run(name, func(t *testing.T) { tc.b.check(t, limited(t, w.API, tc.o)) })
	}
}

// TestBoundsOfAnswers bounds what is read and written: at what an operation needs it is
// answered, below it is refused, and the next operation is answered again.
func TestBoundsOfAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 44, 30)
	for _, tc := range []struct {
		query   string
		setting string
		needs   func(data json.RawMessage) int
		option  func(o *planner.Options, n int)
	}{
		// Each tag has some of the posts, which were read once and are written again below each.
		{`{ tags { nodes { posts(first: 9) { nodes { tags { nodes { name } } } } } } }`, "MAX_ROWS", rowsIn, func(o *planner.Options, n int) { o.MaxRows = n }},
		{`{ tags { edges { node { name } } nodes { name } } a: tags { nodes { name } } }`, "MAX_ROWS", rowsIn, func(o *planner.Options, n int) { o.MaxRows = n }},
		{`{ posts { groupBy(keys: [{field: TITLE}]) { count } } }`, "MAX_ROWS", rowsIn, func(o *planner.Options, n int) { o.MaxRows = n }},
		{`{ posts(first: 100) { nodes { id title author { displayName } } } }`, "MAX_ANSWER_BYTES", bytesIn, func(o *planner.Options, n int) { o.MaxAnswerBytes = int64(n) }},
		{`{ tagByName(name: "tag1") { posts(first: 50) { edges { cursor node { title } } pageInfo { endCursor } } } }`, "MAX_ANSWER_BYTES", bytesIn, func(o *planner.Options, n int) { o.MaxAnswerBytes = int64(n) }},
		{`{ a: posts { nodes { title } } b: users { nodes { username } } c: posts { aggregate { count max { createdAt } } } }`, "MAX_ANSWER_BYTES", bytesIn, func(o *planner.Options, n int) { o.MaxAnswerBytes = int64(n) }},
	} {
		want := w.Query(t, tc.query, nil).OK(t)
		n := tc.needs(want)
		var enough, less planner.Options
		tc.option(&enough, n)
		tc.option(&less, n-1)
		if got := limited(t, w.API, enough).Query(t, tc.query, nil); string(got.OK(t)) != string(want) {
			t.Errorf("%s with %s = %d: %s", tc.query, tc.setting, n, got.Body)
		}
		api := limited(t, w.API, less)
		for range 3 {
			got := api.Query(t, tc.query, nil)
			if !slices.Equal(got.Codes(), []string{"LIMIT_EXCEEDED"}) || got.Errors[0].Extensions["limit"] != tc.setting || got.Errors[0].Extensions["max"] != float64(n-1) {
				t.Errorf("%s with %s = %d: %s", tc.query, tc.setting, n-1, got.Body)
			}
		}
		api.Query(t, `{ tags(first: 1) { nodes { id } } }`, nil).OK(t)
	}
}

// rowsIn counts the rows of an answer: all elements of its lists.
func rowsIn(data json.RawMessage) int {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		panic(err)
	}
	return elements(v)
}

func elements(v any) int {
	n := 0
	switch v := v.(type) {
	case []any:
		n = len(v)
		for _, item := range v {
			n += elements(item)
		}
	case map[string]any:
		for name, item := range v {
			n += elements(item)
			if name == "tagByName" {
				n++
			}
		}
	}
	return n
}

// bytesIn counts the bytes of the values at the root.
func bytesIn(data json.RawMessage) int {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(data, &values); err != nil {
		panic(err)
	}
	n := 0
	for _, v := range values {
		n += len(v)
	}
	return n
}

// TestBoundOfReading bounds what is kept of arguments and rows, a single long value and
// many lists of one variable included.
func TestBoundOfReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 45, 5)
	if _, err := w.DB.Write.Exec(t.Context(), `UPDATE posts SET body = repeat('x', 49000)`); err != nil {
		t.Fatal(err)
	}
	api := limited(t, w.API, planner.Options{MaxReadBytes: 200_000})
	names := slices.Repeat([]string{strings.Repeat("n", 50)}, 500)
	lists := func(n int) string {
		out := "query($in: [String!]) {"
		for i := range n {
			out += fmt.Sprintf(" a%d: posts(where: {titleIn: $in}) { totalCount }", i)
		}
		return out + " }"
	}
	for name, tc := range map[string]struct {
		query   string
		allowed bool
	}{
		"four rows":   {`{ posts(first: 4) { nodes { body } } }`, true},
		"five rows":   {`{ posts(first: 5) { nodes { body } } }`, false},
		"below":       {`{ users { nodes { posts { nodes { body } } } } }`, false},
		"one row":     {`{ posts(first: 1) { nodes { body a: body b: body author { posts(first: 1) { nodes { body } } } } } }`, true},
		"one group":   {`{ posts { groupBy(keys: [{field: TITLE}]) { count max { createdAt } } } }`, true},
		"two lists":   {lists(2), true},
		"five lists":  {lists(5), false},
		"rows at all": {`{ posts { nodes { title } } }`, true},
	} {
		got := api.Query(t, tc.query, map[string]any{"in": names})
		if refused := slices.Equal(got.Codes(), []string{"LIMIT_EXCEEDED"}); refused == tc.allowed || !tc.allowed && got.Errors[0].Extensions["limit"] != "MAX_READ_BYTES" || tc.allowed && len(got.Errors) > 0 {
			t.Errorf("%s: %.300s", name, got.Body)
		}
	}
	// A row that is longer than all of it is not even read.
	if _, err := w.DB.Write.Exec(t.Context(), `ALTER TABLE posts ALTER body SET STORAGE EXTERNAL, DROP CONSTRAINT posts_body_valid; ALTER TABLE posts DROP COLUMN search CASCADE;
		ALTER TABLE posts ADD COLUMN search tsvector; UPDATE posts SET body = repeat('x', 20000000) WHERE id = (SELECT id FROM posts ORDER BY id LIMIT 1)`); err != nil {
		t.Fatal(err)
	}
	for _, a := range []*apitest.API{api, w.API} {
		got := a.Query(t, `{ posts(first: 1) { nodes { body } } }`, nil)
		if !slices.Equal(got.Codes(), []string{"LIMIT_EXCEEDED"}) || got.Errors[0].Extensions["limit"] != "MAX_READ_BYTES" {
			t.Errorf("a row of 20 MB: %.300s", got.Body)
		}
		a.Query(t, `{ posts(first: 1) { nodes { id } } }`, nil).OK(t)
	}
}

// TestBoundsOfMutations counts the payloads of one operation together; what it wrote is
// undone when they are too much.
func TestBoundsOfMutations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 46, 6)
	mutation := func(n int, payload string) string {
		out := "mutation {"
		for i := range n {
			out += fmt.Sprintf(` m%d: createTag(input: {name: "new%d"}) { tag { %s } }`, i, i, payload)
		}
		return out + " }"
	}
	tags := func() any { return w.Query(t, `{ tags { totalCount } }`, nil).At(t, "tags.totalCount") }
	before := tags()
	for name, tc := range map[string]struct {
		o       planner.Options
		payload string
		setting string
	}{
		"statements": {planner.Options{MaxStatements: 3}, "id posts { totalCount }", "MAX_STATEMENTS"},
		"rows":       {planner.Options{MaxRows: 1}, "id", "MAX_ROWS"},
		"bytes":      {planner.Options{MaxAnswerBytes: 60}, "id", "MAX_ANSWER_BYTES"},
	} {
		api := limited(t, w.API, tc.o)
		got := api.Query(t, mutation(2, tc.payload), nil)
		if !slices.Equal(got.Codes(), []string{"LIMIT_EXCEEDED"}) || got.Errors[0].Extensions["limit"] != tc.setting || tags() != before {
			t.Errorf("%s: %s, %v tags", name, got.Body, tags())
		}
		api.Query(t, mutation(1, tc.payload), nil).OK(t)
		if _, err := w.DB.Write.Exec(t.Context(), `DELETE FROM tags WHERE name LIKE 'new%'`); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBoundsOfReferences counts the entities of handwritten fields with everything else.
func TestBoundsOfReferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 47, 30)
	id := w.Query(t, `{ posts(where: {hasTags: true}, first: 1) { nodes { id } } }`, nil).At(t, "posts.nodes.0.id")
	related := func(n int) string {
		out := "{"
		for i := range n {
			out += fmt.Sprintf(` r%d: relatedPosts(id: %q, first: 5) { title tags { nodes { name } } }`, i, id)
		}
		return out + " }"
	}
	want := w.Query(t, related(2), nil).OK(t)
	for _, tc := range []struct {
		setting string
		o       planner.Options
	}{
		{"MAX_STATEMENTS", planner.Options{MaxStatements: 4}}, {"MAX_ROWS", planner.Options{MaxRows: rowsIn(want)}}, {"MAX_ANSWER_BYTES", planner.Options{MaxAnswerBytes: int64(len(want))}},
	} {
		api := limited(t, w.API, tc.o)
		if got := api.Query(t, related(2), nil).OK(t); string(got) != string(want) {
			t.Errorf("%s: %s", tc.setting, got)
		}
		got := api.Query(t, related(3), nil)
		if !slices.Contains(got.Codes(), "LIMIT_EXCEEDED") || got.Errors[0].Extensions["limit"] != tc.setting || strings.Contains(string(got.Data), "title") {
			t.Errorf("%s: %s", tc.setting, got.Body)
		}
	}
}

// TestBoundsChangeNoAnswer sends random queries with small bounds: the answer is the same as
// without, or LIMIT_EXCEEDED, and never more than the bounds.
func TestBoundsChangeNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 48, 25)
	const rows, bytes, statements = 60, 3000, 6
	small := limited(t, w.API, planner.Options{MaxLevels: 3, MaxStatements: statements, MaxRows: rows, MaxAnswerBytes: bytes, MaxReadBytes: 20_000, MaxJoins: 2})
	free := limited(t, w.API, planner.Options{MaxLevels: 100, MaxStatements: 1e6, MaxRows: 1e7, MaxAnswerBytes: 1 << 30, MaxReadBytes: 1 << 30, MaxJoins: 100})
	r := rand.New(rand.NewPCG(9, 9))
	answered, refused := 0, map[any]int{}
	for range 300 {
		query := "{" + randomLists(r, "", 1+r.IntN(4)) + "}"
		got := small.Query(t, query, nil)
		if len(got.Errors) > 0 {
			for _, e := range got.Errors {
				if e.Code() != "LIMIT_EXCEEDED" {
					t.Fatalf("%s\n%s", query, got.Body)
				}
				refused[e.Extensions["limit"]]++
			}
			continue
		}
		answered++
		if want := free.Query(t, query, nil).OK(t); string(got.Data) != string(want) {
			t.Fatalf("%s\n got %s\nwant %s", query, got.Data, want)
		}
		if rowsIn(got.Data) > rows || bytesIn(got.Data) > bytes || got.Statements > statements {
			t.Errorf("%s\n%d rows, %d bytes, %d statements", query, rowsIn(got.Data), len(got.Data), got.Statements)
		}
	}
	for _, name := range []string{"MAX_LEVELS", "MAX_STATEMENTS", "MAX_ROWS", "MAX_ANSWER_BYTES", "MAX_JOINS"} {
		if refused[name] == 0 {
			t.Errorf("%s refused nothing: %v", name, refused)
		}
	}
	if answered < 50 {
		t.Errorf("%d were answered, refused %v", answered, refused)
	}
}

// randomLists selects random lists of an entity, "" for the root, and what is below them.
func randomLists(r *rand.Rand, entity string, depth int) string {
	edges := map[string][][2]string{
		"":        {{"posts", "Post"}, {"users", "User"}, {"tags", "Tag"}},
		"Post":    {{"tags", "Tag"}, {"author", "User"}, {"taggings", "Tagging"}},
		"User":    {{"posts", "Post"}, {"profile", "Profile"}},
		"Profile": {{"user", "User"}},
		"Tag":     {{"posts", "Post"}, {"taggings", "Tagging"}},
		"Tagging": {{"post", "Post"}, {"tag", "Tag"}},
	}[entity]
	out := " id"
	if entity == "" {
		out = ""
	}
	if depth == 0 {
		return out
	}
	for i := range 1 + r.IntN(2) {
		e := edges[r.IntN(len(edges))]
		inner := randomLists(r, e[1], depth-1)
		switch {
		case !strings.HasSuffix(e[0], "s"):
			out += fmt.Sprintf(" a%d: %s {%s}", i, e[0], inner)
		case r.IntN(4) == 0:
			out += fmt.Sprintf(" a%d: %s(first: %d) { totalCount edges { cursor node {%s} } }", i, e[0], 1+r.IntN(6), inner)
		default:
			out += fmt.Sprintf(" a%d: %s(first: %d) { nodes {%s} }", i, e[0], 1+r.IntN(6), inner)
		}
	}
	return out
}
