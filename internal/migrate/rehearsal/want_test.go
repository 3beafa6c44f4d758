package rehearsal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// state is the schema that some SQL makes.
func state(t *testing.T, sql string) *schemadiff.State {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.sql")
	if err := os.WriteFile(path, []byte(sql), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := plan.ReadSource(t.Context(), plan.Source("file://"+path), plan.SourceOptions{Scratch: scratch(t)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The newest file has to lead to the schema that is wanted.
func TestWant(t *testing.T) {
	t.Parallel()
	const table = "CREATE TABLE a (id int PRIMARY KEY);"
	tests := map[string]struct {
		files []string
		want  string
		file  string // that fails, "" for none
		lines string
	}{
		"same":            {[]string{table}, table, "", ""},
		"another default": {[]string{table, "CREATE VIEW v AS SELECT 1 AS one"}, "CREATE TABLE a (id int PRIMARY KEY DEFAULT 1); CREATE SEQUENCE s;", "20260002000000_step.sql", "column a.id is different: default is unset, not 1\nsequence s is missing\nview v should not be there"},
		"no files":        {nil, table, "an empty directory", "column a.id is missing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := rehearsal.Run(t.Context(), rehearsal.Options{
				Dir: directory(t, test.files...), Scratch: scratch(t), Rows: 10, Want: state(t, test.want),
			})
			if len(report.Files) != len(test.files) {
				t.Errorf("%d files, want %d", len(report.Files), len(test.files))
			}
			if test.file == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var failure *rehearsal.FailureError
			if !errors.As(err, &failure) || failure.Step != "desired" || failure.File != test.file || !strings.Contains(err.Error(), test.lines) {
				t.Errorf("got error %v, want one of %s with\n%s", err, test.file, test.lines)
			}
			if err != nil && !strings.Contains(err.Error(), "run: migrate diff NAME\n") {
				t.Errorf("no advice: %v", err)
			}
			const keep = "if what should not be there is to stay, write it to ent/migrate/objects/NAME.sql first"
			if err != nil && strings.Contains(err.Error(), keep) != strings.Contains(test.lines, "view v should not be there") {
				t.Errorf("advice to keep it: %v", err)
			}
		})
	}
}
