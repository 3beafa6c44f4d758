package devpg

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// patience is how long a step may take before it is announced.
const patience = 2 * time.Second

// lineWriter lets several goroutines write whole lines to one writer.
type lineWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// Lines lets several goroutines and processes write whole lines to one writer. A file, which
// processes write to by themselves, stays what it is.
func Lines(w io.Writer) io.Writer {
	if _, ok := w.(*os.File); ok || w == nil {
		return w
	}
	return &lineWriter{w: w}
}

func (l *lineWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// announce writes what to w, which may be nil, once patience has passed.
// The returned function calls that off.
func announce(w io.Writer, what string) (done func()) {
	if w == nil {
		return func() {}
	}
	timer := time.AfterFunc(patience, func() { note(w, "%s ...", what) })
	return func() { timer.Stop() }
}

// note writes one line to w, which may be nil.
func note(w io.Writer, format string, args ...any) {
	if w != nil {
		fmt.Fprintf(w, format+"\n", args...)
	}
}
