package executor

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/entity"
)

// badArgument finds the value of a handwritten field's argument that gqlgen could not read,
// nil when the error is of something else. What gqlgen says of it is in the words of Go; a
// scalar of ours says itself what is wrong.
func (s *Schema) badArgument(ctx context.Context, err *gqlerror.Error) error {
	fc := graphql.GetFieldContext(ctx)
	if err == nil || fc == nil || fc.Field.Field == nil || fc.Field.Definition == nil {
		return nil
	}
	below := err.Path[min(len(fc.Path()), len(err.Path)):]
	if len(below) == 0 {
		return nil
	}
	name, _ := below[0].(ast.PathName)
	arg := fc.Field.Definition.Arguments.ForName(string(name))
	if arg == nil {
		return nil
	}
	place := []any{arg.Name}
	typ := arg.Type
	for _, step := range below[1:] {
		switch step := step.(type) {
		case ast.PathIndex:
			place = append(place, int(step))
			if typ.Elem != nil {
				typ = typ.Elem
			}
		case ast.PathName:
			place = append(place, string(step))
			if f := s.Schema().Types[typ.Name()].Fields.ForName(string(step)); f != nil {
				typ = f.Type
			}
		}
	}
	message := err.Message
	if err.Err != nil {
		message = "is not a value of the type " + typ.String()
	}
	return &entity.InputError{Fields: []entity.FieldError{{Path: place, Message: message}}}
}
