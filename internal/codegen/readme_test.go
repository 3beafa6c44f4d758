package codegen_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/viewer"
)

var (
	readmeBlock = regexp.MustCompile("(?s)\n   ```go\n(.*?)\n   ```\n")
	readmeCall  = regexp.MustCompile("(?s)\n   ```graphql\n(.*?)\n   ```\n")
	readmeUser  = regexp.MustCompile(`"user_\w+"`)
	// Whoever follows the README has an entity of its name already.
	readmeNames = strings.NewReplacer("Comment", "Exhibit", "comment", "exhibit")
)

// addReadme adds the entity of the README, by its steps and under another name.
func (m *module) addReadme(t *testing.T) {
	t.Helper()
	section := readmeSection(m.read(t, "README.md"))
	blocks := readmeBlock.FindAllStringSubmatch(section, -1)
	if len(blocks) != 2 {
		t.Fatalf("want the entity and the edge in:\n%s", section)
	}
	m.write(t, "ent/schema/exhibit.go", readmeNames.Replace(strings.ReplaceAll(blocks[0][1], "\n   ", "\n")[len("   "):]))
	m.edit(t, "ent/schema/user.go", "		edge.To(\"posts\", Post.Type).", "		"+readmeNames.Replace(blocks[1][1][len("   "):])+"\n")
}

// readmeSection is the section on adding an entity.
func readmeSection(readme string) string {
	_, section, _ := strings.Cut(readme, "\n## Add an entity\n")
	section, _, _ = strings.Cut(section, "\n## ")
	return section
}

// readmeMutation is the call of the README in the name of a user.
func readmeMutation(t *testing.T, user string) string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	call := readmeCall.FindStringSubmatch(readmeSection(string(readme)))
	if call == nil || !readmeUser.MatchString(call[1]) {
		t.Fatal("the section has no call in the name of a user")
	}
	return readmeUser.ReplaceAllString(readmeNames.Replace(call[1]), strconv.Quote(user))
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
	grace.want(t, readmeMutation(t, own), nil, `{"createExhibit":{"exhibit":{"text":"Well said","user":{"username":"grace"}}}}`)
	for _, query := range []string{update, remove} {
		nobody.refused(t, query, vars{"id": id}, "UNAUTHENTICATED ")
		s.refused(t, query, vars{"id": id}, "FORBIDDEN ")
	}
	grace.refused(t, `mutation($id: ID!, $u: ID!) { updateExhibit(id: $id, input: {userID: $u}) { exhibit { id } } }`, vars{"id": id, "u": s.user}, "FORBIDDEN ")
	grace.want(t, update, vars{"id": id}, `{"updateExhibit":{"exhibit":{"text":"y"}}}`)
	s.want(t, `query($u: ID!) { user(id: $u) { exhibits(where: {text: "y"}) { nodes { text user { username } } } } }`, vars{"u": own},
		`{"user":{"exhibits":{"nodes":[{"text":"y","user":{"username":"grace"}}]}}}`)
}
