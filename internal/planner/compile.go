package planner

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/entity"
)

// compiler walks the selections of one operation.
type compiler struct {
	planner *Planner
	oc      *graphql.OperationContext
}

// selection compiles one selection and writes its statements.
func (c *compiler) selection(s Selection) (output, error) {
	out, err := c.output(s)
	if err != nil {
		return output{}, err
	}
	for _, l := range roots([]output{out}) {
		if err := l.build(); err != nil {
			return output{}, err
		}
	}
	return out, nil
}

func (c *compiler) output(s Selection) (output, error) {
	if s.Root == nil {
		return c.byIDs(s.Field, s.Refs)
	}
	args := s.Field.ArgumentMap(c.oc.Variables)
	switch s.Root.Kind {
	case entity.One:
		id, err := s.Root.Entity.ParseID(args["id"])
		if err != nil {
			return output{}, badInput("id", "%s", err)
		}
		out, err := c.byIDs(s.Field, []Ref{{s.Root.Entity, id}})
		return out, err
	case entity.Node:
		e, id, err := c.planner.graph.ParseID(args["id"])
		if err != nil {
			return output{}, badInput("id", "%s", err)
		}
		out, err := c.byIDs(s.Field, []Ref{{e, id}})
		return out, err
	case entity.Nodes:
		return c.nodes(s.Field, args["ids"])
	case entity.Lookup:
		return c.lookup(s, args[s.Root.Field.Name])
	default:
		l := &level{entity: s.Root.Entity, source: fromList}
		conn, err := c.connection(l, s.Field, args)
		return output{conn: conn, level: l}, err
	}
}

// byIDs reads entities by id: one level for each type among them.
func (c *compiler) byIDs(field graphql.CollectedField, refs []Ref) (output, error) {
	out := output{items: make([]item, len(refs))}
	type typed struct {
		level *level
		obj   *object
	}
	byType := map[*entity.Entity]typed{}
	for i, r := range refs {
		if r.Entity == nil {
			continue
		}
		t, ok := byType[r.Entity]
		if !ok {
			l := &level{entity: r.Entity, source: fromIDs, rows: true}
			obj, err := c.object(l, "e0", r.Entity, field.Selections)
			if err != nil {
				return output{}, err
			}
			t = typed{l, obj}
			byType[r.Entity] = t
		}
		out.items[i] = item{level: t.level, key: len(t.level.ids), obj: t.obj}
		t.level.ids = append(t.level.ids, r.ID)
	}
	return out, nil
}

// nodes reads the field nodes(ids:). A bad id makes its entry null, with an error at
// its place, and spoils no other.
func (c *compiler) nodes(field graphql.CollectedField, v any) (output, error) {
	ids, ok := v.([]any)
	if !ok {
		ids = []any{v}
	}
	if limit := c.planner.opts.MaxPage; len(ids) > limit {
		return output{}, &LimitError{Message: fmt.Sprintf("ids: %d are too many, at most %d are allowed", len(ids), limit)}
	}
	refs := make([]Ref, len(ids))
	var errs gqlerror.List
	for i, id := range ids {
		e, key, err := c.planner.graph.ParseID(id)
		if err != nil {
			// Its path is that of the entry that stays null.
			bad := &entity.InputError{Fields: []entity.FieldError{{Message: fmt.Sprintf("ids.%d: %s", i, err)}}}
			errs = append(errs, &gqlerror.Error{Err: bad, Message: bad.Error(), Path: ast.Path{ast.PathIndex(i)}})
			continue
		}
		refs[i] = Ref{e, key}
	}
	out, err := c.byIDs(field, refs)
	out.list, out.errs = true, errs
	return out, err
}

func (c *compiler) lookup(s Selection, v any) (output, error) {
	f := s.Root.Field
	value, err := f.Operand(v, entity.EQ)
	if err != nil {
		return output{}, badInput(f.Name, "%s", err)
	}
	l := &level{entity: s.Root.Entity, source: fromLookup, field: f, value: value, rows: true}
	obj, err := c.object(l, "e0", s.Root.Entity, s.Field.Selections)
	return output{one: obj, level: l}, err
}

// object compiles the selections on one entity, which a level has under an alias.
func (c *compiler) object(l *level, alias string, e *entity.Entity, sel ast.SelectionSet) (*object, error) {
	obj := &object{present: l.column(alias, e, e.FieldByName("id"))}
	for _, f := range graphql.CollectFields(c.oc, sel, []string{e.Name, "Node"}) {
		out, err := c.field(l, alias, e, f)
		if err != nil {
			return nil, err
		}
		out.key = keyOf(f)
		obj.fields = append(obj.fields, out)
	}
	return obj, nil
}

