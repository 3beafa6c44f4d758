package executor_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
)

// problems lists the errors of an answer as "CODE field".
func problems(answer apitest.Response) []string {
	out := []string{}
	for _, e := range answer.Errors {
		field, _ := e.Extensions["field"].(string)
		out = append(out, strings.TrimSpace(e.Code()+" "+field))
	}
	return out
}

// edgeKeys are the keys of one to-many edge in an update.
type edgeKeys struct {
	set, add, remove          []string
	hasSet, hasAdd, hasRemove bool
}

// randomKeys draws lists of some of the ids, with repetitions.
func randomKeys(r *rand.Rand, ids []string) (k edgeKeys) {
	list := func() (out []string) {
		for range r.IntN(4) {
			out = append(out, ids[r.IntN(len(ids))])
		}
		return slices.Clip(append([]string{}, out...))
	}
	k.hasSet, k.hasAdd, k.hasRemove = r.IntN(3) == 0, r.IntN(2) == 0, r.IntN(2) == 0
	k.set, k.add, k.remove = list(), list(), list()
	return k
}

func (k edgeKeys) input(set, add, remove string) vars {
	in := vars{}
	for key, list := range map[string][]string{set: k.set, add: k.add, remove: k.remove} {
		if key == set && k.hasSet || key == add && k.hasAdd || key == remove && k.hasRemove {
			in[key] = list
		}
	}
	return in
}

// after is what the edge leads to, and the errors, as the documents say it: never
// dependent on what was linked before.
func (k edgeKeys) after(before []string, set, add, remove string) (links, errs []string) {
	links = slices.Clone(before)
	if k.hasSet {
		links = slices.Clone(k.set)
		if k.hasAdd {
			errs = append(errs, "BAD_USER_INPUT "+add)
		}
		if k.hasRemove {
			errs = append(errs, "BAD_USER_INPUT "+remove)
		}
	}
	if k.hasAdd {
		links = append(links, k.add...)
	}
	if k.hasRemove {
		links = slices.DeleteFunc(links, func(id string) bool { return slices.Contains(k.remove, id) })
		for i, id := range k.remove {
			if k.hasAdd && slices.Contains(k.add, id) && slices.Index(k.remove, id) == i {
				errs = append(errs, fmt.Sprintf("BAD_USER_INPUT %s.%d", remove, i))
			}
		}
	}
	slices.Sort(errs)
	if len(errs) > 0 {
		links = slices.Clone(before)
	}
	slices.Sort(links)
	return slices.Compact(links), errs
}

// TestListsAreWhatTheInputSays changes an edge from both of its sides, whatever was linked
// before.
func TestListsAreWhatTheInputSays(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	r := rand.New(rand.NewPCG(1, 19))
	ada := newUser(t, api, "ada")
	var posts, tags []string
	for i := range 4 {
		posts = append(posts, create(t, api, "Post", vars{"title": fmt.Sprint(i), "authorID": ada}))
		tags = append(tags, create(t, api, "Tag", vars{"name": fmt.Sprint("t", i)}))
	}
	for _, side := range []struct {
		typ, edge, key string
		owner          string
		ids            []string
	}{{"Post", "tags", "Tag", posts[0], tags}, {"Tag", "posts", "Post", tags[0], posts}} {
		field, low := strings.ToLower(side.typ), strings.ToLower(side.key)
		update := fmt.Sprintf(`mutation($id: ID!, $in: Update%sInput!) { update%[1]s(id: $id, input: $in) { %s { %s { nodes { id } } } } }`, side.typ, field, side.edge)
		set, add, remove := low+"IDs", "add"+side.key+"IDs", "remove"+side.key+"IDs"
		for n := range 60 {
			before := randomKeys(r, side.ids).set
			api.Query(t, update, vars{"id": side.owner, "in": vars{set: before}}).OK(t)
			slices.Sort(before)
			before = slices.Compact(before)

			k := randomKeys(r, side.ids)
			in := k.input(set, add, remove)
			want, errs := k.after(before, set, add, remove)
			answer := api.Query(t, update, vars{"id": side.owner, "in": in})
			if got := problems(answer); !slices.Equal(got, errs) && len(got)+len(errs) > 0 {
				t.Fatalf("%d: before %v, %v: got %v, want %v", n, before, in, got, errs)
			}
			nodes := api.Query(t, fmt.Sprintf(`query($id: ID!) { %s(id: $id) { %s { nodes { id } } } }`, field, side.edge), vars{"id": side.owner}).At(t, field+"."+side.edge+".nodes").([]any)
			got := []string{}
			for _, node := range nodes {
				got = append(got, node.(map[string]any)["id"].(string))
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Fatalf("%d: before %v, %v: got %v, want %v", n, before, in, got, want)
			}
		}
	}
}

