package executor_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
)

type vars = map[string]any

// create writes one entity and returns its id.
func create(t testing.TB, api *apitest.API, typ string, input vars) string {
	t.Helper()
	field := strings.ToLower(typ)
	query := fmt.Sprintf(`mutation($input: Create%sInput!) { create%[1]s(input: $input) { %s { id } } }`, typ, field)
	return api.Query(t, query, vars{"input": input}).At(t, "create"+typ+"."+field+".id").(string)
}

func newUser(t *testing.T, api *apitest.API, name string) string {
	t.Helper()
	return create(t, api, "User", vars{"username": name, "email": name + "@example.com"})
}

// one reads one value of an entity.
func one(t *testing.T, api *apitest.API, field, id, selection string) string {
	t.Helper()
	var data map[string]json.RawMessage
	api.Query(t, fmt.Sprintf(`query($id: ID!) { %s(id: $id) { %s } }`, field, selection), vars{"id": id}).Into(t, &data)
	return string(data[field])
}

func TestEveryOperationOfEveryEntity(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	user, other := newUser(t, api, "ada"), newUser(t, api, "bob")
	author := newUser(t, api, "eve")
	post := create(t, api, "Post", vars{"title": "First", "authorID": author})
	tag := create(t, api, "Tag", vars{"name": "go"})
	for _, tc := range []struct {
		typ, plural    string
		create, update vars
		selection      string
		created        string // what the selection reads after the create
		updated        string
		lookup         string // a look-up that finds it after the update, with its value
	}{
		{
			"User", "users", vars{"username": "carl", "email": "carl@example.com", "role": "ADMIN"}, vars{"username": "carla"},
			"username email role displayName profile { id } posts { totalCount }",
			`{"username":"carl","email":"carl@example.com","role":"ADMIN","displayName":"carl","profile":null,"posts":{"totalCount":0}}`,
			`{"username":"carla","email":"carl@example.com","role":"ADMIN","displayName":"carla","profile":null,"posts":{"totalCount":0}}`,
			`userByUsername(username: " CARLA ")`,
		},
		{
			"Profile", "profiles", vars{"userID": user, "firstName": "Ada", "bio": "x\ny"}, vars{"lastName": "L", "bio": nil, "userID": other},
			"firstName lastName bio user { username displayName }",
			`{"firstName":"Ada","lastName":null,"bio":"x\ny","user":{"username":"ada","displayName":"Ada"}}`,
			`{"firstName":"Ada","lastName":"L","bio":null,"user":{"username":"bob","displayName":"Ada L"}}`, "",
		},
		{
			"Post", "posts", vars{"title": " T ", "authorID": user, "tagIDs": []string{tag}}, vars{"body": "b", "status": "PUBLISHED", "publishedAt": "2026-01-02T03:04:05.6Z", "removeTagIDs": []string{tag}},
			"title body status publishedAt author { username } tags { nodes { name } }",
			`{"title":"T","body":"","status":"DRAFT","publishedAt":null,"author":{"username":"ada"},"tags":{"nodes":[{"name":"go"}]}}`,
			`{"title":"T","body":"b","status":"PUBLISHED","publishedAt":"2026-01-02T03:04:05.6Z","author":{"username":"ada"},"tags":{"nodes":[]}}`, "",
		},
		{
			"Tag", "tags", vars{"name": "sql"}, vars{"name": "SQL", "postIDs": []string{post}},
			"name posts { nodes { title } } taggings { totalCount }",
			`{"name":"sql","posts":{"nodes":[]},"taggings":{"totalCount":0}}`,
			`{"name":"SQL","posts":{"nodes":[{"title":"First"}]},"taggings":{"totalCount":1}}`, `tagByName(name: "SQL ")`,
		},
		{
			"Tagging", "taggings", vars{"postID": post, "tagID": tag, "position": 3}, vars{"position": 4},
			"position post { title } tag { name }",
			`{"position":3,"post":{"title":"First"},"tag":{"name":"go"}}`,
			`{"position":4,"post":{"title":"First"},"tag":{"name":"go"}}`, "",
		},
	} {
		field := strings.ToLower(tc.typ)
		id := create(t, api, tc.typ, tc.create)
		if got := one(t, api, field, id, tc.selection); got != tc.created {
			t.Errorf("create%s: %s, want %s", tc.typ, got, tc.created)
		}
		update := fmt.Sprintf(`mutation($id: ID!, $input: Update%sInput!) { update%[1]s(id: $id, input: $input) { %s { %s } } }`, tc.typ, field, tc.selection)
		var payload map[string]map[string]json.RawMessage
		api.Query(t, update, vars{"id": id, "input": tc.update}).Into(t, &payload)
		if got := string(payload["update"+tc.typ][field]); got != tc.updated {
			t.Errorf("update%s: %s, want %s", tc.typ, got, tc.updated)
		}
		reads := []string{
			fmt.Sprintf(`{ x: node(id: %q) { id } }`, id),
			fmt.Sprintf(`{ x: %s(id: %q) { id } }`, field, id),
		}
		if tc.lookup != "" {
			reads = append(reads, "{ x: "+tc.lookup+" { id } }")
		}
		for _, read := range reads {
			if got := api.Query(t, read, nil).At(t, "x.id"); got != id {
				t.Errorf("%s finds %v, want %s", read, got, id)
			}
		}
		list := api.Query(t, fmt.Sprintf(`{ nodes(ids: [%q]) { id __typename } %s(where: {id: %[1]q}) { totalCount nodes { id } } }`, id, tc.plural), nil)
		if list.At(t, "nodes.0.__typename") != tc.typ || list.At(t, tc.plural+".nodes.0.id") != id || list.At(t, tc.plural+".totalCount") != 1.0 {
			t.Errorf("lists of %s: %s", tc.typ, list.Data)
		}
		remove := fmt.Sprintf(`mutation { delete%s(id: %q) { deletedID } }`, tc.typ, id)
		if got := api.Query(t, remove, nil).At(t, "delete"+tc.typ+".deletedID"); got != id {
			t.Errorf("delete%s gives %v", tc.typ, got)
		}
		again := api.Query(t, remove, nil)
		if !slices.Equal(again.Codes(), []string{"NOT_FOUND"}) {
			t.Errorf("delete%s twice: %s", tc.typ, again.Body)
		}
		if got := one(t, api, field, id, "id"); got != "null" {
			t.Errorf("a deleted %s reads as %s", tc.typ, got)
		}
		if got := api.Query(t, update, vars{"id": id, "input": tc.update}); !slices.Equal(got.Codes(), []string{"NOT_FOUND"}) {
			t.Errorf("update of a deleted %s: %s", tc.typ, got.Body)
		}
	}
}

