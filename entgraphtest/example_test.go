package entgraphtest_test

import (
	"testing"

	"github.com/entgraph/entgraph/entgraphtest"
	"github.com/entgraph/entgraph/viewer"
)

// TestTagsAreForAdmins is a test as an app has it: the denial first, then what is allowed, and
// what it costs.
func TestTagsAreForAdmins(t *testing.T) {
	t.Parallel()
	api := entgraphtest.New(t, sample())
	ada := api.SignUp(t, map[string]any{"username": "ada", "email": "ada@example.com", "password": "correct horse battery"})
	add := `mutation { createTag(input: {name: "go"}) { tag { name } } }`
	ada.Query(t, add, nil).WantCode(t, "FORBIDDEN")
	api.As(viewer.System()).Query(t, add, nil).OK(t)

	list := api.Query(t, `{ tags { nodes { name } } }`, nil)
	list.WantData(t, `{"tags": {"nodes": [{"name": "go"}]}}`)
	if n := list.Statements(); n != 1 {
		t.Errorf("the list took %d statements, want 1", n)
	}
}
