package codegen

import (
	"strings"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	declare "github.com/entgraph/entgraph/entity"
)

// oddDefs has every type and kind of edge, and names and comments that need care.
func oddDefs() []entityDef {
	return []entityDef{
		{
			name: "Alpha", annotations: []schema.Annotation{schema.Comment(`A "quoted" thing.`), declare.Computed(declare.ComputedField{Name: "label", Type: "[String!]!", Needs: []string{"text", "parent.text"}})},
			fields: fields(
				field.String("text").Unique().Comment(`Says "hi"`),
				field.Int("whole").Comment(`Ends in \`),
				field.Int64("big").Optional().Comment("Two\nlines."),
				field.Uint64("count").Default(0).Comment(`Has """ inside.`),
				field.Float("ratio").Nillable().Optional(),
				field.Bool("type"), field.Time("first"), field.Enum("cursor").Values("A", "B").Default("A"),
				field.UUID("node", uuid.UUID{}).Optional(), field.JSON("shape", map[string]int{}), field.Text("long_text").Default(""),
			),
			edges: []ent.Edge{
				edge.To("children", Alpha.Type).From("parent").Unique(),
				edge.To("following", Alpha.Type).From("followers"),
				edge.To("friends", Alpha.Type),
				edge.To("spouse", Alpha.Type).Unique(),
				edge.To("next", Alpha.Type).Unique().From("prev").Unique(),
				edge.To("blog_posts", Beta.Type),
				edge.To("links", Beta.Type).Through("link_rows", Link.Type),
			},
		},
		{name: "Beta", edges: []ent.Edge{edge.From("alphas", Alpha.Type).Ref("links").Through("link_rows", Link.Type)}},
		{
			name: "Link", mixin: []ent.Mixin{declare.Link{}},
			fields: fields(field.UUID("alpha_id", uuid.UUID{}), field.UUID("beta_id", uuid.UUID{}), field.String("reason")),
			edges: []ent.Edge{
				edge.To("alpha", Alpha.Type).Unique().Required().Field("alpha_id"),
				edge.To("beta", Beta.Type).Unique().Required().Field("beta_id"),
			},
		},
	}
}

func TestSDLParses(t *testing.T) {
	t.Parallel()
	m := mustModel(t, oddDefs()...)
	text := m.sdl()
	if text != mustModel(t, oddDefs()...).sdl() {
		t.Error("the same schemas gave two texts")
	}
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "ent.graphql", Input: text})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for path, want := range map[string]string{
		"Alpha.text": `Says "hi"`, "Alpha.whole": `Ends in \`, "Alpha.big": "Two\nlines.", "Alpha.count": `Has """ inside.`,
	} {
		typ, name, _ := strings.Cut(path, ".")
		if got := s.Types[typ].Fields.ForName(name).Description; got != want {
			t.Errorf("%s is described as %q, want %q", path, got, want)
		}
	}
	if got, want := s.Types["Alpha"].Description, `A "quoted" thing.`; got != want {
		t.Errorf("Alpha is described as %q, want %q", got, want)
	}
}

// TestSDLKeepsItsMeaning checks that formatting the SDL changes nothing, twice, so that
// an editor's formatter and other tools read the same contract.
func TestSDLKeepsItsMeaning(t *testing.T) {
	t.Parallel()
	format := func(text string) string {
		doc, err := parser.ParseSchema(&ast.Source{Name: "ent.graphql", Input: text})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		formatter.NewFormatter(&b).FormatSchemaDocument(doc)
		return b.String()
	}
	once := format(mustModel(t, oddDefs()...).sdl())
	if twice := format(once); once != twice {
		t.Errorf("formatted again the SDL differs:\n%s\n---\n%s", once, twice)
	}
}

func TestSDLOfEdges(t *testing.T) {
	t.Parallel()
	m := mustModel(t, oddDefs()...)
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "ent.graphql", Input: m.sdl()})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"Alpha.children": "AlphaConnection!", "Alpha.parent": "Alpha", "Alpha.following": "AlphaConnection!",
		"Alpha.followers": "AlphaConnection!", "Alpha.friends": "AlphaConnection!", "Alpha.spouse": "Alpha",
		"Alpha.next": "Alpha", "Alpha.prev": "Alpha", "Alpha.blogPosts": "BetaConnection!", "Alpha.links": "AlphaLinksConnection!",
		"AlphaLinksEdge.reason": "String!", "AlphaLinksEdge.node": "Beta!", "Alpha.label": "[String!]!", "Alpha.node": "UUID",
		"Link.alpha": "Alpha!", "Beta.alphas": "BetaAlphasConnection!", "Alpha.count": "BigInt!", "Alpha.type": "Boolean!",
		"CreateAlphaInput.parentID": "ID", "CreateAlphaInput.childIDs": "[ID!]", "UpdateAlphaInput.addBlogPostIDs": "[ID!]",
		"UpdateAlphaInput.removeFollowerIDs": "[ID!]", "CreateAlphaInput.prevID": "ID", "CreateAlphaInput.spouseID": "ID",
		"CreateLinkInput.reason": "String!", "AlphaWhereInput.hasBlogPostsWith": "[BetaWhereInput!]", "AlphaWhereInput.firstGTE": "Time",
		// A link with a required field of its own is created by createLink alone.
		"CreateAlphaInput.linkIDs": "", "CreateBetaInput.alphaIDs": "",
		// The foreign key is on the other side.
		"CreateAlphaInput.nextID": "ID",
		// Read by ent alone or without an order.
		"AlphaWhereInput.shape": "", "AlphaWhereInput.shapeIsNil": "",
	} {
		typ, name, _ := strings.Cut(path, ".")
		got := ""
		if def := s.Types[typ]; def != nil && def.Fields.ForName(name) != nil {
			got = def.Fields.ForName(name).Type.String()
		}
		if got != want {
			t.Errorf("%s has the type %q, want %q", path, got, want)
		}
	}
	if got, want := m.entities[0].Computed[0].Needs, []string{"text", "parent.text"}; strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the computed field needs %v, want %v", got, want)
	}
}
