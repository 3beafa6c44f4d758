package planner

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
)

// compiler walks one selection. What it makes depends on the selection and on the
// @include and @skip in it, not on other variables, so that it can be kept.
type compiler struct {
	planner *Planner
	oc      *graphql.OperationContext
	budget  *budget
	visible *visibleTables
	plan    *plan
}

// entities compiles the selections on entities that are found by id or by a unique
// field.
func (c *compiler) entities(e *entity.Entity, lookup *entity.Field, sel ast.SelectionSet) (*plan, error) {
	l := &level{entity: e, source: fromIDs, field: lookup, rows: true}
	if lookup != nil {
		l.source = fromLookup
	}
	c.level(l)
	obj, err := c.object(l, "e0", e, sel)
	c.plan.obj = obj
	return c.finish(err)
}

// list compiles a connection at the root.
func (c *compiler) list(e *entity.Entity, f graphql.CollectedField) (*plan, error) {
	l := &level{entity: e, source: fromList, depth: 1}
	c.level(l)
	conn, err := c.connection(l, f)
	c.plan.conn = conn
	return c.finish(err)
}

// level adds a level to the plan.
func (c *compiler) level(l *level) {
	if c.plan == nil {
		c.plan = &plan{}
	}
	l.id, l.visible = len(c.plan.levels), c.visible
	c.plan.levels = append(c.plan.levels, l)
}

// finish binds the levels that no variable changes, once for all requests.
func (c *compiler) finish(err error) (*plan, error) {
	if err != nil {
		return nil, err
	}
	for _, l := range c.plan.levels {
		c.plan.statements += l.statements()
	}
	// Before statements are written that may never run.
	if most := c.planner.opts.MaxStatements; c.budget.statements+c.plan.statements > most {
		return nil, c.budget.run(c.plan.statements)
	}
	for _, l := range c.plan.levels {
		if l.variables() {
			continue
		}
		if l.static, err = c.planner.bind(l, nil, c.budget); err != nil {
			return nil, err
		}
		l.forgetArguments()
	}
	return c.plan, nil
}

// object compiles the selections on one entity, which a level has under an alias. It is also of
// the unions that are given.
func (c *compiler) object(l *level, alias string, e *entity.Entity, sel ast.SelectionSet, unions ...string) (*object, error) {
	obj := &object{present: always}
	fields, err := c.collect(sel, append(unions, e.Name, "Node")...)
	if err != nil {
		return nil, err
	}
	if len(unions) > 0 {
		fields = oneTypename(fields)
	}
	for _, f := range fields {
		out, err := c.field(l, alias, e, f)
		if err != nil {
			return nil, err
		}
		out.key, out.nullable = keyOf(f), !f.Definition.Type.NonNull
		obj.fields = append(obj.fields, out)
	}
	if alias != "e0" {
		obj.present = l.presence(alias, e, obj)
	}
	return obj, nil
}

func (c *compiler) field(l *level, alias string, e *entity.Entity, f graphql.CollectedField) (outField, error) {
	if f.Name == "__typename" {
		return outField{literal: quoted(e.Name)}, nil
	}
	if column := e.FieldByName(f.Name); column != nil {
		return outField{col: l.column(alias, e, column), field: column}, nil
	}
	if edge := e.EdgeByName(f.Name); edge != nil {
		return c.edge(l, alias, e, edge, f)
	}
	if o := e.OneOfByName(f.Name); o != nil {
		return c.oneOf(l, alias, o, f)
	}
	for i := range e.Computed {
		if e.Computed[i].Name == f.Name {
			out, err := c.computed(l, alias, e, &e.Computed[i])
			return outField{computed: out}, err
		}
	}
	return outField{}, fmt.Errorf("compile %s.%s: no such field", e.Name, f.Name)
}

func (c *compiler) edge(l *level, alias string, e *entity.Entity, edge *entity.Edge, f graphql.CollectedField) (outField, error) {
	if !edge.ToMany() {
		joined, err := c.join(l, alias, edge)
		if err != nil {
			return outField{}, err
		}
		one, err := c.object(l, joined, edge.Target, f.Selections)
		return outField{one: one}, err
	}
	child := &level{entity: edge.Target, source: fromKey, edge: edge, parent: l, depth: l.depth + 1}
	if edge.Link != "" {
		child.source = fromLink
	}
	if most := c.planner.opts.MaxLevels; child.depth > most {
		return outField{}, limit.Exceeded("MAX_LEVELS", int64(most), "lists are nested more than %d deep", most)
	}
	c.level(child)
	child.keyCol = l.column(alias, e, e.ID())
	conn, err := c.connection(child, f)
	if child.used() {
		l.children = append(l.children, child)
	}
	return outField{many: conn}, err
}

