package command

import (
	"bufio"
	"errors"
	"os"
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
		"--renam a=c\n--rename a\n--rename a=c\n": "--rename a=c", // a mistyped flag ends nothing
	} {
		var out strings.Builder
		got, err := prompt(bufio.NewReader(strings.NewReader(input)), &out)(q)
		if err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", input, got, err, want)
		}
		if !strings.HasPrefix(out.String(), "renamed?\n  1  a is now called b\n  2  drop a with its data\nin a script: --rename a=b  or  --allow-drop a\n") {
			t.Errorf("%q: asked\n%s", input, out.String())
		}
	}
	var out strings.Builder
	if _, err := prompt(bufio.NewReader(strings.NewReader("yes")), &out)(q); err == nil || !strings.HasSuffix(out.String(), "\n") {
		t.Errorf("the end of the input: %v, after %q", err, out.String())
	}
}

// A value is taken as it is: no number is one by chance, and no shell's quotes are needed.
func TestAskerTakesValues(t *testing.T) {
	t.Parallel()
	q := schemadiff.Question{Text: "which?", Value: "--backfill a.b=", Choices: []string{`--backfill 'a.b='\''[]'\'''`}}
	none := schemadiff.Question{Text: "which?", Value: "--backfill a.b="}
	for _, tc := range []struct {
		q           schemadiff.Question
		input, want string
	}{{q, "1\n", "'[]'"}, {q, "7\n\n= 7\n", "7"}, {q, "x\n='it''s'\n", "'it''s'"}, {none, "\n7\n", "7"}, {none, "= now()\n", "now()"}, {none, "--backfill a.b=2\n", "2"}} {
		var out strings.Builder
		flag, err := prompt(bufio.NewReader(strings.NewReader(tc.input)), &out)(tc.q)
		var got schemadiff.Answers
		if err = errors.Join(err, got.Add(flag)); err != nil || got.Backfill["a.b"] != tc.want {
			t.Errorf("%q: got %v, %v; want %q", tc.input, got, err, tc.want)
		}
		if len(tc.q.Choices) > 0 && !strings.Contains(out.String(), "\n  1  '[]'\n") {
			t.Errorf("asked\n%s", out.String())
		}
	}
}

// Nobody answers at /dev/null, though it is a device of characters.
func TestNullIsNoTerminal(t *testing.T) {
	t.Parallel()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if terminal(null) || terminal(strings.NewReader("")) {
		t.Error("somebody can answer")
	}
}

// What is told after a question begins a line, also when the input ends in it.
func TestAskEndsTheLine(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]struct {
		sure bool
		text string
	}{"yes\n": {true, "sure? "}, "no\n": {false, "sure? "}, "": {false, "sure? \n"}, "yes": {true, "sure? \n"}} {
		var out strings.Builder
		if sure := (&app{stderr: &out}).confirm(strings.NewReader(input), "sure? "); sure != want.sure || out.String() != want.text {
			t.Errorf("%q: %v, after %q", input, sure, out.String())
		}
	}
}
