package executor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/post"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/executor"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/server"
	"github.com/entgraph/entgraph/viewer"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	ada := newUser(t, api, "ada")
	tag := create(t, api, "Tag", vars{"name": "go"})
	for query, want := range map[string]string{
		`{ x: user(id: "` + tag + `") { id } }`:                                        "id: is the id of another type (tag), not of a User",
		`{ x: user(id: "1") { id } }`:                                                  "id: is not the id of a User",
		`{ x: user(id: "` + strings.ToUpper(ada) + `") { id } }`:                       "id: is not the id of a User",
		`{ x: node(id: "nothing") { id } }`:                                            "id: is not an id of this API",
		`{ x: users(where: {id: "` + tag + `"}) { totalCount } }`:                      "where: id is the id of another type (tag), not of a User",
		`mutation { x: deleteUser(id: "` + tag + `") { deletedID } }`:                  "id: is the id of another type (tag), not of a User",
		`mutation { x: updateUser(id: "", input: {}) { user { id } } }`:                "id: is not the id of a User",
		`{ x: relatedPosts(id: "` + tag + `") { id } }`:                                "id: is the id of another type (tag), not of a Post",
		`{ x: relatedPosts(id: "post_01h455vb4pex5vsknk084sn02q", first: 21) { id } }`: "first: must be 0 to 20",
	} {
		answer := api.Query(t, query, nil)
		if len(answer.Errors) != 1 || answer.Errors[0].Code() != "BAD_USER_INPUT" || answer.Errors[0].Message != want {
			t.Errorf("%s: %s, want %s", query, answer.Body, want)
		}
	}
	nodes := api.Query(t, `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, vars{"ids": []string{tag, "bad", ada, tag, "user_01h455vb4pex5vsknk084sn02q"}})
	want := fmt.Sprintf(`{"nodes":[{"id":%q},null,{"id":%q},{"id":%[1]q},null]}`, tag, ada)
	if string(nodes.Data) != want || len(nodes.Errors) != 1 || fmt.Sprint(nodes.Errors[0].Path) != "[nodes 1]" {
		t.Errorf("nodes: %s", nodes.Body)
	}
	many := api.Query(t, `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, vars{"ids": slices.Repeat([]string{ada}, 101)})
	if !slices.Equal(many.Codes(), []string{"LIMIT_EXCEEDED"}) {
		t.Errorf("101 ids: %s", many.Body)
	}
}

