package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
)

// maxGroupKeys bounds the keys of one grouping.
const maxGroupKeys = 8

// grouping is the bound arguments of groupBy.
type grouping struct {
	keys          []groupKey
	order         []groupOrder
	having        map[string]any
	limit, offset int
}

// groupKey is one bound key of a grouping.
type groupKey struct {
	*entity.GroupKey
	unit string // of date_trunc; "" keeps the value
	zone string // in which it is cut; "" is UTC
}

// groupOrder is one key by which groups are ordered: a total, or one of their own keys.
type groupOrder struct {
	total            *entity.Total
	key              int // of the grouping, without a total
	desc, nullsFirst bool
}

// units are the values of the SDL's TimeUnit.
var units = map[string]string{
	"HOUR": "hour", "DAY": "day", "WEEK": "week", "MONTH": "month", "QUARTER": "quarter", "YEAR": "year",
}

// bindGroups reads the arguments of groupBy.
func (p *Planner) bindGroups(e *entity.Entity, args map[string]any) (g grouping, err error) {
	if g.keys, err = bindGroupKeys(e, entity.Items(args["keys"])); err != nil {
		return g, err
	}
	first, given, err := intArg(args, "first")
	if err != nil {
		return g, err
	}
	if g.limit = p.opts.DefaultPage; given {
		g.limit = first
	}
	if most := p.opts.MaxPage; g.limit > most {
		return g, limit.Exceeded("PAGE_SIZE_MAX", int64(most), "%d groups are too many, at most %d are allowed: page with first and offset", g.limit, most)
	}
	if g.offset, _, err = intArg(args, "offset"); err != nil {
		return g, err
	}
	g.having = inputObject(args["having"])
	g.order, err = bindGroupOrder(e, g.keys, args["orderBy"])
	return g, err
}

// badKey refuses one of the keys of a grouping.
func badKey(i int, format string, args ...any) error {
	return &entity.InputError{Fields: []entity.FieldError{{Path: []any{"keys", i}, Message: fmt.Sprintf(format, args...)}}}
}

func bindGroupKeys(e *entity.Entity, list []any) ([]groupKey, error) {
	switch {
	case len(list) == 0:
		return nil, badInput("keys", "must name at least one key")
	case len(list) > maxGroupKeys:
		return nil, limit.Fixed("keys: at most %d are allowed", maxGroupKeys)
	}
	var keys []groupKey
	seen := map[string]bool{}
	for i, item := range list {
		in := inputObject(item)
		name, _ := in["field"].(string)
		k := groupKey{GroupKey: e.GroupKeyByName(name)}
		if k.GroupKey == nil {
			return nil, badKey(i, "%q is not a field to group by", name)
		}
		if seen[name] {
			// A group shows one value for each field.
			return nil, badKey(i, "%s is a key already", name)
		}
		seen[name] = true
		if err := k.bindTime(in); err != nil {
			return nil, badKey(i, "%s", err)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// bindTime reads what a time is cut to. The error is for the client.
func (k *groupKey) bindTime(in map[string]any) error {
	unit, cut := in["truncate"].(string)
	zone, zoned := in["timeZone"].(string)
	switch {
	case cut && !k.Field.Type.Kind().Truncated:
		return errNoTime
	case zoned && k.Field.Type != entity.Time:
		return errNoZone
	case zoned && !cut:
		return errNoUnit
	}
	k.unit = units[unit]
	if !zoned {
		return nil
	}
	var err error
	k.zone, err = entity.ParseTimeZone(zone)
	return err
}

// bindGroupOrder reads the ordering of groups. What is ordered by for the second time cannot
// matter and is dropped. The keys that are not named come last, ascending, so that every order
// is total.
func bindGroupOrder(e *entity.Entity, keys []groupKey, v any) ([]groupOrder, error) {
	var list []any
	if v != nil {
		list = entity.Items(v)
	}
	if len(list) > maxOrderKeys {
		return nil, limit.Fixed("orderBy: at most %d keys are allowed", maxOrderKeys)
	}
	var order []groupOrder
	seen := map[string]bool{}
	for _, item := range list {
		in, ok := item.(map[string]any)
		if !ok {
			return nil, badInput("orderBy", "must be a list of orders")
		}
		name, _ := in["field"].(string)
		o := groupOrder{total: e.TotalByName(name)}
		if o.total == nil {
			if o.key = keyOrder(keys, name); o.key < 0 {
				return nil, badInput("orderBy", "%q is neither a total nor a key of the grouping: name it in keys too", name)
			}
		}
		var err error
		if o.desc, o.nullsFirst, err = bindDirection(in); err != nil {
			return nil, err
		}
		if !seen[name] {
			seen[name] = true
			order = append(order, o)
		}
	}
	for i, k := range keys {
		if !seen[entity.KeyOrder+k.Name] {
			order = append(order, groupOrder{key: i})
		}
	}
	return order, nil
}

// keyOrder is the key of a grouping that a value of the GroupOrderField enum names, -1 for
// none.
func keyOrder(keys []groupKey, name string) int {
	key, is := strings.CutPrefix(name, entity.KeyOrder)
	if !is {
		return -1
	}
	return slices.IndexFunc(keys, func(k groupKey) bool { return k.Name == key })
}

// groupText is the SQL of a grouping: its expressions, and how groups are ordered,
// inside and once more outside of a lateral join, by columns of its own.
type groupText struct {
	names, exprs, columns, order, outer []string
	having                              string
}

// key is the SQL of a key that the client selects; NULL for one not grouped by.
func (t *groupText) key(c column) string {
	if i := slices.Index(t.names, c.expr); i >= 0 {
		return t.exprs[i]
	}
	return "NULL::" + c.field.SQL()
}

// groupText gives a grouping its SQL.
func (s *statement) groupText(e *entity.Entity, g grouping) (*groupText, error) {
	t := &groupText{}
	for _, k := range g.keys {
		t.names, t.exprs = append(t.names, k.Name), append(t.exprs, s.groupKey(k))
	}
	for i, o := range g.order {
		expr, nullable := "", false
		if o.total != nil {
			expr, nullable = s.total(o.total), o.total.Nullable()
		} else {
			expr, nullable = t.exprs[o.key], g.keys[o.key].Nullable()
		}
		place := direction(o.desc, o.nullsFirst, nullable)
		t.columns = append(t.columns, expr+" AS o"+itoa(i))
		t.order, t.outer = append(t.order, expr+place), append(t.outer, "p.o"+itoa(i)+place)
	}
	var err error
	t.having, err = s.having(e, g.having)
	return t, err
}

// groupKey is the SQL of a key.
func (s *statement) groupKey(k groupKey) string {
	alias := "e0"
	if k.Edge != nil {
		alias = s.join("e0", k.Edge)
	}
	expr := fieldExpr(alias, k.Field)
	switch {
	case k.Field.Type == entity.Citext:
		return cast(lowerCase(expr), k.Field.Native, "")
	case k.unit == "":
		return expr
	case k.zone == "":
		// The sessions are in UTC; naming it would look the zone up for each row.
		return cast("date_trunc('"+k.unit+"', "+expr+")", k.Field.Cast(), "")
	}
	return "date_trunc('" + k.unit + "', " + expr + ", " + s.arg(k.zone, entity.String) + ")"
}
