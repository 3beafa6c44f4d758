package executor_test

import (
	"slices"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
)

// TestUnreadableRows changes a row with a value that Ent cannot read: that says so, and the same change
// with another value in its place goes through.
func TestUnreadableRows(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	post := create(t, api, "Post", vars{"title": "Engines", "authorID": newUser(t, api, "ada")})
	if _, err := api.DB.Write.Exec(t.Context(), `UPDATE posts SET published_at = 'infinity'`); err != nil {
		t.Fatal(err)
	}
	update := `mutation($id: ID!, $in: UpdatePostInput!) { updatePost(id: $id, input: $in) { post { title } } }`
	answer := api.Query(t, update, vars{"id": post, "in": vars{"title": "More"}})
	if !slices.Equal(answer.Codes(), []string{"UNREPRESENTABLE"}) {
		t.Errorf("an unreadable row is answered by %s", answer.Body)
	}
	both := vars{"title": "More", "publishedAt": "2026-01-31T12:00:00Z"}
	if got := api.Query(t, update, vars{"id": post, "in": both}).At(t, "updatePost.post.title"); got != "More" {
		t.Errorf("mended, the title is %v", got)
	}
}
