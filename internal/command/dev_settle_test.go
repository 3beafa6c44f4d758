package command

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// drafted is a private database with drafts, and a migration directory.
type drafted struct {
	settling
	dir  string
	conn *pgx.Conn
	said bytes.Buffer
}

func newDrafted(t *testing.T) *drafted {
	t.Helper()
	d := &drafted{dir: t.TempDir()}
	url := devpg.Empty(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	d.conn = conn
	d.settling = settling{
		app: &app{Program: Program{Name: "shop"}, stdout: &d.said}, url: url, dir: os.DirFS(d.dir), drafts: draftsOf(t.TempDir()),
		scratch: func(context.Context) (string, func(context.Context) error, error) {
			return devpg.Empty(t), func(context.Context) error { return nil }, nil
		},
		kept: &plan.Kept{}, states: map[string]*schemadiff.State{},
	}
	t.Cleanup(func() { _ = d.kept.Close(context.WithoutCancel(t.Context())) })
	return d
}

func (d *drafted) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := d.conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func (d *drafted) live(t *testing.T) *schemadiff.State {
	t.Helper()
	state, err := plan.ReadSource(t.Context(), plan.Source(d.url), plan.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// applied applies SQL as dev does.
func (d *drafted) applied(t *testing.T, sql string) {
	t.Helper()
	if err := d.drafts.during(sql, d.live(t), time.Now(), func() (int, error) { d.exec(t, sql); return 1, nil }); err != nil {
		t.Fatal(err)
	}
	if err := d.drafts.makes(d.live(t)); err != nil {
		t.Fatal(err)
	}
}

func (d *drafted) migration(t *testing.T, name, sql string) {
	t.Helper()
	migratetest.WriteDir(t, d.dir, name, sql)
}

// What was drafted is recorded, what changes rows alone is run, and so is what others wrote.
func TestSettle(t *testing.T) {
	t.Parallel()
	d := newDrafted(t)
	d.migration(t, "1_a.sql", "CREATE TABLE a (id int PRIMARY KEY);\n")
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.applied(t, "ALTER TABLE a ADD COLUMN x int;\n")
	d.exec(t, "INSERT INTO a VALUES (1, 3)")
	d.migration(t, "2_x.sql", "ALTER TABLE a ADD COLUMN x int;\n")
	d.migration(t, "3_fill.sql", "UPDATE a SET x = x + 4;\n")
	d.migration(t, "4_b.sql", "CREATE TABLE b (id int PRIMARY KEY);\n")
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var x int
	if err := d.conn.QueryRow(t.Context(), "SELECT x FROM a, (SELECT count(*) FROM b) AS there").Scan(&x); err != nil || x != 7 {
		t.Errorf("x is %d, %v", x, err)
	}
	if said := d.said.String(); strings.Count(said, "recorded") != 1 || !strings.Contains(said, "2_x.sql  the private database has it already; recorded") {
		t.Errorf("said %s", said)
	}
	if st, err := database.ReadStatus(t.Context(), d.url, d.settling.dir); err != nil || st.Err() != nil {
		t.Errorf("afterwards: %v, %v", st.Err(), err)
	}
	if kept, err := d.drafts.list(); err != nil || len(kept) > 0 {
		t.Errorf("drafts are left: %v, %v", kept, err)
	}
}

// A migration that does not fit the drafts waits until somebody takes them back, and their
// rows are not lost without a second yes.
func TestSettleConflict(t *testing.T) {
	t.Parallel()
	d := newDrafted(t)
	d.migration(t, "1_a.sql", "CREATE TABLE a (id int PRIMARY KEY);\n")
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.applied(t, "ALTER TABLE a ADD COLUMN x text;\n")
	d.exec(t, "INSERT INTO a VALUES (1, 'kept')")
	d.migration(t, "2_x.sql", "ALTER TABLE a ADD COLUMN x int;\n")
	var p *problem
	if err := d.run(t.Context()); !errors.As(err, &p) || !strings.Contains(p.Text, "2_x.sql does not fit") || !strings.Contains(p.Text, "migrate drafts --undo") {
		t.Fatalf("nobody was asked: %v", err)
	}
	var asked []string
	d.ask.confirm = func(_ context.Context, question string) (bool, error) {
		asked = append(asked, question)
		return len(asked) != 2, nil
	}
	if err := d.run(t.Context()); !errors.As(err, &p) || !strings.Contains(p.Text, "would lose rows") {
		t.Fatalf("the second no: %v", err)
	}
	var x string
	if err := d.conn.QueryRow(t.Context(), "SELECT x FROM a").Scan(&x); err != nil || x != "kept" {
		t.Errorf("x is %q, %v", x, err)
	}
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(asked) != 4 || !strings.Contains(asked[3], `column public.a."x" is dropped (1 row)`) {
		t.Errorf("asked %q", asked)
	}
	var number *int
	if err := d.conn.QueryRow(t.Context(), "SELECT x::int FROM a").Scan(&number); err != nil || number != nil {
		t.Errorf("x is %v, %v", number, err)
	}
}

// What a migration drops is dropped also where drafts are kept, and rows in the middle of what
// was drafted are not forgotten; a fill that diff has written, and the draft has done, is.
func TestSettleRuns(t *testing.T) {
	t.Parallel()
	d := newDrafted(t)
	d.migration(t, "1_a.sql", "CREATE TABLE a (id int PRIMARY KEY, old int);\n")
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.applied(t, "ALTER TABLE a ADD COLUMN x int NOT NULL DEFAULT 0, ADD COLUMN y int;\n")
	d.migration(t, "2_drop.sql", "ALTER TABLE a DROP COLUMN old;\n")
	d.migration(t, "3_x.sql", "ALTER TABLE a ADD COLUMN x int DEFAULT 0;\n")
	d.migration(t, "4_x_build.sql", "DO $fill$ BEGIN UPDATE a SET x = 0 WHERE x IS NULL; END $fill$;\n")
	d.migration(t, "5_x_finish.sql", "ALTER TABLE a ALTER COLUMN x SET NOT NULL;\n")
	d.migration(t, "6_row.sql", "INSERT INTO a (id) VALUES (1);\n")
	d.migration(t, "7_y.sql", "ALTER TABLE a ADD COLUMN y int;\n")
	var told []string
	d.tell = func(f folder.File) { told = append(told, f.Version) }
	for _, o := range []database.UpOptions{{Limit: 1}, {To: "5"}, {}} {
		d.up = o
		if err := d.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		told = append(told, "|")
	}
	if got := strings.Join(told, ""); got != "2|345|67|" {
		t.Errorf("told of %s", got)
	}
	var old, rows int
	if err := d.conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_attribute WHERE attrelid = 'a'::regclass AND attname = 'old'").Scan(&old); err != nil || old != 0 {
		t.Errorf("the dropped column is there: %d, %v", old, err)
	}
	if err := d.conn.QueryRow(t.Context(), "SELECT count(*) FROM a").Scan(&rows); err != nil || rows != 1 {
		t.Errorf("%d rows, %v", rows, err)
	}
	if said := d.said.String(); strings.Count(said, "recorded") != 4 {
		t.Errorf("said %s", said)
	}
	if kept, err := d.drafts.list(); err != nil || len(kept) > 0 {
		t.Errorf("drafts are left: %v, %v", kept, err)
	}
}

// A draft whose first step is committed is kept, whatever becomes of the second, and a yes goes
// on behind the first.
func TestDraftSteps(t *testing.T) {
	t.Parallel()
	d := newDrafted(t)
	d.exec(t, "CREATE TYPE kind AS ENUM ('a'); CREATE TABLE a (id int PRIMARY KEY, old int, kind kind); INSERT INTO a VALUES (1, 2, 'a')")
	d.migration(t, "1_a.sql", "CREATE TYPE kind AS ENUM ('a'); CREATE TABLE a (id int PRIMARY KEY, old int, kind kind);\n")
	if _, err := database.Stamp(t.Context(), d.url, d.settling.dir, "1", database.StampOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	want, err := plan.ReadSource(t.Context(), "ent://", plan.SourceOptions{Scratch: d.scratch, Desired: plan.Desired{
		Schema: "CREATE TYPE kind AS ENUM ('a', 'b'); CREATE TABLE a (id int PRIMARY KEY, kind kind DEFAULT 'b');",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.lead(t.Context(), want, schemadiff.Answers{}); err == nil || !strings.Contains(err.Error(), "would lose rows") {
		t.Fatalf("nobody was asked: %v", err)
	}
	if kept, err := d.drafts.list(); err != nil || len(kept) != 1 {
		t.Errorf("after the first step: %v, %v", kept, err)
	}
	d.exec(t, "ALTER TABLE a ALTER kind TYPE text; DROP TYPE kind; CREATE TYPE kind AS ENUM ('a'); ALTER TABLE a ALTER kind TYPE kind USING kind::kind")
	d.ask.confirm = func(context.Context, string) (bool, error) { return true, nil }
	if _, err := d.lead(t.Context(), want, schemadiff.Answers{}); err != nil {
		t.Fatal(err)
	}
	if same, err := plan.Same(t.Context(), d.url, want, nil); err != nil || !same {
		t.Errorf("it is not what was wanted: %v", err)
	}
}

// What neither a migration nor a draft has made stays, unless it hangs on what goes.
func TestDraftLeavesOthers(t *testing.T) {
	t.Parallel()
	d := newDrafted(t)
	d.migration(t, "1_a.sql", "CREATE TABLE a (id int PRIMARY KEY, old int);\n")
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.exec(t, "CREATE TABLE jobs (id serial PRIMARY KEY, a int REFERENCES a); CREATE VIEW ids AS SELECT id FROM a; CREATE INDEX mine ON a (old)")
	d.ask.confirm = func(context.Context, string) (bool, error) { return false, errors.New("asked") }
	for _, schema := range []string{
		"CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)",
		"CREATE TABLE a (id int PRIMARY KEY, old int)", // b is a draft
	} {
		want, err := plan.ReadSource(t.Context(), "ent://", plan.SourceOptions{Scratch: d.scratch, Desired: plan.Desired{Schema: schema}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.lead(t.Context(), want, schemadiff.Answers{}); err != nil {
			t.Fatal(err)
		}
		if did, err := d.lead(t.Context(), want, schemadiff.Answers{}); err != nil || did {
			t.Errorf("there was more to do: %t, %v", did, err)
		}
		var there string
		if err := d.conn.QueryRow(t.Context(), "SELECT concat_ws(' ', to_regclass('jobs'), to_regclass('ids'), to_regclass('mine'))").Scan(&there); err != nil || there != "jobs ids" {
			t.Errorf("%s: left are %s, %v", schema, there, err)
		}
	}
	if err := d.forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kept, err := d.drafts.list(); err != nil || len(kept) > 0 {
		t.Errorf("drafts are left: %v, %v", kept, err)
	}
	var b *string
	if err := d.conn.QueryRow(t.Context(), "SELECT to_regclass('b')::text").Scan(&b); err != nil || b != nil {
		t.Errorf("b is there: %v", err)
	}
}

// A flag that answers nothing is told, and the question is asked again.
func TestAsksAgain(t *testing.T) {
	t.Parallel()
	d := newDrafted(t)
	d.migration(t, "1_a.sql", "CREATE TABLE a (id int PRIMARY KEY, bio text);\n")
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want, err := plan.ReadSource(t.Context(), "ent://", plan.SourceOptions{
		Desired: plan.Desired{Schema: "CREATE TABLE a (id int PRIMARY KEY, about text)"}, Scratch: d.scratch,
	})
	if err != nil {
		t.Fatal(err)
	}
	answers := []string{"--rename a.bio=nope", "--rename a.bia=about", "--what a.bio=about", "--rename a.bio=about"}
	d.ask.choose = func(context.Context, schemadiff.Question) (answer string, _ error) {
		if len(answers) == 0 {
			return "", errSaved
		}
		answer, answers = answers[0], answers[1:]
		return answer, nil
	}
	if did, err := d.lead(t.Context(), want, schemadiff.Answers{}); err != nil || !did || len(answers) > 0 {
		t.Errorf("%t, %v, answers left %q, said %s", did, err, answers, &d.said)
	}
	if said := d.said.String(); !strings.Contains(said, "nope") || !strings.Contains(said, "there is no such flag") {
		t.Errorf("said %s", said)
	}
}

// A migration of another branch, of which the file is gone, has a way on.
func TestMigrationWithoutFile(t *testing.T) {
	t.Parallel()
	d := newDrafted(t)
	d.migration(t, "1_a.sql", "CREATE TABLE a (id int PRIMARY KEY);\n")
	var p *problem
	if _, err := d.at(t.Context(), "2"); !errors.As(err, &p) || !strings.Contains(p.Text, "the migration 2, of which there is no file here") || !strings.Contains(p.Text, " reset") {
		t.Errorf("got %v", err)
	}
}
