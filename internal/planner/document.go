package planner

import (
	"encoding/json"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
)

// compareDocument is a condition on a column of a document, all of it or the values at paths.
func (s *statement) compareDocument(column string, f *entity.Filter, v any) (string, error) {
	if f.Op == entity.Contains {
		value, err := s.documentArg(f.Name, v)
		return column + " @> " + value, err
	}
	var conds []string
	for i, item := range entity.Items(v) {
		cond, err := s.atPath(column, f.Name+"["+itoa(i)+"]", inputObject(item))
		if err != nil {
			return "", err
		}
		conds = append(conds, cond)
	}
	return conjunction(conds), nil
}

// documentArg adds a document as an argument.
func (s *statement) documentArg(name string, v any) (string, error) {
	text, err := entity.DocumentText(v)
	if err != nil {
		return "", badInput(s.asks, "%s %s", name, err)
	}
	return s.arg(text, entity.JSON) + "::jsonb", nil
}

// atPath is the conjunction of what is asked of the value at a path. No value can make it fail:
// all is compared as a document, and what has an order with values of its own type alone. Where
// there is no value, or one of another type, a comparison is unknown, as with NULL.
func (s *statement) atPath(column, name string, in map[string]any) (string, error) {
	keys := entity.Items(in["path"])
	if len(keys) > entity.MaxPath {
		return "", limit.Fixed("%s: %s.path has %d keys, at most %d are allowed", s.asks, name, len(keys), entity.MaxPath)
	}
	key := &entity.Field{Type: entity.String}
	for i := range keys {
		text, err := key.Operand(keys[i], entity.EQ)
		if err != nil {
			return "", badInput(s.asks, "%s.path[%d] %s", name, i, err)
		}
		keys[i] = text
	}
	value := "(" + column + " #> " + s.list(keys, key) + ")"
	var conds []string
	for _, op := range given(in) {
		if op == "path" {
			continue
		}
		if s.filter.terms++; s.filter.terms > maxFilterTerms {
			return "", limit.Fixed("%s: at most %d conditions are allowed", s.asks, maxFilterTerms)
		}
		cond, err := s.documentCond(value, name+"."+op, entity.PathOp(op), in[op])
		if err != nil {
			return "", err
		}
		conds = append(conds, cond)
	}
	return conjunction(conds), nil
}

// documentOps are the operators that compare with one value.
var documentOps = map[entity.PathOp]string{
	entity.PathEQ: " = ", entity.PathNEQ: " <> ", entity.PathContains: " @> ",
	entity.PathGT: " > ", entity.PathGTE: " >= ", entity.PathLT: " < ", entity.PathLTE: " <= ",
}

func (s *statement) documentCond(value, name string, op entity.PathOp, v any) (string, error) {
	switch op {
	case entity.PathExists:
		if v == false {
			return value + " IS NULL", nil
		}
		return value + " IS NOT NULL", nil
	case entity.PathIsNull:
		if v == false {
			return value + " <> 'null'", nil
		}
		return value + " = 'null'", nil
	case entity.PathIn, entity.PathNotIn:
		return s.documentIn(value, name, op, entity.Items(v))
	}
	sql, ok := documentOps[op]
	if !ok {
		return "", badInput(s.asks, "%s is not a condition on a value", name)
	}
	arg, err := s.documentArg(name, v)
	if err != nil || !op.Orders() {
		return value + sql + arg, err
	}
	typ := ""
	switch v.(type) {
	case string:
		typ = "string"
	case json.Number, int, int64, float64:
		typ = "number"
	default:
		return "", badInput(s.asks, "%s must be a number or a string", name)
	}
	return "CASE WHEN jsonb_typeof(" + value + ") = '" + typ + "' THEN " + value + sql + arg + " END", nil
}

func (s *statement) documentIn(value, name string, op entity.PathOp, list []any) (string, error) {
	if len(list) > maxFilterList {
		return "", limit.Fixed("%s: %s has %d values, at most %d are allowed", s.asks, name, len(list), maxFilterList)
	}
	texts := make([]any, len(list))
	for i, item := range list {
		text, err := entity.DocumentText(item)
		if err != nil {
			return "", badInput(s.asks, "%s[%d] %s", name, i, err)
		}
		texts[i] = text
	}
	args := s.list(texts, &entity.Field{Type: entity.String}) + "::jsonb[]"
	if op == entity.PathNotIn {
		return value + " <> ALL (" + args + ")", nil
	}
	return value + " = ANY (" + args + ")", nil
}
