package oracle

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

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
	zone *time.Location
}

// shown is what a group shows of its keys, by the field of its key.
type shown map[string]any

// groupBy answers the field of that name: the groups of a whole list.
func (ev *evaluation) groupBy(f *collected, e *entity.Entity, rows []neighbour) any {
	args := ev.args(f.Field)
	keys := ev.groupKeys(e, args["keys"])
	having := ev.object(args["having"])
	groups := slices.DeleteFunc(ev.groups(keys, rows), func(g *group) bool { return ev.having(e, g, having) != yes })
	order := ev.groupOrder(e, keys, args["orderBy"])
	slices.SortFunc(groups, func(a, b *group) int { return ev.compareGroups(a, b, order) })
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
		k.zone = time.UTC
		if name, ok := in["timeZone"].(string); ok {
			var err error
			if k.zone, err = time.LoadLocation(name); err != nil || k.unit == "" {
				ev.fail("the zone %s: %v", name, err)
				k.zone = time.UTC
			}
		}
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
				v = truncated(v, k.unit, k.zone)
			}
			values[i] = grouped(v)
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

// totals answers key or a function such as min.
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
			t := e.Total(entity.Function(f.Name), cf.Name)
			v = shownTotal(e, t, ev.total(t, rows))
		}
		out = append(out, Member{cf.key, v})
	}
	return out
}
