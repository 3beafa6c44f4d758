package plan_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// What Postgres cannot undo is planned without a down file, and the file says so in the
// words that lint reads.
func TestDiffWithoutAWayBack(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	run := func(name, values string) string {
		t.Helper()
		names, err := plan.Diff(t.Context(), plan.DiffOptions{
			Dir: dir, Scratch: scratch(t), Name: name, Now: func() time.Time { return now },
			Desired: plan.Desired{Objects: fstest.MapFS{"events.sql": {Data: []byte(`
				CREATE TYPE kind AS ENUM (` + values + `);
				CREATE TABLE events (id int, kind kind) PARTITION BY LIST (kind);
				CREATE TABLE events_rest PARTITION OF events DEFAULT;`)}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(names) != 1 {
			t.Fatalf("got %v, want one file", names)
		}
		return names[0]
	}
	run("events", "'a'")
	now = now.Add(time.Minute)
	name := run("more_kinds", "'a', 'b'")
	sql, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(sql), "-- entgraph:allow HS501 ") || !strings.Contains(string(sql), `ADD VALUE 'b'`) {
		t.Errorf("got:\n%s", sql)
	}
	if _, err := os.Stat(filepath.Join(dir, "down", name)); !os.IsNotExist(err) {
		t.Errorf("the down file is there, or: %v", err)
	}
	_, err = plan.Diff(t.Context(), plan.DiffOptions{
		Dir: dir, Scratch: scratch(t), Name: "fewer_kinds",
		Desired: plan.Desired{Objects: fstest.MapFS{"events.sql": {Data: []byte(`
			CREATE TYPE kind AS ENUM ('b');
			CREATE TABLE events (id int, kind kind) PARTITION BY LIST (kind);
			CREATE TABLE events_rest PARTITION OF events DEFAULT;`)}}},
		Answers: schemadiff.Answers{AllowDrop: []string{"kind.a"}},
	})
	if err == nil || !strings.Contains(err.Error(), "events.kind is in a partition key") || !strings.Contains(err.Error(), "migrate new") {
		t.Errorf("got %v", err)
	}
}
