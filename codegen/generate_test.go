package codegen_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGenerateTwice checks that the generator gives what is committed, and the same
// bytes again when it runs again, and none where it fails.
func TestGenerateTwice(t *testing.T) {
	t.Parallel()
	m := copyModule(t)
	committed := m.snapshot(t)
	for _, run := range []string{"first", "second"} {
		m.generate(t)
		generated := m.snapshot(t)
		for _, name := range slices.Sorted(maps.Keys(generated)) {
			if old, ok := committed[name]; !ok {
				t.Errorf("%s run: %s is not committed: run ./run.sh generate", run, name)
			} else if old != generated[name] {
				t.Errorf("%s run: %s differs from the committed file: run ./run.sh generate\n%s", run, name, firstDifference(old, generated[name]))
			}
		}
		for name := range committed {
			if _, ok := generated[name]; !ok {
				t.Errorf("%s run: %s is committed but no longer generated", run, name)
			}
		}
	}

	// gqlgen deletes what it is going to write, and then finds this.
	m.write(t, "graph/custom.graphql", m.read(t, "graph/custom.graphql")+"\nextend type Query { broken: NoSuchType }\n")
	m.edit(t, "ent/schema/tag.go", "field.String(\"name\").", "field.String(\"other\").Optional(),\n		")
	before := m.snapshot(t)
	cmd := m.command(t, nil, "go", "run", "-mod=mod", "ent/entc.go")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "NoSuchType") || !strings.Contains(string(out), "no generated file was changed") {
		t.Errorf("a mistake in the SDL: %v\n%s", err, out)
	}
	if diff := cmp.Diff(before, m.snapshot(t)); diff != "" {
		t.Errorf("a run that failed changed files (-before +after):\n%s", diff)
	}
}

// snapshot reads what generation may write: everything in ent and graph.
func (m *module) snapshot(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, folder := range []string{"ent", "graph"} {
		err := filepath.WalkDir(filepath.Join(m.dir, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			name, _ := filepath.Rel(m.dir, path)
			files[name] = string(content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return "committed: " + as[i] + "\ngenerated: " + bs[i]
		}
	}
	return "one of them is longer"
}
