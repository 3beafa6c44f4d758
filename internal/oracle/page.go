package oracle

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/entgraph/entgraph/internal/entity"
)

// ordering is a total order of an entity's rows.
type ordering struct {
	entity *entity.Entity
	keys   []orderKey
	given  any // the argument orderBy, to ask the server for its cursors
	// search is what the list is searched for when a key is by relevance, which only
	// what is found has.
	search any
	found  finds
}

type orderKey struct {
	*entity.Order
	desc, nullsFirst bool
}

// ordering reads the arguments of a list. The id is the last key, ascending, unless it
// is given; keys after it cannot matter.
func (ev *evaluation) ordering(e *entity.Entity, args map[string]any) *ordering {
	o := &ordering{entity: e, given: args["orderBy"]}
	for _, item := range ev.list(o.given) {
		in := ev.object(item)
		key := orderKey{Order: e.OrderByName(fmt.Sprint(in["field"])), desc: in["direction"] == "DESC"}
		key.nullsFirst = key.desc
		if in["nulls"] != nil {
			key.nullsFirst = in["nulls"] == "FIRST"
		}
		o.keys = append(o.keys, key)
		if key.Relevance {
			if o.search = ev.object(args["where"])[entity.SearchFilter]; o.search == nil {
				ev.fail("the order %s needs a search", key.Name)
				return o
			}
			o.found = ev.found(e, o.search)
		}
		if key.Name == "ID" {
			return o
		}
	}
	o.keys = append(o.keys, orderKey{Order: e.OrderByName("ID")})
	return o
}

// name is the same for equal orderings.
func (o *ordering) name() string {
	name := o.entity.Name
	for _, k := range o.keys {
		name += fmt.Sprintf(" %s %t %t", k.Name, k.desc, k.nullsFirst)
	}
	if o.search != nil {
		name += fmt.Sprintf(" %q", o.search)
	}
	return name
}

func (w *World) compare(o *ordering, a, b Row) int {
	for _, k := range o.keys {
		if c := compareNull(w.orderValue(o, k, a), w.orderValue(o, k, b), k.desc, k.nullsFirst); c != 0 {
			return c
		}
	}
	return 0
}

func (w *World) orderValue(o *ordering, k orderKey, row Row) any {
	switch {
	case k.Relevance: // the best first
		return -o.found[IDOf(o.entity, row)]
	case k.Count():
		return int64(len(w.neighbours(k.Edge, row)))
	}
	return w.keyValue(k.Edge, k.Field, row)
}

// page is a part of a list.
type page struct {
	order      *ordering
	rows       []neighbour
	prev, next bool
}

// connection answers a to-many field, whose edge is nil at the root.
func (ev *evaluation) connection(f *collected, e *entity.Entity, edge *entity.Edge, rows []neighbour) any {
	args := ev.args(f.Field)
	filter := ev.object(args["where"])
	rows = slices.DeleteFunc(slices.Clone(rows), func(n neighbour) bool { return ev.where(e, n.row, filter) != yes })
	pg := ev.page(e, args, rows)
	typ := f.Definition.Type.Name()
	out := Object{}
	for _, cf := range ev.collect(typ, f.sets) {
		out = append(out, Member{cf.key, ev.part(cf, typ, e, edge, rows, pg)})
	}
	return out
}

// part answers one field of a connection.
func (ev *evaluation) part(f *collected, typ string, e *entity.Entity, edge *entity.Edge, rows []neighbour, pg *page) any {
	list := List{}
	switch f.Name {
	case "__typename":
		return typ
	case "totalCount":
		return json.Number(strconv.Itoa(len(rows)))
	case "pageInfo":
		return ev.pageInfo(f, pg)
	case "aggregate":
		return ev.group(f, e, rows, nil)
	case "groupBy":
		return ev.groupBy(f, e, rows)
	case "nodes":
		for _, n := range pg.rows {
			list = append(list, ev.entity(e, n.row, f.sets))
		}
		return list
	case "edges":
		for _, n := range pg.rows {
			list = append(list, ev.edge(f, e, edge, pg.order, n))
		}
		return list
	}
	ev.fail("a connection has no field %s", f.Name)
	return nil
}

