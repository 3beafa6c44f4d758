package planner

import (
	"github.com/entgraph/entgraph/internal/entity"
)

// rangeOps are the operators that compare two ranges. With the ones for a value and for equality
// they are those that a GiST index serves.
var rangeOps = map[entity.Op]string{
	entity.Covers: " @> ", entity.Within: " <@ ", entity.Overlaps: " && ", entity.Before: " << ", entity.After: " >> ",
}

// isOfRange reports whether a filter asks how a range lies to something.
func isOfRange(f *entity.Filter) bool {
	return f.Field.Type.Kind().Bound != 0 && !f.Op.Compares()
}

// compareRange is a condition on how a range lies to another one or to a value, or whether it
// is empty: = 'empty' is what an index finds, isempty is not.
func (s *statement) compareRange(expr string, f *entity.Filter, v any) (string, error) {
	k := f.Field.Type.Kind()
	operand, typ := k.Operand, f.Field.Type
	switch {
	case f.Op == entity.IsEmpty && v == false:
		return expr + " <> 'empty'", nil
	case f.Op == entity.IsEmpty:
		return expr + " = 'empty'", nil
	case f.Op == entity.Contains:
		operand, typ = k.Bound.Kind().Operand, k.Bound
	}
	value, err := operand(v)
	if err != nil {
		return "", badInput(s.asks, "%s %s", f.Name, err)
	}
	if f.Op == entity.Contains { // of exactly the type of the bounds: Postgres casts neither
		return expr + " @> " + cast(s.arg(value, typ), k.BoundSQL, ""), nil
	}
	return expr + rangeOps[f.Op] + s.fieldArg(value, f.Field), nil
}
