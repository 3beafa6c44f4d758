package executor_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// newspaper has two authors, each with a draft and a published post under one tag.
type newspaper struct {
	api                        *apitest.API
	anonymous, ada, eve, admin *apitest.API
	adaID, eveID, tag          string
	draft                      string
}

func newNewspaper(t *testing.T) *newspaper {
	t.Helper()
	api := apitest.New(t)
	n := &newspaper{api: api, adaID: newUser(t, api, "ada"), eveID: newUser(t, api, "eve"), tag: create(t, api, "Tag", vars{"name": "go"})}
	tags := []string{n.tag}
	n.draft = create(t, api, "Post", vars{"title": "ada draft", "authorID": n.adaID, "tagIDs": tags})
	create(t, api, "Post", vars{"title": "ada published", "status": "PUBLISHED", "authorID": n.adaID, "tagIDs": tags})
	create(t, api, "Post", vars{"title": "eve draft", "authorID": n.eveID, "tagIDs": tags})
	create(t, api, "Post", vars{"title": "eve published", "status": "PUBLISHED", "authorID": n.eveID, "tagIDs": tags})
	g, err := entity.New(ent.Engine.Entities, migrate.Tables, entity.Store{})
	if err != nil {
		t.Fatal(err)
	}
	as := func(id, role string) *apitest.API {
		user, err := g.Entity("User").ParseID(id)
		if err != nil {
			t.Fatal(err)
		}
		return api.As(viewer.Viewer{UserID: user, Role: role})
	}
	n.anonymous = api.As(viewer.Viewer{})
	n.ada, n.eve = as(n.adaID, "MEMBER"), as(n.eveID, "MEMBER")
	n.admin = api.As(viewer.Viewer{UserID: key.UUID(uuid.New()), Role: "ADMIN"})
	return n
}

// TestDraftsAreTheAuthorsAlone looks for a draft in every way there is.
func TestDraftsAreTheAuthorsAlone(t *testing.T) {
	t.Parallel()
	n := newNewspaper(t)
	query := fmt.Sprintf(`{
		post(id: %[1]q) { title }
		node(id: %[1]q) { id }
		nodes(ids: [%[1]q]) { id }
		posts(where: {title: "ada draft"}) { totalCount aggregate { count } nodes { id } }
		groups: posts { groupBy(keys: [{field: STATUS}]) { count key { status } } }
		taggings(where: {hasPostWith: [{id: %[1]q}]}) { totalCount }
		user(id: %[2]q) { posts { totalCount nodes { title } } }
		users(where: {hasPostsWith: [{title: "ada draft"}]}) { totalCount }
		tags { nodes { posts(orderBy: [{field: TITLE}]) { totalCount nodes { title } } } }
		byCount: tags(where: {hasPosts: true}, orderBy: [{field: POSTS_COUNT}]) { nodes { name } }
		relatedPosts(id: %[1]q) { title }
	}`, n.draft, n.adaID)
	const hidden = `{"post":null,"node":null,"nodes":[null],"posts":{"totalCount":0,"aggregate":{"count":0},"nodes":[]},` +
		`"groups":{"groupBy":[%s]},"taggings":{"totalCount":0},"user":{"posts":{"totalCount":1,"nodes":[{"title":"ada published"}]}},` +
		`"users":{"totalCount":0},"tags":{"nodes":[{"posts":%s}]},"byCount":{"nodes":[{"name":"go"}]},"relatedPosts":[]}`
	both := `{"totalCount":2,"nodes":[{"title":"ada published"},{"title":"eve published"}]}`
	published := `{"count":2,"key":{"status":"PUBLISHED"}}`
	three := `{"totalCount":3,"nodes":[{"title":"ada published"},{"title":"eve draft"},{"title":"eve published"}]}`
	for name, tc := range map[string]struct {
		api  *apitest.API
		want string
	}{
		"anonymous": {n.anonymous, fmt.Sprintf(hidden, published, both)},
		"admin":     {n.admin, fmt.Sprintf(hidden, published, both)},
		"other":     {n.eve, fmt.Sprintf(hidden, `{"count":1,"key":{"status":"DRAFT"}},`+published, three)},
		"author": {n.ada, fmt.Sprintf(`{"post":{"title":"ada draft"},"node":{"id":%[1]q},"nodes":[{"id":%[1]q}],`+
			`"posts":{"totalCount":1,"aggregate":{"count":1},"nodes":[{"id":%[1]q}]},`+
			`"groups":{"groupBy":[{"count":1,"key":{"status":"DRAFT"}},{"count":2,"key":{"status":"PUBLISHED"}}]},"taggings":{"totalCount":1},`+
			`"user":{"posts":{"totalCount":2,"nodes":[{"title":"ada draft"},{"title":"ada published"}]}},"users":{"totalCount":1},`+
			`"tags":{"nodes":[{"posts":{"totalCount":3,"nodes":[{"title":"ada draft"},{"title":"ada published"},{"title":"eve published"}]}}]},`+
			`"byCount":{"nodes":[{"name":"go"}]},"relatedPosts":[{"title":"eve published"},{"title":"ada published"}]}`, n.draft)},
	} {
		if got := string(tc.api.Query(t, query, nil).OK(t)); got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, tc.want)
		}
	}
}

