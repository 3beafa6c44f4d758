package oracle

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
)

// groupOrder is one key by which groups are ordered: a total, or a key of the grouping.
type groupOrder struct {
	total            *entity.Total
	key              int
	desc, nullsFirst bool
}

// groupOrder reads the ordering of groups. The keys that it does not name come last, ascending.
func (ev *evaluation) groupOrder(e *entity.Entity, keys []groupKey, given any) []groupOrder {
	var out []groupOrder
	for _, item := range ev.list(given) {
		in := ev.object(item)
		name := fmt.Sprint(in["field"])
		o := groupOrder{total: e.TotalByName(name), desc: in["direction"] == "DESC"}
		if o.nullsFirst = o.desc; in["nulls"] != nil {
			o.nullsFirst = in["nulls"] == "FIRST"
		}
		if o.total == nil {
			o.key = slices.IndexFunc(keys, func(k groupKey) bool { return entity.KeyOrder+k.Name == name })
		}
		if o.key < 0 {
			ev.fail("%s is no key of the grouping", name)
			continue
		}
		out = append(out, o)
	}
	for i := range keys {
		out = append(out, groupOrder{key: i}) // for the second time it does not matter
	}
	return out
}

func (ev *evaluation) compareGroups(a, b *group, order []groupOrder) int {
	for _, o := range order {
		x, y := a.values[o.key], b.values[o.key]
		if o.total != nil {
			x, y = ev.total(o.total, a.rows), ev.total(o.total, b.rows)
		}
		if c := compareNull(x, y, o.desc, o.nullsFirst); c != 0 {
			return c
		}
	}
	return 0
}

// having says whether a group is wanted.
func (ev *evaluation) having(e *entity.Entity, g *group, in map[string]any) truth {
	result := yes
	for key, v := range in {
		if v != nil {
			result = min(result, ev.havingTerm(e, g, key, v))
		}
	}
	return result
}

func (ev *evaluation) havingTerm(e *entity.Entity, g *group, key string, v any) truth {
	result := yes
	switch key {
	case "not":
		return ev.having(e, g, ev.object(v)).not()
	case "and":
		for _, item := range ev.list(v) {
			result = min(result, ev.having(e, g, ev.object(item)))
		}
		return result
	case "or":
		result = no
		for _, item := range ev.list(v) {
			result = max(result, ev.having(e, g, ev.object(item)))
		}
		return result
	case "count":
		return ev.compares(e.Total("", "").Value(), int64(len(g.rows)), ev.object(v))
	}
	for name, comparison := range ev.object(v) {
		if t := e.Total(entity.Function(key), name); comparison != nil {
			result = min(result, ev.compares(t.Value(), operandOf(ev.total(t, g.rows)), ev.object(comparison)))
		}
	}
	return result
}

// operandOf is a total as it is compared with an operand: a sum of integers that fits one.
func operandOf(v any) any {
	if sum, ok := v.(*big.Int); ok {
		return sum.Int64()
	}
	return v
}

// total is a function of the values that are there, nil over none.
func (ev *evaluation) total(t *entity.Total, rows []neighbour) any {
	if t.Function == "" {
		return int64(len(rows))
	}
	var values []any
	for _, n := range rows {
		if v := ev.World.keyValue(t.Edge, t.Field, n.row); v != nil {
			values = append(values, grouped(v))
		}
	}
	if t.Function == entity.CountDistinct {
		slices.SortFunc(values, compare)
		return int64(len(slices.CompactFunc(values, func(a, b any) bool { return compare(a, b) == 0 })))
	}
	if len(values) == 0 {
		return nil
	}
	switch t.Function {
	case entity.Min:
		return slices.MinFunc(values, compare)
	case entity.Max:
		return slices.MaxFunc(values, compare)
	}
	return sumOf(t, values)
}

// sumOf is a sum or average: a *big.Int for a sum of integers, a form or quotient of decimals,
// else a float64.
func sumOf(t *entity.Total, values []any) any {
	sum, decimals := new(big.Rat), 0
	for _, v := range values {
		if f, ok := v.(form); ok {
			_, fraction, _ := strings.Cut(f.text, ".")
			v, decimals = f.text, max(decimals, len(fraction))
		}
		if real, ok := v.(float32); ok {
			v = float64(real)
		}
		r, _ := new(big.Rat).SetString(fmt.Sprint(v))
		sum.Add(sum, r)
	}
	decimal := t.Value().Type == entity.Decimal
	switch {
	case t.Function == entity.Avg:
		sum.Quo(sum, big.NewRat(int64(len(values)), 1))
		if decimal {
			return quotient{sum}
		}
	case decimal:
		return form{typ: entity.Decimal, text: sum.FloatString(decimals)}
	case sum.IsInt() && t.Value().Type == entity.BigInt:
		return sum.Num()
	}
	float, _ := sum.Float64()
	return float
}

// shownTotal is a total as the API shows it.
func shownTotal(e *entity.Entity, t *entity.Total, v any) any {
	switch v := v.(type) {
	case *big.Int:
		return v.String()
	case int64:
		if t.Function == entity.CountDistinct {
			return json.Number(strconv.FormatInt(v, 10))
		}
	}
	return output(e, t.Value().Type, v)
}
