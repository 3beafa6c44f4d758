package graph

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// badNumbers refuses the literals of a document that no Go number holds, such as 1e400. For
// a scalar of our own, which takes any kind of literal, validation lets them through, and
// gqlparser panics where it reads the arguments.
func badNumbers(doc *ast.QueryDocument) (list gqlerror.List) {
	var inValue func(v *ast.Value)
	inValue = func(v *ast.Value) {
		var err error
		switch v.Kind {
		case ast.IntValue:
			_, err = strconv.ParseInt(v.Raw, 10, 64)
		case ast.FloatValue:
			_, err = strconv.ParseFloat(v.Raw, 64)
		}
		if err != nil && len(list) < maxBadNumbers {
			e := gqlerror.ErrorPosf(v.Position, "the number %s is too large", v.Raw[:min(len(v.Raw), 20)])
			e.Extensions = map[string]any{"code": CodeBadUserInput}
			list = append(list, e)
		}
		for _, c := range v.Children {
			inValue(c.Value)
		}
	}
	var inSelections func(ast.SelectionSet)
	inSelections = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				for _, a := range s.Arguments {
					inValue(a.Value)
				}
				inSelections(s.SelectionSet)
			case *ast.InlineFragment:
				inSelections(s.SelectionSet)
			}
		}
	}
	for _, op := range doc.Operations {
		inSelections(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		inSelections(f.SelectionSet)
	}
	return list
}

// maxBadNumbers is how many errors one document gets.
const maxBadNumbers = 20