func (c *compiler) field(l *level, alias string, e *entity.Entity, f graphql.CollectedField) (outField, error) {
	if f.Name == "__typename" {
		return outField{literal: quoted(e.Name)}, nil
	}
	if column := e.FieldByName(f.Name); column != nil {
		return outField{col: l.column(alias, e, column)}, nil
	}
	if edge := e.EdgeByName(f.Name); edge != nil {
		return c.edge(l, alias, e, edge, f)
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
		one, err := c.object(l, l.join(alias, edge), edge.Target, f.Selections)
		return outField{one: one}, err
	}
	child := &level{entity: edge.Target, source: fromKey, edge: edge, parent: l}
	if edge.Link != "" {
		child.source = fromLink
	}
	child.keyCol = l.column(alias, e, e.FieldByName("id"))
	conn, err := c.connection(child, f, f.ArgumentMap(c.oc.Variables))
	if child.used() {
		l.children = append(l.children, child)
	}
	return outField{many: conn}, err
}

func (c *compiler) computed(l *level, alias string, e *entity.Entity, f *entity.ComputedField) (*computed, error) {
	name := e.Name + "." + f.Name
	out := &computed{name: name, fn: c.planner.opts.Computed[name]}
	for _, need := range f.Needs {
		edge, field, err := e.Need(need)
		if err != nil {
			return nil, fmt.Errorf("compile %s: %w", name, err)
		}
		if edge == nil {
			out.cols = append(out.cols, l.column(alias, e, field))
		} else {
			out.cols = append(out.cols, l.column(l.join(alias, edge), edge.Target, field))
		}
	}
	return out, nil
}

// connection compiles a to-many field and binds its arguments.
func (c *compiler) connection(l *level, f graphql.CollectedField, args map[string]any) (*connection, error) {
	conn := &connection{level: l}
	cursors := false
	for _, cf := range graphql.CollectFields(c.oc, f.Selections, []string{f.Definition.Type.Name()}) {
		out := connField{key: keyOf(cf)}
		var err error
		switch cf.Name {
		case "__typename":
			out.literal = quoted(f.Definition.Type.Name())
		case "totalCount":
			out.kind, l.count = connTotal, true
		case "aggregate", "groupBy":
			out.kind = connAggregate
			out.total, err = c.aggregate(l, cf)
		case "nodes":
			out.kind, l.rows = connNodes, true
			out.node, err = c.object(l, "e0", l.entity, cf.Selections)
		case "pageInfo":
			out.kind, l.rows, cursors = connPageInfo, true, true
			out.info = c.pageInfo(cf)
		case "edges":
			out.kind, l.rows = connEdges, true
			out.edge, err = c.edges(l, cf)
			cursors = true
		default:
			err = fmt.Errorf("compile %s: no such field", cf.Name)
		}
		if err != nil {
			return nil, err
		}
		conn.fields = append(conn.fields, out)
	}
	page, err := c.planner.bindPage(l.entity, args)
	if err != nil {
		return nil, err
	}
	page.cursors = cursors
	l.page = page
	return conn, nil
}

func (c *compiler) edges(l *level, f graphql.CollectedField) ([]edgeField, error) {
	typ := f.Definition.Type.Name()
	var fields []edgeField
	for _, cf := range graphql.CollectFields(c.oc, f.Selections, []string{typ}) {
		out := edgeField{key: keyOf(cf)}
		var err error
		switch cf.Name {
		case "__typename":
			out.literal = quoted(typ)
		case "cursor":
			out.cursor = true
		case "node":
			out.node, err = c.object(l, "e0", l.entity, cf.Selections)
		default:
			link := l.edge.ThroughType
			out.col = l.column("l", link, link.FieldByName(cf.Name))
		}
		if err != nil {
			return nil, err
		}
		fields = append(fields, out)
	}
	return fields, nil
}

func (c *compiler) pageInfo(f graphql.CollectedField) []infoField {
	var fields []infoField
	for _, cf := range graphql.CollectFields(c.oc, f.Selections, []string{"PageInfo"}) {
		out := infoField{key: keyOf(cf), name: cf.Name}
		if cf.Name == "__typename" {
			out.literal = quoted("PageInfo")
		}
		fields = append(fields, out)
	}
	return fields
}

// roots lists the root levels of the outputs.
func roots(outputs []output) []*level {
	var levels []*level
	seen := map[*level]bool{}
	add := func(l *level) {
		if l != nil && !seen[l] && l.used() {
			seen[l] = true
			levels = append(levels, l)
		}
	}
	for _, o := range outputs {
		add(o.level)
		for _, i := range o.items {
			add(i.level)
		}
	}
	return levels
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
