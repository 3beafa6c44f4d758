package main

import (
	"bufio"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// A person answers with a number or with a flag of their own; anything else is asked
// again, and the end of the input is no answer.
func TestAsker(t *testing.T) {
	t.Parallel()
	q := schemadiff.Question{Text: "renamed?", Choices: []string{"--rename a=b", "--allow-drop a"}}
	for input, want := range map[string]string{
		"2\n": "--allow-drop a", "0\n9\nyes\n1\n": "--rename a=b", " --rename a=c \n": "--rename a=c", "1": "--rename a=b",
	} {
		var out strings.Builder
		got, err := asker(bufio.NewReader(strings.NewReader(input)), &out)(q)
		if err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", input, got, err, want)
		}
		if !strings.HasPrefix(out.String(), "renamed?\n  1  --rename a=b\n  2  --allow-drop a\n") {
			t.Errorf("%q: asked\n%s", input, out.String())
		}
	}
	if _, err := asker(bufio.NewReader(strings.NewReader("yes")), &strings.Builder{})(q); err == nil {
		t.Error("the end of the input was taken as an answer")
	}
}
