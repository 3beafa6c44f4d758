//go:build browser

package executor_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/introspection"
)

// What the API tells about its schema is what graphql-js tells about the SDL. Like all
// that needs Node this is behind the tag "browser".
func TestIntrospectionIsThatOfGraphQLJS(t *testing.T) {
	t.Parallel()
	var sdl []byte
	for _, file := range []string{"ent.graphql", "auth.graphql", "custom.graphql"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "graph", file))
		if err != nil {
			t.Fatal(err)
		}
		sdl = append(append(sdl, text...), '\n')
	}
	module, err := filepath.Abs(filepath.Join("..", "..", "web", "node_modules", "graphql"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join("..", "introspection", "testdata", "introspect.mjs"), module)
	cmd.Stdin = bytes.NewReader(sdl)
	want, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answer := apitest.New(t).Query(t, introspection.Query, nil)
	if diff := cmp.Diff(withoutBuiltIn(t, want), withoutBuiltIn(t, answer.OK(t))); diff != "" {
		t.Errorf("(-graphql-js +here):\n%.5000s", diff)
	}
}

// withoutBuiltIn decodes an answer without what the specification itself describes, in
// other words in each library.
func withoutBuiltIn(t *testing.T, answer []byte) map[string]any {
	t.Helper()
	var data struct {
		Schema map[string]any `json:"__schema"`
	}
	if err := json.Unmarshal(answer, &data); err != nil {
		t.Fatal(err)
	}
	own := " Int Float String Boolean ID deprecated include oneOf skip specifiedBy "
	for _, list := range []string{"types", "directives"} {
		var kept []any
		for _, v := range data.Schema[list].([]any) {
			if name := v.(map[string]any)["name"].(string); !strings.HasPrefix(name, "__") && !strings.Contains(own, " "+name+" ") {
				kept = append(kept, v)
			}
		}
		data.Schema[list] = kept
	}
	return data.Schema
}