// TestNullLists: null sets the empty list, and adds or removes nothing.
func TestNullLists(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	ada := newUser(t, api, "ada")
	tag := create(t, api, "Tag", vars{"name": "go"})
	post := create(t, api, "Post", vars{"title": "t", "authorID": ada, "tagIDs": []string{tag, tag}})
	const update = `mutation($id: ID!, $in: UpdatePostInput!) { updatePost(id: $id, input: $in) { post { tags { totalCount } } } }`
	for _, tc := range []struct {
		in   vars
		want float64
	}{
		{vars{"addTagIDs": nil, "removeTagIDs": nil}, 1},
		{vars{"tagIDs": nil, "addTagIDs": nil}, 0},
		{vars{"tagIDs": []string{tag}, "removeTagIDs": nil}, 1},
		{vars{"tagIDs": nil}, 0},
	} {
		if got := api.Query(t, update, vars{"id": post, "in": tc.in}).At(t, "updatePost.post.tags.totalCount"); got != tc.want {
			t.Errorf("%v: %v tags, want %v", tc.in, got, tc.want)
		}
	}
}

// TestMissingRowsAreNotFound updates what is not there, or hidden, by inputs with edges of
// every kind: the answers are the same to the letter, and never about the edge.
func TestMissingRowsAreNotFound(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*apitest.Options){"rules": func(*apitest.Options) {}, "row security": rowSecurity} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLibrary(t, change)
			askers := l.viewers()
			for _, who := range []string{"anonymous", "eve", "admin"} {
				for _, in := range []string{
					`{title: "x"}`, `{tagIDs: []}`, `{addTagIDs: [@tag]}`, `{removeTagIDs: [@tag]}`, `{tagIDs: ["tag_01h455vb4pex5vsknk084sn02q"]}`,
					`{authorID: @eve}`, `{authorID: "user_01h455vb4pex5vsknk084sn02q"}`, `{authorID: @ada, addTagIDs: [@free_tag]}`,
				} {
					query := `updatePost(id: %s, input: ` + in + `) { post { id } }`
					hidden, body := l.try(t, askers[who].api, fmt.Sprintf(query, "@ada_DRAFT"))
					for _, id := range []string{`"post_01h455vb4pex5vsknk084sn02q"`, `"post_00000000000000000000000000"`} {
						missing, other := l.try(t, askers[who].api, fmt.Sprintf(query, id))
						if hidden != "NOT_FOUND" || missing != hidden || body != other {
							t.Errorf("%s: %s: hidden %s, missing %s\n%s\n%s", who, in, hidden, missing, body, other)
						}
					}
				}
			}
		})
	}
}