// TestEmailsAreTheUsersAndAdmins looks for an e-mail address in every way there is.
func TestEmailsAreTheUsersAndAdmins(t *testing.T) {
	t.Parallel()
	n := newNewspaper(t)
	const query = `{
		users(orderBy: [{field: EMAIL, nulls: FIRST}, {field: USERNAME}]) { nodes { username email } }
		found: users(where: {emailContains: "ada@"}) { totalCount }
		posts(where: {hasAuthorWith: [{email: "ada@example.com"}], status: PUBLISHED}) { totalCount }
		byEmail: posts(where: {status: PUBLISHED}, orderBy: [{field: AUTHOR_EMAIL, direction: DESC, nulls: FIRST}]) { nodes { author { username } } }
		groups: users { groupBy(keys: [{field: EMAIL}]) { count key { email } } }
	}`
	for name, tc := range map[string]struct {
		api  *apitest.API
		want string
	}{
		"anonymous": {n.anonymous, `{"users":{"nodes":[{"username":"ada","email":null},{"username":"eve","email":null}]},"found":{"totalCount":0},"posts":{"totalCount":0},` +
			`"byEmail":{"nodes":[{"author":{"username":"ada"}},{"author":{"username":"eve"}}]},"groups":{"groupBy":[{"count":2,"key":{"email":null}}]}}`},
		"self": {n.ada, `{"users":{"nodes":[{"username":"eve","email":null},{"username":"ada","email":"ada@example.com"}]},"found":{"totalCount":1},"posts":{"totalCount":1},` +
			`"byEmail":{"nodes":[{"author":{"username":"eve"}},{"author":{"username":"ada"}}]},"groups":{"groupBy":[{"count":1,"key":{"email":"ada@example.com"}},{"count":1,"key":{"email":null}}]}}`},
		"admin": {n.admin, `{"users":{"nodes":[{"username":"ada","email":"ada@example.com"},{"username":"eve","email":"eve@example.com"}]},"found":{"totalCount":1},"posts":{"totalCount":1},` +
			`"byEmail":{"nodes":[{"author":{"username":"eve"}},{"author":{"username":"ada"}}]},` +
			`"groups":{"groupBy":[{"count":1,"key":{"email":"ada@example.com"}},{"count":1,"key":{"email":"eve@example.com"}}]}}`},
	} {
		if got := string(tc.api.Query(t, query, nil).OK(t)); got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, tc.want)
		}
	}
}

