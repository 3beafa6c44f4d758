package codegen_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestGenerateTwice checks that the generator gives what is committed, that it does nothing
// when it runs again, that it mends what somebody changed, and that it changes nothing where it
// fails. All of it builds one program that imports the schemas.
func TestGenerateTwice(t *testing.T) {
	t.Parallel()
	m := copyModule(t)
	committed := m.snapshot(t)
	check := func(run string) {
		t.Helper()
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
	calls := m.generateTraced(t)
	check("first")
	if n := len(calls["run"]); n != 1 {
		t.Errorf("%d programs were built: %q", n, calls["run"])
	}
	if len(calls["list"]) == 0 {
		t.Errorf("gqlgen did not run: %v", calls)
	}

	written := m.times(t)
	calls = m.generateTraced(t)
	check("second")
	if diff := cmp.Diff(written, m.times(t)); diff != "" {
		t.Errorf("a run without a change wrote files (-before +after):\n%s", diff)
	}
	if len(calls["run"]) != 1 || len(calls["list"]) != 0 {
		t.Errorf("a run without a change called go: %v", calls)
	}

	m.edit(t, "graph/generated.go", "type ResolverRoot", "// edited by hand\n")
	m.edit(t, "ent/tag.go", "type Tag struct", "// edited by hand\n")
	m.generateTraced(t)
	check("mending")

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

// generateTraced generates, and lists by their first argument the calls of the go command that
// the generator makes.
func (m *module) generateTraced(t *testing.T) map[string][]string {
	t.Helper()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	script := fmt.Sprintf("#!/bin/sh\necho \"$*\" | head -1 >>%q\nexec %q \"$@\"\n", log, goTool)
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	// The go command puts its own folder before the others for what it runs.
	m.run(t, nil, "go", "run", "-mod=mod", "-exec", "env PATH="+dir+":"+os.Getenv("PATH"), "ent/entc.go")
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		calls[verb] = append(calls[verb], rest)
	}
	return calls
}

// times gives when the files of the snapshot were written.
func (m *module) times(t *testing.T) map[string]time.Time {
	t.Helper()
	times := map[string]time.Time{}
	for name := range m.snapshot(t) {
		info, err := os.Stat(filepath.Join(m.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		times[name] = info.ModTime()
	}
	return times
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
