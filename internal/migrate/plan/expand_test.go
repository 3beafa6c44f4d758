package plan_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// A rename and a change of type by expand and contract: the files can be held back,
// rehearse well, have no hazard but those that are meant, and end in the schema.
func TestDiffByExpandAndContract(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	count := func(name string, kind field.Type) *schema.Column {
		return &schema.Column{Name: name, Type: kind, Default: 0}
	}
	d.want("add_notes", "20260102150405_add_notes.sql", nil, notes(text("title"), count("views", field.TypeInt32)))
	after := notes(text("head"), count("views", field.TypeInt64))
	d.answers.Rename, d.expand = map[string]string{"notes.title": "head"}, true
	const versions = "20260102150406_rename_title_expand.sql 20260102150407_rename_title_backfill.sql" +
		" 20260102150408_rename_title_finish.sql 20260102150409_rename_title_contract.sql"
	sql := d.want("rename_title", versions, nil, after)
	if !strings.Contains(sql, "-- From here on notes.views is bigint") {
		t.Errorf("there is no note on the type:\n%s", sql)
	}
	first, contract := plan.BeforeContract(strings.Fields(versions), "rename_title")
	if first != "20260102150408" || contract != "20260102150409_rename_title_contract.sql" {
		t.Errorf("stages: %s, then %s", first, contract)
	}

	url := empty(t)
	conn := migratetest.Connect(t, url)
	if _, err := database.Up(t.Context(), url, os.DirFS(d.dir), database.UpOptions{To: first}); err != nil {
		t.Fatal(err)
	}
	migratetest.Exec(t, conn, `INSERT INTO notes (id, title, views) VALUES (gen_random_uuid(), 'old', 1); INSERT INTO notes (id, head, views) VALUES (gen_random_uuid(), 'new', 2)`)
	if got := migratetest.Value[string](t, conn, `SELECT string_agg(title || head, ' ' ORDER BY views) FROM notes`); got != "oldold newnew" {
		t.Errorf("side by side: %s", got)
	}
	migratetest.Up(t, url, d.dir, 1)
	if got := migratetest.Value[string](t, conn, `SELECT string_agg(head || views, ' ' ORDER BY views) FROM notes`); got != "old1 new2" {
		t.Errorf("at the end: %s", got)
	}
	d.answers, d.expand = schemadiff.Answers{}, false
	d.want("nothing", "", nil, after)

	report, err := rehearsal.Run(t.Context(), rehearsal.Options{Dir: os.DirFS(d.dir), Scratch: scratch(t), Rows: 100, Latest: 4})
	if err != nil {
		t.Error(err)
	}
	findings, err := rehearsal.Lint(report, rehearsal.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.Fails {
			t.Errorf("lint: %s", f)
		}
	}
}

// Both stages can be taken back without a word about losses as long as one column says
// what the other does; else the rows are counted for which that is not so.
func TestDownOverExpand(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	d.want("add_notes", "20260102150405_add_notes.sql", nil, notes(text("title"), &schema.Column{Name: "price", Type: field.TypeInt64, Nullable: true}))
	price := &schema.Column{Name: "price", Type: field.TypeFloat64, Nullable: true, SchemaType: map[string]string{"postgres": "numeric(10,2)"}}
	d.answers, d.expand = schemadiff.Answers{Rename: map[string]string{"notes.title": "head"},
		Using: map[string]string{"notes.price": "price"}, UsingBack: map[string]string{"notes.price": "round(price)"}}, true
	d.want("rename_title", "20260102150406_rename_title_expand.sql 20260102150407_rename_title_backfill.sql"+
		" 20260102150408_rename_title_contract.sql", nil, notes(text("head"), price))

	url := empty(t)
	conn, dir := migratetest.Connect(t, url), os.DirFS(d.dir)
	if _, err := database.Up(t.Context(), url, dir, database.UpOptions{To: "20260102150405"}); err != nil {
		t.Fatal(err)
	}
	migratetest.Exec(t, conn, `INSERT INTO notes (id, title, price) VALUES (gen_random_uuid(), 'a', 3), (gen_random_uuid(), 'b', NULL)`)
	for _, to := range []string{"20260102150407", "20260102150408"} {
		if _, err := database.Up(t.Context(), url, dir, database.UpOptions{To: to}); err != nil {
			t.Fatal(err)
		}
		if _, err := database.Down(t.Context(), url, dir, database.DownOptions{To: "20260102150405"}); err != nil {
			t.Errorf("down from %s: %v", to, err)
		}
		if got := migratetest.Value[string](t, conn, `SELECT string_agg(concat(title, price), ' ' ORDER BY title) FROM notes`); got != "a3 b" {
			t.Errorf("after down from %s: %s", to, got)
		}
	}

	migratetest.Up(t, url, d.dir, 3)
	migratetest.Exec(t, conn, `UPDATE notes SET price = 2.75 WHERE head = 'a'`)
	_, err := database.Down(t.Context(), url, dir, database.DownOptions{To: "20260102150405"})
	if !errors.Is(err, migrate.ErrDestructive) || !strings.Contains(err.Error(), `column public.notes."price" is dropped, and no other column says the same (1 row)`) {
		t.Errorf("got error %v", err)
	}
	if _, err := database.Down(t.Context(), url, dir, database.DownOptions{To: "20260102150405", AllowLoss: true}); err != nil {
		t.Fatal(err)
	}
	if got := migratetest.Value[string](t, conn, `SELECT string_agg(concat(title, price), ' ' ORDER BY title) FROM notes`); got != "a3 b" {
		t.Errorf("at the end: %s", got)
	}
}

// Versions are found by the part of the name, not by what a name happens to end in.
func TestBeforeContract(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ files, name, version, contract string }{
		{"1_a.sql", "a", "", ""},
		{"1_sign_contract.sql", "sign_contract", "", ""},
		{"1_a_expand.sql 2_a_backfill.sql 3_a_contract.sql 4_a_contract_finish.sql", "a", "2", "3_a_contract.sql"},
		{"1_contract_expand.sql 2_contract_contract.sql", "contract", "1", "2_contract_contract.sql"},
	} {
		version, contract := plan.BeforeContract(strings.Fields(c.files), c.name)
		if version != c.version || contract != c.contract {
			t.Errorf("%s: got %s and %s", filepath.Base(c.files), version, contract)
		}
	}
}
