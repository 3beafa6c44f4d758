package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// term is a value to be written at a place of a GraphQL type; roll makes one. A value
// is nil, bool, int, float64, string, json.Number, a choice, terms or members.
type term struct {
	typ  string
	roll func() any
}

type (
	// choice is a value of an enum.
	choice string
	// terms is a list.
	terms []term
	// members is an input object.
	members []member
	member  struct {
		name string
		term
	}
)

// emit writes a value, or a variable that takes many.
func (w *writer) emit(t term) string {
	if w.chance(4) {
		return w.variable(t)
	}
	return w.literal(t.roll())
}

func (w *writer) variable(t term) string {
	v := variable{name: fmt.Sprint("v", len(w.variables)+1), term: t}
	definition := "$" + v.name + ": "
	switch strict := strings.HasSuffix(t.typ, "!"); {
	case !strict && w.chance(2):
		v.term.typ += "!" // a variable may be stricter than its place
	case w.chance(5):
		v.optional = true
	}
	definition += v.term.typ
	if v.optional {
		definition += " = " + constant(t.roll())
	}
	w.variables = append(w.variables, v)
	w.definitions = append(w.definitions, definition)
	return "$" + v.name
}

// literal writes a value, in which there may be variables again.
func (w *writer) literal(v any) string { return write(v, w.emit) }

// constant writes a value without variables.
func constant(v any) string {
	return write(v, func(t term) string { return constant(t.roll()) })
}

func write(v any, inner func(term) string) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case choice:
		return string(v)
	case string:
		return quoted(v)
	case terms:
		var items []string
		for _, t := range v {
			items = append(items, inner(t))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case members:
		var items []string
		for _, m := range v {
			items = append(items, m.name+": "+inner(m.term))
		}
		return "{" + strings.Join(items, ", ") + "}"
	}
	return fmt.Sprint(v)
}

// quoted is a text as GraphQL writes it, which has the escapes of JSON.
func quoted(s string) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a text always encodes
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// jsonValue is a value as a variable has it.
func jsonValue(v any) any {
	switch v := v.(type) {
	case choice:
		return string(v)
	case terms:
		list := make([]any, len(v))
		for i, t := range v {
			list[i] = jsonValue(t.roll())
		}
		return list
	case members:
		object := map[string]any{}
		for _, m := range v {
			object[m.name] = jsonValue(m.roll())
		}
		return object
	}
	return v
}

// always is a term with one value.
func always(typ string, v any) term { return term{typ, func() any { return v }} }
