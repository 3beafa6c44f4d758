package codegen_test

import (
	"slices"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/devpg"
)

// TestNewEntity adds an entity to a copy of the module, in one new file, and that of docs/entities.md, and calls
// everything that its API has; then it adds what is written by hand.
func TestNewEntity(t *testing.T) {
	t.Parallel()
	m, database := copyModule(t), devpg.Empty(t)
	m.overlay(t, "testdata/sighting")
	m.addReadme(t)
	pairs := pairFields()
	m.write(t, "ent/schema/sample.go", sampleSchema(pairs))
	m.generate(t)
	m.plan(t, "add_sighting")
	m.readmeMigration(t, "add_sighting")
	m.build(t)
	m.run(t, nil, m.binary(), "migrate", "check")
	m.run(t, nil, m.binary(), "migrate", "test", "--latest=1", "--rows=50")
	m.up(t, database)
	api, stop := m.serve(t, database)
	s := newStory(t, api)
	t.Run("create", s.create)
	t.Run("update", s.update)
	t.Run("find", s.find)
	t.Run("list", s.list)
	t.Run("filter", s.filter)
	t.Run("edges", s.edges)
	t.Run("hook", s.hook)
	t.Run("lines", s.lines)
	testPairs(t, s.api, database, pairs)
	t.Run("readme", s.readme)
	stop()
	if t.Failed() {
		return
	}

	m.overlay(t, "testdata/custom")
	m.overlay(t, "testdata/odd")
	m.addByHand(t)
	m.generate(t)
	m.plan(t, "add_context")
	m.partition(t)
	m.build(t)
	m.up(t, database)
	makeExternal(t, database)
	m.settled(t, database)
	api, _ = m.serve(t, database)
	s.api = s.api.At(api.Endpoint)
	t.Run("inverse edges", s.inverse)
	t.Run("custom field", s.custom)
	t.Run("without a method", s.unwritten)
	t.Run("replaced mutation", s.replaced)
	t.Run("computed field", s.computed)
	o := odd(t, s.api)
	t.Run("places", func(t *testing.T) { places(t, m, &story{api: s.api}, database) })
	t.Run("ships", func(t *testing.T) { newShips(t, o.story, s.post).all(t) })
	links := newLinks(t, o.story, s.post)
	t.Run("links", links.lists)
	t.Run("hostile", func(t *testing.T) { o.hostile(t, m) })
	t.Run("delete", s.remove)
}

// addByHand makes the edits that a person makes for what one new file cannot say: the
// inverse edges, the handwritten fields, the replaced mutation and a computed field.
func (m *module) addByHand(t *testing.T) {
	t.Helper()
	m.edit(t, "ent/schema/post.go", "		edge.To(\"tags\", Tag.Type).", "		edge.From(\"sightings\", Sighting.Type).Ref(\"post\"),\n")
	m.edit(t, "ent/schema/user.go", "		edge.To(\"posts\", Post.Type).", "		edge.From(\"sightings\", Sighting.Type).Ref(\"author\"),\n		edge.To(\"contexts\", Context.Type),\n")
	m.edit(t, "ent/schema/sighting.go", "schema.Comment(\"What a user", "entity.Computed(entity.ComputedField{Name: \"summary\", Type: \"String!\", Needs: []string{\"slug\", \"post.title\", \"author.username\"}}), ")
	m.edit(t, "graph/computed.go", "	\"User.displayName\":", "	\"Sighting.summary\": summary,\n	\"Context.shout\": shout,\n")
	m.write(t, "graph/custom.graphql", m.read(t, "graph/custom.graphql")+`
extend type Query {
  recentSightings(first: Int! = 5): [Sighting]!
  unwritten(words: [String!]!, since: Time, like: UnwrittenInput): Unwritten!
}
input UnwrittenInput { n: Int }
type Unwritten { n: Int!, sighting: Sighting }
extend type Mutation {
  pinSighting(id: ID!): UpdateSightingPayload
}
`)
	m.edit(t, "gqlgen.yml", "  Int:\n    model:", "  Mutation:\n    fields:\n      createTag:\n        resolver: true\n")
}

// story is one user, one post and the sightings on it, which the subtests share.
type story struct {
	api          *apitest.API
	user, post   string
	first, reply string // ids of sightings
}

func newStory(t *testing.T, api *apitest.API) *story {
	t.Helper()
	s := &story{api: api.SignedIn(t, "ada", "ADMIN")}
	s.user = s.at(t, "viewer.id", `{ viewer { id } }`, nil)
	s.post = s.at(t, "createPost.post.id", `mutation($a: ID!) { createPost(input: {title: "Engines", status: PUBLISHED, authorID: $a}) { post { id } } }`, vars{"a": s.user})
	return s
}

type vars = map[string]any

// at is a text in the answer to an operation.
func (s *story) at(t *testing.T, path, query string, v vars) string {
	t.Helper()
	text, ok := s.api.Query(t, query, v).At(t, path).(string)
	if !ok {
		t.Fatalf("%s is no text", path)
	}
	return text
}

// want compares the data of an answer without errors with JSON, key by key in order.
func (s *story) want(t *testing.T, query string, v vars, data string) {
	t.Helper()
	if got := string(s.api.Query(t, query, v).OK(t)); got != data {
		t.Errorf("%s\n got %s\nwant %s", query, got, data)
	}
}

// refused checks the code and field of every error of an operation, "CODE field".
func (s *story) refused(t *testing.T, query string, v vars, want ...string) {
	t.Helper()
	var got []string
	answer := s.api.Query(t, query, v)
	for _, e := range answer.Errors {
		field, _ := e.Extensions["field"].(string)
		got = append(got, e.Code()+" "+field)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\n got %q: %s\nwant %q", query, got, answer.Body, want)
	}
}
