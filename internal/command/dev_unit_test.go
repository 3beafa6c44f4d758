package command

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/watch"
)

// What a compiler says is shown without the noise around it, and its place is found.
func TestSaid(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		said string
		want problem
	}{
		"build": {
			"# example.com/shop/graph\ngraph/computed.go:12:5: undefined: foo\n",
			problem{Text: "graph/computed.go:12:5: undefined: foo", File: "graph/computed.go", Line: 12},
		},
		"build of a dependency": {
			"go: downloading example.com/x v1.0.0\n./main.go:3:8: no required module\n",
			problem{Text: "./main.go:3:8: no required module", File: "main.go", Line: 3},
		},
		"generate": {
			"entgraph: generate from ./ent/schema: entc/load: parse schema dir: # example.com/shop/ent/schema\nent/schema/product.go:30:33: undefined\nentgraph: no generated file was changed: exit status 1\n",
			problem{Text: "generate from ./ent/schema: entc/load:\nent/schema/product.go:30:33: undefined", File: "ent/schema/product.go", Line: 30},
		},
		"panic":   {"panic: no\n", problem{Text: "panic: no"}},
		"nothing": {"exit status 1\n", problem{Text: "failed"}},
	} {
		got := said(problemBuild, tc.said, errors.New("failed"))
		if tc.want.Kind = problemBuild; *got != tc.want {
			t.Errorf("%s: got %+v, want %+v", name, *got, tc.want)
		}
	}
}

// What is said in the schema about names and rows answers questions of a plan.
func TestHints(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "hints.go")
	if a, err := hints(file); err != nil || len(a.Flags()) > 0 {
		t.Errorf("without a file: %v, %v", a, err)
	}
	text := "package migrate\n\nfunc init() {\n\tRenamed[\"users.bio\"] = \"about\"\n\tBackfill[\"users.age\"] = \"'0'\"\n\tOffer[\"users.labels\"] = \"'[]'\"\n}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := hints(file)
	if err != nil || a.Rename["users.bio"] != "about" || a.Backfill["users.age"] != "'0'" || a.Offer["users.labels"] != "'[]'" {
		t.Errorf("got %v, %v", a, err)
	}
}

// The enums of a schema are read from the tables that Ent generates.
func TestEnums(t *testing.T) {
	t.Parallel()
	if all, err := enums(filepath.Join(t.TempDir(), "schema.go")); err != nil || len(all) > 0 {
		t.Errorf("without a file: %v, %v", all, err)
	}
	all, err := enums(filepath.Join("..", "..", migrateDir, "schema.go"))
	if err != nil || strings.Join(all["posts.status"], " ") != "DRAFT PUBLISHED" || len(all["posts.title"]) > 0 {
		t.Errorf("got %v, %v", all, err)
	}
}

// A draft is kept when it was applied, and not when that failed.
func TestDrafts(t *testing.T) {
	t.Parallel()
	d := draftsOf(t.TempDir())
	now, nothing := time.Date(2026, 11, 29, 19, 0, 0, 0, time.UTC), &schemadiff.State{}
	if err := d.during("SELECT 1;\n", nothing, now, func() (int, error) { return 1, nil }); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("no")
	if err := d.during("SELECT 2;\n", nothing, now.Add(time.Second), func() (int, error) { return 0, refused }); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	all, err := d.list()
	if err != nil || len(all) != 1 || filepath.Base(all[0]) != "20261129190000.000.sql" {
		t.Fatalf("kept %v, %v", all, err)
	}
	if text, err := os.ReadFile(all[0]); err != nil || string(text) != draftHeader+"SELECT 1;\n" {
		t.Errorf("%s, %v", text, err)
	}
	if err := d.clear(); err != nil {
		t.Fatal(err)
	}
	if all, err := d.list(); err != nil || len(all) > 0 {
		t.Errorf("after the end %v, %v", all, err)
	}
}

