package codegen

import (
	"os"
	"path/filepath"
	"testing"

	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	declare "github.com/entgraph/entgraph/entity"
)

// TestHintsForMigrations checks what is written for the planner of migrations, and that
// the file goes with the last hint.
func TestHintsForMigrations(t *testing.T) {
	t.Parallel()
	x := &extension{config: Config{Ent: t.TempDir()}}
	path := filepath.Join(x.config.Ent, "migrate", "hints.go")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	alpha := entityDef{
		name: "Alpha", annotations: []schema.Annotation{declare.RenamedFrom("olds")},
		fields: fields(field.String("title").StorageKey("head").Annotations(declare.RenamedFrom("name"), declare.Backfill("''"))),
	}
	if err := x.writeHints(graphOf(t, loaded(t, alpha, "Alpha"))); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const lines = "\tRenamed[\"olds\"] = \"alphas\"\n\tRenamed[\"alphas.name\"] = \"head\"\n\tBackfill[\"alphas.head\"] = \"''\"\n"
	if want := hintsHead + lines + "}\n"; string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	plain := entityDef{name: "Alpha", fields: fields(field.String("title"))}
	for range 2 {
		if err := x.writeHints(graphOf(t, loaded(t, plain, "Alpha"))); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("the file is still there: %v", err)
		}
	}
}
