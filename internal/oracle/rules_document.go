package oracle

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
)

// hasElement evaluates a condition of a rule on an array.
func (w *World) hasElement(e *entity.Entity, c rule.Cond, row Row) bool {
	stored, ok := row[c.Name].(array)
	element, err := w.parse(e.FieldByColumn(c.Name).Item, c.Values[0])
	if err != nil {
		panic(err)
	}
	return ok && stored.has(element)
}

// atPathOf evaluates a condition of a rule on a value in a document.
func (w *World) atPathOf(c rule.Cond, row Row) bool {
	var found any
	text, exists := row[c.Name].(string)
	if exists {
		path := make([]any, len(c.Path))
		for i, key := range c.Path {
			path[i] = key
		}
		found, exists = at(readDocument(text), path)
	}
	values := make([]any, len(c.Values))
	for i, v := range c.Values {
		values[i] = readDocument(v.(string))
	}
	var ev evaluation
	switch c.Asks {
	case rule.OpExists:
		return exists
	case rule.OpIsNull, rule.OpNotNull:
		return ev.atPath(entity.PathIsNull, found, exists, c.Asks == rule.OpIsNull) == yes
	case rule.OpIn, rule.OpNotIn:
		return ev.atPath(map[rule.Op]entity.PathOp{rule.OpIn: entity.PathIn, rule.OpNotIn: entity.PathNotIn}[c.Asks], found, exists, values) == yes
	}
	return ev.atPath(asked[c.Asks], found, exists, values[0]) == yes
}

// asked are the operators of filters that compare with one value.
var asked = map[rule.Op]entity.PathOp{
	rule.OpContains: entity.PathContains, rule.OpLT: entity.PathLT, rule.OpLTE: entity.PathLTE, rule.OpGT: entity.PathGT, rule.OpGTE: entity.PathGTE,
}

// ofElement is a condition on an array, mostly one of elements that rows have.
func (g *Rules) ofElement(e *entity.Entity, f *entity.Field) rule.Cond {
	rows := g.World.rows(e)
	if len(rows) == 0 {
		return rule.IsNull(f.Column)
	}
	values, _ := rows[g.Rand.IntN(len(rows))][f.Column].(array)
	if len(values) == 0 {
		return rule.NotNull(f.Column)
	}
	if v := ruleConstant(pick(g.Rand, values)); v != nil {
		return rule.Cond{Op: rule.OpContains, Name: f.Column, Values: []any{v}}
	}
	return rule.NotNull(f.Column)
}

// ofDocument is a condition on what is in a document: of a place that some row has, with the value there
// or another one.
func (g *Rules) ofDocument(e *entity.Entity, f *entity.Field) rule.Cond {
	var v any
	path := []string{}
	if rows := g.World.rows(e); len(rows) > 0 {
		if text, ok := rows[g.Rand.IntN(len(rows))][f.Column].(string); ok {
			path, v = g.into(readDocument(text), path)
		}
	}
	if g.Rand.IntN(4) == 0 {
		path = append(path, pick(g.Rand, []string{"n", "0", "-1", `a"\`, ""}))
	}
	at := rule.At(f.Column, path...)
	if g.Rand.IntN(3) == 0 {
		v = readDocument(pick(g.Rand, documentValues))
	}
	other := json.RawMessage(pick(g.Rand, documentValues))
	limit := v
	switch v.(type) {
	case string, json.Number:
	default:
		limit = pick(g.Rand, []any{1, "a"})
	}
	return pick(g.Rand, []rule.Cond{
		at.Is(v), at.In(v, other), at.NEQ(v), at.NotIn(other, v), at.Exists(), at.IsNull(), at.NotNull(), at.Contains(v), at.Contains(other),
		at.LT(limit), at.LTE(limit), at.GT(limit), at.GTE(limit),
	})
}

// into goes on to a value in another one, or stays.
func (g *Rules) into(v any, path []string) ([]string, any) {
	switch container := v.(type) {
	case map[string]any:
		if keys := slices.Sorted(maps.Keys(container)); len(keys) > 0 && g.Rand.IntN(5) > 0 {
			key := pick(g.Rand, keys)
			return g.into(container[key], append(path, key))
		}
	case []any:
		if len(container) > 0 && g.Rand.IntN(3) > 0 {
			i := g.Rand.IntN(len(container))
			return g.into(container[i], append(path, strconv.Itoa(i-len(container)*g.Rand.IntN(2))))
		}
	}
	return path, v
}
