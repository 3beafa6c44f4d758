package house_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/explain"
)

var update = flag.Bool("update", false, "write the documents' example answer, settings and main.go again, and what packages export")

// TestReadmeExample sends the query of docs/api.md to the API with the sample data and
// compares with the answer there.
func TestReadmeExample(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	api.Fill(t)
	page := read(t, apiPage)
	answer := api.Query(t, block(t, page, "graphql"), nil)
	answer.OK(t)
	var text bytes.Buffer
	if err := json.Indent(&text, answer.Body, "", "  "); err != nil {
		t.Fatal(err)
	}
	if answer.Statements != 3 {
		t.Errorf("%d statements; %s says three", answer.Statements, apiPage)
	}
	compare(t, apiPage, block(t, page, "json"), text.String())
}

const apiPage = "docs/api.md"

// TestReadmePlan asks what the query of docs/api.md costs.
func TestReadmePlan(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	api.Fill(t)
	page := read(t, apiPage)
	body, err := json.Marshal(map[string]string{"query": block(t, page, "graphql")})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.Endpoint, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Entgraph-Explain", "1")
	var answer struct {
		Extensions struct{ Explain explain.Report }
	}
	if err := json.Unmarshal(api.Do(t, r).Body, &answer); err != nil {
		t.Fatal(err)
	}
	compare(t, apiPage, block(t, page, "text")+"\n", answer.Extensions.Explain.Tree())
}

// TestReadmeSearch sends the search of docs/search.md, which must find something.
func TestReadmeSearch(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	api.Fill(t)
	nodes, _ := api.Query(t, block(t, read(t, "docs/search.md"), "graphql"), nil).At(t, "posts.nodes").([]any)
	if len(nodes) < 2 {
		t.Errorf("only %d posts found", len(nodes))
	}
}

// TestReadmeSignIn sends what docs/sign-in.md shows of names and passwords, in its order.
func TestReadmeSignIn(t *testing.T) {
	t.Parallel()
	api := apitest.New(t).Bearer("")
	for _, line := range strings.Split(block(t, read(t, "docs/sign-in.md"), "graphql"), "\n") {
		if strings.Contains(line, "signUp(") || strings.Contains(line, "signIn(") {
			api.Query(t, line, nil).OK(t)
		}
	}
}

