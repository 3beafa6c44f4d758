package plan_test

import (
	"errors"
	"strings"
	"testing"

	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

// searched is a table with a column that Postgres computes, as the generator adds it;
// without an expression the column is not there.
func searched(expr string, more ...*schema.Column) *schema.Table {
	table := notes(append([]*schema.Column{text("title")}, more...)...)
	if expr == "" {
		return table
	}
	c := &schema.Column{
		Name: "search", Type: field.TypeOther, Nullable: true, Comment: "The note's words.",
		SchemaType: map[string]string{"postgres": "tsvector"}, Attr: "GENERATED ALWAYS AS (" + expr + ") STORED",
	}
	table.Columns = append(table.Columns, c)
	table.Indexes = append(table.Indexes, &schema.Index{Name: "note_search", Columns: []*schema.Column{c}, Annotation: &entsql.IndexAnnotation{Type: "GIN"}})
	return table
}

// A column that Postgres computes comes, changes and goes with its index. None of it is
// a loss.
func TestDiffOfGeneratedColumns(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	url := empty(t)
	conn := migratetest.Connect(t, url)
	const simple, english = `to_tsvector('pg_catalog.simple'::regconfig, coalesce("title", ''))`, `setweight(to_tsvector('pg_catalog.english'::regconfig, coalesce("title", '')), 'A')`
	finds := func(word string) bool {
		return migratetest.Value[bool](t, conn, `SELECT search @@ $1::tsquery FROM notes`, word)
	}
	indexes := func() int {
		return migratetest.Value[int](t, conn, `SELECT count(*) FROM pg_indexes WHERE indexname = 'note_search' AND indexdef LIKE '%USING gin (search)'`)
	}
	d.want("add_notes", "20260102150405_add_notes.sql", nil, searched(""))
	migratetest.Up(t, url, d.dir, 1)
	migratetest.Exec(t, conn, `INSERT INTO notes (id, title) VALUES (gen_random_uuid(), 'Running')`)

	sql := d.want("search_notes", "20260102150406_search_notes.sql 20260102150407_search_notes_build.sql", nil, searched(simple))
	migratetest.Up(t, url, d.dir, 2)
	if !finds("running") || finds("run") || indexes() != 1 {
		t.Errorf("the words are not found, or not by an index; migration:\n%s", sql)
	}
	d.want("nothing", "", nil, searched(simple))

	sql = d.want("search_english", "20260102150408_search_english.sql 20260102150409_search_english_build.sql", nil, searched(english, text("body")))
	migratetest.Up(t, url, d.dir, 2)
	if finds("running") || !finds("run:A") || indexes() != 1 {
		t.Errorf("the new words are not found, or not by an index; migration:\n%s", sql)
	}
	d.want("nothing", "", nil, searched(english, text("body")))

	d.want("no_search", "20260102150410_no_search.sql", nil, searched("", text("body")))
	migratetest.Up(t, url, d.dir, 1)
	if indexes() != 0 {
		t.Error("the index is still there")
	}
	if err := migratetest.Status(t, url, d.dir).Err(); err != nil {
		t.Error(err)
	}
}

// A column with data that becomes one that Postgres computes loses them.
func TestDiffFromPlainColumn(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	const expr = `to_tsvector('pg_catalog.simple'::regconfig, coalesce("title", ''))`
	d.want("add_notes", "20260102150405_add_notes.sql", nil, notes(text("title"), text("search")))
	if _, err := d.run("search_notes", nil, searched(expr)); !errors.Is(err, migrate.ErrDestructive) || !strings.Contains(err.Error(), "notes.search") {
		t.Errorf("got error %v, want ErrDestructive", err)
	}
	d.want("search_notes", "20260102150406_search_notes.sql 20260102150407_search_notes_build.sql", []string{"notes.search"}, searched(expr))
	d.want("nothing", "", nil, searched(expr))
}

// A table may be made with such a column in one migration.
func TestDiffOfNewTableWithGeneratedColumn(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	url := empty(t)
	const expr = `to_tsvector('pg_catalog.simple'::regconfig, coalesce("title", ''))`
	d.want("add_notes", "20260102150405_add_notes.sql", nil, searched(expr))
	migratetest.Up(t, url, d.dir, 1)
	d.want("nothing", "", nil, searched(expr))
	if got := migratetest.Value[string](t, migratetest.Connect(t, url), `SELECT is_generated FROM information_schema.columns WHERE column_name = 'search'`); got != "ALWAYS" {
		t.Errorf("is_generated is %s", got)
	}
}
