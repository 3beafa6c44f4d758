package rule

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Place is where a value is in a document: see [At].
type Place struct {
	column string
	path   []string
}

// At is the value to which keys lead in a row's column with a document: a field.JSON of a struct, a
// map or any, kept as jsonb. A key is that of an object or the place in a list, from "0" on or, from
// the end, from "-1" on; without any it is the document itself.
//
//	rule.At("attributes", "owner", "team").Is("sales")
//	rule.At("attributes", "size", "width").LTE(10)
//	rule.At("attributes").Contains(map[string]any{"public": true})
//
// It asks what the filter of the API by path asks. Values are any that encoding/json writes, and what
// it does not write panics; they are compared as JSON: numbers exactly, 1 and 1.0 are equal. A
// document of another shape is no error. Where there is no value, no condition but the negation by
// [Not] holds, as with NULL in a column.
func At(column string, path ...string) Place { return Place{column, slices.Clone(path)} }

// Is allows everybody when the value is this one.
func (p Place) Is(value any) Cond { return p.In(value) }

// In allows everybody when the value is one of these, at least one of which must be given.
func (p Place) In(values ...any) Cond { return p.asks(OpIn, values...) }

// NEQ allows everybody when there is another value. None is no other value: see [Not].
func (p Place) NEQ(value any) Cond { return p.NotIn(value) }

// NotIn allows everybody when there is a value that is none of these, at least one of which must be
// given.
func (p Place) NotIn(values ...any) Cond { return p.asks(OpNotIn, values...) }

// LT allows everybody when the value is a lesser one of the same type: of two numbers, or of two
// texts, in the order of the database.
func (p Place) LT(value any) Cond { return p.asks(OpLT, value) }

// LTE is [Place.LT] or equal.
func (p Place) LTE(value any) Cond { return p.asks(OpLTE, value) }

// GT allows everybody when the value is a greater one; see [Place.LT].
func (p Place) GT(value any) Cond { return p.asks(OpGT, value) }

// GTE is [Place.GT] or equal.
func (p Place) GTE(value any) Cond { return p.asks(OpGTE, value) }

// IsNull allows everybody when there is a value and it is the null of JSON. That there is none, or no
// document, is Not(At(…).Exists()).
func (p Place) IsNull() Cond { return p.asks(OpIsNull) }

// NotNull allows everybody when there is a value other than null.
func (p Place) NotNull() Cond { return p.asks(OpNotNull) }

// Exists allows everybody when there is a value, which may be null.
func (p Place) Exists() Cond { return p.asks(OpExists) }

// Contains allows everybody when the value contains this one, as Postgres' operator @> says: objects
// have at least these keys, with values that contain the given ones, and lists at least these
// elements, in any order.
func (p Place) Contains(value any) Cond { return p.asks(OpContains, value) }

func (p Place) asks(op Op, values ...any) Cond {
	c := Cond{Op: OpAt, Name: p.column, Path: p.path, Asks: op}
	for _, v := range values {
		c.Values = append(c.Values, documentText(p, v))
	}
	return c
}

// documentText is a value as the text of a document, which keeps all digits of numbers.
func documentText(p Place, v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	if _, ok := v.(Moment); ok {
		err = fmt.Errorf("rule.Now is no value of JSON: keep the time in a column of its own")
	}
	if err != nil {
		panic(fmt.Sprintf("rule.At(%q, %q): %v", p.column, p.path, err))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Contains allows everybody when the row's column, an array, has the element. An array that is NULL
// has none. Of a document, [At] asks.
func Contains[T Value](column string, element T) Cond {
	return Cond{Op: OpContains, Name: column, Values: []any{constant(element)}}
}
