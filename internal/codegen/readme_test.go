package codegen_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/viewer"
)

var (
	readmeBlock = regexp.MustCompile("(?s)\n   ```go\n(.*?)\n   ```\n")
	readmeEdge  = regexp.MustCompile("`(edge\\.To\\(\"comments\",.*)`")
	// Whoever follows the README has an entity of its name already.
	readmeNames = strings.NewReplacer("Comment", "Exhibit", "comment", "exhibit")
)

// addReadme adds the entity of the README, by its steps and under another name.
func (m *module) addReadme(t *testing.T) {
	t.Helper()
	_, section, _ := strings.Cut(m.read(t, "README.md"), "\n## Add an entity\n")
	section, _, _ = strings.Cut(section, "\n## ")
	file, back := readmeBlock.FindStringSubmatch(section), readmeEdge.FindStringSubmatch(section)
	if file == nil || back == nil {
		t.Fatalf("no entity and no edge in:\n%s", section)
	}
	m.write(t, "ent/schema/exhibit.go", readmeNames.Replace(strings.ReplaceAll(file[1], "\n   ", "\n")[len("   "):]))
	m.edit(t, "ent/schema/user.go", "		edge.To(\"posts\", Post.Type).", "		"+readmeNames.Replace(back[1])+",\n")
}

// readme checks that the entity of the README is safe to copy: one writes in one's own name
// alone, and what one wrote oneself.
func (s *story) readme(t *testing.T) {
	const create, update, remove = `mutation($u: ID!) { createExhibit(input: {text: "I am Ada", userID: $u}) { exhibit { id } } }`,
		`mutation($id: ID!) { updateExhibit(id: $id, input: {text: "y"}) { exhibit { text } } }`, `mutation($id: ID!) { deleteExhibit(id: $id) { deletedID } }`
	nobody, grace := story{api: s.api.Bearer("")}, story{api: s.api.SignedIn(t, "grace", viewer.Member)}
	nobody.refused(t, create, vars{"u": s.user}, "UNAUTHENTICATED ")
	grace.refused(t, create, vars{"u": s.user}, "FORBIDDEN ")
	own := grace.at(t, "viewer.id", `{ viewer { id } }`, nil)
	id := grace.at(t, "createExhibit.exhibit.id", create, vars{"u": own})
	for _, query := range []string{update, remove} {
		nobody.refused(t, query, vars{"id": id}, "UNAUTHENTICATED ")
		s.refused(t, query, vars{"id": id}, "FORBIDDEN ")
	}
	grace.refused(t, `mutation($id: ID!, $u: ID!) { updateExhibit(id: $id, input: {userID: $u}) { exhibit { id } } }`, vars{"id": id, "u": s.user}, "FORBIDDEN ")
	grace.want(t, update, vars{"id": id}, `{"updateExhibit":{"exhibit":{"text":"y"}}}`)
	s.want(t, `query($u: ID!) { user(id: $u) { exhibits { nodes { text user { username } } } } }`, vars{"u": own},
		`{"user":{"exhibits":{"nodes":[{"text":"y","user":{"username":"grace"}}]}}}`)
}
