package executor_test

import (
	"testing"

	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph/rule"
)

// TestListsAskOfTheLinksData writes lists of ids where the rules of the link look at its own values:
// at those that new ones get, which is position 0, and at those that there are. It is not parallel, as
// the policies are those of the whole program.
func TestListsAskOfTheLinksData(t *testing.T) {
	original := *policies["Tagging"]
	defer func() { *policies["Tagging"] = original }()
	mine := rule.Has("post", rule.Owner("author_id"))
	const (
		add    = `updatePost(id: @ada_DRAFT, input: {addTagIDs: [@free_tag]}) { post { id } }`
		back   = `createTag(input: {name: "x", postIDs: [@ada_DRAFT]}) { tag { id } }`
		others = `createTag(input: {name: "x", postIDs: [@ada_PUBLISHED, @eve_PUBLISHED]}) { tag { id } }`
		create = `createPost(input: {title: "x", authorID: @ada, tagIDs: [@tag, @free_tag]}) { post { id } }`
		remove = `updatePost(id: @ada_DRAFT, input: {removeTagIDs: [@tag]}) { post { id } }`
		clear  = `updatePost(id: @ada_DRAFT, input: {tagIDs: []}) { post { tags { totalCount } } }`
	)
	denied := func(queries ...string) map[string]string {
		out := map[string]string{add: "", back: "", others: "", create: "", remove: "", clear: ""}
		for _, q := range queries {
			out[q] = "FORBIDDEN"
		}
		return out
	}
	for name, tc := range map[string]struct {
		policy rule.Policy
		want   map[string]string
	}{
		"by defaults":        {rule.Policy{Read: rule.Everyone(), Write: rule.Everyone(), Create: rule.LT("position", 1)}, denied()},
		"by other values":    {rule.Policy{Read: rule.Everyone(), Create: rule.GT("position", 0), Delete: rule.Everyone()}, denied(add, back, others, create)},
		"with one's own":     {rule.Policy{Read: rule.Everyone(), Create: rule.All(mine, rule.Not(rule.Is("position", 7))), Delete: rule.Everyone()}, denied(others)},
		"or with one's own":  {rule.Policy{Read: rule.Everyone(), Create: rule.Any(mine, rule.Is("position", 7)), Delete: rule.Everyone()}, denied(others)},
		"what is set":        {rule.Policy{Read: rule.Everyone(), Write: rule.Everyone(), Sets: rule.Fields{"position": rule.Not(rule.LT("position", 1))}}, denied(add, back, others, create)},
		"the end that is":    {rule.Policy{Read: rule.Everyone(), Write: rule.Everyone(), Sets: rule.Fields{"post_id": mine}}, denied(others)},
		"removed by values":  {rule.Policy{Read: rule.Everyone(), Write: rule.Nobody(), Create: rule.Everyone(), Delete: rule.Is("position", 0)}, denied()},
		"kept by values":     {rule.Policy{Read: rule.Everyone(), Create: rule.Everyone(), Delete: rule.GT("position", 0)}, denied(remove, clear)},
		"hidden by values":   {rule.Policy{Read: rule.GT("position", 0), Create: rule.Everyone(), Delete: rule.Nobody()}, denied()},
		"removed by no rule": {rule.Policy{Read: rule.Everyone(), Create: rule.Everyone()}, denied(remove, clear)},
	} {
		*policies["Tagging"] = privacy.Policies{tc.policy}
		l := newLibrary(t)
		for query, want := range tc.want {
			if got, body := l.try(t, l.viewers()["ada"].api, query); got != want {
				t.Errorf("%s: %s: got %q, want %q: %s", name, query, got, want, body)
			}
		}
	}
}
