package planner

import (
	"github.com/entgraph/entgraph/internal/entity"
)

// edgeCount is a condition on how many entities there are at a to-many edge, those alone that
// a filter lets through. It counts no further than the answer can change.
func (s *statement) edgeCount(f *entity.Filter, alias string, in map[string]any, at position) (string, error) {
	number := &entity.Field{Name: f.Name, Type: entity.Int}
	test, err := s.comparison("count(*)", f.Name, number, in)
	if err != nil || test == "TRUE" {
		return test, err
	}
	t := s.next()
	from, cond := s.neighbours(f.Edge, alias, t)
	if where := inputObject(in["where"]); len(where) > 0 {
		inner, err := s.all(t, f.Edge.Target, where, position{depth: at.depth + 1, edges: at.edges + 1, inner: true})
		if err != nil {
			return "", err
		}
		cond += " AND " + inner
	}
	most := s.arg(enough(number, in), entity.BigInt)
	return "(SELECT " + test + " FROM (SELECT FROM " + from + " WHERE " + cond + " LIMIT " + most + ") c)", nil
}

// enough is a number beyond all with which a count is compared: whether there are so many or
// more is all the same.
func enough(f *entity.Field, in map[string]any) int64 {
	most := int64(0)
	for _, op := range f.Ops() {
		if in[op.Key()] == nil {
			continue
		}
		for _, v := range entity.Items(in[op.Key()]) {
			if n, err := f.Operand(v, op); err == nil {
				most = max(most, n.(int64))
			}
		}
	}
	return most + 1
}