// Only yes is a yes; what was typed before the question is no answer, and a save ends it.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	in, typed := io.Pipe()
	answer := make(asked)
	k := newKeyboard(in, answer)
	write := func(text string) {
		if _, err := typed.Write([]byte(text)); err != nil {
			t.Error(err)
		}
	}
	for line, want := range map[string]bool{"y\n": true, "yes\n": true, "\n": false, "no\n": false} {
		write("y\ny\ny\n") // before the question
		write("")          // returns when that was read
		go func() { <-answer; write(line) }()
		if got, err := k.confirm(t.Context(), "Do it?"); err != nil || got != want {
			t.Errorf("%q: %t, %v", line, got, err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errSaved)
	go func() { <-answer; <-answer }()
	if _, err := k.confirm(ctx, "Do it?"); !errors.Is(err, errSaved) {
		t.Errorf("after a save: %v", err)
	}
	go func() {
		for range 5 { // the question, two choices, their flags, the prompt
			<-answer
		}
		write("2\n")
	}()
	q := schemadiff.Question{Text: "renamed or dropped?", Choices: []string{"--rename a=b", "--allow-drop a"}}
	if got, err := k.choose(t.Context(), q); err != nil || got != "--allow-drop a" {
		t.Errorf("chose %q, %v", got, err)
	}
	if err := typed.Close(); err != nil {
		t.Fatal(err)
	}
	go func() { <-answer; <-answer }()
	if _, err := k.confirm(t.Context(), "Do it?"); !errors.Is(err, io.EOF) {
		t.Errorf("without a terminal any more: %v", err)
	}
}

// asked tells what is written to a terminal.
type asked chan string

func (a asked) Write(p []byte) (int, error) {
	a <- string(p)
	return len(p), nil
}

// A long statement is cut in the terminal.
func TestIndented(t *testing.T) {
	t.Parallel()
	if got := indented("A;\nB;\n"); got != "  A;\n  B;\n" {
		t.Errorf("got %q", got)
	}
	if got := indented(strings.Repeat("A;\n", shown+2)); !strings.HasSuffix(got, "  A;\n  ... and 2 lines more\n") {
		t.Errorf("got %q", got)
	}
}

// A build of what is not saved any more ends, and the next round begins with what is.
func TestUntilSaved(t *testing.T) {
	t.Parallel()
	s := &supervisor{changes: make(chan []watch.Change)}
	begun := make(chan struct{})
	go func() {
		<-begun
		s.changes <- []watch.Change{{Path: "main.go", Kind: watch.Build}}
	}()
	err := s.untilSaved(t.Context(), func(ctx context.Context) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, errSaved) || len(s.saved) != 1 || s.saved[0].Path != "main.go" {
		t.Errorf("got %v, saved %v", err, s.saved)
	}
	fails := errors.New("fails")
	if err := s.untilSaved(t.Context(), func(context.Context) error { return fails }); !errors.Is(err, fails) {
		t.Errorf("nothing was saved: %v", err)
	}
}

// The generator that was built stays until something that it may be made of is saved, and where
// that would not be seen it is built each time.
func TestGeneratorStays(t *testing.T) {
	t.Parallel()
	s := &source{root: t.TempDir(), tool: "built"}
	for _, tc := range []struct {
		saved watch.Change
		stays bool
	}{
		{watch.Change{Path: "ent/schema/post.go", Kind: watch.Generate}, true},
		{watch.Change{Path: "graph/custom.graphql", Kind: watch.Generate}, true},
		{watch.Change{Path: "ent/entc.go", Kind: watch.Generate}, false},
		{watch.Change{Path: "go.mod", Kind: watch.Build}, false},
		{watch.Change{Path: "codegen/sdl.go", Kind: watch.Build}, false},
	} {
		s.tool = "built"
		if s.saved([]watch.Change{tc.saved}); (s.tool != "") != tc.stays {
			t.Errorf("after %s: %q", tc.saved.Path, s.tool)
		}
	}
	for text, want := range map[string]bool{
		"module shop\n": true,
		"module shop\n\nreplace example.com/a v1.0.0 => example.com/b v1.0.0\n": true,
		"module shop\n\nreplace example.com/a => ../a\n":                        false,
	} {
		if err := os.WriteFile(filepath.Join(s.root, "go.mod"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := s.alone(t.Context()); got != want {
			t.Errorf("%s: alone %v", text, got)
		}
	}
}

// A program is built as the one before was, and linked quickly where that is not known.
func TestFlagsOf(t *testing.T) {
	t.Parallel()
	for want, settings := range map[string][]debug.BuildSetting{
		"-gcflags ./...=-N -ldflags -s":         {{Key: "-gcflags", Value: "./...=-N"}, {Key: "-ldflags", Value: "-s"}, {Key: "GOOS", Value: "linux"}},
		"-race=true":                            {{Key: "-race", Value: "true"}},
		"-trimpath=true -ldflags -s -w":         {{Key: "-trimpath", Value: "true"}},
		"-trimpath=true -tags x -ldflags -s -w": {{Key: "-trimpath", Value: "true"}, {Key: "-tags", Value: "x"}},
	} {
		if got := strings.Join(flagsOf(settings), " "); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
