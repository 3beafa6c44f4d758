package codegen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entgo.io/ent/schema/field"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/entity"
)

// TestSearchReachesTheOutputs checks the table, the SDL and the file for migrations,
// and that the last goes when the search does.
func TestSearchReachesTheOutputs(t *testing.T) {
	t.Parallel()
	alpha := entityDef{
		name: "Alpha", fields: fields(field.String("title").StorageKey("head"), field.Text("body").Optional(), field.String("code")),
		annotations: searchable(declare.SearchOptions{Config: "simple", A: []string{"code"}, B: []string{"title", "body"}}),
	}
	m := mustModel(t, alpha)
	table, err := m.table("example.com/ent")
	if err != nil {
		t.Fatal(err)
	}
	const value = `&table.Search{Column: "search", Config: "simple", Fields: []table.SearchField{{Column: "code", Weight: "A"}, {Column: "head", Weight: "B"}, {Column: "body", Weight: "B"}}},`
	if !strings.Contains(string(table), value) {
		t.Errorf("the table has not\n%s\n%s", value, table)
	}
	sdl := m.sdl()
	for _, part := range []string{"All of these words are in code, title and body:", "  search: String\n", "  RELEVANCE\n"} {
		if !strings.Contains(sdl, part) {
			t.Errorf("the SDL has not %q", part)
		}
	}
	if strings.Contains(sdl, "AlphaGroupField {\n  RELEVANCE") || strings.Count(sdl, "RELEVANCE") != 1 {
		t.Error("RELEVANCE is more than an order")
	}
	x := &extension{config: Config{Ent: t.TempDir()}}
	path := filepath.Join(x.config.Ent, "migrate", "search.go")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := x.writeSearch(m); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `addSearch("alphas", "alpha_search", "The words of code, head, body for full-text search; computed.",`) {
		t.Errorf("the file for migrations:\n%s", text)
	}
	for range 2 {
		alpha.annotations = nil
		if err := x.writeSearch(mustModel(t, alpha)); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("the file for migrations is still there: %v", err)
		}
	}
}

// TestSearchSQL checks that names come into SQL as they are.
func TestSearchSQL(t *testing.T) {
	t.Parallel()
	for _, name := range searchConfigs {
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("the configuration %q cannot stand in SQL without quotes", name)
		}
	}
	s := entity.Search{Config: "simple", Fields: []entity.SearchField{{Column: `a"b`, Weight: "D"}}}
	if got, want := s.Vector(), `setweight(to_tsvector('pg_catalog.simple'::regconfig, coalesce("a""b", '')), 'D')`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
