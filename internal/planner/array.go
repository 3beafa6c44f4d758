package planner

import (
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
)

// arrays are the operators of arrays that a GIN index serves. That x = ANY (column) asks the same
// as column @> ARRAY[x] is nothing that Postgres knows of its indexes.
var arrays = map[entity.Op]string{entity.Has: " @> ", entity.HasAll: " @> ", entity.HasAny: " && "}

// compareArray is a condition on an array and its elements.
func (s *statement) compareArray(expr string, f *entity.Filter, v any) (string, error) {
	switch {
	case f.Op == entity.IsEmpty && v == false:
		return "cardinality(" + expr + ") > 0", nil
	case f.Op == entity.IsEmpty:
		return "cardinality(" + expr + ") = 0", nil
	case f.Op == entity.Has:
		v = []any{v}
	}
	list := entity.Items(v)
	if len(list) > maxFilterList {
		return "", limit.Fixed("%s: %s has %d values, at most %d are allowed", s.asks, f.Name, len(list), maxFilterList)
	}
	values := make([]any, len(list))
	for i, item := range list {
		value, err := f.Field.ItemOperand(item)
		switch {
		case err != nil && f.Op == entity.Has:
			return "", badInput(s.asks, "%s %s", f.Name, err)
		case err != nil:
			return "", badInput(s.asks, "%s[%d] %s", f.Name, i, err)
		}
		values[i] = value
	}
	op, ok := arrays[f.Op]
	if !ok {
		op = comparisons[f.Op]
	}
	return expr + op + s.list(values, f.Field.Item), nil
}