func TestAllInvalidFieldsAtOnce(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	answer := api.Query(t, `mutation($i: CreatePostInput!) { p: createPost(input: $i) { post { id } } }`, vars{"i": vars{
		"title": "  ", "body": strings.Repeat("x", 50_001), "publishedAt": "soon", "authorID": "tag_01h455vb4pex5vsknk084sn02q",
		"tagIDs": []string{"tag_01h455vb4pex5vsknk084sn02q", "nope"}, "status": nil,
	}})
	var got []string
	for _, e := range answer.Errors {
		got = append(got, fmt.Sprint(e.Code(), " ", e.Path, " ", e.Extensions["field"], " ", e.Message))
	}
	want := []string{
		"BAD_USER_INPUT [p input authorID] authorID authorID: is the id of another type (tag), not of a User",
		"BAD_USER_INPUT [p input body] body body: must have at most 50000 characters",
		"BAD_USER_INPUT [p input publishedAt] publishedAt publishedAt: must be a time such as 2026-01-31T12:00:00Z",
		"BAD_USER_INPUT [p input status] status status: must not be null",
		"BAD_USER_INPUT [p input tagIDs 0] tagIDs.0 tagIDs.0: names something that does not exist",
		"BAD_USER_INPUT [p input tagIDs 1] tagIDs.1 tagIDs.1: is not the id of a Tag",
		"BAD_USER_INPUT [p input title] title title: must not be empty",
	}
	if !slices.Equal(got, want) || string(answer.Data) != `{"p":null}` {
		t.Errorf("got %s\nwant %s\ndata %s", strings.Join(got, "\n"), strings.Join(want, "\n"), answer.Data)
	}
}

