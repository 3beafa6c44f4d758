package explain_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/executor"
	"github.com/entgraph/entgraph/internal/explain"
	"github.com/entgraph/entgraph/internal/server"
)

// inner is a name of its own: a field Schema would hide the method.
type inner = server.Schema

// recorded lets a recorder see the reads of an API.
type recorded struct {
	inner
	*explain.Recorder
}

// Exec implements graphql.ExecutableSchema.
func (r recorded) Exec(ctx context.Context) graphql.ResponseHandler {
	next := r.inner.Exec(ctx)
	return func(ctx context.Context) *graphql.Response { return next(r.Context(ctx)) }
}

func newRecorded(t *testing.T) (*apitest.API, *explain.Recorder) {
	t.Helper()
	recorder := &explain.Recorder{}
	api := apitest.New(t, func(o *apitest.Options) {
		o.Wrap = func(s *executor.Schema) server.Schema { return recorded{s, recorder} }
	})
	api.Fill(t)
	return api, recorder
}

func TestTree(t *testing.T) {
	t.Parallel()
	api, recorder := newRecorded(t)
	user := api.Query(t, `{ userByUsername(username: "ada") { id posts(first: 1) { nodes { id } } } }`, nil)
	id, post := user.At(t, "userByUsername.id").(string), user.At(t, "userByUsername.posts.nodes.0.id").(string)
	before := len(recorder.Observed())
	api.Query(t, `query($id: ID!, $ids: [ID!]!) {
		me: user(id: $id) { username own: posts(first: 2) { n: totalCount edges { node { tags { nodes { name } aggregate { count } } author { posts { totalCount } } } } } }
		nodes(ids: $ids) { id ... on Post { taggings(first: 1) { nodes { position } } } }
		users(first: 3) { nodes { id } groupBy(keys: [{field: ROLE}]) { count } }
	}`, map[string]any{"id": id, "ids": []string{post, id, post}}).OK(t)
	report := recorder.Report()
	report.Statements = report.Statements[before:]
	const want = `├─ me: look-up of User, 1 row  #3
│  └─ own: edge page of Post, 1 parent -> 2 rows  #8
│     ├─ n: count of Post, 1 parent -> 1 row  #9
│     ├─ edges.node.tags: edge page of Tag, 2 parents -> 1 row  #11
│     │  └─ aggregate: aggregate of Tag, 2 parents -> 2 rows  #12
│     └─ edges.node.author.posts.totalCount: count of Post, 1 parent -> 1 row  #13
├─ nodes: ids of Post, 2 parents -> 2 rows  #4
│  └─ taggings: edge page of Tagging, 1 parent -> 1 row  #10
├─ nodes: ids of User, 1 parent -> 1 row  #5
└─ users: root page of User, 3 rows  #6
   └─ groupBy: groups of User, 2 rows  #7
`
	if got := report.Tree(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestArguments shows ids as the API does, whether they are parents, filters or in a
// cursor.
func TestArguments(t *testing.T) {
	t.Parallel()
	api, recorder := newRecorded(t)
	first := api.Query(t, `{ posts(first: 1, orderBy: [{field: CREATED_AT}]) { nodes { id author { id } } pageInfo { endCursor } } tags(first: 5) { nodes { id } } }`, nil)
	post, author := first.At(t, "posts.nodes.0.id").(string), first.At(t, "posts.nodes.0.author.id").(string)
	var ids []string
	for i := range 5 {
		ids = append(ids, first.At(t, fmt.Sprintf("tags.nodes.%d.id", i)).(string))
	}
	cursor := first.At(t, "posts.pageInfo.endCursor").(string)
	counted := api.Query(t, `{ tags(first: 1, orderBy: [{field: POSTS_COUNT}]) { nodes { id } pageInfo { endCursor } } }`, nil)
	for query, want := range map[string]string{
		`{ post(id: "` + post + `") { id } }`:                                                                                                      post,
		`{ posts(first: 1, where: {idLT: "` + post + `"}) { nodes { id } } }`:                                                                      post,
		`{ posts(first: 1, where: {not: {hasAuthorWith: [{idNEQ: "` + author + `"}]}}) { nodes { id } } }`:                                         author,
		`{ posts(first: 1, orderBy: [{field: CREATED_AT}], after: "` + cursor + `") { nodes { id } } }`:                                            post,
		`{ tags(first: 1, orderBy: [{field: POSTS_COUNT}], after: "` + counted.At(t, "tags.pageInfo.endCursor").(string) + `") { nodes { id } } }`: counted.At(t, "tags.nodes.0.id").(string),
		`{ tags(first: 1, where: {idIn: ["` + strings.Join(ids, `", "`) + `"]}) { nodes { id } } }`:                                                "[" + strings.Join(ids[:3], ", ") + ", and 2 more]",
		`{ posts(first: 1, where: {bodyContains: "it's \n1"}) { nodes { id } } }`:                                                                  `"%it's \n1%"`,
		`{ posts(first: 1, where: {createdAtGT: "2026-01-02T03:04:05.5+01:00", publishedAtIsNil: true}) { nodes { id } } }`:                        "2026-01-02T02:04:05.5Z",
		`{ taggings(first: 1, where: {positionIn: [1, 2]}) { nodes { id } } }`:                                                                     "[1, 2]",
		`{ posts(first: 1, where: {id: "` + post + `"}, orderBy: [{field: AUTHOR_USERNAME}, {field: ID}]) { nodes { id } } }`:                      post,
	} {
		api.Query(t, query, nil).OK(t)
		observed := recorder.Observed()
		args := observed[len(observed)-1].Arguments()
		if len(args) == 0 || args[len(args)-1] != want {
			t.Errorf("%s has the arguments %q, want %q at last", query, args, want)
		}
	}
}

// TestAnalyze runs what was recorded once more, in a session that cannot write and on
// the text that was sent.
func TestAnalyze(t *testing.T) {
	t.Parallel()
	api, recorder := newRecorded(t)
	const query = `{ posts(first: 10, orderBy: [{field: TITLE}]) { totalCount nodes { author { username } tags { nodes { name } } } } }`
	if n := api.Query(t, query, nil).Statements; n != 3 {
		t.Fatalf("%d statements", n)
	}
	report, err := recorder.Analyze(t.Context(), api.DB, explain.Options{Arguments: true, Verbose: true})
	if err != nil {
		t.Fatal(err)
	}
	var hit int64
	for i, s := range report.Statements {
		c := s.Cost
		if s.SQL != recorder.Observed()[i].SQL || len(s.Arguments) != s.ArgumentCount {
			t.Errorf("#%d: %s %q", s.Number, s.SQL, s.Arguments)
		}
		if c.Nodes[0].Rows != s.Rows || c.BuffersHit+c.BuffersRead == 0 || c.PlanningMS <= 0 || c.ExecutionMS <= 0 || c.RowsRead < s.Rows || len(c.Text) < len(c.Nodes) {
			t.Errorf("#%d: %+v for %d rows", s.Number, c, s.Rows)
		}
		hit += c.BuffersHit
	}
	if tot := report.Totals; tot.Statements != 3 || tot.BuffersHit != hit || tot.Rows != 10+1+report.Statements[2].Rows {
		t.Errorf("totals %+v", tot)
	}
	var text strings.Builder
	if err := report.Print(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"└─ posts: root page of Post, 10 rows", "FROM \"posts\" e0\n", "$1 = [post_", "Total: 3 statements,"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in:\n%s", want, &text)
		}
	}
}

// TestAnalyzeLeavesTheConnectionClean cancels an analysis that waits for a lock.
func TestAnalyzeLeavesTheConnectionClean(t *testing.T) {
	t.Parallel()
	api, recorder := newRecorded(t)
	api.Query(t, `{ tags { totalCount } }`, nil).OK(t)
	err := pgx.BeginFunc(t.Context(), api.DB.Write, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `LOCK TABLE tags`); err != nil {
			return err
		}
		if _, err := tx.Exec(t.Context(), `SET LOCAL lock_timeout = '10s'`); err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error)
		go func() {
			_, err := recorder.Analyze(ctx, api.DB, explain.Options{})
			done <- err
		}()
		for n := 0; n == 0; {
			err := api.DB.Write.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n)
			if err != nil {
				return err
			}
		}
		cancel()
		if err := <-done; err == nil {
			t.Error("a cancelled analysis gives no error")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 8 { // more often than there are connections
		api.Query(t, `{ tags { totalCount } }`, nil).OK(t)
		err := api.DB.Read.AcquireFunc(t.Context(), func(c *pgxpool.Conn) error {
			if status := c.Conn().PgConn().TxStatus(); status != 'I' {
				t.Errorf("the connection's status is %c", status)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestHeader asks a server in development and one in production.
func TestHeader(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	api.Fill(t)
	production := apitest.New(t, func(o *apitest.Options) {
		o.Database = api.DatabaseURL
		o.Server.Explain = false
	})
	ask := func(api *apitest.API, header, body string) apitest.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.Endpoint, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Entgraph-Explain", header)
		answer := api.Do(t, r)
		answer.OK(t)
		return answer
	}
	const body = `{"query": "{ users(first: 2, where: {username: \"ada\"}) { nodes { posts { totalCount } } } }"}`
	for _, tc := range []struct {
		api      *apitest.API
		header   string
		listed   bool
		analyzed bool
	}{{api, "", false, false}, {api, "0", false, false}, {api, "1", true, false}, {api, "analyze", true, true}, {production, "1", false, false}, {production, "analyze", false, false}} {
		answer := ask(tc.api, tc.header, body)
		text := string(answer.Body)
		listed := strings.Contains(text, `"extensions":{"explain":{"statements":[{"number":1,"path":"users","kind":"root page","type":"User","parents":0,"rows":1,`) &&
			strings.Contains(text, `"path":"users.nodes.posts.totalCount","kind":"count","type":"Post","parents":1,"rows":1,`) && strings.Contains(text, `"argumentCount":1`)
		if listed != tc.listed || strings.Contains(text, `"buffersHit":`) != tc.analyzed || strings.Contains(text, "extensions") != tc.listed {
			t.Errorf("header %q gives %s", tc.header, text)
		}
		if answer.Statements != 2 || strings.Contains(text, `"arguments":`) {
			t.Errorf("header %q: %d statements in the log", tc.header, answer.Statements)
		}
	}
	answer := ask(api, "1", `{"query": "mutation { createTag(input: {name: \"new\"}) { tag { name posts { nodes { id } } } } }"}`)
	if text := string(answer.Body); !strings.Contains(text, `"path":"tag.posts"`) {
		t.Errorf("a mutation gives %s", text)
	}
}
