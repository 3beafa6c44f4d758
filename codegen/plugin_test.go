package codegen

import (
	"os"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

const sdlPath = "graph/ent.graphql"

// pluginOn gives the plugin and the schema of the committed SDL with a handwritten one.
func pluginOn(t *testing.T, custom string, replaced ...string) (*plugin, *ast.Schema) {
	t.Helper()
	generated, err := os.ReadFile("../" + sdlPath)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(
		&ast.Source{Name: sdlPath, Input: string(generated)},
		&ast.Source{Name: "graph/custom.graphql", Input: custom})
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.DefaultConfig()
	cfg.Exec = config.ExecConfig{Layout: config.ExecLayoutSingleFile, Filename: "graph/generated.go", Package: "graph"}
	for _, path := range replaced {
		root, name, _ := strings.Cut(path, ".")
		entry := cfg.Models[root]
		if entry.Fields == nil {
			entry.Fields = map[string]config.TypeMapField{}
		}
		entry.Fields[name] = config.TypeMapField{Resolver: true}
		cfg.Models[root] = entry
	}
	return &plugin{config: cfg, sdl: sdlPath}, schema
}

// TestRefusedSDL checks that handwritten SDL which could not be answered is refused
// with its type, field and what to do.
func TestRefusedSDL(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		custom, replaced string
		want             []string
	}{
		"entity":         {"extend type Query { latest: Post! }", "", []string{"Query.latest: an entity in a handwritten field must be nullable", "write Post without !"}},
		"list of entity": {"extend type Query { latest: [Post!]! }", "", []string{"Query.latest: an entity in a handwritten field must be nullable"}},
		"in a type":      {"type Found { post: Post! } extend type Query { found: Found! }", "", []string{"Found.post: an entity in a handwritten field must be nullable"}},
		"node":           {"extend type Query { any: Node! }", "", []string{"Query.any: an entity in a handwritten field must be nullable", "write Node without !"}},
		"payload":        {"extend type Mutation { publish: UpdatePostPayload! }", "", []string{"Mutation.publish: an entity in a handwritten field must be nullable"}},
		"connection":     {"extend type Query { latest: PostConnection }", "", []string{"Query.latest: a handwritten field cannot return PostConnection", "a list of entities"}},
		"page info":      {"extend type Query { latest: PageInfo }", "", []string{"Query.latest: a handwritten field cannot return PageInfo"}},
		"extension":      {"extend type Post { likes: Int! }", "", []string{"Post.likes: a generated type cannot be extended", "entity.Computed"}},
		"extended input": {"extend input CreatePostInput { likes: Int }", "", []string{"CreatePostInput.likes: a generated type cannot be extended"}},
		"extended enum":  {"extend enum PostStatus { GONE }", "", []string{"PostStatus.GONE: a generated type cannot be extended"}},
		"union":          {"union Found = Post | User extend type Query { found: Found }", "", []string{"Found: a handwritten type cannot combine with the generated Post", "return Node"}},
		"node type":      {"type Thing implements Node { id: ID! }", "", []string{"Thing: a handwritten type cannot combine with the generated Node"}},
		"replaced list":  {"", "Query.posts", []string{"Query.posts: a handwritten field cannot return PostConnection"}},
		"no such field":  {"", "Mutation.createTga", []string{"Mutation.createTga: gqlgen.yml replaces this field, which does not exist", "correct the name"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var replaced []string
			if tc.replaced != "" {
				replaced = []string{tc.replaced}
			}
			p, schema := pluginOn(t, tc.custom, replaced...)
			err := p.MutateSchema(schema)
			if err == nil {
				t.Fatal("nothing was refused")
			}
			for _, part := range tc.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
		})
	}
}

// TestHidden checks what gqlgen's code generator is left with.
func TestHidden(t *testing.T) {
	t.Parallel()
	p, schema := pluginOn(t, `
		enum Range { DAY WEEK }
		input SearchInput { text: String!, like: PostWhereInput }
		type Found { posts: [Post], any: Node, status: PostStatus! }
		extend type Query { search(input: SearchInput!): Found! }
		extend type Mutation { publish(ids: [ID!]!): [UpdatePostPayload] }`, "Mutation.createTag", "Query.tag")
	if err := p.MutateSchema(schema); err != nil {
		t.Fatal(err)
	}
	for name, kind := range map[string]ast.DefinitionKind{
		"Post": ast.Scalar, "Node": ast.Scalar, "PostConnection": ast.Scalar, "PostWhereInput": ast.Scalar, "PostStatus": ast.Scalar,
		"CreateTagPayload": ast.Scalar, "Range": ast.Enum, "SearchInput": ast.InputObject, "Found": ast.Object,
	} {
		if got := schema.Types[name].Kind; got != kind {
			t.Errorf("%s is a %s, want %s", name, got, kind)
		}
	}
	for name, suffix := range map[string]string{
		"Post": "api.Ref", "Node": "api.Ref", "CreateTagPayload": "api.Ref", "PostWhereInput": "api.Input", "PostStatus": "graphql.String",
	} {
		if got := p.config.Models[name].Model; len(got) != 1 || !strings.HasSuffix(got[0], suffix) {
			t.Errorf("%s is bound to %v, want %s", name, got, suffix)
		}
	}
	var names []string
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
		for _, f := range root.Fields {
			if !strings.HasPrefix(f.Name, "__") {
				names = append(names, root.Name+"."+f.Name)
			}
		}
	}
	if got, want := strings.Join(names, " "), "Query.tag Query.search Mutation.createTag Mutation.publish"; got != want {
		t.Errorf("the handwritten root fields are %s, want %s", got, want)
	}
}

// TestNothingHandwritten checks that an API without handwritten fields is one too.
func TestNothingHandwritten(t *testing.T) {
	t.Parallel()
	p, schema := pluginOn(t, "")
	if err := p.MutateSchema(schema); err != nil {
		t.Fatal(err)
	}
	if schema.Mutation != nil {
		t.Error("an empty Mutation stays")
	}
}
