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

// group is the rows that have the values of the keys in common.
type group struct {
	values []any
	rows   []neighbour
}

// groupKey is one key of a grouping.
type groupKey struct {
	*entity.GroupKey
	unit string
}

// shown is what a group shows of its keys, by the field of its key.
type shown map[string]any

// groupBy answers the field of that name: the groups of a whole list.
func (ev *evaluation) groupBy(f *collected, e *entity.Entity, rows []neighbour) any {
	args := ev.args(f.Field)
	keys := ev.groupKeys(e, args["keys"])
	groups := ev.groups(keys, rows)
	order := fmt.Sprint(args["orderBy"])
	slices.SortFunc(groups, func(a, b *group) int { return compareGroups(a, b, order) })
	offset, _ := ev.integer(args["offset"])
	first, given := ev.integer(args["first"])
	if !given {
		first = ev.DefaultPage
	}
	groups = groups[min(offset, len(groups)):]
	groups = groups[:min(first, len(groups))]
	list := List{}
	for _, g := range groups {
		values := shown{}
		for i, k := range keys {
			values[k.Key] = output(e, k.Field.Type, g.values[i])
		}
		list = append(list, ev.group(f, e, g.rows, values))
	}
	return list
}

func (ev *evaluation) groupKeys(e *entity.Entity, given any) []groupKey {
	var keys []groupKey
	for _, item := range ev.list(given) {
		in := ev.object(item)
		k := groupKey{GroupKey: e.GroupKeyByName(fmt.Sprint(in["field"]))}
		k.unit, _ = in["truncate"].(string)
		if k.unit != "" && !k.Field.Type.Kind().Truncated {
			ev.fail("only a time can be truncated")
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		ev.fail("a grouping has no keys")
	}
	return keys
}

func (ev *evaluation) groups(keys []groupKey, rows []neighbour) []*group {
	var groups []*group
	for _, n := range rows {
		values := make([]any, len(keys))
		for i, k := range keys {
			v := ev.World.keyValue(k.Edge, k.Field, n.row)
			if k.unit != "" {
				v = truncated(v, k.unit)
			}
			values[i] = v
		}
		i := slices.IndexFunc(groups, func(g *group) bool { return slices.Equal(g.values, values) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &group{values: values})
		}
		groups[i].rows = append(groups[i].rows, n)
	}
	return groups
}

// compareGroups orders by the keys, nulls last when ascending, or by size first.
func compareGroups(a, b *group, order string) int {
	size := len(a.rows) - len(b.rows)
	switch {
	case order == "COUNT_ASC" && size != 0:
		return size
	case order == "COUNT_DESC" && size != 0:
		return -size
	}
	desc := order == "KEY_DESC"
	for i := range a.values {
		if c := compareNull(a.values[i], b.values[i], desc, desc); c != 0 {
			return c
		}
	}
	return 0
}

// group answers the selections on an aggregate, or with keys on a group.
func (ev *evaluation) group(f *collected, e *entity.Entity, rows []neighbour, keys shown) any {
	typ := f.Definition.Type.Name()
	out := Object{}
	for _, cf := range ev.collect(typ, f.sets) {
		var v any
		switch cf.Name {
		case "__typename":
			v = typ
		case "count":
			v = json.Number(strconv.Itoa(len(rows)))
		default:
			v = ev.totals(cf, e, rows, keys)
		}
		out = append(out, Member{cf.key, v})
	}
	return out
}

// totals answers key, min, max, avg or sum.
func (ev *evaluation) totals(f *collected, e *entity.Entity, rows []neighbour, keys shown) any {
	typ := f.Definition.Type.Name()
	out := Object{}
	for _, cf := range ev.collect(typ, f.sets) {
		var v any
		switch {
		case cf.Name == "__typename":
			v = typ
		case f.Name == "key":
			v = keys[cf.Name]
		default:
			v = total(f.Name, e, e.FieldByName(cf.Name), rows)
		}
		out = append(out, Member{cf.key, v})
	}
	return out
}

// total is min, max, avg or sum of a field without its nulls, null over none.
func total(name string, e *entity.Entity, f *entity.Field, rows []neighbour) any {
	var values []any
	for _, n := range rows {
		if v := n.row[f.Column]; v != nil {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return nil
	}
	switch name {
	case "min":
		return output(e, f.Type, slices.MinFunc(values, compare))
	case "max":
		return output(e, f.Type, slices.MaxFunc(values, compare))
	}
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
	switch {
	case f.Type == entity.Decimal && name == "avg":
		return quotient{sum.Quo(sum, big.NewRat(int64(len(values)), 1))}
	case f.Type == entity.Decimal:
		return sum.FloatString(decimals)
	case name == "avg":
		sum.Quo(sum, big.NewRat(int64(len(values)), 1))
	case f.Type != entity.Float && f.Type != entity.Float32:
		return strings.TrimSuffix(sum.RatString(), "/1")
	}
	float, _ := sum.Float64()
	return approx(float)
}
