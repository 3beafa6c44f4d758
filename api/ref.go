package api

import (
	"context"
	"errors"
	"io"

	"github.com/entgraph/entgraph/internal/refs"
	"github.com/entgraph/entgraph/key"
)

// Ref is an entity in the result of a handwritten field: its GraphQL type and id. What the
// client selected of it is read with the rules of whoever asks. A field that returns one must
// be nullable, since the entity may be hidden or gone.
type Ref struct {
	Type string
	ID   key.Key
}

// MarshalGQLContext implements graphql.ContextMarshaler.
func (r Ref) MarshalGQLContext(ctx context.Context, w io.Writer) error {
	return refs.Write(ctx, w, r.Type, r.ID)
}

// UnmarshalGQLContext implements graphql.ContextUnmarshaler; entities are no inputs.
func (*Ref) UnmarshalGQLContext(context.Context, any) error {
	return errors.New("an entity cannot be an input")
}

// Input is the input object of a generated field that is answered by hand: the coerced
// values by name. An absent key was not given; null was.
type Input map[string]any

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

// ComputedFunc computes a field that a schema declares with entity.Computed, from the values
// that the declaration needs, in that order: string, int64, float64, bool, time.Time or
// key.Key, and nil for NULL. The result is written by encoding/json; an error makes the
// field null.
type ComputedFunc = func(values []any) (any, error)
