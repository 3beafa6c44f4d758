package executor_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/internal/executor"
)

// TestSourcesOfTheLastGenerate checks that the program parses the handwritten SDL as it was
// when its code was generated, and compares it with what it is now.
func TestSourcesOfTheLastGenerate(t *testing.T) {
	t.Parallel()
	generated, err := os.ReadFile("../../graph/generated.go")
	if err != nil {
		t.Fatal(err)
	}
	handwritten := 0
	for _, source := range graph.Graph.Sources {
		if _, err := fs.Stat(graph.Graph.SDL, source.Name); err != nil {
			continue
		}
		handwritten++
		if embeds := regexp.MustCompile(`(?m)^//go:embed .*`).Find(generated); strings.Contains(string(embeds), source.Name) {
			t.Errorf("%s is parsed as it is, whatever is in it", source.Name)
		}
	}
	if handwritten == 0 {
		t.Error("no source is written by hand")
	}
	if err := executor.CheckSources(graph.Graph.SDL, graph.Graph.Sources); err != nil {
		t.Error(err)
	}
}

func TestChangedSources(t *testing.T) {
	t.Parallel()
	text, err := fs.ReadFile(graph.Graph.SDL, "custom.graphql")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		now   string
		stale bool
	}{
		"the same":           {string(text), false},
		"lines of Windows":   {strings.ReplaceAll(string(text), "\n", "\r\n"), false},
		"a mistake":          {string(text) + "extend type Query {", true},
		"a new field":        {string(text) + "extend type Query { more: Int }", true},
		"nothing":            {"", true},
		"a field taken away": {strings.Replace(string(text), "  relatedPosts(id: ID!, first: Int! = 5): [Post]!\n", "", 1), true},
	} {
		err := executor.CheckSources(fstest.MapFS{"custom.graphql": {Data: []byte(tc.now)}}, graph.Graph.Sources)
		if !tc.stale && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := "graph/custom.graphql is not what was generated from; run: ./run.sh generate"; tc.stale && (err == nil || err.Error() != want) {
			t.Errorf("%s: error: %v, want %s", name, err, want)
		}
	}
}
