package plan_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// marked plans with marks.
func (d *differ) marked(name string, tables ...*schema.Table) []string {
	d.t.Helper()
	names, err := plan.Diff(d.t.Context(), plan.DiffOptions{
		Dir: d.dir, Desired: plan.Desired{Tables: tables}, Scratch: scratch(d.t), Name: name, Mark: true, Expand: d.expand,
		Answers: d.answers, Now: func() time.Time { return d.now },
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.now = d.now.Add(time.Hour)
	return names
}

// copied keeps the directory as a release has it.
func (d *differ) copied() string {
	d.t.Helper()
	dir := filepath.Join(d.t.TempDir(), "release")
	if err := os.CopyFS(dir, os.DirFS(d.dir)); err != nil {
		d.t.Fatal(err)
	}
	return dir
}

// A migration is judged when it is written; the release before finds the verdict in the
// database, also when it has not the file.
func TestCompatibleMigrations(t *testing.T) {
	t.Parallel()
	d, url := newDiffer(t), empty(t)
	check := func(got []string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	}
	check(d.marked("initial", notes()), "20260102150405_initial.sql")
	first := d.copied()
	check(d.marked("add_body", notes(text("body"))), "20260102160405_add_body.compatible.sql")
	second := d.copied()
	d.answers.AllowDrop = []string{"notes.body"}
	check(d.marked("drop_body", notes()), "20260102170405_drop_body.sql")
	third := d.copied()

	migratetest.Up(t, url, first, 1)
	before := migratetest.Status(t, url, first)
	migratetest.Up(t, url, second, 1)
	st := migratetest.Status(t, url, first)
	if err := st.Err(); err != nil || len(st.Unknown) != 1 || !strings.Contains(st.String(), "newer, by migrations that are compatible with this program: 20260102160405") {
		t.Errorf("the release before an added column: %v\n%s", err, st)
	}
	migratetest.Up(t, url, first, 0)
	if plan, err := database.PlanUp(t.Context(), url, os.DirFS(first), database.UpOptions{}); err != nil || len(plan.Files) > 0 {
		t.Errorf("plan of the release before: %v, %v", plan, err)
	}
	migratetest.Up(t, url, third, 1)
	migratetest.UpError(t, url, first, migrate.ErrNewer)
	for release, dir := range map[string]string{"first": first, "second": second} {
		if err := migratetest.Status(t, url, dir).Err(); !errors.Is(err, migrate.ErrNewer) {
			t.Errorf("%s release, after a column has gone: %v", release, err)
		}
	}
	if len(before.Unknown) != 0 {
		t.Errorf("unknown %v", before.Unknown)
	}
	if _, err := database.Down(t.Context(), url, os.DirFS(third), database.DownOptions{AllowLoss: true}); err != nil {
		t.Fatal(err)
	}
	if err := migratetest.Status(t, url, first).Err(); err != nil {
		t.Errorf("the first release, after the way back: %v", err)
	}
}

// The files before the contract are made for programs of both schemas.
func TestExpandIsCompatible(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	d.marked("initial", notes(text("body")))
	d.expand, d.answers = true, schemadiff.Answers{Rename: map[string]string{"notes.body": "text"}}
	names := d.marked("rename_body", notes(text("text")))
	if len(names) < 3 {
		t.Fatalf("files %v", names)
	}
	for i, name := range names {
		if contract := i >= slices.IndexFunc(names, func(n string) bool { return strings.Contains(n, "_contract") }); contract == strings.HasSuffix(name, ".compatible.sql") {
			t.Errorf("%s", name)
		}
	}
	version, contract := plan.BeforeContract(names, "rename_body")
	if version == "" || !strings.HasSuffix(contract, "_rename_body_contract.sql") {
		t.Errorf("contract %q after %q", contract, version)
	}
}
