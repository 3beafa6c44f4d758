package planner

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// arguments are those of a field, apart from its document. A plan keeps nothing of the
// document that it was compiled from, neither its nodes nor a piece of its text: that would
// keep all of it in memory, however long it is.
type arguments struct {
	field    *ast.Field // with its arguments alone; nil once no request needs them
	variable bool       // whether one of them has a variable
}

func argumentsOf(f graphql.CollectedField) *arguments {
	a := &arguments{field: &ast.Field{Name: strings.Clone(f.Name), Definition: f.Definition}}
	for _, arg := range f.Arguments {
		a.field.Arguments = append(a.field.Arguments, &ast.Argument{Name: strings.Clone(arg.Name), Value: a.detach(arg.Value)})
	}
	return a
}

// values are the arguments by name, with their defaults.
func (a *arguments) values(vars map[string]any) map[string]any { return a.field.ArgumentMap(vars) }

// detach copies a value without its place in the document.
func (a *arguments) detach(v *ast.Value) *ast.Value {
	if v == nil {
		return nil
	}
	out := &ast.Value{Kind: v.Kind, Raw: strings.Clone(v.Raw)}
	if v.Kind == ast.Variable {
		a.variable = true
		if d := v.VariableDefinition; d != nil && d.DefaultValue != nil {
			out.VariableDefinition = &ast.VariableDefinition{DefaultValue: a.detach(d.DefaultValue)}
		}
	}
	for _, c := range v.Children {
		out.Children = append(out.Children, &ast.ChildValue{Name: strings.Clone(c.Name), Value: a.detach(c.Value)})
	}
	return out
}
