package codegen

import (
	"strings"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/entity"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string][2]string{
		"Post": {"post", "posts"}, "APIKey": {"apiKey", "apiKeys"}, "URL": {"url", "urls"}, "UUIDBox": {"uuidBox", "uuidBoxes"},
		"Category": {"category", "categories"}, "OrderItem": {"orderItem", "orderItems"}, "News": {"news", "newsSlice"},
		"Address": {"address", "addresses"}, "HTTPServer": {"httpServer", "httpServers"}, "S": {"s", "ss"},
	} {
		if one, many := lowerFirst(typ), listName(typ); one != want[0] || many != want[1] {
			t.Errorf("%s: one is %q and many %q, want %q and %q", typ, one, many, want[0], want[1])
		}
	}
	for name, want := range map[string]string{
		"title": "title", "published_at": "publishedAt", "publishedAt": "publishedAt", "author_id": "authorID",
		"authorID": "authorID", "blog_posts": "blogPosts", "blogPosts": "blogPosts", "type": "type", "sha256_sum": "sha256Sum",
	} {
		if got := apiName(name); got != want {
			t.Errorf("apiName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		field ent.Field
		want  entity.Flags
		expr  string
	}{
		"plain":            {field.String("a"), 0, "0"},
		"optional":         {field.String("a").Optional(), entity.Nullable | entity.Optional, "table.Nullable|table.Optional"},
		"default":          {field.Int("a").Default(1), entity.Optional, "table.Optional"},
		"database default": {field.Int("a").Annotations(entsql.Default("1")), entity.Optional, "table.Optional"},
		"immutable":        {field.Int("a").Immutable(), entity.Immutable, "table.Immutable"},
		"unique":           {field.String("a").Unique(), entity.Unique, "table.Unique"},
		"long":             {field.Text("a"), entity.Long, "table.Long"},
		"managed":          {field.Bool("a").Annotations(declare.Managed()), entity.ReadOnly, "table.ReadOnly"},
		"trim and lower":   {field.String("a").Annotations(declare.Trim(), declare.Lower()), entity.Trimmed | entity.Lowered, "table.Trimmed|table.Lowered"},
	} {
		m := mustModel(t, entityDef{name: "Alpha", fields: []ent.Field{tc.field}})
		if got := m.entities[0].Fields[1].Flags; got != tc.want {
			t.Errorf("%s: flags %b, want %b", name, got, tc.want)
		}
		if got := flagsExpr(tc.want); got != tc.expr {
			t.Errorf("%s: written as %q, want %q", name, got, tc.expr)
		}
	}
}

// TestEveryFlagIsWritten checks that the table can spell each flag there is.
func TestEveryFlagIsWritten(t *testing.T) {
	t.Parallel()
	var all entity.Flags
	for _, n := range flagNames {
		all |= n.flag
	}
	if want := entity.Guarded - 1; all != want {
		t.Errorf("flags %b have names, want %b", all, want)
	}
}

// TestNamesAreEnts checks that the methods that the table names are those that Ent
// generates, whatever the spelling of a field.
func TestNamesAreEnts(t *testing.T) {
	t.Parallel()
	m := mustModel(t, entityDef{name: "Context", fields: []ent.Field{
		field.String("type").MaxLen(3), field.Strings("op"), field.Enum("kind").GoType(code("")), field.String("code_name").StorageKey("cn").NotEmpty(),
	}})
	text, err := m.table("example.com/app/ent")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`entcontext "example.com/app/ent/context"`, // Ent's own name for a package that would clash
		`table.StringField("type", "type", 0, &entcontext.TypeValidator)`,
		`table.JSONField("op", "op", 0, (*ContextMutation).SetOpField)`,
		`table.EnumField("kind", "kind", 0, entcontext.KindValidator)`,
		`table.StringField("codeName", "cn", 0, &entcontext.CodeNameValidator)`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the table has no %s:\n%s", want, text)
		}
	}
	var op *gen.Field
	for _, f := range m.entities[0].fields {
		if f.Name == "op" {
			op = f.Field
		}
	}
	if op.MutationSet() != "SetOpField" {
		t.Errorf("Ent's setter is %s", op.MutationSet())
	}
}
