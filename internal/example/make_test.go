package example_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/example"
	"github.com/entgraph/entgraph/web"
)

var operation = regexp.MustCompile(`(?m)^(?:query|mutation) (\w+)`)

func titles(examples []web.Example) []string {
	var out []string
	for _, e := range examples {
		out = append(out, operation.FindStringSubmatch(e.Query)[1])
	}
	return out
}

// TestMadeRun runs what is made of the sample's schema as it is, in the order of the tabs.
func TestMadeRun(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	examples := example.Make(api.Schema.Schema())
	want := []string{"Posts", "Profiles", "FilterPosts", "SignUp", "SignIn", "CreateTag"}
	if diff := cmp.Diff(want, titles(examples)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, e := range examples {
		api.Query(t, e.Query, json.RawMessage(e.Variables)).OK(t)
	}
}

// TestMadeText holds the form of what people read.
func TestMadeText(t *testing.T) {
	t.Parallel()
	examples := example.Make(graph.Graph.Schema())
	filter := examples[slices.Index(titles(examples), "FilterPosts")]
	want := web.Example{
		Query: `# Filters combine freely, and follow edges.
query FilterPosts($where: PostWhereInput) {
  posts(first: 10, where: $where) {
    totalCount
    nodes {
      id
      createdAt
      updatedAt
      title
      body
      status
      publishedAt
    }
  }
}`,
		Variables: `{
  "where": {
    "titleContainsFold": "a"
  }
}`,
	}
	if diff := cmp.Diff(want, filter); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const pages = `
scalar Cursor
type PageInfo { endCursor: Cursor hasNextPage: Boolean! }
`

// TestMadeOfOtherSchemas makes examples of what the sample has not.
func TestMadeOfOtherSchemas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, sdl string
		titles    []string
		text      string // in one of them
	}{
		{"handwritten fields alone", `type Query { now: String }`, nil, ""},
		{"no mutation, order or filter", pages + `
			type Query { stars(first: Int, after: Cursor): StarConnection! }
			type StarConnection { nodes: [Star!]! pageInfo: PageInfo! totalCount: Int! }
			type Star { id: ID! old: Int @deprecated near(than: Int!): Int }`,
			[]string{"Stars"}, "nodes {\n      id\n    }"},
		{"filter without a text", pages + `
			type Query { stars(first: Int, after: Cursor, where: StarWhereInput): StarConnection! }
			type StarConnection { nodes: [Star!]! pageInfo: PageInfo! totalCount: Int! }
			enum Class { DWARF GIANT }
			type Star { id: ID! class: Class! }
			input StarWhereInput { id: ID class: Class }`,
			[]string{"Stars", "FilterStars"}, `"class": "DWARF"`},
		{"create that needs a row", pages + `
			type Query {
				galaxies(first: Int, after: Cursor): GalaxyConnection!
				stars(first: Int, after: Cursor): StarConnection!
			}
			type Mutation { createStar(input: CreateStarInput!): CreateStarPayload }
			input CreateStarInput { name: String! galaxyID: ID! parts: [PartInput!]! size: Float = 1 }
			input PartInput { parts: [PartInput!]! }
			type CreateStarPayload { star: Star }
			type GalaxyConnection { nodes: [Galaxy!]! pageInfo: PageInfo! totalCount: Int! }
			type Galaxy { id: ID! }
			type StarConnection { nodes: [Star!]! pageInfo: PageInfo! totalCount: Int! }
			type Star { id: ID! name: String! galaxy: Galaxy! }`,
			[]string{"Stars", "Galaxies", "CreateStar"},
			"# Replace REPLACE_ME in the variables by an id of\n#   { galaxies(first: 3) { nodes { id } } }"},
		{"create that requires nothing", pages + `
			type Query { stars(first: Int, after: Cursor): StarConnection! }
			type Mutation { createStar(input: CreateStarInput!): CreateStarPayload }
			input CreateStarInput { galaxyID: ID size: Float }
			type CreateStarPayload { ok: Boolean! }
			type StarConnection { nodes: [Star!]! pageInfo: PageInfo! totalCount: Int! }
			type Star { id: ID! }`,
			[]string{"Stars", "CreateStar"}, `"size": 1.5`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			schema := parse(t, tt.sdl)
			examples := example.Make(schema)
			if diff := cmp.Diff(tt.titles, titles(examples)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var all strings.Builder
			for _, e := range examples {
				all.WriteString(e.Query + e.Variables)
				fits(t, documents(schema), e)
			}
			if !strings.Contains(all.String(), tt.text) {
				t.Errorf("%s is missing in\n%s", tt.text, all.String())
			}
		})
	}
}
