package document

import (
	"math"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// literals is the rule about values that are written in the document. The walker calls it
// for every value, inner ones first; one whose type is unknown has no definition.
func literals(suggestions bool) core.RuleFunc {
	return func(events *core.Events, report core.AddErrFunc) {
		l := &literalRule{report: report, suggestions: suggestions}
		events.OnValue(func(_ *core.Walker, v *ast.Value) {
			if v.Definition != nil && v.ExpectedType != nil && v.Kind != ast.Variable {
				l.check(v)
			}
		})
	}
}

type literalRule struct {
	report      core.AddErrFunc
	suggestions bool
}

func (l *literalRule) check(v *ast.Value) {
	def := v.Definition
	switch {
	case v.Kind == ast.NullValue:
		if v.ExpectedType.NonNull {
			l.unexpected(v)
		}
	case def.Kind == ast.Scalar && !builtIn[def.Name]:
		// Any form will do, as in a variable; the scalar itself judges.
	case v.Kind == ast.ListValue:
		if v.ExpectedType.Elem == nil {
			l.unexpected(v)
		}
	case def.Kind == ast.InputObject:
		l.object(v)
	case def.Kind == ast.Enum:
		l.enum(v)
	case !fits(v, def.Name):
		l.unexpected(v)
	}
}

// builtIn are the scalars whose values the specification describes.
var builtIn = map[string]bool{"Int": true, "Float": true, "String": true, "Boolean": true, "ID": true}

// fits reports whether a literal is one of a built-in scalar. Source: GraphQL
// specification, section 3.5.
func fits(v *ast.Value, scalar string) bool {
	switch scalar {
	case "Int":
		_, err := strconv.ParseInt(v.Raw, 10, 32)
		return v.Kind == ast.IntValue && err == nil
	case "Float":
		return (v.Kind == ast.IntValue || v.Kind == ast.FloatValue) && finite(v.Raw)
	case "String":
		return v.Kind == ast.StringValue || v.Kind == ast.BlockValue
	case "Boolean":
		return v.Kind == ast.BooleanValue
	}
	return v.Kind == ast.StringValue || v.Kind == ast.BlockValue || v.Kind == ast.IntValue // ID
}

func finite(number string) bool {
	f, err := strconv.ParseFloat(number, 64)
	return err == nil && !math.IsInf(f, 0) && !vanishes(f, number)
}

// vanishes reports whether a number that is not zero becomes zero as a float.
func vanishes(f float64, number string) bool {
	digits, _, _ := strings.Cut(strings.ToLower(number), "e")
	return f == 0 && strings.ContainsAny(digits, "123456789")
}

func (l *literalRule) enum(v *ast.Value) {
	if v.Kind == ast.EnumValue && v.Definition.EnumValues.ForName(v.Raw) != nil {
		return
	}
	message := core.Message("Enum %q cannot represent non-enum value: %s.", v.Definition.Name, v)
	if v.Kind == ast.EnumValue {
		message = core.Message("Value %q does not exist in %q enum.", v.Raw, v.Definition.Name)
	}
	names := make([]string, len(v.Definition.EnumValues))
	for i, e := range v.Definition.EnumValues {
		names[i] = e.Name
	}
	l.report(message, l.suggest("Did you mean the enum value", v.Raw, names), core.At(v.Position))
}

func (l *literalRule) object(v *ast.Value) {
	def := v.Definition
	if v.Kind != ast.ObjectValue {
		l.unexpected(v)
		return
	}
	given := make(map[string]*ast.Value, len(v.Children))
	for _, c := range v.Children {
		given[c.Name] = c.Value
		if def.Fields.ForName(c.Name) == nil {
			names := make([]string, len(def.Fields))
			for i, f := range def.Fields {
				names[i] = f.Name
			}
			l.report(core.Message("Field %q is not defined by type %q.", c.Name, def.Name),
				l.suggest("Did you mean", c.Name, names), core.At(c.Position))
		}
	}
	for _, f := range def.Fields {
		if given[f.Name] == nil && f.Type.NonNull && f.DefaultValue == nil {
			l.report(core.Message(`Field "%s.%s" of required type %q was not provided.`, def.Name, f.Name, f.Type.String()), core.At(v.Position))
		}
	}
	if def.Directives.ForName("oneOf") == nil {
		return
	}
	if len(v.Children) != 1 || v.Children[0].Value.Kind == ast.NullValue {
		l.report(core.Message("OneOf Input Object %q must specify exactly one key, and not null.", def.Name), core.At(v.Position))
	}
}

func (l *literalRule) unexpected(v *ast.Value) {
	l.report(core.Message("Expected value of type %q, found %s.", v.ExpectedType.String(), v), core.At(v.Position))
}

// suggest names what is similar, where suggestions are on and the text is short enough to
// be compared.
func (l *literalRule) suggest(prefix, text string, names []string) core.ErrorOption {
	if !l.suggestions || len(text) > maxName {
		return core.Message("")
	}
	return core.SuggestListQuoted(prefix, text, names)
}
