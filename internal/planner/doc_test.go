package planner_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/explain"
	"github.com/entgraph/entgraph/viewer"
)

var update = flag.Bool("update", false, "write the example of doc.go again")

// TestDocExample sends the query of the package's example and compares plan, SQL and
// answer with what doc.go says.
func TestDocExample(t *testing.T) {
	t.Parallel()
	const name = "doc.go"
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	blocks := docBlocks(string(source))
	if len(blocks) != 6 { // the last two are figures and the map of the files
		t.Fatalf("%s has %d blocks of code", name, len(blocks))
	}
	api := apitest.New(t)
	api.Fill(t)
	data, report := explained(t, api.As(viewer.Viewer{}), "1", docText(blocks[0]))
	var sql strings.Builder
	for _, s := range report.Statements {
		fmt.Fprintf(&sql, "-- #%d %s\n%s\n\n", s.Number, s.Path, explain.Format(s.SQL))
	}
	var answer bytes.Buffer
	if err := json.Indent(&answer, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{report.Tree(), sql.String(), answer.String()} {
		want = docComment(want)
		if got := blocks[1+i]; got != want {
			if *update {
				source = []byte(strings.Replace(string(source), got, want, 1))
				continue
			}
			t.Errorf("%s is out of date; write it again with: go test ./internal/planner -run DocExample -update\ngot:\n%s\nwant:\n%s", name, got, want)
		}
	}
	if *update {
		if err := os.WriteFile(name, source, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// explained sends a query and asks for its statements: "1", or "analyze" for their
// costs as well.
func explained(t testing.TB, api *apitest.API, mode, query string) (json.RawMessage, *explain.Report) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.Endpoint, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Entgraph-Explain", mode)
	response := api.Do(t, r)
	data := response.OK(t)
	var extra struct {
		Extensions struct{ Explain *explain.Report }
	}
	if err := json.Unmarshal(response.Body, &extra); err != nil || extra.Extensions.Explain == nil {
		t.Fatalf("no report: %v\n%s", err, response.Body)
	}
	return data, extra.Extensions.Explain
}

// docBlocks finds the blocks of code of a package comment, as they stand in the file.
// Empty comment lines inside of a block belong to it.
func docBlocks(source string) []string {
	var blocks []string
	var block, empty string
	for line := range strings.Lines(source) {
		switch {
		case strings.HasPrefix(line, "//\t"):
			block += empty + line
			empty = ""
		case line == "//\n" && block != "":
			empty += line
		default:
			if block != "" {
				blocks = append(blocks, block)
			}
			block, empty = "", ""
		}
	}
	return blocks
}

// docComment writes a text as a block of code.
func docComment(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if line == "" {
			b.WriteString("//\n")
		} else {
			b.WriteString("//\t" + line + "\n")
		}
	}
	return b.String()
}

// docText is the text of a block of code.
func docText(block string) string {
	return strings.ReplaceAll(strings.ReplaceAll(block, "//\t", ""), "//\n", "\n")
}

// TestDocNamesEveryFile keeps the map of the files whole.
func TestDocNamesEveryFile(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := docBlocks(string(source))
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := f.Name()
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && name != "doc.go" && !strings.Contains(blocks[len(blocks)-1], name) {
			t.Errorf("the map of the files in doc.go lacks %s", name)
		}
	}
}
