package entgraphtest_test

import (
	"testing"

	"github.com/entgraph/entgraph/entgraphtest"
)

// TestTagsAreForUsers is a test as an app has it: the denial first, then what is allowed, and
// what it costs.
func TestTagsAreForUsers(t *testing.T) {
	t.Parallel()
	api := entgraphtest.New(t, sample())
	ada := api.SignUp(t, map[string]any{"username": "ada", "email": "ada@example.com", "password": "correct horse battery"})
	add := `mutation { createTag(input: {name: "go"}) { tag { name } } }`
	api.Query(t, add, nil).WantCode(t, "UNAUTHENTICATED")
	ada.Query(t, add, nil).OK(t)

	list := api.Query(t, `{ tags { nodes { name } } }`, nil)
	list.WantData(t, `{"tags": {"nodes": [{"name": "go"}]}}`)
	if n := list.Statements(); n != 1 {
		t.Errorf("the list took %d statements, want 1", n)
	}
}
