package seed

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// reporter tells a person how far the work is. Calls come from one goroutine.
// Progress is a courtesy: a closed terminal does not stop the work, so nothing fails.
type reporter interface {
	step(name string) // begins a part of the work
	add(rows int)     // these rows are written
	done()            // everything went well
	fail()            // the work stops; the caller tells why
}

func newReporter(w io.Writer) reporter {
	if w == nil {
		return silent{}
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return newBar(w)
	}
	return &lines{w: w, now: time.Now, started: time.Now()}
}

type silent struct{}

func (silent) step(string) {}
func (silent) add(int)     {}
func (silent) done()       {}
func (silent) fail()       {}

// bar draws on a terminal.
type bar struct {
	*progressbar.ProgressBar
	w io.Writer
}

// newBar counts without an end: an app's function does not say how many rows it writes.
// Without an interval the spinner turns with the rows; with one, the library would draw it
// by a goroutine that does not end with the bar.
func newBar(w io.Writer) bar {
	return bar{w: w, ProgressBar: progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(20),
		progressbar.OptionSetItsString("rows"),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetSpinnerChangeInterval(0),
		progressbar.OptionThrottle(65*time.Millisecond),
	)}
}

// The name is padded to the longest, so that the bar stays in its place.
func (b bar) step(name string) { b.Describe(fmt.Sprintf("%-18s", name)) }
func (b bar) add(rows int)     { _ = b.Add(rows) }

func (b bar) done() {
	b.step("done")
	_ = b.RenderBlank()
	b.fail()
}

// fail leaves the bar as it is; what the caller writes begins on a line of its own.
func (b bar) fail() {
	_ = b.Exit()
	_, _ = fmt.Fprintln(b.w)
}

// lineEvery keeps logs short.
const lineEvery = 2 * time.Second

// lines writes plain lines, for logs.
type lines struct {
	w             io.Writer
	written       int
	name          string
	now           func() time.Time
	started, last time.Time
}

func (l *lines) step(name string) { l.name = name }

func (l *lines) add(rows int) {
	l.written += rows
	now := l.now()
	if now.Sub(l.started) < lineEvery || now.Sub(l.last) < lineEvery {
		return
	}
	l.last = now
	_, _ = fmt.Fprintf(l.w, "sample data: %d rows, %s\n", l.written, l.name)
}

func (l *lines) done() {
	_, _ = fmt.Fprintf(l.w, "sample data: %d rows in %.1f s\n", l.written, l.now().Sub(l.started).Seconds())
}

func (l *lines) fail() {}