// TestMissingIDsAreNamed links to what is not there, or hidden: every id is named at once,
// at its place.
func TestMissingIDsAreNamed(t *testing.T) {
	t.Parallel()
	n := newNewspaper(t)
	const missing, nobody, noPost = "tag_01h455vb4pex5vsknk084sn02q", "user_01h455vb4pex5vsknk084sn02q", "post_01h455vb4pex5vsknk084sn02q"
	const update = `mutation($id: ID!, $in: UpdatePostInput!) { updatePost(id: $id, input: $in) { post { id } } }`
	for _, tc := range []struct {
		in   vars
		want []string
	}{
		{vars{"tagIDs": []string{n.tag, missing}}, []string{"BAD_USER_INPUT tagIDs.1"}},
		{vars{"addTagIDs": []string{missing, n.tag, missing}}, []string{"BAD_USER_INPUT addTagIDs.0"}},
		{vars{"removeTagIDs": []string{missing}}, []string{"BAD_USER_INPUT removeTagIDs.0"}},
		{vars{"authorID": nobody}, []string{"BAD_USER_INPUT authorID"}},
		{vars{"authorID": nobody, "addTagIDs": []string{n.tag, missing}, "title": ""}, []string{"BAD_USER_INPUT addTagIDs.1", "BAD_USER_INPUT authorID", "BAD_USER_INPUT title"}},
	} {
		if got := problems(n.ada.Query(t, update, vars{"id": n.draft, "in": tc.in})); !slices.Equal(got, tc.want) {
			t.Errorf("%v: %v, want %v", tc.in, got, tc.want)
		}
	}
	const tagging = `mutation($in: CreateTaggingInput!) { createTagging(input: $in) { tagging { id } } }`
	if got := problems(n.ada.Query(t, tagging, vars{"in": vars{"postID": noPost, "tagID": missing}})); !slices.Equal(got, []string{"BAD_USER_INPUT postID", "BAD_USER_INPUT tagID"}) {
		t.Errorf("a link between nothing and nothing: %v", got)
	}
	for _, query := range []string{
		`mutation($p: ID!) { createTagging(input: {postID: $p, tagID: "` + missing + `"}) { tagging { id } } }`,
		`mutation($p: ID!) { createTag(input: {name: "new", postIDs: [$p]}) { tag { id } } }`,
	} {
		hidden, gone := n.eve.Query(t, query, vars{"p": n.draft}), n.eve.Query(t, query, vars{"p": noPost})
		if string(hidden.Body) != string(gone.Body) || !slices.Contains(hidden.Codes(), "BAD_USER_INPUT") {
			t.Errorf("%s: hidden %s, missing %s", query, hidden.Body, gone.Body)
		}
	}
}

// TestConflictsNameWhatWasSent writes one half of a pair that is unique together.
func TestConflictsNameWhatWasSent(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	ada := newUser(t, api, "ada")
	post := create(t, api, "Post", vars{"title": "t", "authorID": ada})
	var tags, taggings []string
	for _, name := range []string{"a", "b"} {
		tag := create(t, api, "Tag", vars{"name": name})
		tags = append(tags, tag)
		taggings = append(taggings, create(t, api, "Tagging", vars{"postID": post, "tagID": tag}))
	}
	answer := api.Query(t, `mutation($id: ID!, $tag: ID!) { updateTagging(id: $id, input: {tagID: $tag}) { tagging { id } } }`, vars{"id": taggings[0], "tag": tags[1]})
	if got := problems(answer); !slices.Equal(got, []string{"CONFLICT tagID"}) {
		t.Errorf("%v: %s", got, answer.Body)
	}
}

// TestLinksAreBounded sends more ids than a list may have, and sets a list that has more.
func TestLinksAreBounded(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) { o.Graph.MaxLinks = 2 })
	ada := newUser(t, api, "ada")
	var tags []string
	for i := range 3 {
		tags = append(tags, create(t, api, "Tag", vars{"name": fmt.Sprint("t", i)}))
	}
	post := create(t, api, "Post", vars{"title": "t", "authorID": ada, "tagIDs": tags[:2]})
	const update = `mutation($id: ID!, $in: UpdatePostInput!) { updatePost(id: $id, input: $in) { post { tags { totalCount } } } }`
	try := func(in vars) apitest.Response { return api.Query(t, update, vars{"id": post, "in": in}) }
	if got := try(vars{"addTagIDs": tags[2:]}).At(t, "updatePost.post.tags.totalCount"); got != 3.0 {
		t.Fatalf("%v tags, want 3", got)
	}
	for _, in := range []vars{{"tagIDs": tags}, {"addTagIDs": tags}, {"removeTagIDs": tags}, {"tagIDs": []string{}}} {
		answer := try(in)
		if !slices.Equal(answer.Codes(), []string{"LIMIT_EXCEEDED"}) || answer.Errors[0].Extensions["limit"] != "MAX_LINKS" || answer.Errors[0].Extensions["max"] != 2.0 {
			t.Errorf("%v: %s", in, answer.Body)
		}
	}
	if got := try(vars{"removeTagIDs": tags[:2]}).At(t, "updatePost.post.tags.totalCount"); got != 1.0 {
		t.Errorf("%v tags, want 1", got)
	}
}
