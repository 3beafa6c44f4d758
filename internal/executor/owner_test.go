package executor_test

import (
	"context"
	"encoding/json"
	"testing"

	gent "entgo.io/ent"
	"entgo.io/ent/privacy"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/hook"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/apptest"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// ownedTags are rules by which a tag is written by who has written a post with it.
var ownedTags = rule.Policy{
	Read:   rule.Everyone(),
	Create: rule.Has("posts", rule.Owner("author_id")),
	Update: rule.Has("posts", rule.Owner("author_id")),
	Delete: rule.Has("taggings", rule.Has("post", rule.Owner("author_id"))),
}

// TestFirstOwner lets rules on writing follow edges to many: who makes a tag becomes its owner in
// the same mutation, or makes none. It is not parallel, as the policies are those of the whole
// program.
func TestFirstOwner(t *testing.T) {
	original := *policies["Tag"]
	defer func() { *policies["Tag"] = original }()
	*policies["Tag"] = privacy.Policies{ownedTags}

	system := apitest.New(t)
	post, api := map[string]string{}, map[string]*apitest.API{"nobody": system.As(viewer.Viewer{})}
	for _, name := range []string{"ada", "eve"} {
		id := newUser(t, system, name)
		_, parsed, err := system.Schema.Entities().ParseID(id)
		if err != nil {
			t.Fatal(err)
		}
		post[name] = create(t, system, "Post", vars{"title": name, "status": "PUBLISHED", "authorID": id})
		api[name] = system.As(viewer.Viewer{UserID: parsed, Role: "MEMBER"})
	}
	const make, change = `mutation($in: CreateTagInput!) { createTag(input: $in) { tag { id } } }`, `mutation($id: ID!, $in: UpdateTagInput!) { updateTag(id: $id, input: $in) { tag { id } } }`
	for _, tc := range []struct {
		who, want string
		in        vars
	}{
		{"ada", "FORBIDDEN", vars{"name": "none"}},
		{"ada", "FORBIDDEN", vars{"name": "none", "postIDs": []string{post["eve"]}}},
		{"ada", "FORBIDDEN", vars{"name": "none", "postIDs": []string{post["ada"], post["eve"]}}},
		{"nobody", "UNAUTHENTICATED", vars{"name": "none"}},
	} {
		wantCode(t, api[tc.who].Query(t, make, vars{"in": tc.in}), tc.want)
	}
	tag := create(t, api["ada"], "Tag", vars{"name": "own", "postIDs": []string{post["ada"]}})
	wantData(t, system.Query(t, `{ tags { nodes { name } } }`, nil), `{"tags": {"nodes": [{"name": "own"}]}}`)

	api["ada"].Query(t, change, vars{"id": tag, "in": vars{"name": "renamed"}}).OK(t)
	for _, tc := range []struct {
		who string
		in  vars
	}{
		{"eve", vars{"name": "taken"}},
		{"eve", vars{"addPostIDs": []string{post["eve"]}}},
		{"ada", vars{"removePostIDs": []string{post["ada"]}}}, // leaves a row that is no longer theirs
		{"ada", vars{"postIDs": []string{}, "name": "given up"}},
	} {
		wantCode(t, api[tc.who].Query(t, change, vars{"id": tag, "in": tc.in}), "FORBIDDEN")
	}
	const remove = `mutation($id: ID!) { deleteTag(id: $id) { deletedID } }`
	wantCode(t, api["eve"].Query(t, remove, vars{"id": tag}), "FORBIDDEN")
	wantData(t, system.Query(t, `{ tags { nodes { name taggings { totalCount } } } }`, nil), `{"tags": {"nodes": [{"name": "renamed", "taggings": {"totalCount": 1}}]}}`)
	api["ada"].Query(t, remove, vars{"id": tag}).OK(t)
}

// TestHookMakesTheFirstOwner asks rules of what is made when hooks have run as well.
func TestHookMakesTheFirstOwner(t *testing.T) {
	original := *policies["Tag"]
	defer func() { *policies["Tag"] = original }()
	*policies["Tag"] = privacy.Policies{ownedTags}

	subject := apitest.Subject()
	subject.Ent = subject.Ent.With(ent.TypeTag, hook.On(linkToNewest, gent.OpCreate))
	api := apptest.New(t, subject)
	id := api.Query(t, `mutation { createUser(input: {username: "ada", email: "ada@example.com"}) { user { id } } }`, nil).At(t, "createUser.user.id").(string)
	_, ada, err := api.Schema.Entities().ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	asAda := api.As(viewer.Viewer{UserID: ada, Role: "MEMBER"})
	const make = `mutation($name: String!) { createTag(input: {name: $name}) { tag { posts { totalCount } } } }`
	wantCode(t, asAda.Query(t, make, vars{"name": "go"}), "FORBIDDEN") // there is no post to link to
	asAda.Query(t, `mutation($a: ID!) { createPost(input: {title: "x", authorID: $a}) { post { id } } }`, vars{"a": id}).OK(t)
	wantData(t, asAda.Query(t, make, vars{"name": "go"}), `{"createTag": {"tag": {"posts": {"totalCount": 1}}}}`)
	wantCode(t, api.As(viewer.Viewer{UserID: key.UUID(uuid.New()), Role: "MEMBER"}).Query(t, make, vars{"name": "sql"}), "FORBIDDEN")
}

// linkToNewest gives a new tag to the newest post that its maker has written.
func linkToNewest(next gent.Mutator) gent.Mutator {
	return hook.TagFunc(func(ctx context.Context, m *ent.TagMutation) (gent.Value, error) {
		made, err := next.Mutate(ctx, m)
		if err != nil {
			return nil, err
		}
		post, err := m.Client().Post.Query().First(ctx)
		if ent.IsNotFound(err) {
			return made, nil
		}
		if err == nil {
			id, _ := m.ID()
			err = m.Client().Tagging.Create().SetPostID(post.ID).SetTagID(id).Exec(ctx)
		}
		return made, err
	})
}

func wantCode(t *testing.T, answer apptest.Response, code string) {
	t.Helper()
	if codes := answer.Codes(); len(codes) != 1 || codes[0] != code {
		t.Errorf("got %s, want %s", answer.Body, code)
	}
}

func wantData(t *testing.T, answer apptest.Response, want string) {
	t.Helper()
	var got, wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if answer.Into(t, &got); !cmp.Equal(got, wanted) {
		t.Errorf("got %s, want %s", answer.Body, want)
	}
}
