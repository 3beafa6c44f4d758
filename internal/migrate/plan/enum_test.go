package plan_test

import (
	"strings"
	"testing"

	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/migrate/plan"
)

// TestEnumTypes checks that an enum of Postgres is created once, before the tables, and that
// two columns cannot want different ones of the same name.
func TestEnumTypes(t *testing.T) {
	t.Parallel()
	table := func(name string, values ...string) *entschema.Table {
		id := &entschema.Column{Name: "id", Type: field.TypeInt64}
		mood := &entschema.Column{Name: "mood", Type: field.TypeEnum, Enums: values, SchemaType: map[string]string{"postgres": "mood"}}
		return &entschema.Table{Name: name, Columns: []*entschema.Column{id, mood}, PrimaryKey: []*entschema.Column{id}}
	}
	got, err := plan.SchemaSQL(t.Context(), []*entschema.Table{table("a", "SAD", "it's"), table("b", "SAD", "it's")})
	if err != nil {
		t.Fatal(err)
	}
	const want = `CREATE TYPE "public"."mood" AS ENUM ('SAD', 'it''s');`
	if strings.Count(got, want) != 1 || strings.Index(got, want) > strings.Index(got, "CREATE TABLE") {
		t.Errorf("the type is not created once before the tables:\n%s", got)
	}
	_, err = plan.SchemaSQL(t.Context(), []*entschema.Table{table("a", "SAD"), table("b", "SAD", "HAPPY")})
	if err == nil || !strings.Contains(err.Error(), "a.mood and b.mood are of the type") {
		t.Errorf("error %v", err)
	}
}

// TestCitext checks that the extension of a column without regard to case is created once, before
// the tables and in the schema that the column names.
func TestCitext(t *testing.T) {
	t.Parallel()
	table := func(name, typ string) *entschema.Table {
		id := &entschema.Column{Name: "id", Type: field.TypeInt64}
		email := &entschema.Column{Name: "email", Type: field.TypeString, Unique: true, SchemaType: map[string]string{"postgres": typ}}
		return &entschema.Table{Name: name, Columns: []*entschema.Column{id, email}, PrimaryKey: []*entschema.Column{id}}
	}
	for typ, want := range map[string]string{
		"citext":            `CREATE EXTENSION IF NOT EXISTS "citext" WITH SCHEMA "public";`,
		"extensions.citext": `CREATE EXTENSION IF NOT EXISTS "citext" WITH SCHEMA "extensions";`,
	} {
		got, err := plan.SchemaSQL(t.Context(), []*entschema.Table{table("a", typ), table("b", typ)})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(got, want) != 1 || strings.Index(got, want) > strings.Index(got, "CREATE TABLE") || strings.Count(got, `."citext" NOT NULL`) != 2 {
			t.Errorf("%s is not created once before the tables:\n%s", typ, got)
		}
	}
	_, err := plan.SchemaSQL(t.Context(), []*entschema.Table{table("a", "citext"), table("b", "extensions.citext")})
	if err == nil || !strings.Contains(err.Error(), "an extension is in one schema of a database") {
		t.Errorf("error %v", err)
	}
}
