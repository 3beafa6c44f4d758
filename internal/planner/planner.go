package planner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// Options bound what one request may ask for.
type Options struct {
	// DefaultPage is the size of a page when neither first nor last is given; default 20.
	DefaultPage int
	// MaxPage is the largest page and the largest number of ids; default 100.
	MaxPage int
	// MaxFilterDepth is how many edges of a filter may follow one after another; default 5.
	MaxFilterDepth int
	// MaxFilterEdges is how many edges a filter may follow in all; default 20.
	MaxFilterEdges int
	// MaxFilterText is how many characters the patterns of one filter may have in all, since
	// Postgres tries each on a hundred values of the column while it plans; default 5,000.
	MaxFilterText int
	// MaxFilterRegex is how large the regular expressions of one filter may be in all, in
	// characters, each as often as it may be repeated; default 100, negative for none.
	MaxFilterRegex int
	// MaxJoins is how many to-one edges one statement may join; default 12.
	MaxJoins int
	// MaxLevels is how deep lists may be nested in each other; default 10.
	MaxLevels int
	// MaxStatements is how many SQL statements the reads of one operation may take, the
	// payloads of its mutations included; default 200.
	MaxStatements int
	// MaxRows is how many rows one operation may read, and how many its answer may have,
	// in all its lists together; default 100,000.
	MaxRows int
	// MaxReadBytes bounds what one operation keeps of arguments, ids and rows; default
	// 16 MiB.
	MaxReadBytes int64
	// MaxAnswerBytes bounds the values of one answer; default 8 MiB.
	MaxAnswerBytes int64
	// PlanCacheBytes bounds the plans that are kept for later requests; default 16 MiB.
	PlanCacheBytes int64
	// Computed holds the functions of computed fields by "Entity.name".
	Computed map[string]ComputedFunc
	// Folding is how the database compares texts without regard to case; the zero value takes
	// its own collation.
	Folding postgres.Folding
}

// ComputedFunc computes one field from the values that its declaration needs, in that
// order: string, int64, float64, bool, time.Time or uuid.UUID, and nil for NULL; an id as it is
// stored, as a uuid.UUID, int64 or string. The
// result is written by encoding/json; an error makes the field null.
type ComputedFunc = func(values []any) (any, error)

// Planner compiles and runs selections over a graph of entities.
type Planner struct {
	graph *entity.Graph
	opts  Options
	plans *planCache

	visibility *visibility
}

