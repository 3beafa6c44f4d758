package codegen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/devpg"
)

// TestBrought serves a database that was there before, made by SQLAlchemy: the schema of Ent is
// written for its tables, so that no migration is due, and its rows are served as they are.
func TestBrought(t *testing.T) {
	t.Parallel()
	m, database := copyModule(t), devpg.Empty(t)
	m.empty(t)
	for _, name := range []string{"ent/migrate/migrations", "cmd/entgraph"} {
		if err := os.RemoveAll(filepath.Join(m.dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	m.overlay(t, "testdata/brought")
	m.generate(t)
	m.build(t)
	m.run(t, nil, m.binary(), "migrate", "hash")
	out, err := m.command(t, nil, m.binary(), "migrate", "diff", "more").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "nothing to do") {
		t.Errorf("migrate diff: %v\n%s", err, out)
	}
	m.up(t, database)
}
