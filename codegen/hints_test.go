package codegen

import (
	"encoding/json"
	"fmt"
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

// TestOffersForMigrations checks which values are proposed for rows of fields whose column says
// less than the schema: none that a validator may refuse.
func TestOffersForMigrations(t *testing.T) {
	t.Parallel()
	x := &extension{config: Config{Ent: t.TempDir()}}
	if err := os.Mkdir(filepath.Join(x.config.Ent, "migrate"), 0o755); err != nil {
		t.Fatal(err)
	}
	alpha := entityDef{name: "Alpha", fields: fields(
		field.Strings("labels"), field.JSON("size", map[string]int{}), field.JSON("raw", json.RawMessage{}),
		field.Enum("state").Values("open", "shut"), field.String("nick").NotEmpty(), field.Int("age").Positive(),
		field.String("plain"), field.Strings("maybe").Optional(), field.Time("seen"))}
	if err := x.writeHints(graphOf(t, loaded(t, alpha, "Alpha"))); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(x.config.Ent, "migrate", "hints.go"))
	if err != nil {
		t.Fatal(err)
	}
	want := hintsHead
	for _, offer := range [][2]string{{"labels", "'[]'"}, {"size", "'{}'"}, {"raw", "'{}'"}, {"state", "'open'"}, {"nick", ""}, {"age", ""}} {
		want += fmt.Sprintf("\tOffer[%q] = %q\n", "alphas."+offer[0], offer[1])
	}
	if want += "}\n"; string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}
