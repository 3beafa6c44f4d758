package planner

import (
	"errors"
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
)

var (
	errNoTime = errors.New("only a time or a day can be truncated")
	errNoZone = errors.New("only a point in time has a time zone: leave timeZone out")
	errNoUnit = errors.New("timeZone needs truncate: say what the time is cut to")
)

// maxHaving bounds the comparisons of one having; the sum of a float is a long text.
const maxHaving = 20

// having compiles a condition on groups, with a leading HAVING; "" for one that is empty.
func (s *statement) having(e *entity.Entity, in map[string]any) (string, error) {
	if len(in) == 0 {
		return "", nil
	}
	s.asks = "having"
	cond, err := s.groupCond(e, in, 0)
	s.asks = "where"
	return " HAVING " + cond, err
}

// groupCond is the conjunction of the keys of a HavingInput. A null value counts as absent.
func (s *statement) groupCond(e *entity.Entity, in map[string]any, depth int) (string, error) {
	if depth > maxFilterDepth {
		return "", limit.Fixed("having: conditions may be nested at most %d deep", maxFilterDepth)
	}
	var conds []string
	for _, key := range given(in) {
		cond, err := s.groupTerm(e, key, in[key], depth)
		if err != nil {
			return "", err
		}
		conds = append(conds, cond)
	}
	return conjunction(conds), nil
}

func conjunction(conds []string) string {
	if len(conds) == 0 {
		return "TRUE"
	}
	return "(" + strings.Join(conds, " AND ") + ")"
}

func (s *statement) groupTerm(e *entity.Entity, key string, v any, depth int) (string, error) {
	switch key {
	case "not":
		inner, err := s.groupCond(e, inputObject(v), depth+1)
		return "NOT " + inner, err
	case "and":
		return s.eachGroup(e, v, depth+1, " AND ", "TRUE")
	case "or":
		return s.eachGroup(e, v, depth+1, " OR ", "FALSE")
	case "count":
		return s.totalCond(e.Total("", ""), inputObject(v))
	}
	var conds []string
	fields := inputObject(v)
	for _, name := range given(fields) {
		t := e.Total(entity.Function(key), name)
		if t == nil {
			return "", badInput("having", "%s.%s is not a total", key, name)
		}
		cond, err := s.totalCond(t, inputObject(fields[name]))
		if err != nil {
			return "", err
		}
		conds = append(conds, cond)
	}
	return conjunction(conds), nil
}

// eachGroup joins the conditions of a list; empty is the meaning of none.
func (s *statement) eachGroup(e *entity.Entity, v any, depth int, op, empty string) (string, error) {
	var conds []string
	for _, item := range entity.Items(v) {
		cond, err := s.groupCond(e, inputObject(item), depth)
		if err != nil {
			return "", err
		}
		conds = append(conds, cond)
	}
	if len(conds) == 0 {
		return empty, nil
	}
	return "(" + strings.Join(conds, op) + ")", nil
}

// totalCond compares a total.
func (s *statement) totalCond(t *entity.Total, in map[string]any) (string, error) {
	if s.filter.having += len(given(in)); s.filter.having > maxHaving {
		return "", limit.Fixed("having: at most %d comparisons are allowed", maxHaving)
	}
	name := "count"
	if t.Function != "" {
		name = string(t.Function) + "." + t.Key
	}
	return s.comparison(s.total(t), name, t.Value(), in)
}

// comparison is the conjunction of the keys of a comparison such as IntComparison, of an
// expression with the type of a field.
func (s *statement) comparison(expr, name string, f *entity.Field, in map[string]any) (string, error) {
	var conds []string
	for _, op := range f.Ops() {
		v := in[op.Key()]
		if v == nil || !op.Compares() {
			continue
		}
		cond, err := s.compare(expr, &entity.Filter{Name: name + "." + op.Key(), Field: f, Op: op}, v)
		if err != nil {
			return "", err
		}
		conds = append(conds, cond)
	}
	return conjunction(conds), nil
}
