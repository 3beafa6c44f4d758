package codegen_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/hostile"
)

// hostile sends hostile values to the entities with fields of every type.
func (s *oddStory) hostile(t *testing.T, m *module) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: m.read(t, "graph/ent.graphql")}, &ast.Source{Input: m.read(t, "graph/auth.graphql")}, &ast.Source{Input: m.read(t, "graph/custom.graphql")})
	if err != nil {
		t.Fatal(err)
	}
	o := hostile.Options{
		Schema: schema, Seed: 1, PerSlot: 1, Pairs: 20,
		Send: func(body []byte) (int, []byte) { return s.api.Post(t, body) },
		IDs: map[string][]string{
			"User": {s.user}, "Context": {s.a, s.b},
			"Sighting": {s.at(t, "sightingBySlug.id", `{ sightingBySlug(slug: "c0") { id } }`, nil)},
			"Post":     {s.at(t, "posts.nodes.0.id", `{ posts { nodes { id } } }`, nil)},
		},
		Honest: func(input, key string, n int) (string, bool) {
			switch {
			case key == "subjectID":
				return strconv.Quote(s.at(t, "ships.nodes.0.id", `{ ships { nodes { id } } }`, nil)), true
			case key == "email":
				return strconv.Quote(fmt.Sprintf("h%d@example.com", n)), true
			case key == "slug" || key == "codeName":
				return strconv.Quote(fmt.Sprintf("h%d", n)), true
			}
			return "", false
		},
	}
	for _, f := range append(schema.Query.Fields, schema.Mutation.Fields...) {
		if !strings.Contains(f.Name, "ighting") && !strings.Contains(f.Name, "ontext") && !strings.Contains(f.Name, "emark") {
			o.Skip = append(o.Skip, f.Name) // the sample's own, see TestNothingThatIsSentHurts
		}
	}
	sent, taken := hostile.Run(t, o)
	if sent < 500 || taken < sent/10 {
		t.Errorf("of %d requests %d went through: the test has lost its point", sent, taken)
	}
}