func TestConflictsNameTheField(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	ada, bob := newUser(t, api, "ada"), newUser(t, api, "bob")
	create(t, api, "Profile", vars{"userID": ada})
	second := create(t, api, "Profile", vars{"userID": bob})
	post := create(t, api, "Post", vars{"title": "t", "authorID": ada})
	tag := create(t, api, "Tag", vars{"name": "go"})
	create(t, api, "Tagging", vars{"postID": post, "tagID": tag})
	for mutation, want := range map[string]string{
		`createUser(input: {username: "ADA", email: "a@example.com"}) { user { id } }`:                                  "CONFLICT username there is a User with this username already",
		`createUser(input: {username: "carl", email: "BOB@example.com"}) { user { id } }`:                               "CONFLICT email there is a User with this email already",
		fmt.Sprintf(`updateUser(id: %q, input: {username: "bob"}) { user { id } }`, ada):                                "CONFLICT username there is a User with this username already",
		`createTag(input: {name: " go "}) { tag { id } }`:                                                               "CONFLICT name there is a Tag with this name already",
		fmt.Sprintf(`createProfile(input: {userID: %q}) { profile { id } }`, ada):                                       "CONFLICT userID there is a Profile with this userID already",
		fmt.Sprintf(`updateProfile(id: %q, input: {userID: %q}) { profile { id } }`, second, ada):                       "CONFLICT userID there is a Profile with this userID already",
		fmt.Sprintf(`createTagging(input: {postID: %q, tagID: %q}) { tagging { id } }`, post, tag):                      "CONFLICT postID there is a Tagging with this postID and tagID already",
		fmt.Sprintf(`deleteUser(id: %q) { deletedID }`, ada):                                                            "CONFLICT <nil> this User is still used by posts",
		`createPost(input: {title: "t", authorID: "user_01h455vb4pex5vsknk084sn02q"}) { post { id } }`:                  "BAD_USER_INPUT authorID authorID: names something that does not exist",
		fmt.Sprintf(`updatePost(id: %q, input: {addTagIDs: ["tag_01h455vb4pex5vsknk084sn02q"]}) { post { id } }`, post): "BAD_USER_INPUT addTagIDs.0 addTagIDs.0: names something that does not exist",
	} {
		answer := api.Query(t, "mutation { x: "+mutation+" }", nil)
		if len(answer.Errors) != 1 {
			t.Fatalf("%s: %s", mutation, answer.Body)
		}
		e := answer.Errors[0]
		if got := fmt.Sprint(e.Code(), " ", e.Extensions["field"], " ", e.Message); got != want {
			t.Errorf("%s: %s, want %s", mutation, got, want)
		}
		if strings.Contains(string(answer.Body), "SQLSTATE") || strings.Contains(string(answer.Body), "constraint") {
			t.Errorf("the database shows through: %s", answer.Body)
		}
	}
}

func TestNullClearsAndAbsentKeeps(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	ada := newUser(t, api, "ada")
	profile := create(t, api, "Profile", vars{"userID": ada, "firstName": "Ada", "lastName": "Lovelace", "bio": "b"})
	update := `mutation($id: ID!, $in: UpdateProfileInput!) { updateProfile(id: $id, input: $in) { profile { firstName lastName bio user { username } } } }`
	for _, tc := range []struct {
		in   vars
		want string
	}{
		{vars{}, `{"firstName":"Ada","lastName":"Lovelace","bio":"b","user":{"username":"ada"}}`},
		{vars{"bio": nil}, `{"firstName":"Ada","lastName":"Lovelace","bio":null,"user":{"username":"ada"}}`},
		{vars{"firstName": "A", "lastName": nil}, `{"firstName":"A","lastName":null,"bio":null,"user":{"username":"ada"}}`},
	} {
		var data struct {
			UpdateProfile struct{ Profile json.RawMessage }
		}
		api.Query(t, update, vars{"id": profile, "in": tc.in}).Into(t, &data)
		if got := string(data.UpdateProfile.Profile); got != tc.want {
			t.Errorf("after %v: %s, want %s", tc.in, got, tc.want)
		}
	}
	// A variable that is not given inside an object counts as absent.
	absent := api.Query(t, `mutation($id: ID!, $x: String) { updateProfile(id: $id, input: {firstName: $x}) { profile { firstName } } }`, vars{"id": profile})
	if got := absent.At(t, "updateProfile.profile.firstName"); got != "A" {
		t.Errorf("an absent variable changed the name to %v", got)
	}
	bad := api.Query(t, update, vars{"id": profile, "in": vars{"userID": nil}})
	if len(bad.Errors) != 1 || bad.Errors[0].Message != "userID: must not be null" {
		t.Errorf("clearing a required edge: %s", bad.Body)
	}
}

