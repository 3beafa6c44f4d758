package codegen

import (
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"golang.org/x/tools/imports"
)

// TestPruned compares with goimports what stands for it where no import is missing that is not beside it.
func TestPruned(t *testing.T) {
	t.Parallel()
	const head = "package x\n\n\n  import (\n\"context\"\n\"errors\"\n\n\"example.com/other/v2\"\n\"github.com/x/go-thing\"\n_ \"embed\"\nalias \"fmt\"\n\n\n\"entgo.io/ent\"\n)\n// A comment.\n"
	for name, body := range map[string]string{
		"some":           "func f(ctx context.Context) { other.F(thing.G) }\n",
		"none":           "func f() {   }\n",
		"all":            "var _ = errors.New(alias.Sprint(context.TODO(), ent.X, other.X, thing.X))\n",
		"shadowed":       "func f(errors struct{ New int }) int { return errors.New }\n",
		"unexported":     "func f() { errors.new() }\n",
		"standard":       "func f() { json.Marshal(nil) }\n",
		"two more":       "var _, _ = time.Now(), json.Marshal\n",
		"from elsewhere": "func f() { parts.All(nil) }\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok, err := pruned("x.go", []byte(head+body), standard)
			if err != nil {
				t.Fatal(err)
			}
			if wantOK := name != "from elsewhere"; ok != wantOK {
				t.Fatalf("complete: %t", ok)
			} else if !ok {
				return
			}
			want, err := imports.Process("x.go", []byte(head+body), nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-goimports +ours):\n%s", diff)
			}
		})
	}
}

// TestNamesOfAnyKind renders tables and columns that are called as Go calls nothing. It has Ent's
// templates for itself.
func TestNamesOfAnyKind(t *testing.T) {
	columns := []string{"made by", "config", "selectValues", "Name", "type", "beta_id"}
	alpha := entityDef{name: "Alpha", annotations: []schema.Annotation{entsql.Table("ä/1 b.c")}}
	for i, column := range columns {
		alpha.edges = append(alpha.edges, edge.To(fmt.Sprint("e", i), Beta.Type).Unique().StorageKey(edge.Column(column)))
	}
	g := graphOf(t, loaded(t, alpha, "Alpha"), loaded(t, entityDef{name: "Beta"}, "Beta"))
	files, err := renderClient(g)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if filepath.Base(name) == "runtime.go" {
			continue // names the package of the schemas
		}
		if _, err := format.Source(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var members []string
	for i, fk := range g.Nodes[0].ForeignKeys {
		if members = append(members, fk.StructField()); fk.Edge.Rel.Column() != columns[i] {
			t.Errorf("the column %q is called %q", columns[i], fk.Edge.Rel.Column())
		}
	}
	if want := []string{"foreignKey0", "_config", "foreignKey2", "foreignKey3", "_type", "beta_id"}; !slices.Equal(members, want) {
		t.Errorf("the members are %q, want %q", members, want)
	}
}

// TestTextsOfAnyKind renders what has quotes and backslashes, and tables whose names in Go are the same. It has
// Ent's templates for itself.
func TestTextsOfAnyKind(t *testing.T) {
	expr := func(e string) schema.Annotation { return entsql.DefaultExpr(e) }
	alpha := entityDef{name: "Alpha", fields: fields(
		field.JSON("a", map[string]any{}).Annotations(expr(`'{"a": "\\n"}'`)),
		field.String("b").Annotations(entsql.DefaultExprs(map[string]string{"postgres": `E'"\\'`})),
		field.Enum("c").NamedValues("A", `a"b`, "B", `b\c`, "C", "c").Default(`b\c`),
		field.String("d").SchemaType(map[string]string{"postgres": `"Odd"."\"`}).Comment("says \"hi\"\nand \\"),
	), edges: []ent.Edge{
		edge.To("e", Beta.Type).StorageKey(edge.Table("order_item")), edge.To("f", Beta.Type).StorageKey(edge.Table("orderItem")),
		edge.To("g", Beta.Type).StorageKey(edge.Table("order-item")), edge.To("h", Beta.Type).StorageKey(edge.Table("order_item_2")),
	}, annotations: []schema.Annotation{schema.Comment("A \"thing\"\nof two lines. "), entsql.WithComments(true), entsql.Checks(map[string]string{`a "b"`: `d <> '"\'`})}}
	beta := entityDef{name: "Beta"}
	for _, name := range []string{"e", "f", "g", "h"} {
		beta.edges = append(beta.edges, edge.From("of_"+name, Alpha.Type).Ref(name))
	}
	g := graphOf(t, loaded(t, alpha, "Alpha"), loaded(t, beta, "Beta"))
	files, err := renderClient(g)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if _, err := format.Source(text); err != nil && filepath.Base(name) != "runtime.go" {
			t.Errorf("%s: %v", name, err)
		}
	}
	text := string(files[filepath.Join(g.Target, "migrate", "schema.go")])
	for _, want := range []string{
		`Default: schema.Expr("'{\"a\": \"\\\\n\"}'")`, `"postgres": "E'\"\\\\'"`, `"a\"b","b\\c","c",`, `"\"Odd\".\"\\\""`, `"a \"b\"": "d <> '\"\\'"`,
		`Comment: "says \"hi\"\nand \\",`, `Comment: "A \"thing\"\nof two lines. ",`, "OrderItemTable", "OrderItem2Table", "OrderItem3Table", "OrderItem4Table",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`(\w+) = &schema.Table`).FindAllStringSubmatch(text, -1) {
		if seen[m[1]] {
			t.Errorf("two tables are called %s", m[1])
		}
		seen[m[1]] = true
	}
}

