package document

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// coercer makes the values of variables. The values come from JSON, with numbers as
// json.Number; what it gives is an int64, float64, bool, string, []any or map[string]any,
// and what came for scalars of the API's own. It does not change what it is given.
// Source: GraphQL specification, section 6.1.2.
type coercer struct {
	schema *ast.Schema
	max    int
	path   ast.Path
	errs   gqlerror.List
	more   int
}

// variables makes the variables of an operation and adds the document's constants.
func (c *coercer) variables(op *ast.OperationDefinition, given, constants map[string]any) map[string]any {
	out := make(map[string]any, len(op.VariableDefinitions)+len(constants))
	maps.Copy(out, constants)
	c.path = ast.Path{ast.PathName("variable"), nil}
	for _, v := range op.VariableDefinitions {
		c.path[1] = ast.PathName(v.Variable)
		value, has := given[v.Variable]
		switch {
		case has:
			out[v.Variable] = c.value(value, v.Type)
		case v.DefaultValue != nil:
			out[v.Variable] = literalOf(v.DefaultValue, constants)
		case v.Type.NonNull:
			c.refuse("must be defined")
		}
	}
	return out
}

// literalOf is the value of a prepared literal that has no variables but constants.
func literalOf(v *ast.Value, constants map[string]any) any {
	value, err := v.Value(constants)
	if err != nil {
		panic(err) // validation has looked at it
	}
	return value
}

func (c *coercer) refuse(format string, args ...any) {
	if len(c.errs) >= c.max {
		c.more++
		return
	}
	c.errs = append(c.errs, gqlerror.ErrorPathf(slices.Clone(c.path), format, args...))
}

func (c *coercer) value(v any, typ *ast.Type) any {
	switch {
	case v == nil:
		if typ.NonNull {
			c.refuse("cannot be null")
		}
		return nil
	case typ.Elem != nil:
		list, ok := v.([]any)
		if !ok {
			return []any{c.value(v, typ.Elem)}
		}
		out := make([]any, len(list))
		c.path = append(c.path, nil)
		for i, item := range list {
			c.path[len(c.path)-1] = ast.PathIndex(i)
			out[i] = c.value(item, typ.Elem)
		}
		c.path = c.path[:len(c.path)-1]
		return out
	}
	def := c.schema.Types[typ.NamedType]
	switch def.Kind {
	case ast.InputObject:
		return c.object(v, def)
	case ast.Enum:
		name, ok := v.(string)
		if !ok {
			c.refuse("enums must be strings")
		} else if def.EnumValues.ForName(name) == nil {
			c.refuse("%s is not a valid %s", shown(name), def.Name)
		}
		return name
	}
	if !builtIn[def.Name] {
		return v
	}
	out, ok := scalar(v, def.Name)
	if !ok {
		c.refuse("cannot use %s as %s", kindOf(v), def.Name)
	}
	return out
}

func (c *coercer) object(v any, def *ast.Definition) any {
	given, ok := v.(map[string]any)
	if !ok {
		c.refuse("must be a %s, not a %s", def.Name, kindOf(v))
		return nil
	}
	c.path = append(c.path, nil)
	defer func() { c.path = c.path[:len(c.path)-1] }()
	out := make(map[string]any, len(given))
	known := 0
	for _, f := range def.Fields {
		value, has := given[f.Name]
		if has {
			known++
		}
		c.path[len(c.path)-1] = ast.PathName(f.Name)
		switch {
		case has:
			out[f.Name] = c.value(value, f.Type)
		case f.DefaultValue != nil:
			out[f.Name] = literalOf(f.DefaultValue, nil)
		case f.Type.NonNull:
			c.refuse("must be defined")
		}
	}
	if known < len(given) {
		c.unknown(given, def)
	}
	if def.Directives.ForName("oneOf") != nil {
		c.oneOf(out, def)
	}
	return out
}

func (c *coercer) unknown(given map[string]any, def *ast.Definition) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if def.Fields.ForName(name) == nil {
			c.path[len(c.path)-1] = ast.PathName(cut(name))
			c.refuse("unknown field")
		}
	}
}

func (c *coercer) oneOf(out map[string]any, def *ast.Definition) {
	for name, value := range out {
		if len(out) == 1 && value != nil {
			return
		}
		c.path[len(c.path)-1] = ast.PathName(name)
		break
	}
	c.refuse("exactly one field of %s must be given, and not null", def.Name)
}