// TestReadmeSettings compares the table of docs/settings.md with the settings there are.
func TestReadmeSettings(t *testing.T) {
	t.Parallel()
	var want strings.Builder
	for _, s := range config.Settings() {
		value := s.Default
		if !s.DefaultText {
			value = "`" + value + "`"
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s |\n", s.Name, value, s.Doc)
	}
	const page = "docs/settings.md"
	_, rest, _ := strings.Cut(read(t, page), "| variable | default | what |\n| --- | --- | --- |\n")
	table, _, _ := strings.Cut(rest, "\n\n")
	compare(t, page, table+"\n", want.String())
}

// TestReadmeEntity holds the entity of the README to that of docs/entities.md, which is
// generated, migrated and asked by a test of codegen.
func TestReadmeEntity(t *testing.T) {
	t.Parallel()
	entity := strings.ReplaceAll("\n"+block(t, strings.ReplaceAll(read(t, "docs/entities.md"), "\n   ```", "\n```"), "go"), "\n   ", "\n")[1:]
	compare(t, "README.md", block(t, read(t, "README.md"), "go"), entity)
}

// TestReadmeConditions holds the rules that docs/access.md shows to those of examples, which
// compile.
func TestReadmeConditions(t *testing.T) {
	t.Parallel()
	examples, page := read(t, "rule/example_test.go"), read(t, "docs/access.md")
	for name, at := range map[string][2]string{
		"ExampleNot": {"\tpolicy.Read.Walk", "\n### Values, NULL and the time\n"},
		"ExampleHas": {"\tfmt.Println", "\nA rule on writing follows any edge."},
	} {
		_, example, _ := strings.Cut(examples, "func "+name+"() {\n")
		example, _, _ = strings.Cut(example, at[0])
		_, section, _ := strings.Cut(page, at[1])
		compare(t, "docs/access.md", block(t, section, "go"), strings.TrimSpace(strings.ReplaceAll("\n"+example, "\n\t", "\n")))
	}
}

// TestReadmeMain compares the program of the README with that of the sample.
func TestReadmeMain(t *testing.T) {
	t.Parallel()
	program := strings.TrimSpace(read(t, "cmd/entgraph/main.go"))
	if _, err := os.Stat("app.go"); err != nil {
		return // without the package entgraph the sample cannot be what a stranger writes
	}
	_, section, _ := strings.Cut(read(t, "README.md"), "\n## The program\n")
	compare(t, "README.md", block(t, section, "go"), program)
}

// TestReadmeIsAnEntrance holds the README to what one reads in a few minutes. What is
// longer has a page below docs, which README.md there lists.
func TestReadmeIsAnEntrance(t *testing.T) {
	t.Parallel()
	if n := strings.Count(read(t, "README.md"), "\n"); n > 150 {
		t.Errorf("README.md has %d lines; move some of it to docs", n)
	}
	for _, page := range pages(t) {
		for _, index := range []string{"README.md", "docs/README.md"} {
			name, err := filepath.Rel(filepath.Dir(index), page)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(page, "docs/") && page != "docs/README.md" && !strings.Contains(read(t, index), "]("+name) {
				t.Errorf("%s does not link to %s", index, page)
			}
		}
	}
}

// TestReadmeTypes compares the table of types with what the generator lets through.
func TestReadmeTypes(t *testing.T) {
	t.Parallel()
	const head = "| Ent | Postgres, Ent's own choice first | API |\n| --- | --- | --- |\n"
	want := head
	for _, p := range entity.Pairs {
		var fields []string
		for _, f := range p.Fields {
			fields = append(fields, "`"+entity.FieldName(f)+"`")
		}
		api := p.Type.Scalar()
		switch p.Type {
		case entity.Enum:
			api = "an enum"
		case entity.ListOf(entity.Enum):
			api = "a list of an enum"
		}
		want += fmt.Sprintf("| %s | `%s` | %s |\n", strings.Join(fields, ", "), strings.Join(p.Columns, "`, `"), api)
	}
	_, rest, _ := strings.Cut(read(t, "docs/types.md"), head)
	table, _, _ := strings.Cut(rest, "\n\n")
	compare(t, "docs/types.md", strings.TrimSuffix(head+table, "\n")+"\n", want)
}

var (
	link    = regexp.MustCompile(`\]\(([^)#]*)(#[^)]*)?\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unnamed = regexp.MustCompile("[^a-z0-9 _-]")
)

// pages are the documents of the repository.
func pages(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("docs/*.md")
	if err != nil || len(names) < 10 {
		t.Fatalf("%d pages: %v", len(names), err)
	}
	return append(names, "README.md", "CONTRIBUTING.md", "CHANGELOG.md")
}

// TestDocumentsLinkToWhatIsThere follows the relative links of the documents, to files and
// to headings in them.
func TestDocumentsLinkToWhatIsThere(t *testing.T) {
	t.Parallel()
	for _, name := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, name), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			target := name
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(name), m[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", name, m[1], err)
			} else if m[2] != "" && !anchors(read(t, target))[m[2]] {
				t.Errorf("%s links to %s, which has no such heading", name, m[1]+m[2])
			}
		}
	}
}

// anchors are those that GitHub gives the headings of a document.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		all["#"+strings.ReplaceAll(unnamed.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return all
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// block is the first code block of a language.
func block(t *testing.T, text, language string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "```"+language+"\n")
	code, _, end := strings.Cut(rest, "\n```")
	if !ok || !end {
		t.Fatalf("no block of %s", language)
	}
	return code
}

// compare fails when a part of a document is not as it should be; with -update it
// writes it.
func compare(t *testing.T, name, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	if !*update {
		t.Errorf("%s is out of date; write it again with: go test ./internal/house -run Readme -update -parallel 1\ngot:\n%s\nwant:\n%s", name, got, want)
		return
	}
	text := strings.Replace(read(t, name), got, want, 1)
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestPlaygroundExamples runs what the playground opens with on the sample data.
func TestPlaygroundExamples(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	api.Fill(t)
	names, err := filepath.Glob("graph/examples/*.graphql")
	if err != nil || len(names) < 5 {
		t.Fatalf("%d examples: %v", len(names), err)
	}
	user := api.Query(t, `{ userByUsername(username: "ada") { id } }`, nil).At(t, "userByUsername.id").(string)
	tag := api.Query(t, `{ tagByName(name: "go") { id } }`, nil).At(t, "tagByName.id").(string)
	ids := strings.NewReplacer("user_REPLACE_ME", user, "tag_REPLACE_ME", tag)
	for _, name := range names {
		vars := json.RawMessage(ids.Replace(read(t, strings.TrimSuffix(name, ".graphql")+".json")))
		api.Query(t, read(t, name), vars).OK(t)
		if strings.Contains(name, "create-user") {
			again := api.Query(t, read(t, name), vars)
			if len(again.Errors) != 1 || again.Errors[0].Code() != "CONFLICT" {
				t.Errorf("%s a second time: %s", name, again.Body)
			}
		}
	}
}
