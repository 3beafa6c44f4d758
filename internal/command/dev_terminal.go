package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// keyboard is the terminal of somebody who can answer questions. What is typed while nothing
// is asked is forgotten.
type keyboard struct {
	lines chan string // closed at the end of the input
	asked atomic.Bool
	out   io.Writer

	prompt atomic.Pointer[string] // of the question that is open
}

// around gives a writer of whole lines to the terminal of the keyboard, which may be nil: a line
// that comes while something is asked goes above the prompt, and not behind it.
func (k *keyboard) around(w io.Writer) io.Writer {
	if k == nil {
		return w
	}
	return &aside{k, w}
}

type aside struct {
	k *keyboard
	w io.Writer
}

// Write implements io.Writer.
func (a *aside) Write(p []byte) (int, error) {
	prompt := a.k.prompt.Load()
	if prompt == nil {
		return a.w.Write(p)
	}
	if _, err := fmt.Fprintf(a.w, "\n%s%s", p, *prompt); err != nil {
		return 0, err
	}
	return len(p), nil
}

// newKeyboard reads lines of in from now on.
func newKeyboard(in io.Reader, out io.Writer) *keyboard {
	const ahead = 16 // lines of one answer, such as pasted ones
	k := &keyboard{lines: make(chan string, ahead), out: out}
	go func() {
		defer close(k.lines)
		lines := bufio.NewReader(in)
		for {
			line, err := lines.ReadString('\n')
			switch {
			case errors.Is(err, syscall.EIO): // in the background
				time.Sleep(time.Second / 4)
			case err != nil:
				return
			case k.asked.Load():
				select {
				case k.lines <- line:
				default:
				}
			}
		}
	}()
	return k
}

// ask calls f, which asks something and ends with a prompt, with no line that was typed before.
func (k *keyboard) ask(prompt string, f func() error) error {
	for more := true; more; {
		select {
		case _, more = <-k.lines:
		default:
			more = false
		}
	}
	k.asked.Store(true)
	k.prompt.Store(&prompt)
	defer func() {
		k.prompt.Store(nil)
		k.asked.Store(false)
	}()
	return f()
}

// confirm asks a question whose answer is yes, or anything else.
func (k *keyboard) confirm(ctx context.Context, question string) (yes bool, err error) {
	last := question[strings.LastIndexByte(question, '\n')+1:] + " [y/N] "
	err = k.ask(last, func() error {
		fmt.Fprint(k.out, question, " [y/N] ")
		line, err := k.line(ctx)
		if err != nil {
			fmt.Fprintln(k.out) // the next message begins a line
			return err
		}
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			yes = true
		}
		return nil
	})
	return yes, err
}

// line waits for a line.
func (k *keyboard) line(ctx context.Context) (string, error) {
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case line, ok := <-k.lines:
		if !ok {
			return "", io.EOF
		}
		return line, nil
	}
}

// choose asks which of the choices is meant.
func (k *keyboard) choose(ctx context.Context, q schemadiff.Question) (choice string, err error) {
	err = k.ask(invitation(q), func() error {
		choice, err = prompt(bufio.NewReader(&lineReader{ctx: ctx, k: k}), k.out)(q)
		return err
	})
	return choice, err
}

// lineReader reads the lines of a keyboard until a context ends.
type lineReader struct {
	ctx  context.Context
	k    *keyboard
	rest string
}

// Read implements io.Reader.
func (r *lineReader) Read(p []byte) (n int, err error) {
	if r.rest == "" {
		if r.rest, err = r.k.line(r.ctx); err != nil {
			return 0, err
		}
	}
	n = copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
