package codegen

import (
	"strings"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/entity"
)

// TestViewerEdges: what leads to who asks, or is the server's, is in no input.
func TestViewerEdges(t *testing.T) {
	t.Parallel()
	m := mustModel(t, entityDef{name: "Alpha", edges: []ent.Edge{
		edge.To("author", Beta.Type).Unique().Required().Annotations(entity.Viewer()),
		edge.To("payer", Beta.Type).Unique().Required().Annotations(entity.Viewer("ADMIN")),
		edge.To("seen", Beta.Type).Unique().Annotations(entity.Managed()), edge.To("many", Beta.Type).Annotations(entity.Managed()),
	}}, entityDef{name: "Beta"})
	var sdl string // the inputs alone
	for _, name := range []string{"input CreateAlphaInput", "input UpdateAlphaInput"} {
		_, rest, _ := strings.Cut(m.sdl(), name)
		input, _, _ := strings.Cut(rest, "}")
		sdl += input
	}
	for _, key := range []string{"authorID", "seenID", "manyIDs"} {
		if strings.Contains(sdl, key) {
			t.Errorf("an input has %s", key)
		}
	}
	if strings.Count(sdl, "payerID: ID\n") != 2 {
		t.Errorf("payerID is not an optional key of both inputs:\n%s", sdl)
	}
	table, err := m.table("example.com/app/ent")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`table.ByViewer(table.Own("author",`, `(*AlphaMutation).ClearPayer), "ADMIN")`} {
		if !strings.Contains(string(table), part) {
			t.Errorf("the table has no %s:\n%s", part, table)
		}
	}
}

func TestRefusedViewers(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]entityDef{
		"for a to-one edge to the user whose foreign key": {edges: []ent.Edge{edge.To("betas", Beta.Type).Annotations(entity.Viewer())}},
		"without entity.Managed":                          {edges: []ent.Edge{edge.To("beta", Beta.Type).Unique().Annotations(entity.Viewer(), entity.Managed())}},
		"no input can give one":                           {fields: []ent.Field{field.String("secret").Sensitive()}},
		"Alpha.inner: a new Alpha needs a value":          {fields: []ent.Field{field.String("inner").Annotations(entity.Skip())}},
	} {
		d.name = "Alpha"
		if _, err := modelOf(t, d, entityDef{name: "Beta"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