func TestRelatedPosts(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	ada := newUser(t, api, "ada")
	a, b := create(t, api, "Tag", vars{"name": "a"}), create(t, api, "Tag", vars{"name": "b"})
	first := create(t, api, "Post", vars{"title": "1", "authorID": ada, "tagIDs": []string{a}})
	create(t, api, "Post", vars{"title": "2", "authorID": ada, "tagIDs": []string{a, b}})
	create(t, api, "Post", vars{"title": "3", "authorID": ada, "tagIDs": []string{b}})
	create(t, api, "Post", vars{"title": "4", "authorID": ada, "tagIDs": []string{a}})
	answer := api.Query(t, `query($id: ID!) {
		viewer { id }
		r: relatedPosts(id: $id) { __typename title author { username } tags(first: 1) { totalCount nodes { name } } }
		posts(first: 1) { nodes { title } }
		short: relatedPosts(id: $id, first: 1) { title }
	}`, vars{"id": first})
	want := `{"viewer":null,"r":[{"__typename":"Post","title":"4","author":{"username":"ada"},"tags":{"totalCount":1,"nodes":[{"name":"a"}]}},` +
		`{"__typename":"Post","title":"2","author":{"username":"ada"},"tags":{"totalCount":2,"nodes":[{"name":"a"}]}}],` +
		`"posts":{"nodes":[{"title":"1"}]},"short":[{"title":"4"}]}`
	if got := string(answer.OK(t)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestHooksRunAroundEveryWrite writes through the API and in Go.
func TestHooksRunAroundEveryWrite(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	ada := newUser(t, api, "ada")
	before := time.Now().Add(-time.Minute)
	published := func(id string) *time.Time {
		t.Helper()
		at := api.Query(t, fmt.Sprintf(`{ post(id: %q) { publishedAt } }`, id), nil).At(t, "post.publishedAt")
		if at == nil {
			return nil
		}
		parsed, err := time.Parse(time.RFC3339, at.(string))
		if err != nil {
			t.Fatal(err)
		}
		return &parsed
	}
	draft := create(t, api, "Post", vars{"title": "t", "authorID": ada})
	if at := published(draft); at != nil {
		t.Errorf("a draft was published at %s", at)
	}
	api.Query(t, fmt.Sprintf(`mutation { updatePost(id: %q, input: {status: PUBLISHED}) { post { id } } }`, draft), nil).OK(t)
	if at := published(draft); at == nil || at.Before(before) {
		t.Errorf("a published post has the time %v", at)
	}
	given := create(t, api, "Post", vars{"title": "t", "authorID": ada, "status": "PUBLISHED", "publishedAt": "2020-01-01T00:00:00Z"})
	if at := published(given); at == nil || at.Year() != 2020 {
		t.Errorf("a given time became %v", at)
	}

	client := ent.NewClient(ent.Driver(postgres.NewDriver(api.DB.Write)))
	ctx := viewer.NewContext(t.Context(), viewer.System())
	p := client.Post.Query().Where(post.Title("t"), post.StatusEQ(post.StatusPublished)).FirstX(ctx)
	p = client.Post.UpdateOne(p).SetStatus(post.StatusDraft).ClearPublishedAt().SaveX(ctx)
	if p = client.Post.UpdateOne(p).SetStatus(post.StatusPublished).SaveX(ctx); p.PublishedAt == nil {
		t.Error("a post published in Go has no time")
	}
}

func TestIntrospection(t *testing.T) {
	t.Parallel()
	for on, want := range map[bool]string{true: "", false: "FORBIDDEN"} {
		api := apitest.New(t, func(o *apitest.Options) { o.Server.Introspection = on })
		answer := api.Query(t, `{ __schema { queryType { name } } tags { totalCount } __type(name: "Post") { fields { name } } }`, nil)
		code := ""
		if len(answer.Errors) > 0 {
			code = answer.Errors[0].Code()
		}
		if code != want {
			t.Errorf("introspection %t: %.300s", on, answer.Body)
		}
	}
}

// TestInternalErrorsAreMasked breaks the database under the API.
func TestInternalErrorsAreMasked(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	if _, err := api.DB.Write.Exec(t.Context(), `DROP TABLE taggings`); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{`{ taggings { totalCount } }`, `mutation { deleteTagging(id: "tagging_01h455vb4pex5vsknk084sn02q") { deletedID } }`} {
		answer := api.Query(t, query, nil)
		if len(answer.Errors) != 1 || answer.Errors[0].Code() != "INTERNAL" || answer.Errors[0].Message != "internal error" {
			t.Fatalf("%s: %s", query, answer.Body)
		}
		id := answer.Errors[0].Extensions["requestId"]
		if id != answer.Header.Get("X-Request-Id") || id == "" {
			t.Errorf("request id %v in the error, %q in the header", id, answer.Header.Get("X-Request-Id"))
		}
		found := false
		for _, line := range api.Log.Lines("internal error") {
			found = found || line["request_id"] == id && strings.Contains(fmt.Sprint(line["error"]), "taggings")
		}
		if !found {
			t.Errorf("the cause of %s is not in the log", query)
		}
	}
}

// panicking is a schema whose execution panics.
type panicking struct{ executable }

// executable has another name than its method Schema, as an embedded type must.
type executable = server.Schema

func (panicking) Exec(context.Context) graphql.ResponseHandler { panic(errors.New("secret")) }

func TestPanicsAreMasked(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) {
		o.Wrap = func(s *executor.Schema) server.Schema { return panicking{s} }
	})
	answer := api.Query(t, `{ tags { totalCount } }`, nil)
	if !slices.Equal(answer.Codes(), []string{"INTERNAL"}) || strings.Contains(string(answer.Body), "secret") {
		t.Errorf("a panic answers %s", answer.Body)
	}
}