// TestHiddenRowsCannotBeWritten changes and deletes a draft of another.
func TestHiddenRowsCannotBeWritten(t *testing.T) {
	t.Parallel()
	n := newNewspaper(t)
	for _, mutation := range []string{
		`mutation($id: ID!) { updatePost(id: $id, input: {status: PUBLISHED}) { post { id } } }`,
		`mutation($id: ID!) { updatePost(id: $id, input: {}) { post { id } } }`,
		`mutation($id: ID!) { deletePost(id: $id) { deletedID } }`,
	} {
		for _, api := range []*apitest.API{n.anonymous, n.eve, n.admin} {
			const nothing = "post_01h455vb4pex5vsknk084sn02q"
			hidden, missing := api.Query(t, mutation, vars{"id": n.draft}), api.Query(t, mutation, vars{"id": nothing})
			if string(hidden.Body) != string(missing.Body) || len(hidden.Errors) != 1 {
				t.Errorf("%s: hidden %s, missing %s", mutation, hidden.Body, missing.Body)
			}
		}
	}
	answer := n.ada.Query(t, `mutation($id: ID!) { updatePost(id: $id, input: {title: "new"}) { post { title status } } }`, vars{"id": n.draft})
	if got := string(answer.OK(t)); got != `{"updatePost":{"post":{"title":"new","status":"DRAFT"}}}` {
		t.Errorf("the author's own: %s", got)
	}
}

// TestRulesCostNoStatement checks that rules cost no statement of their own, and that a
// text that was answered for one viewer is not answered so for another.
func TestRulesCostNoStatement(t *testing.T) {
	t.Parallel()
	n := newNewspaper(t)
	const query = `{ posts(orderBy: [{field: TITLE}]) { nodes { title author { username email } } } }`
	for range 3 { // also from kept plans and prepared statements
		for name, tc := range map[string]struct {
			api           *apitest.API
			posts, emails int
		}{"anonymous": {n.anonymous, 2, 0}, "ada": {n.ada, 3, 2}, "eve": {n.eve, 3, 2}, "admin": {n.admin, 2, 2}, "system": {n.api, 4, 4}} {
			answer := tc.api.Query(t, query, nil)
			body := string(answer.OK(t))
			if got := strings.Count(body, "title"); got != tc.posts || strings.Count(body, "@example.com") != tc.emails {
				t.Errorf("%s sees %s", name, body)
			}
			if answer.Statements != 1 {
				t.Errorf("%s: %d statements", name, answer.Statements)
			}
		}
	}
}

// TestHiddenRowsCannotBeNamed puts ids of what one does not see into inputs: the answer
// is that to an id of nothing, and links to what is hidden stay.
func TestHiddenRowsCannotBeNamed(t *testing.T) {
	t.Parallel()
	n := newNewspaper(t)
	const nothing = "post_01h455vb4pex5vsknk084sn02q"
	for _, mutation := range []string{
		`mutation($tag: ID!, $post: ID!) { updateTag(id: $tag, input: {addPostIDs: [$post]}) { tag { id } } }`,
		`mutation($tag: ID!, $post: ID!) { updateTag(id: $tag, input: {removePostIDs: [$post]}) { tag { id } } }`,
		`mutation($tag: ID!, $post: ID!) { updateTag(id: $tag, input: {postIDs: [$post]}) { tag { id } } }`,
		`mutation($tag: ID!, $post: ID!) { createTagging(input: {tagID: $tag, postID: $post}) { tagging { id } } }`,
		`mutation($post: ID!) { createTag(input: {name: "x", postIDs: [$post]}) { tag { id } } }`,
	} {
		hidden := n.eve.Query(t, mutation, vars{"tag": n.tag, "post": n.draft})
		missing := n.eve.Query(t, mutation, vars{"tag": n.tag, "post": nothing})
		if string(hidden.Body) != string(missing.Body) || !slices.Equal(hidden.Codes(), []string{"BAD_USER_INPUT"}) {
			t.Errorf("%s: hidden %s, missing %s", mutation, hidden.Body, missing.Body)
		}
	}
	// Links to what one does not see stay.
	n.admin.Query(t, `mutation($tag: ID!) { updateTag(id: $tag, input: {postIDs: []}) { tag { posts { totalCount } } } }`, vars{"tag": n.tag}).OK(t)
	left := n.api.Query(t, `{ tags { nodes { posts(orderBy: [{field: TITLE}]) { nodes { title } } } } }`, nil)
	if got := string(left.OK(t)); got != `{"tags":{"nodes":[{"posts":{"nodes":[{"title":"ada draft"},{"title":"eve draft"}]}}]}}` {
		t.Errorf("an admin emptied the list, and left %s", got)
	}
}
