package plan_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// A way back that fails with rows does not stop the way there: the file is written without
// it and says why.
func TestDiffForgoesAWayBack(t *testing.T) {
	t.Parallel()
	dir, scratch := t.TempDir(), devpg.Scratch(t)
	diff := func(name, table string, second int) ([]string, error) {
		o := plan.DiffOptions{
			Dir: dir, Name: name, Scratch: scratch, Answers: schemadiff.Answers{AllowDrop: []string{"*"}},
			Desired: plan.Desired{Objects: fstest.MapFS{"t.sql": {Data: []byte(table)}}},
			Now:     func() time.Time { return time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC) },
			Rehearse: func(ctx context.Context, c plan.Candidate) error {
				_, err := rehearsal.Run(ctx, rehearsal.Options{Dir: c.Dir, Scratch: scratch, Rows: 30, Since: c.Since, Want: c.Want})
				return err
			},
		}
		return plan.Diff(t.Context(), o)
	}
	if _, err := diff("initial", "CREATE TABLE t (a int NOT NULL, b int NOT NULL, CONSTRAINT c CHECK (a < b));", 0); err != nil {
		t.Fatal(err)
	}
	names, err := diff("drop_b", "CREATE TABLE t (a int NOT NULL);", 1)
	if err != nil || len(names) != 1 {
		t.Fatal(err, names)
	}
	text, err := os.ReadFile(filepath.Join(dir, names[0]))
	if err != nil || !strings.Contains(string(text), `DROP COLUMN "b"`) || !strings.Contains(string(text), "-- entgraph:allow HS501 "+schemadiff.NoWayBack) || !strings.Contains(string(text), `"c"`) {
		t.Errorf("%v\n%s", err, text)
	}
	if _, err := os.Stat(filepath.Join(dir, "down", names[0])); err == nil {
		t.Error("there is a way back that was seen to fail")
	}
	if err := folder.Validate(os.DirFS(dir)); err != nil {
		t.Error(err)
	}
	// The way there fails as ever.
	if _, err := diff("narrow_a", "CREATE TABLE t (a int NOT NULL CHECK (a <> a));", 2); err == nil {
		t.Error("a migration that rows break was written")
	}
}
