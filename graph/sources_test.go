package graph

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// TestSourcesOfTheLastGenerate checks that the program parses the handwritten SDL as it was
// when its code was generated, and compares it with what it is now.
func TestSourcesOfTheLastGenerate(t *testing.T) {
	t.Parallel()
	handwritten := 0
	for _, source := range sources {
		if _, err := fs.Stat(handwrittenSDL, source.Name); err != nil {
			continue
		}
		handwritten++
		if _, err := fs.Stat(sourcesFS, source.Name); err == nil {
			t.Errorf("%s is parsed as it is, whatever is in it", source.Name)
		}
	}
	if handwritten == 0 {
		t.Error("no source is written by hand")
	}
	if err := checkSources(handwrittenSDL, sources); err != nil {
		t.Error(err)
	}
}

func TestChangedSources(t *testing.T) {
	t.Parallel()
	text, err := fs.ReadFile(handwrittenSDL, "custom.graphql")
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
		"a field taken away": {strings.Replace(string(text), "  viewer: User\n", "", 1), true},
	} {
		err := checkSources(fstest.MapFS{"custom.graphql": {Data: []byte(tc.now)}}, sources)
		if !tc.stale && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := "graph/custom.graphql is not what was generated from; run: ./run.sh generate"; tc.stale && (err == nil || err.Error() != want) {
			t.Errorf("%s: error: %v, want %s", name, err, want)
		}
	}
}
