package planner

import (
	"encoding/json"
	"reflect"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Arguments gives the arguments of a field as [graphql.CollectedField.ArgumentMap] does,
// but with numbers of the document as json.Number, as those of variables are: a float64
// has not room for all digits of a number in JSON.
func Arguments(f graphql.CollectedField, vars map[string]any) map[string]any {
	out := make(map[string]any, len(f.Arguments))
	for _, def := range f.Definition.Arguments {
		if arg := f.Arguments.ForName(def.Name); arg != nil {
			if v, given := literal(arg.Value, vars); given {
				out[def.Name] = v
				continue
			}
		}
		if def.DefaultValue != nil {
			out[def.Name], _ = literal(def.DefaultValue, vars)
		}
	}
	return out
}

// literal is the value of what stands in a document, false for a variable without one.
func literal(v *ast.Value, vars map[string]any) (any, bool) {
	switch v.Kind {
	case ast.Variable:
		return variable(v, vars)
	case ast.IntValue, ast.FloatValue:
		return json.Number(v.Raw), true
	case ast.BooleanValue:
		return v.Raw == "true", true
	case ast.NullValue:
		return nil, true
	case ast.ListValue:
		list := make([]any, len(v.Children))
		for i, child := range v.Children {
			list[i], _ = literal(child.Value, vars)
		}
		return list, true
	case ast.ObjectValue:
		object := make(map[string]any, len(v.Children))
		for _, child := range v.Children {
			if value, given := literal(child.Value, vars); given {
				object[child.Name] = value
			}
		}
		return object, true
	}
	return v.Raw, true
}

// variable is the value of a variable. When it is what gqlparser made of the default,
// the default is read again.
func variable(v *ast.Value, vars map[string]any) (any, bool) {
	var standard *ast.Value
	if v.VariableDefinition != nil {
		standard = v.VariableDefinition.DefaultValue
	}
	value, given := vars[v.Raw]
	if standard == nil {
		return value, given
	}
	if rounded, err := standard.Value(nil); !given || err == nil && reflect.DeepEqual(value, rounded) {
		return literal(standard, nil)
	}
	return value, true
}
