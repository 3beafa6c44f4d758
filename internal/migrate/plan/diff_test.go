package plan_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// notes makes a table as Ent describes it, with more columns after the id.
func notes(columns ...*schema.Column) *schema.Table {
	id := &schema.Column{Name: "id", Type: field.TypeUUID}
	return &schema.Table{
		Name: "notes", Columns: append([]*schema.Column{id}, columns...), PrimaryKey: []*schema.Column{id},
		Annotation: &entsql.Annotation{Checks: map[string]string{}},
	}
}

func text(name string) *schema.Column {
	return &schema.Column{Name: name, Type: field.TypeString, Nullable: true}
}

// differ runs Diff in one directory at one moment.
type differ struct {
	t   *testing.T
	dir string
	now time.Time
	// Answers besides AllowDrop, and those of the schema.
	answers, hints schemadiff.Answers
	expand         bool
}

func newDiffer(t *testing.T) *differ {
	return &differ{t: t, dir: filepath.Join(t.TempDir(), "migrations"), now: time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)}
}

func (d *differ) run(name string, allow []string, tables ...*schema.Table) ([]string, error) {
	d.t.Helper()
	return plan.Diff(d.t.Context(), plan.DiffOptions{
		Dir: d.dir, Desired: plan.Desired{Tables: tables, Hints: d.hints}, Scratch: scratch(d.t), Name: name,
		Answers: schemadiff.Answers{AllowDrop: allow, Rename: d.answers.Rename, Backfill: d.answers.Backfill,
			Using: d.answers.Using, UsingBack: d.answers.UsingBack}, Expand: d.expand, Now: func() time.Time { return d.now },
	})
}

// want plans and gives the text of the files, which must have the given names.
func (d *differ) want(name, file string, allow []string, tables ...*schema.Table) string {
	d.t.Helper()
	got, err := d.run(name, allow, tables...)
	if err != nil {
		d.t.Fatal(err)
	}
	if want := strings.Fields(file); !slices.Equal(got, want) {
		d.t.Fatalf("files %q, want %q", got, want)
	}
	var b strings.Builder
	for _, name := range got {
		data, err := os.ReadFile(filepath.Join(d.dir, name))
		if err != nil {
			d.t.Fatal(err)
		}
		b.Write(data)
	}
	return b.String()
}

func TestDiffStepByStep(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	url := empty(t)
	sql := d.want("add_notes", "20260102150405_add_notes.sql", nil, notes(text("title")))
	if !strings.Contains(sql, `CREATE TABLE "notes"`) || strings.Contains(sql, "public") {
		t.Errorf("first file:\n%s", sql)
	}
	migratetest.Up(t, url, d.dir, 1)
	d.want("nothing", "", nil, notes(text("title")))
	// The clock has not moved: versions stay unique and in order.
	sql = d.want("add_notes_body", "20260102150406_add_notes_body.sql", nil, notes(text("title"), text("body")))
	if !strings.Contains(sql, `ADD COLUMN "body"`) {
		t.Errorf("second file:\n%s", sql)
	}
	d.now = d.now.Add(-time.Hour)
	table := notes(text("title"), text("body"))
	table.Indexes = []*schema.Index{{Name: "note_title", Columns: []*schema.Column{table.Columns[1]}}}
	d.want("index_notes", "20260102150407_index_notes.sql", nil, table)
	migratetest.Up(t, url, d.dir, 2)
	d.want("drop_index", "20260102150408_drop_index.sql", nil, notes(text("title"), text("body")))
	migratetest.Up(t, url, d.dir, 1)
	if err := migratetest.Status(t, url, d.dir).Err(); err != nil {
		t.Error(err)
	}
}

