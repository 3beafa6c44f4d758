package entgraph_test

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
	"github.com/entgraph/entgraph/internal/seed"
)

var update = flag.Bool("update", false, "write the README's example answer and settings anew")

// TestReadmeExample sends the README's query to the API with the sample data and
// compares with the README's answer.
func TestReadmeExample(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	if err := seed.Small(t.Context(), api.DB); err != nil {
		t.Fatal(err)
	}
	readme := read(t, "README.md")
	answer := api.Query(t, block(t, readme, "graphql"), nil)
	answer.OK(t)
	var text bytes.Buffer
	if err := json.Indent(&text, answer.Body, "", "  "); err != nil {
		t.Fatal(err)
	}
	if answer.Statements != 3 {
		t.Errorf("%d statements; the README says three", answer.Statements)
	}
	compare(t, "README.md", block(t, readme, "json"), text.String())
}

// TestReadmePlan asks what the README's query costs.
func TestReadmePlan(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	if err := seed.Small(t.Context(), api.DB); err != nil {
		t.Fatal(err)
	}
	readme := read(t, "README.md")
	body, err := json.Marshal(map[string]string{"query": block(t, readme, "graphql")})
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
	compare(t, "README.md", block(t, readme, "text")+"\n", answer.Extensions.Explain.Tree())
}

// TestReadmeSearch sends the README's search, which must find something.
func TestReadmeSearch(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	if err := seed.Small(t.Context(), api.DB); err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(read(t, "README.md"), "\n## Search\n")
	nodes, _ := api.Query(t, block(t, section, "graphql"), nil).At(t, "posts.nodes").([]any)
	if len(nodes) < 2 {
		t.Errorf("only %d posts found", len(nodes))
	}
}

// TestReadmeSettings compares the README's table with the settings there are.
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
	readme := read(t, "README.md")
	_, rest, _ := strings.Cut(readme, "| variable | default | what |\n| --- | --- | --- |\n")
	table, _, _ := strings.Cut(rest, "\n\n")
	compare(t, "README.md", table+"\n", want.String())
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
		if p.Type == entity.Enum {
			api = "an enum"
		}
		want += fmt.Sprintf("| %s | `%s` | %s |\n", strings.Join(fields, ", "), strings.Join(p.Columns, "`, `"), api)
	}
	_, rest, _ := strings.Cut(read(t, "docs/types.md"), head)
	table, _, _ := strings.Cut(rest, "\n\n")
	compare(t, "docs/types.md", strings.TrimSuffix(head+table, "\n")+"\n", want)
}

var link = regexp.MustCompile(`\]\(([^)#]+)`)

// TestDocumentsLinkToWhatIsThere follows the relative links of the documents.
func TestDocumentsLinkToWhatIsThere(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/from-fastapi.md", "docs/types.md"} {
		for _, m := range link.FindAllStringSubmatch(read(t, name), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", name, m[1], err)
			}
		}
	}
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
		t.Errorf("%s is out of date; write it anew with: go test . -run Readme -update -parallel 1\ngot:\n%s\nwant:\n%s", name, got, want)
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
	if err := seed.Small(t.Context(), api.DB); err != nil {
		t.Fatal(err)
	}
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