// page orders a list and cuts the page out of it. Source: the Relay Cursor
// Connections specification, section 4.
func (ev *evaluation) page(e *entity.Entity, args map[string]any, rows []neighbour) *page {
	pg := &page{order: ev.ordering(e, args), rows: slices.Clone(rows)}
	slices.SortFunc(pg.rows, func(a, b neighbour) int { return ev.World.compare(pg.order, a.row, b.row) })
	first, hasFirst := ev.integer(args["first"])
	last, hasLast := ev.integer(args["last"])
	offset, hasOffset := ev.integer(args["offset"])
	if hasFirst && hasLast || hasOffset && (hasLast || args["after"] != nil || args["before"] != nil) {
		ev.fail("arguments exclude each other")
	}
	if args["after"] != nil {
		row := ev.cursorRow(pg.order, args["after"])
		pg.prev = true
		pg.rows = slices.DeleteFunc(pg.rows, func(n neighbour) bool { return ev.World.compare(pg.order, n.row, row) <= 0 })
	}
	if args["before"] != nil {
		row := ev.cursorRow(pg.order, args["before"])
		pg.next = true
		pg.rows = slices.DeleteFunc(pg.rows, func(n neighbour) bool { return ev.World.compare(pg.order, n.row, row) >= 0 })
	}
	if offset > 0 {
		pg.prev = true
		pg.rows = pg.rows[min(offset, len(pg.rows)):]
	}
	if !hasFirst {
		first = ev.DefaultPage
	}
	switch n := len(pg.rows); {
	case hasLast && n > last:
		pg.rows, pg.prev = pg.rows[n-last:], true
	case !hasLast && n > first:
		pg.rows, pg.next = pg.rows[:first], true
	}
	return pg
}

// cursorRow is the row that a cursor stands for; any row after a failure.
func (ev *evaluation) cursorRow(o *ordering, text any) Row {
	row := ev.cursors.row(o, fmt.Sprint(text))
	if row == nil {
		ev.fail("%v is not a known cursor of the ordering %s", text, o.name())
		return ev.World.rows(o.entity)[0]
	}
	return row
}

func (ev *evaluation) pageInfo(f *collected, pg *page) any {
	out := Object{}
	for _, cf := range ev.collect("PageInfo", f.sets) {
		var v any
		switch cf.Name {
		case "__typename":
			v = "PageInfo"
		case "hasNextPage":
			v = pg.next
		case "hasPreviousPage":
			v = pg.prev
		case "startCursor":
			if len(pg.rows) > 0 {
				v = cursorOf{pg.order, pg.rows[0].row}
			}
		case "endCursor":
			if n := len(pg.rows); n > 0 {
				v = cursorOf{pg.order, pg.rows[n-1].row}
			}
		}
		out = append(out, Member{cf.key, v})
	}
	return out
}

// edge answers an entry of edges; what is neither cursor nor node is of the link.
func (ev *evaluation) edge(f *collected, e *entity.Entity, edge *entity.Edge, o *ordering, n neighbour) any {
	typ := f.Definition.Type.Name()
	out := Object{}
	for _, cf := range ev.collect(typ, f.sets) {
		var v any
		switch cf.Name {
		case "__typename":
			v = typ
		case "cursor":
			v = cursorOf{o, n.row}
		case "node":
			v = ev.entity(e, n.row, cf.sets)
		default:
			column := edge.ThroughType.FieldByName(cf.Name)
			v = output(edge.ThroughType, column.Type, n.link[column.Column])
		}
		out = append(out, Member{cf.key, v})
	}
	return out
}