// TestEdgesOfOneEntity has edges from an entity to itself with a way back, declared in one and apart.
func TestEdgesOfOneEntity(t *testing.T) {
	t.Parallel()
	g := graphOf(t, loaded(t, entityDef{name: "Alpha", edges: []ent.Edge{
		edge.To("next", Alpha.Type).Unique().StorageKey(edge.Column("after")).From("previous").Unique(),
		edge.To("fans", Alpha.Type).StorageKey(edge.Table("fame"), edge.Columns("one", "other")).From("idols"),
		edge.To("heir", Alpha.Type).Unique(), edge.From("heir_of", Alpha.Type).Ref("heir").Unique(),
		edge.To("friends", Alpha.Type),
	}}, "Alpha"))
	columns := map[string]string{"next": "after", "previous": "after", "fans": "one", "idols": "one", "heir": "alpha_heir", "heir_of": "alpha_heir", "friends": "alpha_id"}
	for _, e := range g.Nodes[0].Edges {
		if e.Bidi != (e.Name == "friends") || e.Rel.Columns[0] != columns[e.Name] {
			t.Errorf("%s: both ways %t, in the column %s", e.Name, e.Bidi, e.Rel.Columns[0])
		}
	}
}

// TestEdgesThroughNamedColumns has an edge schema whose fields have columns of other names, one of them that of the
// other field, and an end that does not say what it goes through.
func TestEdgesThroughNamedColumns(t *testing.T) {
	t.Parallel()
	link := entityDef{name: "Link", fields: fields(
		field.UUID("alpha_id", uuid.UUID{}).StorageKey("beta_id"), field.UUID("beta_id", uuid.UUID{}).StorageKey("made by"),
	), edges: []ent.Edge{
		edge.To("alpha", Alpha.Type).Unique().Required().Field("alpha_id"),
		edge.To("beta", Beta.Type).Unique().Required().Field("beta_id"),
	}}
	to := edge.To("betas", Beta.Type).Through("links", Link.Type)
	from := edge.From("alphas", Alpha.Type).Ref("betas")
	for _, from := range []ent.Edge{from, edge.From("alphas", Alpha.Type).Ref("betas").Through("links", Link.Type)} {
		g := graphOf(t, loaded(t, entityDef{edges: []ent.Edge{to}}, "Alpha"), loaded(t, entityDef{edges: []ent.Edge{from}}, "Beta"), loaded(t, link, "Link"))
		for _, node := range g.Nodes {
			for _, e := range node.Edges {
				if e.M2M() && !slices.Equal(e.Rel.Columns, []string{"beta_id", "made by"}) {
					t.Errorf("%s.%s has the columns %q", node.Name, e.Name, e.Rel.Columns)
				}
			}
		}
	}
}

func TestSchemaTypes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for file, text := range map[string]string{
		"b.go":      "package schema\n\ntype (\n\tPost struct{ Base }\n\tbase struct{}\n)\n",
		"a.go":      "package schema\n\ntype Generic[T any] struct{}\ntype Kind string\ntype Base struct{}\ntype Number interface{ ~int | ~int64 }\n",
		"a_test.go": "package schema\n\ntype OfATest struct{}\n",
		"c.go":      "//go:build ignore\n\npackage main\n\ntype Ignored struct{}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := schemaTypes(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []schemaType{
		{"Base", true, filepath.Join(dir, "a.go") + ":5"},
		{"Kind", false, filepath.Join(dir, "a.go") + ":4"},
		{"Post", true, filepath.Join(dir, "b.go") + ":4"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(schemaType{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestEntityThatIsGone removes its files and those of no other.
func TestEntityThatIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := &gen.Graph{Config: &gen.Config{Target: dir}}
	path := func(name string) string { return filepath.Join(dir, name) }
	gone := []string{"tag.go", "tag_create.go", "tag_update.go", "tag_delete.go", "tag_query.go", "tag/tag.go", "tag/where.go"}
	stay := []string{"post_query.go", "post/post.go", "client.go", "my_query.go", "tags.go", "tagged/mine.go"}
	for _, name := range append(gone, stay...) {
		if err := writeIn(path(name), []byte("package x\n")); err != nil {
			t.Fatal(err)
		}
	}
	raw := map[string]string{path("tag.go"): "1", path("tag/where.go"): "1"}
	c := client{path("post_query.go"): []byte("package x\n"), path("client.go"): []byte("package x\n")}
	if err := c.write(g, raw); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(gone, "tag") {
		if _, err := os.Stat(path(name)); !os.IsNotExist(err) {
			t.Errorf("%s is there: %v", name, err)
		}
	}
	for _, name := range stay {
		if _, err := os.Stat(path(name)); err != nil {
			t.Error(err)
		}
	}
	if len(raw) != 2 || raw[path("client.go")] == "" {
		t.Errorf("hashes of %v", raw)
	}
}