// oneOf compiles a field that leads along one of several edges. All of them are joined, also
// those of whose entities nothing is selected: they tell which one is there.
func (c *compiler) oneOf(l *level, alias string, o *entity.OneOf, f graphql.CollectedField) (outField, error) {
	var out outField
	for _, edge := range o.Members {
		joined, err := c.join(l, alias, edge)
		if err != nil {
			return outField{}, err
		}
		one, err := c.object(l, joined, edge.Target, f.Selections, o.Type)
		if err != nil {
			return outField{}, err
		}
		out.oneOf = append(out.oneOf, one)
	}
	return out, nil
}

// oneTypename joins what is asked of a union and of its members under one key, which gqlgen keeps
// apart. It can only be __typename, as a union has no other field.
func oneTypename(fields []graphql.CollectedField) []graphql.CollectedField {
	seen := map[string]bool{}
	return slices.DeleteFunc(fields, func(f graphql.CollectedField) bool {
		again := f.Name == "__typename" && seen[f.Alias]
		seen[f.Alias] = seen[f.Alias] || f.Name == "__typename"
		return again
	})
}

// join returns the alias under which a level joins a to-one edge.
func (c *compiler) join(l *level, from string, e *entity.Edge) (string, error) {
	alias := l.join(from, e)
	return alias, c.planner.checkJoins(l, l.joins)
}

func (c *compiler) computed(l *level, alias string, e *entity.Entity, f *declare.ComputedField) (*computed, error) {
	name := e.Name + "." + f.Name
	out := &computed{name: name, fn: c.planner.opts.Computed[name]}
	for _, need := range f.Needs {
		edge, field, err := e.Need(need)
		if err != nil {
			return nil, fmt.Errorf("compile %s: %w", name, err)
		}
		if edge == nil {
			out.cols = append(out.cols, l.column(alias, e, field))
			continue
		}
		joined, err := c.join(l, alias, edge)
		if err != nil {
			return nil, err
		}
		out.cols = append(out.cols, l.column(joined, edge.Target, field))
	}
	return out, nil
}

// connection compiles a to-many field.
func (c *compiler) connection(l *level, f graphql.CollectedField) (*connection, error) {
	l.list = argumentsOf(f)
	conn := &connection{level: l}
	fields, err := c.collect(f.Selections, f.Definition.Type.Name())
	if err != nil {
		return nil, err
	}
	for _, cf := range fields {
		out := connField{key: keyOf(cf)}
		switch cf.Name {
		case "__typename":
			out.literal = quoted(f.Definition.Type.Name())
		case "totalCount":
			out.kind, l.count = connTotal, true
		case "aggregate", "groupBy":
			out.kind = connAggregate
			out.aggregate, err = c.aggregate(l, cf)
		case "nodes":
			out.kind, l.rows = connNodes, true
			out.node, err = c.object(l, "e0", l.entity, cf.Selections)
		case "pageInfo":
			out.kind, l.rows = connPageInfo, true
			out.info, err = c.pageInfo(l, cf)
		case "edges":
			out.kind, l.rows = connEdges, true
			out.edge, err = c.edges(l, cf)
		default:
			err = fmt.Errorf("compile %s: no such field", cf.Name)
		}
		if err != nil {
			return nil, err
		}
		conn.fields = append(conn.fields, out)
	}
	return conn, nil
}

func (c *compiler) edges(l *level, f graphql.CollectedField) ([]edgeField, error) {
	typ := f.Definition.Type.Name()
	var fields []edgeField
	collected, err := c.collect(f.Selections, typ)
	if err != nil {
		return nil, err
	}
	for _, cf := range collected {
		out := edgeField{key: keyOf(cf)}
		switch cf.Name {
		case "__typename":
			out.literal = quoted(typ)
		case "cursor":
			out.cursor, l.cursors = true, true
		case "node":
			out.node, err = c.object(l, "e0", l.entity, cf.Selections)
		default:
			link := l.edge.ThroughType
			out.col, out.nullable = l.column("l", link, link.FieldByName(cf.Name)), !cf.Definition.Type.NonNull
		}
		if err != nil {
			return nil, err
		}
		fields = append(fields, out)
	}
	return fields, nil
}

func (c *compiler) pageInfo(l *level, f graphql.CollectedField) ([]infoField, error) {
	var fields []infoField
	collected, err := c.collect(f.Selections, "PageInfo")
	if err != nil {
		return nil, err
	}
	for _, cf := range collected {
		out := infoField{key: keyOf(cf), name: cf.Name}
		switch cf.Name {
		case "__typename":
			out.literal = quoted("PageInfo")
		case "startCursor", "endCursor":
			l.cursors = true
		case "hasNextPage", "hasPreviousPage":
			l.more = true
		}
		fields = append(fields, out)
	}
	return fields, nil
}

func keyOf(f graphql.CollectedField) []byte { return append(quoted(f.Alias), ':') }

func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return b
}

func itoa(n int) string { return strconv.Itoa(n) }
