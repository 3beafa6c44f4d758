package plan_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

const parted = `CREATE TABLE notes (id uuid NOT NULL, at timestamptz NOT NULL, title character varying NULL, CONSTRAINT notes_pkey PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
CREATE TABLE notes_2025 PARTITION OF notes FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE notes_2026 PARTITION OF notes FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY HASH (id);
CREATE TABLE notes_2026_all PARTITION OF notes_2026 FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE tags (id uuid NOT NULL PRIMARY KEY, note_tags uuid NULL, note_words uuid NULL);
`

// partedTables are the tables of that migration as Ent knows them, with more columns.
func partedTables(more ...*schema.Column) []*schema.Table {
	at := &schema.Column{Name: "at", Type: field.TypeTime}
	table := notes(append([]*schema.Column{at, text("title")}, more...)...)
	tags := notes(&schema.Column{Name: "note_tags", Type: field.TypeUUID, Nullable: true}, &schema.Column{Name: "note_words", Type: field.TypeUUID, Nullable: true})
	tags.Name = "tags"
	tags.ForeignKeys = []*schema.ForeignKey{{Symbol: "tags_notes_tags", Columns: tags.Columns[1:2], RefTable: table, RefColumns: table.Columns[:1]}}
	return []*schema.Table{table, tags}
}

// partedDiffer is a differ whose directory is there.
func partedDiffer(t *testing.T) *differ {
	t.Helper()
	d := newDiffer(t)
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return d
}

// Ent has no word for partitions: those that a migration has made stay, and what Ent knows of
// the table is planned.
func TestDiffOfPartitions(t *testing.T) {
	t.Parallel()
	d, url := partedDiffer(t), empty(t)
	migratetest.WriteDir(t, d.dir, "20260101000000_add_notes.sql", parted)
	d.want("nothing", "", nil, partedTables()...)
	sql := d.want("add_body", "20260102150405_add_body.sql", nil, partedTables(text("body"))...)
	if !strings.Contains(sql, `ALTER TABLE "notes" ADD COLUMN "body"`) || strings.Contains(sql, "DROP") || strings.Contains(sql, "2026") {
		t.Errorf("a column:\n%s", sql)
	}
	indexed := partedTables(text("body"))
	indexed[0].Indexes = []*schema.Index{{Name: "note_body", Columns: indexed[0].Columns[3:]}}
	if sql := d.want("add_index", "20260102150406_add_index.sql", nil, indexed...); !strings.Contains(sql, `CREATE INDEX "note_body" ON "notes"`) {
		t.Errorf("an index:\n%s", sql)
	}
	migratetest.Up(t, url, d.dir, 3)
	desired := plan.Desired{Tables: indexed}
	if all, err := plan.Check(t.Context(), os.DirFS(d.dir), desired, scratch(t)); err != nil || len(all) > 0 {
		t.Errorf("check: %v, %v", all, err)
	}

	conn := migratetest.Connect(t, url)
	migratetest.Exec(t, conn, "CREATE TABLE notes_2027 PARTITION OF notes FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')")
	o := plan.SourceOptions{Desired: desired, Scratch: scratch(t)}
	for _, state := range []plan.Source{"ent://", plan.Source("file://" + d.dir)} {
		if all, err := plan.Drift(t.Context(), plan.Source(url), state, o); err != nil || len(all) > 0 {
			t.Errorf("drift from %s after a new partition: %v, %v", state, all, err)
		}
	}
	migratetest.Exec(t, conn, "ALTER TABLE notes_2027 ADD CHECK (title <> '')")
	all, err := plan.Drift(t.Context(), plan.Source(url), "ent://", o)
	if err != nil || len(all) > 0 {
		t.Errorf("drift after a partition has got a check: %v, %v", all, err)
	}
	migratetest.Exec(t, conn, "ALTER TABLE notes ADD CHECK (title <> 'x')")
	all, err = plan.Drift(t.Context(), plan.Source(url), "ent://", o)
	if is := func(d schemadiff.Difference) bool { return d.Kind == schemadiff.Constraint && d.Is == "extra" }; err != nil || !slices.ContainsFunc(all, is) {
		t.Errorf("drift after the table has got a check: %v, %v", all, err)
	}
}

// A unique field is not taken for one where nothing keeps it so.
func TestDiffOfUniqueInPartitions(t *testing.T) {
	t.Parallel()
	d := partedDiffer(t)
	number := text("number")
	number.Unique = true
	migratetest.WriteDir(t, d.dir, "20260101000000_add_notes.sql", parted)
	if _, err := d.run("add_number", nil, partedTables(number)...); err == nil || !strings.Contains(err.Error(), "number of notes is unique in the schema, but nothing in the migrations keeps it so: the table is partitioned by RANGE (at)") {
		t.Errorf("a unique field: %v", err)
	}
	migratetest.WriteDir(t, d.dir, "20260101000000_add_notes.sql", parted+"ALTER TABLE notes ADD number character varying NULL, ADD UNIQUE (number, at, id);\n")
	d.want("nothing", "", nil, partedTables(number)...)
}

// A table that is partitioned by its id alone can be referred to.
func TestDiffOfPartitionsByID(t *testing.T) {
	t.Parallel()
	d := partedDiffer(t)
	migratetest.WriteDir(t, d.dir, "20260101000000_add_notes.sql", `CREATE TABLE notes (id uuid NOT NULL PRIMARY KEY, at timestamptz NOT NULL, title character varying NULL) PARTITION BY HASH (id);
CREATE TABLE notes_0 PARTITION OF notes FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE notes_1 PARTITION OF notes FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE tags (id uuid NOT NULL PRIMARY KEY, note_tags uuid NULL, note_words uuid NULL);
`)
	if sql := d.want("add_key", "20260102150405_add_key.sql", nil, partedTables()...); !strings.Contains(sql, `FOREIGN KEY ("note_tags") REFERENCES "notes" ("id")`) && !strings.Contains(sql, `FOREIGN KEY (note_tags) REFERENCES notes(id)`) {
		t.Errorf("a foreign key:\n%s", sql)
	}
}
