package command

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/watch"
)

// compiling is a supervisor of a small program, of which generator is the script that generates.
func compiling(t *testing.T, generator string) (*supervisor, *screen) {
	t.Helper()
	s, out := supervised(t, "")
	root := s.src.root
	for name, text := range map[string]string{
		"go.mod": "module shop\n\ngo 1.26\n", "main.go": "package main\n\nfunc main() {}\n", "generator.sh": "#!/bin/sh\n" + generator,
		"ent/schema/a.go": "package schema\n", ".dev/watch.lock": "",
	} {
		save(t, filepath.Join(root, name), text)
	}
	s.src.main, s.src.program, s.src.tool = ".", filepath.Join(root, "bin", "shop"), filepath.Join(root, "generator.sh")
	w, err := watch.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	s.watcher, s.changes, s.due = w, make(chan []watch.Change), watch.Generate
	return s, out
}

func save(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A schema that is saved while it is read is generated from again, before the program is built.
func TestCompileIsOfOneSave(t *testing.T) {
	t.Parallel()
	s, _ := compiling(t, `
cp ent/schema/a.go generated
[ -e ran ] || echo "// saved" >> ent/schema/a.go
echo again >> ran
`)
	if err := s.compile(t.Context()); err != nil {
		t.Fatal(err)
	}
	root := s.src.root
	if schema := content(t, filepath.Join(root, "ent/schema/a.go")); content(t, filepath.Join(root, "generated")) != schema || !strings.Contains(schema, "saved") {
		t.Errorf("what was built was not generated from %q", schema)
	}
	if runs := content(t, filepath.Join(root, "ran")); runs != "again\nagain\n" || s.due != 0 {
		t.Errorf("generated %q, due %b", runs, s.due)
	}
	// One that is saved during a build alone, too.
	s.due = watch.Build
	save(t, filepath.Join(root, "ent/schema/a.go"), "package schema // again\n")
	if err := s.compile(t.Context()); err != nil || content(t, filepath.Join(root, "generated")) != "package schema // again\n" {
		t.Errorf("%v, generated from %q", err, content(t, filepath.Join(root, "generated")))
	}
}

// A generator that does not end, such as by what a schema does, is ended by the next save.
func TestSaveEndsGenerate(t *testing.T) {
	t.Parallel()
	s, _ := compiling(t, `
if [ ! -e hangs ]; then
	touch hangs
	sleep 600
fi
touch generated
`)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go s.listen(ctx)
	go func() {
		for !isFile(filepath.Join(s.src.root, "hangs")) && ctx.Err() == nil {
			time.Sleep(time.Millisecond) // another process makes the file
		}
		_ = os.WriteFile(filepath.Join(s.src.root, "ent/schema/a.go"), []byte("package schema // mended\n"), 0o600)
	}()
	if err := s.compile(ctx); !errors.Is(err, errSaved) || len(s.saved) != 1 || s.saved[0].Path != "ent/schema/a.go" {
		t.Fatalf("got %v, saved %v", err, s.saved)
	}
	if s.saved = nil; s.compile(ctx) != nil || !isFile(filepath.Join(s.src.root, "generated")) {
		t.Error("it is not generated again")
	}
}

// A program takes the place of the one before when it has started.
func TestKeepsWhatStarts(t *testing.T) {
	t.Parallel()
	s, _ := supervised(t, "fails")
	script := content(t, s.src.program)
	s.src.program, s.src.latest = filepath.Join(s.src.root, "bin/shop"), filepath.Join(s.src.root, ".dev/build/next/shop")
	save(t, s.src.program, script)
	save(t, s.src.latest, script+"# saved\n")
	if err := s.swap(t.Context()); err == nil || content(t, s.src.program) != script {
		t.Errorf("one that does not start (%v) is in place", err)
	}
	s.does("")
	for range 2 { // also the same once more
		if err := s.swap(t.Context()); err != nil || content(t, s.src.program) != script+"# saved\n" {
			t.Errorf("one that starts is not in place: %v", err)
		}
	}
	other := filepath.Join(s.src.root, "copy")
	if err := copyProgram(s.src.latest, other); err != nil || content(t, other) != script+"# saved\n" {
		t.Errorf("a copy: %v", err)
	}
	if err := link(filepath.Join(s.src.root, "none"), s.src.program); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link to nothing: %v", err)
	}
	if isFile(s.src.program + ".new") {
		t.Error("something is left")
	}
	s.end()
}

// Whoever waits long is told for what, while it is so.
func TestSaysWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	s, out := compiling(t, `
echo "entgraph: still waiting for the schemas" >&2
echo "ent/schema/a.go:1:1: a mistake" >&2
exit 1
`)
	s.src.tell = devpg.Lines(out)
	err := s.compile(t.Context())
	var p *problem
	if !errors.As(err, &p) || p.Text != "ent/schema/a.go:1:1: a mistake" {
		t.Errorf("got %v", err)
	}
	if said := out.String(); said != "  still waiting for the schemas\n" {
		t.Errorf("said %q", said)
	}
}
