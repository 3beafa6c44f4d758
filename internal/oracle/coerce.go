package oracle

import (
	"encoding/json"

	"github.com/vektah/gqlparser/v2/ast"
)

// variables coerces the variables of an operation. Those without a value are absent.
// Source: GraphQL specification, section 6.1.2.
func (ev *evaluation) variables(op *ast.OperationDefinition, given map[string]any) {
	ev.vars = map[string]any{}
	for _, def := range op.VariableDefinitions {
		if v, ok := given[def.Variable]; ok {
			ev.vars[def.Variable] = ev.coerce(def.Type, v)
		} else if def.DefaultValue != nil {
			v, _ := ev.literal(def.DefaultValue)
			ev.vars[def.Variable] = ev.coerce(def.Type, v)
		}
	}
}

// args coerces the arguments of a field; what is neither given nor has a default is
// absent. Source: GraphQL specification, section 6.4.1.
func (ev *evaluation) args(f *ast.Field) map[string]any {
	out := map[string]any{}
	for _, def := range f.Definition.Arguments {
		if arg := f.Arguments.ForName(def.Name); arg != nil {
			if v, ok := ev.literal(arg.Value); ok {
				out[def.Name] = ev.coerce(def.Type, v)
				continue
			}
		}
		if def.DefaultValue != nil {
			v, _ := ev.literal(def.DefaultValue)
			out[def.Name] = ev.coerce(def.Type, v)
		}
	}
	return out
}

// literal is the value of a literal with its variables, false for an absent variable.
func (ev *evaluation) literal(v *ast.Value) (any, bool) {
	switch v.Kind {
	case ast.Variable:
		value, ok := ev.vars[v.Raw]
		return value, ok
	case ast.NullValue:
		return nil, true
	case ast.BooleanValue:
		return v.Raw == "true", true
	case ast.IntValue, ast.FloatValue:
		return json.Number(v.Raw), true
	case ast.ListValue:
		list := []any{}
		for _, child := range v.Children {
			item, _ := ev.literal(child.Value)
			list = append(list, item)
		}
		return list, true
	case ast.ObjectValue:
		object := map[string]any{}
		for _, child := range v.Children {
			if value, ok := ev.literal(child.Value); ok {
				object[child.Name] = value
			}
		}
		return object, true
	}
	return v.Raw, true
}

// coerce makes a list of a single value where a list is wanted and fills in the
// defaults of input objects. Coercing twice changes nothing.
func (ev *evaluation) coerce(t *ast.Type, v any) any {
	if v == nil {
		return nil
	}
	if t.Elem != nil {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		out := make([]any, len(list))
		for i, item := range list {
			out[i] = ev.coerce(t.Elem, item)
		}
		return out
	}
	object, ok := v.(map[string]any)
	def := ev.Schema.Types[t.NamedType]
	if !ok || def.Kind != ast.InputObject {
		return v
	}
	out := map[string]any{}
	for _, f := range def.Fields {
		if value, given := object[f.Name]; given {
			out[f.Name] = ev.coerce(f.Type, value)
		} else if f.DefaultValue != nil {
			out[f.Name], _ = ev.literal(f.DefaultValue)
		}
	}
	return out
}

// integer reads an Int, false for null or an absent one.
func (ev *evaluation) integer(v any) (int, bool) {
	number, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := number.Int64()
	if err != nil || n < 0 {
		ev.fail("%s is not a natural number", number)
	}
	return int(n), true
}

func (ev *evaluation) list(v any) []any {
	list, _ := v.([]any)
	return list
}

func (ev *evaluation) object(v any) map[string]any {
	object, _ := v.(map[string]any)
	return object
}