func TestManyToMany(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	ada := newUser(t, api, "ada")
	tags := map[string]string{}
	for _, name := range []string{"a", "b", "c"} {
		tags[name] = create(t, api, "Tag", vars{"name": name})
	}
	ids := func(names string) []string {
		out := []string{}
		for _, n := range strings.Fields(names) {
			out = append(out, tags[n])
		}
		return out
	}
	post := create(t, api, "Post", vars{"title": "t", "authorID": ada, "tagIDs": ids("a a b")})
	for _, tc := range []struct {
		input vars
		want  string
	}{
		{vars{}, "a b"},
		{vars{"addTagIDs": ids("b c c")}, "a b c"},
		{vars{"removeTagIDs": ids("a")}, "b c"},
		{vars{"removeTagIDs": ids("a")}, "b c"},
		{vars{"tagIDs": ids("a c")}, "a c"},
		{vars{"addTagIDs": ids("b"), "removeTagIDs": ids("c")}, "a b"},
		{vars{"tagIDs": nil}, ""},
		{vars{"tagIDs": tags["b"]}, "b"}, // one value stands for a list of it
		{vars{"tagIDs": ids("c b a")}, "a b c"},
		{vars{"tagIDs": []string{}}, ""},
	} {
		answer := api.Query(t, `mutation($id: ID!, $in: UpdatePostInput!) {
			updatePost(id: $id, input: $in) { post { tags(orderBy: [{field: NAME}]) { nodes { name } } } } }`, vars{"id": post, "in": tc.input})
		var names []string
		for _, n := range answer.At(t, "updatePost.post.tags.nodes").([]any) {
			names = append(names, n.(map[string]any)["name"].(string))
		}
		if got := strings.Join(names, " "); got != tc.want {
			t.Errorf("after %v: %q, want %q", tc.input, got, tc.want)
		}
	}
}

func TestOneOperationIsOneTransaction(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	bad := api.Query(t, `mutation {
		a: createTag(input: {name: "one"}) { tag { id } }
		b: createTag(input: {name: "one"}) { tag { id } }
		c: createTag(input: {name: "two"}) { tag { id } }
		__typename
	}`, nil)
	if string(bad.Data) != `{"a":null,"b":null,"c":null,"__typename":"Mutation"}` || len(bad.Errors) != 1 || bad.Errors[0].Path[0] != "b" {
		t.Errorf("answer %s", bad.Body)
	}
	good := api.Query(t, `mutation { a: createTag(input: {name: "one"}) { tag { name } } b: createTag(input: {name: "two"}) { x: tag { name } y: tag { id: name } } }`, nil)
	if got := string(good.OK(t)); got != `{"a":{"tag":{"name":"one"}},"b":{"x":{"name":"two"},"y":{"id":"two"}}}` {
		t.Errorf("answer %s", got)
	}
	if got := api.Query(t, `{ tags { totalCount } }`, nil).At(t, "tags.totalCount"); got != 2.0 {
		t.Errorf("%v tags, want 2", got)
	}
}

func TestDeletesFollowTheForeignKeys(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	ada := newUser(t, api, "ada")
	profile := create(t, api, "Profile", vars{"userID": ada})
	tag := create(t, api, "Tag", vars{"name": "go"})
	post := create(t, api, "Post", vars{"title": "t", "authorID": ada, "tagIDs": []string{tag}})
	api.Query(t, fmt.Sprintf(`mutation { deletePost(id: %q) { deletedID } deleteUser(id: %q) { deletedID } }`, post, ada), nil).OK(t)
	if got := one(t, api, "profile", profile, "id"); got != "null" {
		t.Errorf("the profile of a deleted user is %s", got)
	}
	if got := one(t, api, "tag", tag, "name taggings { totalCount }"); got != `{"name":"go","taggings":{"totalCount":0}}` {
		t.Errorf("the tag of a deleted post is %s", got)
	}
}