// Postgres words the check of the first table differently each time it reads it.
func TestDiffOfChecks(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	kind := &schema.Column{Name: "kind", Type: field.TypeString, Default: "A", SchemaType: map[string]string{"postgres": "varchar(16)"}}
	table := func(check string) *schema.Table {
		out := notes(kind)
		out.Annotation.Checks["notes_kind_values"] = check
		return out
	}
	sql := d.want("add_notes", "20260102150405_add_notes.sql", nil, table("kind IN ('A', 'B')"))
	if !strings.Contains(sql, "CHECK (kind IN ('A', 'B'))") {
		t.Errorf("the check is not as it was written:\n%s", sql)
	}
	d.want("nothing", "", nil, table("kind IN ('A', 'B')"))
	sql = d.want("more_kinds", "20260102150406_more_kinds.sql 20260102150407_more_kinds_finish.sql", nil, table("kind IN ('A', 'B', 'C')"))
	if !strings.Contains(sql, "CHECK (kind IN ('A', 'B', 'C'))") {
		t.Errorf("changed check:\n%s", sql)
	}
	d.want("nothing", "", nil, table("kind IN ('A', 'B', 'C')"))
	d.want("no_check", "20260102150408_no_check.sql", nil, notes(kind))
}

func TestDiffRefusesToLoseData(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	tags := notes()
	tags.Name = "tags"
	d.want("add_notes", "20260102150405_add_notes.sql", nil, notes(text("title"), text("body")), tags)
	before, err := os.ReadDir(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.run("drop_much", []string{"notes.body"}, notes())
	if !errors.Is(err, migrate.ErrDestructive) || !strings.HasSuffix(err.Error(), "--allow-drop tags,notes.title") {
		t.Fatalf("error: %v", err)
	}
	if after, err := os.ReadDir(d.dir); err != nil || len(after) != len(before) {
		t.Errorf("files after a refusal: %v, %v", after, err)
	}
	sql := d.want("drop_much", "20260102150406_drop_much.sql", []string{"notes.body", "notes.title", "tags"}, notes())
	for _, part := range []string{`DROP COLUMN "title"`, `DROP COLUMN "body"`, `DROP TABLE "tags"`} {
		if !strings.Contains(sql, part) {
			t.Errorf("no %s in:\n%s", part, sql)
		}
	}
	d.want("drop_all", "20260102150407_drop_all.sql", []string{"*"})
}

func TestDiffErrors(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	for _, name := range []string{"", "Add", "add post", "../up", "1st"} {
		if _, err := d.run(name, nil, notes()); err == nil {
			t.Errorf("name %q was accepted", name)
		}
	}
	if _, err := os.Stat(d.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("directory after refused names: %v", err)
	}
	d.want("add_notes", "20260102150405_add_notes.sql", nil, notes())
	if err := os.WriteFile(filepath.Join(d.dir, "20260102150405_add_notes.sql"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := d.run("more", nil, notes(text("title"))); !errors.Is(err, migrate.ErrChecksum) {
		t.Errorf("edited directory: %v", err)
	}
	migratetest.WriteDir(t, d.dir, "20260102150405_add_notes.sql", "CREATE TABLE notes (id no_such_type);")
	var stmt *migrate.StatementError
	if _, err := d.run("more", nil, notes(text("title"))); !errors.As(err, &stmt) {
		t.Errorf("broken directory: %v", err)
	}
}

func TestDiffWithEmptySum(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	d.dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(d.dir, "atlas.sum"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	d.want("init", "20260102150405_init.sql", nil, notes())
	migratetest.Up(t, empty(t), d.dir, 1)
}

// Postgres cuts names after 63 bytes, which would make these two equal.
func TestDiffLongNames(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	long := strings.Repeat("very_", 13)
	table := func() *schema.Table {
		out := notes(text("a"), text("b"))
		out.Indexes = []*schema.Index{
			{Name: long + "long_a", Columns: []*schema.Column{out.Columns[1]}},
			{Name: long + "long_b", Columns: []*schema.Column{out.Columns[2]}},
		}
		return out
	}
	d.want("add_notes", "20260102150405_add_notes.sql", nil, table())
	d.want("nothing", "", nil, table())
}

// The extension that an index needs comes before it, once.
func TestDiffOfTrigrams(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	url := empty(t)
	index := func(column string) *schema.Index {
		return &schema.Index{Name: "note_" + column, Annotation: &entsql.IndexAnnotation{Type: "GIN", OpClass: "gin_trgm_ops"}}
	}
	table := func(columns ...string) *schema.Table {
		out := notes(text("title"), text("body"))
		for i, name := range columns {
			out.Indexes = append(out.Indexes, index(name))
			out.Indexes[i].Columns = []*schema.Column{out.Columns[1+i]}
		}
		return out
	}
	d.want("add_notes", "20260102150405_add_notes.sql", nil, table())
	migratetest.Up(t, url, d.dir, 1)
	const extension = `CREATE EXTENSION IF NOT EXISTS "pg_trgm";`
	sql := d.want("find_titles", "20260102150406_find_titles.sql 20260102150407_find_titles_build.sql", nil, table("title"))
	if create, index := strings.Index(sql, extension), strings.Index(sql, "CREATE INDEX CONCURRENTLY"); create < 0 || index < create {
		t.Errorf("the extension does not come first:\n%s", sql)
	}
	migratetest.Up(t, url, d.dir, 2)
	d.want("nothing", "", nil, table("title"))
	if sql := d.want("find_bodies", "20260102150408_find_bodies.sql", nil, table("title", "body")); strings.Contains(sql, "EXTENSION") {
		t.Errorf("the extension comes twice:\n%s", sql)
	}
	if got := migratetest.Value[int](t, migratetest.Connect(t, url), `SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'`); got != 1 {
		t.Errorf("%d extensions", got)
	}
}

// What two schemas leave open is not guessed. Hints of the schema answer, and may stay.
func TestDiffAsks(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	url := empty(t)
	conn := migratetest.Connect(t, url)
	d.want("add_notes", "20260102150405_add_notes.sql", nil, notes(text("title"), text("kind")))
	migratetest.Up(t, url, d.dir, 1)
	migratetest.Exec(t, conn, `INSERT INTO notes (id, title) SELECT gen_random_uuid(), 't' || n FROM generate_series(1, 3000) n`)
	kind := &schema.Column{Name: "kind", Type: field.TypeString}
	after := func() *schema.Table { return notes(text("head"), kind) }

	var undecided *schemadiff.UndecidedError
	if _, err := d.run("rename_title", nil, after()); !errors.As(err, &undecided) || len(undecided.Questions) != 2 {
		t.Fatalf("got %v, want two questions", err)
	}
	if got := undecided.Questions[0].Choices; !slices.Equal(got, []string{"--rename notes.title=head", "--allow-drop notes.title"}) {
		t.Errorf("choices %q", got)
	}
	if err := undecided.Error(); !strings.Contains(err, "notes.kind becomes NOT NULL") || !strings.Contains(err, "--backfill 'notes.kind='") {
		t.Errorf("error:\n%s", err)
	}
	d.hints = schemadiff.Answers{Rename: map[string]string{"notes.title": "head"}, Backfill: map[string]string{"notes.kind": "upper(head)"}}
	d.want("rename_title", "20260102150406_rename_title.sql 20260102150407_rename_title_build.sql 20260102150408_rename_title_finish.sql", nil, after())
	migratetest.Up(t, url, d.dir, 3)
	if got := migratetest.Value[int](t, conn, `SELECT count(*) FROM notes WHERE kind = upper(head) AND head LIKE 't%'`); got != 3000 {
		t.Errorf("%d of 3000 rows are filled", got)
	}
	d.want("nothing", "", nil, after())
	d.answers.Rename = map[string]string{"notes.body": "text"}
	if _, err := d.run("rename_body", nil, notes(text("head"), kind, text("text"))); err == nil || !strings.Contains(err.Error(), "nothing asks for --rename notes.body") {
		t.Errorf("a flag about nothing: %v", err)
	}
}

// What is proposed for rows there are fits the field: nothing where that is not known, and
// nothing that the next row would be refused for.
func TestDiffProposes(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	d.want("add_notes", "20260102150405_add_notes.sql", nil, notes())
	labels, nick, code := &schema.Column{Name: "labels", Type: field.TypeJSON}, &schema.Column{Name: "nick", Type: field.TypeString}, &schema.Column{Name: "code", Type: field.TypeString, Unique: true}
	kind := &schema.Column{Name: "kind", Type: field.TypeString}
	parent := &schema.Column{Name: "parent_id", Type: field.TypeUUID}
	table := notes(labels, nick, code, kind, parent)
	table.ForeignKeys = []*schema.ForeignKey{{Symbol: "notes_parent", Columns: []*schema.Column{parent}, RefTable: table, RefColumns: table.Columns[:1]}}
	d.hints.Offer = map[string]string{"notes.labels": "'[]'", "notes.nick": ""}
	var undecided *schemadiff.UndecidedError
	if _, err := d.run("fill", nil, table); !errors.As(err, &undecided) {
		t.Fatalf("got %v, want questions", err)
	}
	text := undecided.Error()
	for _, want := range []string{
		`the new column notes.labels is NOT NULL: which value do the rows there are get?` + "\n" + `    --backfill 'notes.labels='\''[]'\'''`,
		"the field has validators, which may refuse it)\n    --backfill notes.nick=SQL", "it is unique, so none is proposed", "    --backfill notes.code=SQL",
		`    --backfill 'notes.kind='\'''\'''`, "it refers to a row", "    --backfill notes.parent_id=SQL",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "becomes") {
		t.Errorf("a new column becomes nothing:\n%s", text)
	}
}

// The files in down/ lead back, one by one.
func TestDiffWritesTheWayBack(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	url := empty(t)
	conn := migratetest.Connect(t, url)
	d.want("add_notes", "20260102150405_add_notes.sql", nil, notes(text("title")))
	migratetest.Up(t, url, d.dir, 1)
	indexed := notes(text("title"), text("body"))
	indexed.Indexes = []*schema.Index{{Name: "note_title", Columns: []*schema.Column{indexed.Columns[1]}}}
	d.want("index_notes", "20260102150406_index_notes.sql 20260102150407_index_notes_build.sql", nil, indexed)
	migratetest.Up(t, url, d.dir, 2)
	things := func() string {
		return migratetest.Value[string](t, conn, `SELECT (SELECT count(*) FROM pg_indexes WHERE indexname = 'note_title') || ' ' ||
			(SELECT count(*) FROM information_schema.columns WHERE table_name = 'notes')`)
	}
	for _, step := range []struct{ file, left string }{
		{"20260102150407_index_notes_build.sql", "0 3"}, {"20260102150406_index_notes.sql", "0 2"}, {"20260102150405_add_notes.sql", "0 0"},
	} {
		back, err := os.ReadFile(filepath.Join(d.dir, "down", step.file))
		if err != nil {
			t.Fatal(err)
		}
		migratetest.Exec(t, conn, "BEGIN;\n"+string(back)+"COMMIT;")
		if got := things(); got != step.left {
			t.Errorf("after the way back of %s: %s, want %s", step.file, got, step.left)
		}
	}
}

// What is planned is judged in a copy of the directory before it is written.
func TestDiffRehearses(t *testing.T) {
	t.Parallel()
	d := newDiffer(t)
	d.want("add_notes", "20260102150405_add_notes.sql", nil, notes())
	refused := errors.New("refused")
	var seen []string
	rehearse := func(answer error) ([]string, error) {
		return plan.Diff(t.Context(), plan.DiffOptions{
			Dir: d.dir, Desired: plan.Desired{Tables: []*schema.Table{notes(text("title"))}}, Scratch: scratch(t), Name: "add_title",
			Now: func() time.Time { return d.now },
			Rehearse: func(_ context.Context, c plan.Candidate) error {
				all, err := folder.Load(c.Dir)
				if err != nil {
					return err
				}
				seen = []string{c.Since, all[1].Text, all[1].Down.Text}
				if len(all) != 2 || all[1].Version != c.Since || c.Want.Empty() {
					t.Errorf("%d files since %s", len(all), c.Since)
				}
				return answer
			},
		})
	}
	before := files(t, d.dir)
	if _, err := rehearse(refused); !errors.Is(err, refused) {
		t.Fatalf("got error %v, want the answer", err)
	}
	if after := files(t, d.dir); !maps.Equal(after, before) {
		t.Errorf("a refused migration left %v", slices.Sorted(maps.Keys(after)))
	}
	names, err := rehearse(nil)
	if err != nil || len(names) != 1 {
		t.Fatalf("files %q, error %v", names, err)
	}
	after := files(t, d.dir)
	if got := []string{names[0][:14], after[names[0]], after["down/"+names[0]]}; !slices.Equal(got, seen) {
		t.Errorf("wrote %q, rehearsed %q", got, seen)
	}
}

// files reads all files below a folder.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all, fsys := map[string]string{}, os.DirFS(dir)
	err := fs.WalkDir(fsys, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, path)
		all[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