// scalar makes a value of a built-in scalar.
func scalar(v any, name string) (any, bool) {
	switch name {
	case "Int":
		n, ok := wholeNumber(v)
		return n, ok && n >= math.MinInt32 && n <= math.MaxInt32
	case "Float":
		n, ok := v.(json.Number)
		f, err := n.Float64()
		return f, ok && err == nil && !vanishes(f, string(n))
	case "String":
		s, ok := v.(string)
		return s, ok
	case "Boolean":
		b, ok := v.(bool)
		return b, ok
	}
	return id(v)
}

// id takes a text or a whole number, whose digits are kept.
func id(v any) (any, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		if _, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return v.String(), true
		}
		n, ok := wholeNumber(v)
		return strconv.FormatInt(n, 10), ok
	}
	return nil, false
}

// wholeNumber reads a JSON number without a fraction, such as 3, 3.0 or 3e2: in JSON they
// are the same. One that is not exactly whole, such as 1e-400, is none.
func wholeNumber(v any) (int64, bool) {
	const longest = 400 // characters; a double needs no more
	number, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	if n, err := number.Int64(); err == nil {
		return n, true
	}
	f, err := number.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 || len(number) > longest || vanishes(f, number.String()) {
		return 0, false
	}
	exact, ok := new(big.Rat).SetString(number.String())
	return int64(f), ok && exact.IsInt()
}

func kindOf(v any) string {
	switch v := v.(type) {
	case json.Number:
		return "number " + v.String()
	case bool:
		return "boolean"
	case []any:
		return "list"
	case map[string]any:
		return "object"
	}
	return fmt.Sprintf("%T", v)
}

// nulls refuses a variable that is null where the schema wants a value. Validation lets
// it pass when the variable or its place has a default, which stands in for what is not
// given, but not for null. Source: GraphQL specification, section 6.4.1.
func (c *coercer) nulls(doc *ast.QueryDocument, op *ast.OperationDefinition, vars map[string]any) {
	for _, value := range vars {
		if value == nil {
			n := nullFinder{coercer: c, vars: vars, seen: map[string]bool{}, doc: doc}
			n.directives(op.Directives)
			n.set(op.SelectionSet)
			return
		}
	}
}

type nullFinder struct {
	*coercer
	doc  *ast.QueryDocument
	vars map[string]any
	seen map[string]bool // fragments
}

func (n *nullFinder) set(set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if n.directives(sel.Directives) {
				n.arguments(sel.Arguments, sel.Definition.Arguments)
				n.set(sel.SelectionSet)
			}
		case *ast.InlineFragment:
			if n.directives(sel.Directives) {
				n.set(sel.SelectionSet)
			}
		case *ast.FragmentSpread:
			if n.directives(sel.Directives) && !n.seen[sel.Name] {
				n.seen[sel.Name] = true
				n.set(sel.Definition.SelectionSet)
			}
		}
	}
}

// directives looks at the arguments of directives and reports whether their selection is
// part of the answer.
func (n *nullFinder) directives(list ast.DirectiveList) bool {
	included := true
	for _, d := range list {
		n.arguments(d.Arguments, d.Definition.Arguments)
		if a := d.Arguments.ForName("if"); a != nil && (d.Name == "skip" || d.Name == "include") {
			value, _ := a.Value.Value(n.vars)
			included = included && value == (d.Name == "include")
		}
	}
	return included
}

func (n *nullFinder) arguments(args ast.ArgumentList, defs ast.ArgumentDefinitionList) {
	for _, a := range args {
		n.value(a.Value, defs.ForName(a.Name).Type)
	}
}

func (n *nullFinder) value(v *ast.Value, typ *ast.Type) {
	if typ == nil { // inside of a scalar of the API's own
		return
	}
	if v.Kind == ast.Variable {
		if value, given := n.vars[v.Raw]; given && value == nil && typ.NonNull {
			n.path = ast.Path{ast.PathName("variable"), ast.PathName(v.Raw)}
			n.refuse("cannot be null where %q is expected", typ.String())
		}
		return
	}
	for _, c := range v.Children {
		switch def := n.schema.Types[typ.Name()]; {
		case v.Kind == ast.ListValue:
			n.value(c.Value, typ.Elem)
		case def.Kind == ast.InputObject:
			n.value(c.Value, def.Fields.ForName(c.Name).Type)
		}
	}
}
