package hostile

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// field is a root field with its arguments, or a field with arguments on a connection.
type field struct {
	root  *ast.FieldDefinition
	inner *ast.FieldDefinition // such as groupBy; nil for the root field itself
	kind  ast.Operation
}

func (f field) String() string {
	if f.inner != nil {
		return f.root.Name + "." + f.inner.Name
	}
	return f.root.Name
}

func (f field) args() ast.ArgumentDefinitionList {
	if f.inner != nil {
		return f.inner.Arguments
	}
	return f.root.Arguments
}

// request is one operation with one or two hostile values.
type request struct {
	field field
	args  object
	puts  []putting
	mode  mode
}

type putting struct {
	slot  slot
	value any
}

// mode is how the values are sent.
type mode int

const (
	asArguments mode = iota // each argument is a variable
	asLiterals
	asLeaf // the hostile value is a variable within a literal
	modes
)

func (q *request) body(r *runner) []byte {
	var params, args []string
	vars := []byte("{")
	variable := func(typ *ast.Type, v any) string {
		name := fmt.Sprint("v", len(params))
		if len(params) > 0 {
			vars = append(vars, ',')
		}
		params = append(params, "$"+name+": "+typ.String())
		vars = appendJSON(fmt.Appendf(vars, "%q:", name), v)
		return "$" + name
	}
	sent := q.args
	if q.mode == asLeaf {
		for _, p := range q.puts {
			sent = put(sent, p.slot.path, raw{lit: variable(p.slot.typ, p.value)}).(object)
		}
	}
	for _, a := range q.field.args() {
		v, ok := sent[a.Name]
		switch {
		case !ok:
		case q.mode == asArguments:
			args = append(args, a.Name+": "+variable(a.Type, v))
		default:
			args = append(args, a.Name+": "+string(appendLiteral(nil, v)))
		}
	}
	call := q.field.args0(args)
	query := string(q.field.kind)
	if len(params) > 0 {
		query += "(" + strings.Join(params, ", ") + ")"
	}
	query += " { " + call + r.selection(q.field) + " }"
	text, err := json.Marshal(query)
	if err != nil {
		panic(err) // a string always marshals
	}
	return append(append(append(append([]byte(`{"query":`), text...), `,"variables":`...), append(vars, '}')...), '}')
}

func (f field) args0(args []string) string {
	list := ""
	if len(args) > 0 {
		list = "(" + strings.Join(args, ", ") + ")"
	}
	if f.inner != nil {
		return "x: " + f.root.Name + " { y: " + f.inner.Name + list
	}
	return "x: " + f.root.Name + list
}

// selection selects what can be compared, and of lists what is made of all of it.
func (r *runner) selection(f field) string {
	if f.inner != nil {
		return r.fields(named(f.inner.Type), 4) + " }"
	}
	return r.fields(named(f.root.Type), 4)
}

// fields selects the fields of a type without arguments, to a depth: all of an entity's own,
// and the ids at its edges.
func (r *runner) fields(name string, depth int) string {
	def := r.Schema.Types[name]
	if def.IsLeafType() {
		return ""
	}
	out := []string{"__typename"}
	for _, f := range def.Fields {
		inner := r.Schema.Types[named(f.Type)]
		entity := def.Fields.ForName("id") != nil
		switch {
		case strings.HasPrefix(f.Name, "__"):
		case strings.HasSuffix(inner.Name, "Connection"):
			out = append(out, f.Name+"(first: 100) { nodes { id } }")
		case len(f.Arguments) > 0:
		case inner.IsLeafType():
			out = append(out, f.Name)
		case entity:
			out = append(out, f.Name+" { __typename }")
		case depth > 0:
			out = append(out, f.Name+r.fields(inner.Name, depth-1))
		}
	}
	return " { " + strings.Join(out, " ") + " }"
}
