package rule

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"entgo.io/ent"

	"github.com/entgraph/entgraph/viewer"
)

// Holds decides a condition on a row that is not written yet, as far as its fields tell; field
// gives their values by column. What they do not tell is OpLater. It is the engine's own.
func (c Cond) Holds(v viewer.Viewer, field func(column string) (ent.Value, bool)) Cond {
	return c.For(v).fold(func(c Cond, negated bool) Cond {
		if value, ok := field(c.Name); ok && !negated && c.isMet(v, value) {
			return Everyone()
		}
		return Cond{Op: OpLater}
	}, false)
}

// isMet reports whether a value of Ent is known to fulfil a condition on its column.
func (c Cond) isMet(v viewer.Viewer, value ent.Value) bool {
	switch c.Op {
	case OpOwner, OpIn:
		return c.match(v, value).Op == OpEveryone
	case OpContains:
		list := reflect.ValueOf(value)
		for i := 0; list.Kind() == reflect.Slice && i < list.Len(); i++ {
			if fmt.Sprint(list.Index(i).Interface()) == fmt.Sprint(c.Values[0]) {
				return true
			}
		}
		return false
	case OpAt:
		text, err := json.Marshal(value)
		if err != nil {
			return false
		}
		doc := decode(string(text))
		found, exists := follow(doc, c.Path)
		return doc != nil && exists && c.isMetAt(found)
	}
	return false
}

// isMetAt compares a value in a document. The order of texts is for the database to say.
func (c Cond) isMetAt(v any) bool {
	is := func(text any) bool { return same(v, decode(text.(string))) }
	switch c.Asks {
	case OpExists:
		return true
	case OpIsNull, OpNotNull:
		return (v == nil) == (c.Asks == OpIsNull)
	case OpIn, OpNotIn:
		return slices.ContainsFunc(c.Values, is) == (c.Asks == OpIn)
	case OpContains:
		return includes(v, decode(c.Values[0].(string)), true)
	}
	a, number := v.(json.Number)
	b, limit := decode(c.Values[0].(string)).(json.Number)
	if !number || !limit {
		return false
	}
	order := rational(a).Cmp(rational(b))
	return map[Op]bool{OpLT: order < 0, OpLTE: order <= 0, OpGT: order > 0, OpGTE: order >= 0}[c.Asks]
}

// decode reads a document with all digits of its numbers, nil what is none.
func decode(text string) (v any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// follow goes from a document to the value at a path, as Postgres' operator #> does.
func follow(v any, path []string) (any, bool) {
	for _, key := range path {
		switch container := v.(type) {
		case map[string]any:
			next, ok := container[key]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, err := strconv.Atoi(key)
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

func rational(n json.Number) *big.Rat {
	r, _ := new(big.Rat).SetString(n.String()) // a number of JSON is one
	return r
}

// same compares two values as Postgres' jsonb: numbers by what they are.
func same(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && rational(a).Cmp(rational(b)) == 0
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, same)
	}
	return reflect.DeepEqual(a, b)
}

// includes is Postgres' operator @>; see [Place.Contains]. A list at the root includes a single value
// too.
func includes(a, b any, root bool) bool {
	switch a := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		for key := range other {
			v, has := a[key]
			ok = ok && has && includes(v, other[key], false)
		}
		return ok
	case []any:
		other, ok := b.([]any)
		if _, object := b.(map[string]any); !ok && root && !object {
			other, ok = []any{b}, true
		}
		return ok && !slices.ContainsFunc(other, func(item any) bool {
			return !slices.ContainsFunc(a, func(v any) bool { return includes(v, item, false) })
		})
	}
	return same(a, b)
}
