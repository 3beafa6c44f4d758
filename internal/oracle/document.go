package oracle

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
)

// readDocument decodes a document with its numbers as they are.
func readDocument(text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		panic("a document in a row: " + err.Error())
	}
	return v
}

// matchesDocument asks for what is in a document.
func (ev *evaluation) matchesDocument(f *entity.Filter, value, v any) truth {
	list, ok := v.([]any)
	if f.Op == entity.Contains {
		if value == nil {
			return unknown
		}
		return truthOf(contains(readDocument(value.(string)), v, true))
	}
	if !ok {
		list = []any{v}
	}
	result := yes
	for _, item := range list {
		in := ev.object(item)
		var found any
		exists := value != nil
		if exists {
			found, exists = at(readDocument(value.(string)), in["path"])
		}
		for _, op := range entity.PathOps {
			if operand := in[string(op)]; operand != nil {
				result = min(result, ev.atPath(op, found, exists, operand))
			}
		}
	}
	return result
}

// at follows a path, as the operator #> does.
func at(v, path any) (any, bool) {
	keys, ok := path.([]any)
	if !ok {
		keys = []any{path}
	}
	for _, key := range keys {
		switch container := v.(type) {
		case map[string]any:
			if v, ok = container[key.(string)]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(key.(string))
			if i < 0 {
				i += len(container)
			}
			if err != nil || i < 0 || i >= len(container) {
				return nil, false
			}
			v = container[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// atPath compares the value at a path.
func (ev *evaluation) atPath(op entity.PathOp, v any, exists bool, operand any) truth {
	if op == entity.PathExists {
		return truthOf(exists == operand)
	}
	if !exists {
		if list, ok := operand.([]any); ok && len(list) == 0 && (op == entity.PathIn || op == entity.PathNotIn) {
			return truthOf(op == entity.PathNotIn)
		}
		return unknown
	}
	switch op {
	case entity.PathIsNull:
		return truthOf((v == nil) == operand)
	case entity.PathEQ:
		return truthOf(sameDocument(v, operand))
	case entity.PathNEQ:
		return truthOf(!sameDocument(v, operand))
	case entity.PathIn, entity.PathNotIn:
		in := slices.ContainsFunc(ev.list(operand), func(item any) bool { return sameDocument(v, item) })
		return truthOf(in == (op == entity.PathIn))
	case entity.PathContains:
		return truthOf(contains(v, operand, true))
	}
	c, same := orderDocuments(v, operand)
	if !same {
		return unknown
	}
	return truthOf(map[entity.PathOp]bool{entity.PathGT: c > 0, entity.PathGTE: c >= 0, entity.PathLT: c < 0, entity.PathLTE: c <= 0}[op])
}

// orderDocuments compares two numbers or two texts.
func orderDocuments(a, b any) (c int, same bool) {
	switch a := a.(type) {
	case json.Number:
		if b, ok := b.(json.Number); ok {
			return rational(a.String()).Cmp(rational(b.String())), true
		}
	case string:
		if b, ok := b.(string); ok {
			return strings.Compare(a, b), true
		}
	}
	return 0, false
}

// sameDocument compares two values; numbers by what they are and not by how they are written.
func sameDocument(a, b any) bool {
	if c, same := orderDocuments(a, b); same {
		return c == 0
	}
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, sameDocument)
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok || len(a) != len(other) {
			return false
		}
		for key := range a {
			if v, ok := other[key]; !ok || !sameDocument(a[key], v) {
				return false
			}
		}
		return true
	case bool:
		return a == b
	case nil:
		return b == nil
	}
	return false
}

// contains is the operator @>: an object has the keys of another with values that contain its
// values, a list has an element for each of another one, at the root also for a single value.
// Source: PostgreSQL manual, section 8.14.3.
func contains(a, b any, root bool) bool {
	switch a := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok {
			return false
		}
		for key := range other {
			if v, ok := a[key]; !ok || !contains(v, other[key], false) {
				return false
			}
		}
		return true
	case []any:
		other, ok := b.([]any)
		if !ok {
			if _, object := b.(map[string]any); object || !root {
				return false
			}
			other = []any{b}
		}
		for _, item := range other {
			if !slices.ContainsFunc(a, func(v any) bool { return contains(v, item, false) }) {
				return false
			}
		}
		return true
	}
	return sameDocument(a, b)
}

// documentValues are what documents are asked for.
var documentValues = []string{`0`, `1`, `2`, `1.0`, `-1`, `"n"`, `"a"`, `""`, `true`, `{}`, `[]`, `[1]`, `{"n":1}`, `{"n":2}`,
	`9007199254740993`, `9007199254740992`, `0.1234567890123456789`, `{"n":9007199254740993}`}

// documentCondition asks for what is in a document.
func (w *writer) documentCondition(f *entity.Filter) member {
	value := term{"JSON", func() any { return literalOf(readDocument(pick(w.Rand, documentValues))) }}
	if f.Op == entity.Contains {
		return member{f.Name, value}
	}
	one := term{entity.PathInput + "!", func() any {
		key := term{"String!", func() any { return pick(w.Rand, []string{"n", "n", "n", "0", "-1", "a", ""}) }}
		out := members{{"path", w.listOf("[String!]!", key, 2)}}
		for _, i := range w.Perm(len(entity.PathOps))[:1+w.IntN(4)] {
			out = append(out, w.pathOperand(entity.PathOps[i], value))
		}
		return out
	}}
	return member{f.Name, w.listOf("["+one.typ+"]", one, 3)}
}

// pathOperand is one condition on the value at a path.
func (w *writer) pathOperand(op entity.PathOp, value term) member {
	switch {
	case op == entity.PathExists || op == entity.PathIsNull:
		return member{string(op), term{"Boolean", func() any { return w.chance(2) }}}
	case op == entity.PathIn || op == entity.PathNotIn:
		item := term{"JSON!", value.roll}
		return member{string(op), term{"[JSON!]", func() any { return terms{item, item} }}}
	case op.Orders():
		return member{string(op), term{"JSON", func() any { return pick(w.Rand, []any{0, 1, 2, "n", "a"}) }}}
	}
	return member{string(op), value}
}

// literalOf is a document as the generator writes values.
func literalOf(v any) any {
	switch v := v.(type) {
	case []any:
		list := terms{}
		for _, item := range v {
			list = append(list, always("JSON", literalOf(item)))
		}
		return list
	case map[string]any:
		object := members{}
		for key, item := range v {
			object = append(object, member{key, always("JSON", literalOf(item))})
		}
		return object
	}
	return v
}
