// Package refs keeps what handwritten fields return of entities until the planner reads them.
// gqlgen's executor meets them while it writes; each leaves a mark in its output, and is
// recorded with the field that it is the value of.
package refs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"github.com/entgraph/entgraph/key"
)

// Ref is an entity in the result of a field.
type Ref struct {
	Field graphql.CollectedField
	Type  string
	ID    key.Key
}

// Recorder keeps the refs of one operation. The zero value is ready.
type Recorder struct {
	mu   sync.Mutex
	refs []Ref
}

type recorderKey struct{}

// NewContext returns a context whose refs a recorder keeps.
func NewContext(ctx context.Context, r *Recorder) context.Context {
	return context.WithValue(ctx, recorderKey{}, r)
}

// Refs lists what was recorded, by the numbers of the marks.
func (r *Recorder) Refs() []Ref { return r.refs }

// mark surrounds the number of a ref in the output: no JSON text contains it.
const mark = '\x00'

// Write records an entity as the value of the field that is being written, and leaves its
// mark.
func Write(ctx context.Context, w io.Writer, typ string, id key.Key) error {
	r, ok := ctx.Value(recorderKey{}).(*Recorder)
	if !ok {
		return errors.New("marshal an entity outside of an operation")
	}
	fc := graphql.GetFieldContext(ctx)
	for fc != nil && fc.Field.Field == nil {
		fc = fc.Parent // an element of a list has no field of its own
	}
	if fc == nil {
		return errors.New("marshal a " + typ + " without a field")
	}
	r.mu.Lock()
	n := len(r.refs)
	r.refs = append(r.refs, Ref{Field: fc.Field, Type: typ, ID: id})
	r.mu.Unlock()
	_, err := io.WriteString(w, string(mark)+strconv.Itoa(n)+string(mark))
	return err
}

// Replace puts the value of each ref in the place of its mark. It fails when a scalar of the
// app has written what no JSON text contains.
func Replace(data []byte, refs int, value func(n int) []byte) ([]byte, error) {
	errMark := errors.New("a handwritten field wrote a NUL byte, which no JSON text contains")
	var out []byte
	for {
		before, rest, found := bytes.Cut(data, []byte{mark})
		out = append(out, before...)
		if !found {
			return out, nil
		}
		number, rest, found := bytes.Cut(rest, []byte{mark})
		n, err := strconv.Atoi(string(number))
		if !found || err != nil || n < 0 || n >= refs {
			return nil, errMark
		}
		out = append(out, value(n)...)
		data = rest
	}
}
