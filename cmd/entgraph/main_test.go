package main

import (
	"testing"

	"github.com/entgraph/entgraph/entgraphtest"
)

// TestBlog walks through the life of a post: somebody signs up and drafts it, nobody else sees
// it until it is published, and only its author changes it.
func TestBlog(t *testing.T) {
	t.Parallel()
	api := entgraphtest.New(t, app)
	ada := api.SignUp(t, map[string]any{"username": "ada", "email": "ada@example.com", "password": "correct horse battery"})
	api.SignUp(t, map[string]any{"username": "bob", "email": "bob@example.com", "password": "correct horse battery"})
	bob := api.SignIn(t, map[string]any{"username": "bob", "password": "correct horse battery"})

	me := ada.Query(t, `{ viewer { id } }`, nil).String(t, "viewer.id")
	id := map[string]any{"id": ada.Query(t, `mutation($author: ID!) {
		createPost(input: {title: " Hello ", authorID: $author}) { post { id } }
	}`, map[string]any{"author": me}).String(t, "createPost.post.id")}

	post := `query($id: ID!) { post(id: $id) { title author { username email } } }`
	bob.Query(t, post, id).WantData(t, `{"post": null}`)
	ada.Query(t, `mutation($id: ID!) { updatePost(id: $id, input: {status: PUBLISHED}) { post { id } } }`, id).OK(t)
	bob.Query(t, post, id).WantData(t, `{"post": {"title": "Hello", "author": {"username": "ada", "email": null}}}`)

	rename := `mutation($id: ID!) { updatePost(id: $id, input: {title: "Mine"}) { post { title } } }`
	bob.Query(t, rename, id).WantCode(t, "FORBIDDEN")
	api.Query(t, rename, id).WantCode(t, "UNAUTHENTICATED")
	ada.Query(t, rename, id).WantData(t, `{"updatePost": {"post": {"title": "Mine"}}}`)

	list := api.Query(t, `{ posts { nodes { title author { username } tags { nodes { name } } } totalCount } }`, nil)
	list.WantData(t, `{"posts": {"nodes": [{"title": "Mine", "author": {"username": "ada"}, "tags": {"nodes": []}}], "totalCount": 1}}`)
	if n := list.Statements(); n > 4 {
		t.Errorf("the list took %d statements, want one for each level and the total", n)
	}
}

// TestRules proves every access rule; see entgraphtest.Matrix.
func TestRules(t *testing.T) {
	t.Parallel()
	entgraphtest.Matrix(t, app)
}
