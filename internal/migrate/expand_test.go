package migrate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate"
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
	first, contract := migrate.BeforeContract(strings.Fields(versions), "rename_title")
	if first != "20260102150408" || contract != "20260102150409_rename_title_contract.sql" {
		t.Errorf("stages: %s, then %s", first, contract)
	}

	url := devpg.Empty(t)
	conn := connect(t, url)
	if _, err := migrate.Up(t.Context(), url, os.DirFS(d.dir), migrate.UpOptions{To: first}); err != nil {
		t.Fatal(err)
	}
	run(t, conn, `INSERT INTO notes (id, title, views) VALUES (gen_random_uuid(), 'old', 1); INSERT INTO notes (id, head, views) VALUES (gen_random_uuid(), 'new', 2)`)
	if got := value[string](t, conn, `SELECT string_agg(title || head, ' ' ORDER BY views) FROM notes`); got != "oldold newnew" {
		t.Errorf("side by side: %s", got)
	}
	up(t, url, d.dir, 1)
	if got := value[string](t, conn, `SELECT string_agg(head || views, ' ' ORDER BY views) FROM notes`); got != "old1 new2" {
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

// Versions are found by the part of the name, not by what a name happens to end in.
func TestBeforeContract(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ files, name, version, contract string }{
		{"1_a.sql", "a", "", ""},
		{"1_sign_contract.sql", "sign_contract", "", ""},
		{"1_a_expand.sql 2_a_backfill.sql 3_a_contract.sql 4_a_contract_finish.sql", "a", "2", "3_a_contract.sql"},
		{"1_contract_expand.sql 2_contract_contract.sql", "contract", "1", "2_contract_contract.sql"},
	} {
		version, contract := migrate.BeforeContract(strings.Fields(c.files), c.name)
		if version != c.version || contract != c.contract {
			t.Errorf("%s: got %s and %s", filepath.Base(c.files), version, contract)
		}
	}
}
