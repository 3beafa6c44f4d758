package codegen

import "github.com/entgraph/entgraph/internal/entity"

// rangeDoc says what is asked of a range.
var rangeDoc = map[entity.Op]string{
	entity.Contains: "It contains this value.",
	entity.Covers:   "It contains all of this range.",
	entity.Within:   "All of it is in this range.",
	entity.Overlaps: "It has a value in common with this range.",
	entity.Before:   "All of it is less than what is in this range.",
	entity.After:    "All of it is greater than what is in this range.",
}

// rangeOperand is the scalar that a filter compares a range with.
func rangeOperand(f *entity.Filter) string {
	if f.Op == entity.Contains {
		return f.Field.Type.Kind().Bound.Scalar()
	}
	return typeName(f.Field)
}
