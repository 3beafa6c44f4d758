package codegen_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	readmeBlock = regexp.MustCompile("(?s)\n   ```go\n(.*?)\n   ```\n")
	readmeCall  = regexp.MustCompile("(?s)\n   ```graphql\n(.*?)\n   ```\n")
	readmeUser  = regexp.MustCompile(`"user_\w+"`)
	// A project whose owner has followed docs/entities.md has an entity of its name already.
	readmeNames = strings.NewReplacer("Comment", "Exhibit", "comment", "exhibit")
)

// addReadme adds the entity of docs/entities.md, by its steps and under another name.
func (m *module) addReadme(t *testing.T) {
	t.Helper()
	section := readmeSection(readEntities(t))
	blocks := readmeBlock.FindAllStringSubmatch(section, -1)
	if len(blocks) != 2 {
		t.Fatalf("want the entity and the edge in:\n%s", section)
	}
	m.write(t, "ent/schema/exhibit.go", readmeNames.Replace(strings.ReplaceAll(blocks[0][1], "\n   ", "\n")[len("   "):]))
	m.edit(t, "ent/schema/user.go", "		edge.To(\"posts\", Post.Type).", "		"+readmeNames.Replace(blocks[1][1][len("   "):])+"\n")
}

// readmeMigration looks for the lines of the README's migration in that which was planned.
func (m *module) readmeMigration(t *testing.T, name string) {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(m.dir, "ent/migrate/migrations/*_"+name+".*sql"))
	if err != nil || len(files) != 1 {
		t.Fatalf("want one migration %s, got %q: %v", name, files, err)
	}
	planned, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(readme), "```sql\n")
	block, _, ok := strings.Cut(block, "\n```")
	if !ok {
		t.Fatal("the README has no migration")
	}
	for _, line := range strings.Split(readmeNames.Replace(block), "\n") {
		if !strings.Contains(string(planned), line+"\n") {
			t.Errorf("the README's migration has a line that is not planned: %s", line)
		}
	}
}

// readmeSection is the section on adding an entity.
func readmeSection(readme string) string {
	_, section, _ := strings.Cut(readme, "\n## Add an entity\n")
	section, _, _ = strings.Cut(section, "\n## ")
	return section
}

// readEntities reads the page on entities.
func readEntities(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../docs/entities.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// readmeMutation is the page's call in the name of a user.
func readmeMutation(t *testing.T, user string) string {
	t.Helper()
	call := readmeCall.FindStringSubmatch(readmeSection(readEntities(t)))
	if call == nil || !readmeUser.MatchString(call[1]) {
		t.Fatal("the section has no call in the name of a user")
	}
	return readmeUser.ReplaceAllString(readmeNames.Replace(call[1]), strconv.Quote(user))
}

// readme checks that the entity of docs/entities.md is safe to copy: users write in their own
// name alone, and change only what they wrote.
func (s *story) readme(t *testing.T) {
	const create, update, remove = `mutation($u: ID!) { createExhibit(input: {text: "I am Ada", userID: $u}) { exhibit { id } } }`,
		`mutation($id: ID!) { updateExhibit(id: $id, input: {text: "y"}) { exhibit { text } } }`, `mutation($id: ID!) { deleteExhibit(id: $id) { deletedID } }`
	nobody, grace := story{api: s.api.Bearer("")}, story{api: s.api.SignedIn(t, "grace", "MEMBER")}
	nobody.refused(t, create, vars{"u": s.user}, "UNAUTHENTICATED ")
	grace.refused(t, create, vars{"u": s.user}, "FORBIDDEN ")
	own := grace.at(t, "viewer.id", `{ viewer { id } }`, nil)
	id := grace.at(t, "createExhibit.exhibit.id", create, vars{"u": own})
	grace.want(t, readmeMutation(t, own), nil, `{"createExhibit":{"exhibit":{"text":"Well said","user":{"id":"`+own+`"}}}}`)
	for _, query := range []string{update, remove} {
		nobody.refused(t, query, vars{"id": id}, "UNAUTHENTICATED ")
		s.refused(t, query, vars{"id": id}, "FORBIDDEN ")
	}
	grace.refused(t, `mutation($id: ID!, $u: ID!) { updateExhibit(id: $id, input: {userID: $u}) { exhibit { id } } }`, vars{"id": id, "u": s.user}, "FORBIDDEN ")
	grace.want(t, update, vars{"id": id}, `{"updateExhibit":{"exhibit":{"text":"y"}}}`)
	s.want(t, `query($u: ID!) { user(id: $u) { exhibits(where: {text: "y"}) { nodes { text user { username } } } } }`, vars{"u": own},
		`{"user":{"exhibits":{"nodes":[{"text":"y","user":{"username":"grace"}}]}}}`)
}
