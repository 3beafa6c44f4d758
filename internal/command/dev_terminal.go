package command

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// keyboard is the terminal of somebody who can answer questions. What is typed while nothing
// is asked is forgotten.
type keyboard struct {
	lines chan string // closed at the end of the input
	out   io.Writer
}

// newKeyboard reads lines of in from now on.
func newKeyboard(in io.Reader, out io.Writer) *keyboard {
	k := &keyboard{make(chan string), out}
	go func() {
		defer close(k.lines)
		lines := bufio.NewReader(in)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			k.lines <- line
		}
	}()
	return k
}

// forget takes what was typed before a question.
func (k *keyboard) forget() {
	for {
		select {
		case _, ok := <-k.lines:
			if !ok {
				return
			}
		default:
			return
		}
	}
}

// confirm asks a question whose answer is yes, or anything else.
func (k *keyboard) confirm(ctx context.Context, question string) (bool, error) {
	k.forget()
	fmt.Fprint(k.out, question, " [y/N] ")
	line, err := k.line(ctx)
	if err != nil {
		fmt.Fprintln(k.out) // the next message begins a line
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
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
func (k *keyboard) choose(ctx context.Context, q schemadiff.Question) (string, error) {
	k.forget()
	return prompt(bufio.NewReader(&lineReader{ctx: ctx, k: k}), k.out)(q)
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
