package graph

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
)

// Ref is an entity in the result of a handwritten field: its GraphQL type and id. The
// planner fills in what the client selected, with the viewer's rules. A field that
// returns one must be nullable, since the entity may be hidden or gone.
type Ref struct {
	Type string
	ID   uuid.UUID
}

// Input is the input object of a generated field that is answered by hand: the
// coerced values by name. An absent key was not given; null was.
type Input map[string]any

// recorder keeps the refs that gqlgen's executor meets. Each leaves a mark in its
// output: its number between two NUL bytes, which no JSON text contains.
type recorder struct {
	mu   sync.Mutex
	refs []recordedRef
}

type recordedRef struct {
	field graphql.CollectedField
	ref   Ref
}

type recorderKey struct{}

const mark = '\x00'

// MarshalGQLContext implements graphql.ContextMarshaler.
func (r Ref) MarshalGQLContext(ctx context.Context, w io.Writer) error {
	rec, ok := ctx.Value(recorderKey{}).(*recorder)
	if !ok {
		return errors.New("marshal an entity outside of an operation")
	}
	fc := graphql.GetFieldContext(ctx)
	for fc != nil && fc.Field.Field == nil {
		fc = fc.Parent // an element of a list has no field of its own
	}
	if fc == nil {
		return fmt.Errorf("marshal a %s without a field", r.Type)
	}
	rec.mu.Lock()
	n := len(rec.refs)
	rec.refs = append(rec.refs, recordedRef{field: fc.Field, ref: r})
	rec.mu.Unlock()
	_, err := io.WriteString(w, string(mark)+strconv.Itoa(n)+string(mark))
	return err
}

// UnmarshalGQLContext implements graphql.ContextUnmarshaler; entities are no inputs.
func (*Ref) UnmarshalGQLContext(context.Context, any) error {
	return errors.New("an entity cannot be an input")
}

// MarshalGQLContext implements graphql.ContextMarshaler; inputs are no results.
func (Input) MarshalGQLContext(context.Context, io.Writer) error {
	return errors.New("an input cannot be a result")
}

// UnmarshalGQLContext implements graphql.ContextUnmarshaler. The values may be the
// client's variables: clone before changing them.
func (in *Input) UnmarshalGQLContext(_ context.Context, v any) error {
	m, ok := v.(map[string]any)
	if !ok {
		return errors.New("must be an object")
	}
	*in = m
	return nil
}
