package executor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/executor"
)

// TestColumnsOfOthers compares a table and a view with what the schema says of them, before anything
// is read.
func TestColumnsOfOthers(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	app := executor.App{Ent: ent.Engine, Graph: graph.Graph}
	app.Ent.Entities = slices.Clone(app.Ent.Entities)
	for i := range app.Ent.Entities {
		switch e := &app.Ent.Entities[i]; e.Name {
		case "Profile":
			e.Place = entity.External
		case "Tagging":
			e.Place = entity.View
		}
	}
	schema, err := executor.New(api.DB, app, executor.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		change string
		want   []string
	}{
		{"", nil},
		{`ALTER TABLE profiles ADD more point; ALTER TABLE profiles ALTER first_name TYPE varchar(40); ALTER TABLE profiles ALTER created_at DROP NOT NULL`, []string{
			`the column created_at of public."profiles" may be null, and Profile.createdAt may not: give the field Optional().Nillable() in ent/schema, or have its owner change it`,
		}},
		{`CREATE DOMAIN filled AS timestamptz NOT NULL; CREATE DOMAIN more AS filled; ALTER TABLE profiles ALTER created_at TYPE more`, nil},
		{`ALTER TABLE profiles ALTER last_name TYPE integer USING 1; 
			ALTER TABLE profiles DROP CONSTRAINT profiles_pkey; ALTER TABLE profiles ALTER id DROP DEFAULT, ALTER id TYPE text`, []string{
			`the column id of public."profiles" is of the type text, from which Profile.id, of the type uuid, cannot be read`,
			"the column last_name of", "is of the type integer, from which Profile.lastName, of the type text, cannot be read: say so in ent/schema, by another type of the field or by SchemaType, or have its owner change it",
		}},
		{`ALTER TABLE taggings RENAME TO rest; CREATE VIEW taggings AS SELECT id, created_at, updated_at, position::text AS position, post_id, tag_id FROM rest`, []string{
			`the column position of public."taggings" is of the type text, from which Tagging.position, of the type bigint, cannot be read`, "or cast it in the view",
		}},
	} {
		if _, err := api.DB.Write.Exec(t.Context(), tc.change); err != nil {
			t.Fatalf("%s: %v", tc.change, err)
		}
		err := schema.CheckColumns(t.Context())
		if (err == nil) != (tc.want == nil) {
			t.Errorf("%s: %v", tc.change, err)
		}
		for _, want := range tc.want {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: it says\n%v\nwant\n%s", tc.change, err, want)
			}
		}
	}
}
