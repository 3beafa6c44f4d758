package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/web"
)

// examplesOf asks for the playground's examples.
func examplesOf(t *testing.T, api *apitest.API) (status int, examples []web.Example) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api.URL+"/playground/examples.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode == http.StatusOK {
		if err := json.Unmarshal(body, &examples); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
	}
	return resp.StatusCode, examples
}

func TestExamples(t *testing.T) {
	t.Parallel()
	fits := &fstest.MapFile{Data: []byte("query Mine { __typename }")}
	broken := &fstest.MapFile{Data: []byte("query Theirs { nothing }")}
	for _, tt := range []struct {
		name   string
		change func(*apitest.Options)
		status int
		first  string // in the first example, "" when there is none
		logged string
	}{
		{"the app's", func(o *apitest.Options) { o.Server.Examples = fstest.MapFS{"mine.graphql": fits} }, 200, "query Mine {", ""},
		{"one that does not fit", func(o *apitest.Options) {
			o.Server.Examples = fstest.MapFS{"mine.graphql": fits, "a.graphql": broken}
		}, 200, "query Mine {", `a.graphql: line 1: Cannot query field`},
		{"none wanted", func(o *apitest.Options) { o.Server.Examples = fstest.MapFS{} }, 200, "", ""},
		{"of the schema", func(o *apitest.Options) { o.Server.Examples = nil }, 200, "query Posts(", ""},
		{"of a schema that clients may not read", func(o *apitest.Options) {
			o.Server.Examples, o.Server.Introspection = nil, false
		}, 200, "", ""},
		{"beside the app's routes", func(o *apitest.Options) {
			o.Server.Examples = fstest.MapFS{"mine.graphql": fits}
			o.Server.Routes = func(mux *http.ServeMux) { mux.HandleFunc("/", http.NotFound) }
		}, 200, "query Mine {", ""},
		{"without a playground", func(o *apitest.Options) { o.Server.Playground = false }, 404, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := apitest.New(t, tt.change)
			status, examples := examplesOf(t, api)
			var first string
			if len(examples) > 0 {
				first = examples[0].Query
			}
			if status != tt.status || !strings.Contains(first, tt.first) || (tt.first == "") != (first == "") {
				t.Errorf("got %d with %q first, want %d with %q", status, first, tt.status, tt.first)
			}
			if lines := api.Log.Lines("playground examples left out"); (len(lines) > 0) != (tt.logged != "") {
				t.Errorf("logged %v", lines)
			} else if tt.logged != "" && !strings.Contains(lines[0]["error"].(string), tt.logged) {
				t.Errorf("logged %v", lines)
			}
		})
	}
}
