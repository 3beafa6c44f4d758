package planner

import (
	"fmt"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
	"github.com/entgraph/entgraph/viewer"
)

// binder turns the selections of one request into executions of plans.
type binder struct {
	planner *Planner
	budget  *budget
	oc      *graphql.OperationContext
	plans   *operationPlans
	viewer  viewer.Viewer
	visible *visibleTables
}

// output is what a selection runs and how it is written.
type output struct {
	executions []*execution
	items      []item // refs, each the row of a key
	list       bool   // items are one JSON list, as of nodes(ids:)
	errs       gqlerror.List
}

// item is the entity with one id; the zero value is none.
type item struct {
	*execution
	key int
}

func (b *binder) selection(s Selection) (output, error) {
	if s.Root == nil {
		if len(s.Refs) == 1 && s.Refs[0].names() {
			return b.byID(s, s.Refs[0])
		}
		return b.byIDs(s, s.Refs)
	}
	switch s.Root.Kind {
	case entity.One:
		id, err := s.Root.Entity.ParseID(b.args(s)["id"])
		if err != nil {
			return output{}, badInput("id", "%s", err)
		}
		return b.byID(s, Ref{s.Root.Entity, id})
	case entity.Node:
		e, id, err := b.planner.graph.ParseID(b.args(s)["id"])
		if err != nil {
			return output{}, badInput("id", "%s", err)
		}
		return b.byID(s, Ref{e, id})
	case entity.Nodes:
		return b.nodes(s)
	case entity.Lookup:
		return b.lookup(s)
	}
	pl, err := b.plans.get(s.Key, s.Root.Entity, func() (*plan, error) {
		return b.compiler().list(s.Root.Entity, s.Field)
	})
	if err != nil {
		return output{}, err
	}
	x, err := b.execution(pl)
	return output{executions: []*execution{x}}, err
}

func (b *binder) args(s Selection) map[string]any { return s.Field.ArgumentMap(b.oc.Variables) }

func (b *binder) compiler() *compiler {
	return &compiler{planner: b.planner, oc: b.oc, budget: b.budget, visible: b.visible}
}

// byID reads one entity by id, as a look-up: Postgres plans the join with a list of ids
// again each time.
func (b *binder) byID(s Selection, r Ref) (output, error) {
	return b.find(s, r.Entity, r.Entity.ID(), r.ID)
}

// find reads the entity with a value in a unique field.
func (b *binder) find(s Selection, e *entity.Entity, f *entity.Field, value any) (output, error) {
	pl, err := b.plans.get(s.Key, e, func() (*plan, error) {
		return b.compiler().entities(e, f, s.Field.Selections)
	})
	if err != nil {
		return output{}, err
	}
	x, err := b.execution(pl)
	if err != nil {
		return output{}, err
	}
	x.states[0].value = value
	return output{executions: []*execution{x}, items: []item{{execution: x}}}, nil
}

// byIDs reads entities by id: one execution for each type among them. Its plans are
// not kept, since those of a selection are for one id.
func (b *binder) byIDs(s Selection, refs []Ref) (output, error) {
	out := output{items: make([]item, len(refs))}
	byType := map[*entity.Entity]*execution{}
	for i, r := range refs {
		if !r.names() {
			continue
		}
		x := byType[r.Entity]
		if x == nil {
			pl, err := b.compiler().entities(r.Entity, nil, s.Field.Selections)
			if err != nil {
				return output{}, err
			}
			if x, err = b.execution(pl); err != nil {
				return output{}, err
			}
			x.states[0].ids = &idList{typ: r.Entity.Key()}
			byType[r.Entity] = x
			out.executions = append(out.executions, x)
		}
		out.items[i] = item{execution: x, key: x.states[0].ids.n}
		if err := x.states[0].ids.addKey(r.ID); err != nil {
			return output{}, fmt.Errorf("read %s: %w", r.Entity.Name, err)
		}
	}
	return out, nil
}

// nodes reads the field nodes(ids:). A bad id makes its entry null, with an error at
// its place, and spoils no other.
func (b *binder) nodes(s Selection) (output, error) {
	ids := entity.Items(b.args(s)["ids"])
	if most := b.planner.opts.MaxPage; len(ids) > most {
		return output{}, limit.Exceeded("PAGE_SIZE_MAX", int64(most), "ids: %d are too many, at most %d are allowed", len(ids), most)
	}
	refs := make([]Ref, len(ids))
	var errs gqlerror.List
	for i, id := range ids {
		e, key, err := b.planner.graph.ParseID(id)
		if err != nil {
			// Its path is that of the entry that stays null.
			bad := &entity.InputError{Fields: []entity.FieldError{{Message: fmt.Sprintf("ids.%d: %s", i, err)}}}
			errs = append(errs, &gqlerror.Error{Err: bad, Message: bad.Error(), Path: ast.Path{ast.PathIndex(i)}})
			continue
		}
		refs[i] = Ref{e, key}
	}
	out, err := b.byIDs(s, refs)
	out.list, out.errs = true, errs
	return out, err
}

func (b *binder) lookup(s Selection) (output, error) {
	f := s.Root.Field
	value, err := f.Operand(b.args(s)[f.Name], entity.EQ)
	if err != nil {
		return output{}, badInput(f.Name, "%s", err)
	}
	return b.find(s, s.Root.Entity, f, value)
}

// execution binds the levels of a plan to the variables of the request.
func (b *binder) execution(pl *plan) (*execution, error) {
	if err := b.budget.run(pl.statements); err != nil {
		return nil, err
	}
	x := pl.execution()
	x.budget = b.budget
	for i, l := range pl.levels {
		x.states[i].bound, x.states[i].viewer = l.static, b.viewer.UserID
		if l.static == nil {
			bound, err := b.planner.bind(l, b.oc.Variables, b.budget)
			if err != nil {
				return nil, err
			}
			x.states[i].bound = bound
		}
	}
	return x, nil
}

// bind evaluates the arguments of a level and writes its statements.
func (p *Planner) bind(l *level, vars map[string]any, costs *budget) (b *bound, err error) {
	b = &bound{}
	if l.list != nil {
		if b.page, err = p.bindPage(l.entity, l.list.values(vars)); err != nil {
			return nil, err
		}
	}
	if l.rows {
		if b.rows, err = p.rowsSQL(l, b.page, costs); err != nil {
			return nil, err
		}
	}
	if l.count {
		if b.count, err = p.countSQL(l, b.page, costs); err != nil {
			return nil, err
		}
	}
	for n, a := range l.aggregates {
		var g grouping
		if a.grouped() {
			if g, err = p.bindGroups(l.entity, a.args.values(vars)); err != nil {
				return nil, err
			}
		}
		q, err := p.aggregateSQL(l, n, b.page, g, costs)
		if err != nil {
			return nil, err
		}
		b.aggregates = append(b.aggregates, q)
	}
	if b.page != nil {
		b.page.where = nil // is in the statements
	}
	return b, nil
}

// variables reports whether the arguments of a level have variables.
func (l *level) variables() bool {
	return l.list != nil && l.list.variable ||
		slices.ContainsFunc(l.aggregates, func(a *aggregate) bool { return a.args.variable })
}
