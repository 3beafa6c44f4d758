package plan_test

import (
	"os"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/plan"
)

// supplied is a program with a table that refers to one of others.
func supplied() entity.Engine {
	grade := &schema.Column{Name: "grade", Type: field.TypeEnum, Enums: []string{"A", "B"}, SchemaType: map[string]string{"postgres": `"Vendor ERP"."Grade"`}}
	suppliers := notes(text("name"), grade)
	suppliers.Name, suppliers.Schema = "LFA1", "Vendor ERP"
	all := notes(&schema.Column{Name: "supplier_id", Type: field.TypeUUID, Nullable: true})
	all.ForeignKeys = []*schema.ForeignKey{{Symbol: "notes_suppliers", Columns: all.Columns[1:], RefTable: suppliers, RefColumns: suppliers.Columns[:1]}}
	tables := []*schema.Table{all, suppliers}
	return entity.Engine{Tables: entity.WithoutTables(tables, suppliers.Name), External: entity.OnlyTables(tables, suppliers.Name)}
}

// No migration makes a table of others, changes it or drops it, whatever is in a directory or a
// database of it.
func TestExternal(t *testing.T) {
	t.Parallel()
	e, d, url := supplied(), partedDiffer(t), empty(t)
	desired := plan.Desired{Tables: e.Tables, Others: plan.Others(e)}
	diff := func() []string {
		t.Helper()
		names, err := plan.Diff(t.Context(), plan.DiffOptions{Dir: d.dir, Desired: desired, Scratch: scratch(t), Name: "next"})
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	names := diff()
	if len(names) != 1 {
		t.Fatalf("files %q", names)
	}
	if sql, err := os.ReadFile(d.dir + "/" + names[0]); err != nil || strings.Contains(string(sql), "LFA1") || strings.Contains(string(sql), "Vendor") || strings.Contains(string(sql), "REFERENCES") {
		t.Errorf("the migration: %v\n%s", err, sql)
	}

	conn := migratetest.Connect(t, url)
	migratetest.Exec(t, conn, `CREATE SCHEMA "Vendor ERP";
CREATE TYPE "Vendor ERP"."Grade" AS ENUM ('B', 'A', 'C');
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TYPE size AS ENUM ('S');
CREATE TABLE "Vendor ERP"."LFA1" (id uuid PRIMARY KEY, n serial, name varchar, grade "Vendor ERP"."Grade" NOT NULL, size size, other int);
CREATE TRIGGER touch BEFORE UPDATE ON "Vendor ERP"."LFA1" FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TABLE "Vendor ERP"."KNA1" (id uuid PRIMARY KEY);`)
	external, err := plan.External(t.Context(), e.External)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := database.Up(t.Context(), url, os.DirFS(d.dir), database.UpOptions{External: external}); err != nil {
		t.Fatal(err)
	}
	migratetest.Exec(t, conn, `ALTER TABLE notes ADD FOREIGN KEY (supplier_id) REFERENCES "Vendor ERP"."LFA1"`)
	for _, state := range []plan.Source{"ent://", plan.Source("file://" + d.dir)} {
		if all, err := plan.Drift(t.Context(), plan.Source(url), state, plan.SourceOptions{Desired: desired, Scratch: scratch(t)}); err != nil || len(all) > 0 {
			t.Errorf("drift from %s: %v, %v", state, all, err)
		}
	}
	stamped, err := database.Stamp(t.Context(), url, os.DirFS(d.dir), strings.Split(names[0], "_")[0], database.StampOptions{Scratch: scratch(t), Others: desired.Others})
	if err != nil || len(stamped.Extra) > 0 {
		t.Errorf("stamp: %v, %v", stamped.Extra, err)
	}

	// It was made by this program once.
	migratetest.WriteDir(t, d.dir, "20990101000000_was.sql", `CREATE SCHEMA "Vendor ERP"; CREATE TABLE "Vendor ERP"."LFA1" (id uuid NOT NULL PRIMARY KEY);
ALTER TABLE notes ADD FOREIGN KEY (supplier_id) REFERENCES "Vendor ERP"."LFA1";`)
	if names := diff(); len(names) > 0 {
		t.Errorf("it changes what has become a table of others: %q", names)
	}
}

// What stands in for tables of others is made where it is missing, and only there.
func TestStandIns(t *testing.T) {
	t.Parallel()
	url, dir := empty(t), migratetest.NewDir(t, "20260101000000_a.sql", "CREATE TABLE a (id int);")
	external, err := plan.External(t.Context(), supplied().External)
	if err != nil {
		t.Fatal(err)
	}
	conn := migratetest.Connect(t, url)
	for range 2 {
		if _, err := database.Up(t.Context(), url, os.DirFS(dir), database.UpOptions{External: external, StandIns: true}); err != nil {
			t.Fatal(err)
		}
		migratetest.Exec(t, conn, `INSERT INTO "Vendor ERP"."LFA1" (id, grade) VALUES (gen_random_uuid(), 'B')`)
		migratetest.Exec(t, conn, `DROP TABLE "Vendor ERP"."LFA1"`)
	}
}
