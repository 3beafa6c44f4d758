package planner_test

import "testing"

// TestJoinedEntityIsThereOrNot reads a to-one edge that leads to an entity of NULLs, and
// one that leads nowhere, by selections that read the id of the entity, another column
// that is never NULL, only columns that are, or no column at all.
func TestJoinedEntityIsThereOrNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 33, 1)
	if _, err := w.DB.Write.Exec(t.Context(), `INSERT INTO profiles (id, user_id) SELECT gen_random_uuid(), id FROM users WHERE username = 'ada'`); err != nil {
		t.Fatal(err)
	}
	for selection, want := range map[string]string{
		"bio":                             `{"bio":null}`,
		"__typename":                      `{"__typename":"Profile"}`,
		"bio user { username }":           `{"bio":null,"user":{"username":"ada"}}`,
		"user { profile { firstName } }":  `{"user":{"profile":{"firstName":null}}}`,
		"a: lastName ... { b: lastName }": `{"a":null,"b":null}`,
	} {
		query := `{ there: userByUsername(username: "ada") { profile { ` + selection + ` } } gone: userByUsername(username: "bob") { profile { ` + selection + ` } } }`
		if got, want := string(w.Query(t, query, nil).OK(t)), `{"there":{"profile":`+want+`},"gone":{"profile":null}}`; got != want {
			t.Errorf("%s:\n got %s\nwant %s", selection, got, want)
		}
	}
	got := string(w.Query(t, `{ users(first: 2) { nodes { __typename } edges { node { __typename } } } }`, nil).OK(t))
	want := `{"users":{"nodes":[{"__typename":"User"},{"__typename":"User"}],"edges":[{"node":{"__typename":"User"}},{"node":{"__typename":"User"}}]}}`
	if got != want {
		t.Errorf("rows without columns: got %s", got)
	}
	got = string(w.Query(t, `{ posts(first: 1) { nodes { author { username } } } }`, nil).OK(t))
	if want := `{"posts":{"nodes":[{"author":{"username":"` + w.posts[0].author + `"}}]}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
