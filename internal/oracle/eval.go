package oracle

import (
	"errors"
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
)

// Evaluator answers queries from the rows of a world.
type Evaluator struct {
	Schema *ast.Schema
	World  *World
	// DefaultPage is the size of a page without first and last.
	DefaultPage int
	// Computed holds what computed fields mean, by "Entity.name", from the values that
	// they need.
	Computed map[string]func(values []any) any

	cursors cursorTable
}

// ErrInvalid reports an operation that has no answer: one that the schema does not
// allow, or a value that the server must refuse.
var ErrInvalid = errors.New("the operation is not valid")

// evaluation is the evaluation of one operation.
type evaluation struct {
	*Evaluator
	doc  *ast.QueryDocument
	vars map[string]any
	err  error
}

// fail keeps the first error; the answer does not count then.
func (ev *evaluation) fail(format string, args ...any) {
	if ev.err == nil {
		ev.err = fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
	}
}

// start prepares the evaluation of a validated document with one operation.
func (e *Evaluator) start(doc *ast.QueryDocument, variables map[string]any) *evaluation {
	ev := &evaluation{Evaluator: e, doc: doc}
	ev.variables(doc.Operations[0], variables)
	return ev
}

// Answer evaluates a validated document with one operation. Variables are as JSON with
// json.Number decodes.
func (e *Evaluator) Answer(doc *ast.QueryDocument, variables map[string]any) (Object, error) {
	ev := e.start(doc, variables)
	out := Object{}
	for _, f := range ev.collect("Query", []ast.SelectionSet{doc.Operations[0].SelectionSet}) {
		out = append(out, Member{f.key, ev.root(f)})
	}
	return out, ev.err
}

func (ev *evaluation) root(f *collected) any {
	if f.Name == "__typename" {
		return "Query"
	}
	root := ev.World.Graph.Query(f.Name)
	if root == nil {
		ev.fail("the field %s is not of an entity", f.Name)
		return nil
	}
	args := ev.args(f.Field)
	switch root.Kind {
	case entity.One, entity.Node:
		return ev.node(args["id"], f.sets)
	case entity.Nodes:
		list := List{}
		for _, id := range ev.list(args["ids"]) {
			list = append(list, ev.node(id, f.sets))
		}
		return list
	case entity.Lookup:
		value := ev.operand(&entity.Filter{Name: f.Name, Field: root.Field}, args[root.Field.Name])
		for _, row := range ev.World.rows(root.Entity) {
			if stored := row[root.Field.Column]; ev.err == nil && stored != nil && compare(stored, value) == 0 { // a month is 30 days
				return ev.entity(root.Entity, row, f.sets)
			}
		}
		return nil
	}
	var all []neighbour
	for _, row := range ev.World.rows(root.Entity) {
		all = append(all, neighbour{row: row})
	}
	return ev.connection(f, root.Entity, nil, all)
}

// node is the entity with an id; one(id:) is the same, as an id names its type.
func (ev *evaluation) node(id any, sets []ast.SelectionSet) any {
	e, k, err := ev.World.Graph.ParseID(id)
	if err != nil {
		ev.fail("%v %s", id, err)
		return nil
	}
	return ev.byID(e, k, sets)
}

func (ev *evaluation) byID(e *entity.Entity, id key.Key, sets []ast.SelectionSet) any {
	if row := ev.World.byID(e, id); row != nil {
		return ev.entity(e, row, sets)
	}
	return nil
}

func (ev *evaluation) entity(e *entity.Entity, row Row, sets []ast.SelectionSet) any {
	out := Object{}
	for _, f := range ev.collect(e.Name, sets) {
		out = append(out, Member{f.key, ev.field(e, row, f)})
	}
	return out
}

func (ev *evaluation) field(e *entity.Entity, row Row, f *collected) any {
	if f.Name == "__typename" {
		return e.Name
	}
	if column := e.FieldByName(f.Name); column != nil {
		return output(e, column.Type, row[column.Column])
	}
	if edge := e.EdgeByName(f.Name); edge != nil {
		if edge.ToMany() {
			return ev.connection(f, edge.Target, edge, ev.World.neighbours(edge, row))
		}
		if row = ev.World.one(edge, row); row == nil {
			return nil
		}
		return ev.entity(edge.Target, row, f.sets)
	}
	if o := e.OneOfByName(f.Name); o != nil {
		for _, edge := range o.Members {
			if next := ev.World.one(edge, row); next != nil {
				return ev.entity(edge.Target, next, f.sets)
			}
		}
		return nil
	}
	for _, c := range e.Computed {
		if c.Name == f.Name {
			return ev.computed(e, row, &c)
		}
	}
	ev.fail("%s has no field %s", e.Name, f.Name)
	return nil
}

func (ev *evaluation) computed(e *entity.Entity, row Row, c *declare.ComputedField) any {
	var values []any
	for _, need := range c.Needs {
		edge, field, err := e.Need(need)
		if err != nil {
			ev.fail("%s", err)
			return nil
		}
		values = append(values, ev.World.keyValue(edge, field, row))
	}
	fn := ev.Computed[e.Name+"."+c.Name]
	if fn == nil {
		ev.fail("the meaning of %s.%s is not known", e.Name, c.Name)
		return nil
	}
	return fn(values)
}
