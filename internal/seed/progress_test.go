package seed

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	clock := time.Unix(0, 0)
	l := &lines{w: &out, now: func() time.Time { return clock }, started: clock}
	l.step("posts")
	for range 10 {
		clock = clock.Add(700 * time.Millisecond)
		l.add(100)
	}
	l.done()
	want := `sample data: 300 rows, posts
sample data: 600 rows, posts
sample data: 900 rows, posts
sample data: 1000 rows in 7.0 s
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

func TestBar(t *testing.T) {
	t.Parallel()
	for name, finish := range map[string]func(reporter){"done": reporter.done, "fail": reporter.fail} {
		// In here a goroutine that goes on after the bar is an error.
		synctest.Test(t, func(t *testing.T) { drawBar(t, name, finish) })
	}
}

func drawBar(t *testing.T, name string, finish func(reporter)) {
	t.Helper()
	var out bytes.Buffer
	var b reporter = newBar(&out)
	b.step("posts")
	b.add(500)
	if name == "done" {
		b.add(500)
	}
	finish(b)
	text := out.String()
	if !strings.Contains(text, "posts") || !strings.HasSuffix(text, "\n") {
		t.Errorf("%s: %q", name, text)
	}
	if finished := strings.Contains(text, "done"); finished != (name == "done") {
		t.Errorf("%s: a finished bar is %v: %q", name, finished, text)
	}
}

func TestReporterForWriter(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if r, ok := newReporter(file).(*lines); !ok {
		t.Errorf("a file gets a %T, want lines", r)
	}
	if r, ok := newReporter(nil).(silent); !ok {
		t.Errorf("nil gets a %T, want silence", r)
	}
}
