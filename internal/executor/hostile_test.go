package executor_test

import (
	"flag"
	"fmt"
	"strconv"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/hostile"
	"github.com/entgraph/entgraph/viewer"
)

var (
	hostileSeed = flag.Uint64("hostile.seed", 1, "seed of the hostile requests")
	hostileLong = flag.Bool("hostile.long", false, "send every hostile value to every place (an hour)")
)

// TestNothingThatIsSentHurts sends hostile values to every argument and input, as one to
// whom no rule applies and as nobody. Nothing is INTERNAL, and what is stored is what was
// sent.
func TestNothingThatIsSentHurts(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	ada := newUser(t, api, "ada")
	free := newUser(t, api, "bob")
	tag, other := create(t, api, "Tag", vars{"name": "go"}), create(t, api, "Tag", vars{"name": "sql"})
	post1 := create(t, api, "Post", vars{"title": "t", "authorID": ada, "status": "PUBLISHED"})
	o := hostile.Options{
		Schema: api.Schema.Schema(), Send: func(body []byte) (int, []byte) { return api.Post(t, body) }, Seed: *hostileSeed, Long: *hostileLong, PerSlot: 1, Pairs: 20,
		IDs: map[string][]string{
			"User": {ada, free}, "Tag": {tag, other}, "Post": {post1},
			"Profile": {create(t, api, "Profile", vars{"userID": ada})}, "Tagging": {create(t, api, "Tagging", vars{"postID": post1, "tagID": tag})},
		},
		Honest: func(_, key string, n int) (string, bool) {
			if key == "email" {
				return strconv.Quote(fmt.Sprintf("u%d@example.com", n)), true
			}
			return "", false
		},
	}
	sent, taken := hostile.Run(t, o)
	if sent < 500 || taken < sent/10 {
		t.Errorf("of %d requests %d went through: the test has lost its point", sent, taken)
	}
	anonymous := api.As(viewer.Viewer{})
	o.Send, o.PerSlot, o.Pairs, o.Long = func(body []byte) (int, []byte) { return anonymous.Post(t, body) }, 1, 5, false
	hostile.Run(t, o)
}

// TestBadArgumentsOfHandwrittenFields are told where they are, in the words of GraphQL.
func TestBadArgumentsOfHandwrittenFields(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	for query, want := range map[string]string{
		`query($v: Int!) { x: relatedPosts(id: "post_01h455vb4pex5vsknk084sn02q", first: $v) { id } }`:          "GRAPHQL_VALIDATION_FAILED [variable v] <nil> cannot use number 99999999999 as Int",
		`mutation($v: Time) { x: createAccessToken(input: {name: "a", scope: READ, expiresAt: $v}) { token } }`: "BAD_USER_INPUT [x input expiresAt] expiresAt expiresAt: must be a time such as 2026-01-31T12:00:00Z",
	} {
		answer := api.Query(t, query, vars{"v": 99999999999})
		if len(answer.Errors) != 1 {
			t.Fatalf("%s: %s", query, answer.Body)
		}
		e := answer.Errors[0]
		if got := fmt.Sprint(e.Code(), " ", e.Path, " ", e.Extensions["field"], " ", e.Message); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}