// New makes a planner. It fails when a computed field has no function, or a function
// no field.
func New(g *entity.Graph, o Options) (*Planner, error) {
	o.DefaultPage, o.MaxPage = cmp.Or(o.DefaultPage, 20), cmp.Or(o.MaxPage, 100)
	o.MaxFilterText, o.MaxFilterRegex = cmp.Or(o.MaxFilterText, 5000), cmp.Or(o.MaxFilterRegex, 100)
	o.MaxFilterDepth, o.MaxFilterEdges, o.MaxJoins = cmp.Or(o.MaxFilterDepth, 5), cmp.Or(o.MaxFilterEdges, 20), cmp.Or(o.MaxJoins, 12)
	o.MaxLevels, o.MaxStatements, o.MaxRows = cmp.Or(o.MaxLevels, 10), cmp.Or(o.MaxStatements, 200), cmp.Or(o.MaxRows, 100_000)
	o.MaxReadBytes, o.MaxAnswerBytes, o.PlanCacheBytes = cmp.Or(o.MaxReadBytes, 16<<20), cmp.Or(o.MaxAnswerBytes, 8<<20), cmp.Or(o.PlanCacheBytes, 16<<20)
	var errs []error
	known := map[string]bool{}
	for _, e := range g.Entities() {
		for _, c := range e.Computed {
			name := e.Name + "." + c.Name
			known[name] = true
			if o.Computed[name] == nil {
				errs = append(errs, fmt.Errorf("the computed field %s has no function: register it in graph/computed.go", name))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Computed)) {
		if !known[name] {
			errs = append(errs, fmt.Errorf("there is a function for the computed field %s, which no schema declares", name))
		}
	}
	return &Planner{graph: g, opts: o, plans: newPlanCache(o.PlanCacheBytes), visibility: newVisibility(g)}, errors.Join(errs...)
}

// Selection is one thing to read: a generated root field, or entities that are known
// by their ids, such as the result of a mutation or of a handwritten field.
type Selection struct {
	// Field has the wanted selections, and for a root field the arguments.
	Field graphql.CollectedField
	// Root is the generated root field, nil when Refs are given.
	Root *entity.Root
	Refs []Ref
	// Key names the selection within its operation, so that its plan is kept for the
	// next request with the same operation. Empty: the plan is not kept.
	Key string
}

// Ref names one entity.
type Ref struct {
	Entity *entity.Entity
	ID     key.Key
}

// names reports whether the reference names something: one without an id names nothing.
func (r Ref) names() bool { return r.Entity != nil && r.ID != key.Key{} }

// Result is what was read for a selection.
type Result struct {
	// JSON is the value of a root field. A missing entity is null.
	JSON []byte
	// Items are the values of the refs in their order; nil for one that is missing.
	Items [][]byte
	// Err says why the selection cannot be answered: an [entity.InputError] or a
	// [limit.Error]. Other selections are answered all the same.
	Err error
	// Errs are errors beside an answer, with their paths below the selection.
	Errs gqlerror.List
}

// Read answers selections of one operation, all from one snapshot when db is a pool,
// inside the transaction when it is one. The error is that of the database, that of the
// context, or a [limit.Error] when the operation costs too much; what is wrong with a
// selection itself is in its Result.
func (p *Planner) Read(ctx context.Context, db DB, op *Operation, selections []Selection) (results []Result, err error) {
	if db.Tx != nil {
		return p.read(ctx, db, op, selections)
	}
	before := op.spent
	// Reading again is safe, after a connection was lost too.
	err = postgres.Retry(ctx, func() error {
		// A migration may have changed the tables of statements that a connection has
		// prepared. The connection then forgets them.
		for range maxAttempts {
			op.spent = before
			if results, err = p.read(ctx, db, op, selections); !staleStatement(err) {
				break
			}
		}
		return err
	})
	return results, err
}

const maxAttempts = 3

func (p *Planner) read(ctx context.Context, db DB, op *Operation, selections []Selection) ([]Result, error) {
	costs := &budget{ctx: ctx, opts: &p.opts, spent: &op.spent}
	b := p.binder(op.OperationContext, viewer.FromContext(ctx), costs)
	results := make([]Result, len(selections))
	outputs := make([]output, len(selections))
	var executions []*execution
	for i, s := range selections {
		out, err := b.selection(s)
		if costs.err != nil {
			return nil, costs.err
		}
		if err != nil {
			results[i].Err = err
			continue // nothing of it may run
		}
		outputs[i], results[i].Errs = out, out.errs
		for _, x := range out.executions {
			x.root = s.Field.Alias
		}
		executions = append(executions, out.executions...)
	}
	if err := run(ctx, db, executions); err != nil {
		return nil, err
	}
	for i := range outputs {
		if results[i].Err == nil {
			w := &writer{budget: costs}
			results[i].JSON, results[i].Items = outputs[i].write(w)
			results[i].Errs = append(results[i].Errs, w.errs...)
		}
		if costs.err != nil {
			return nil, costs.err
		}
	}
	for _, x := range executions {
		x.release() // what was written is a copy
	}
	return results, nil
}

func (p *Planner) binder(oc *graphql.OperationContext, who viewer.Viewer, costs *budget) *binder {
	class := p.visibility.class(who)
	return &binder{planner: p, budget: costs, oc: oc, plans: p.plans.of(oc, class), viewer: who, visible: p.visibility.of(class, who)}
}

func badInput(argument string, format string, args ...any) error {
	return &entity.InputError{Fields: []entity.FieldError{{Path: []any{argument}, Message: fmt.Sprintf(format, args...)}}}
}
