package planner

import (
	"sync"

	"github.com/99designs/gqlgen/graphql"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/viewer"
)

const (
	// maxOperations is how many operations have plans: as many as gqlgen keeps documents.
	maxOperations = 1000
	// maxPlans is how many plans one operation has; what @include and @skip make beyond
	// that is compiled anew for each request.
	maxPlans = 64
)

// planCache keeps plans for the operations that were seen last. gqlgen gives the same
// operation for the same text as long as it keeps the document; the cache holds on to
// its operations, so that the address of one cannot come to mean another.
type planCache struct {
	operations *lru.Cache[*ast.OperationDefinition, *operationPlans]
}

func newPlanCache() *planCache {
	c, err := lru.New[*ast.OperationDefinition, *operationPlans](maxOperations)
	if err != nil {
		panic(err) // the size is a positive constant
	}
	return &planCache{operations: c}
}

// operationPlans are the plans of one operation. A request's view of them is bound to
// what its variables make of @include and @skip, and to the class of its viewer.
type operationPlans struct {
	*sharedPlans
	switches uint64
	class    viewer.Class
	keep     bool
}

type sharedPlans struct {
	variables []string // of @include and @skip
	mu        sync.Mutex
	plans     map[planKey]*plan
}

type planKey struct {
	selection string
	entity    *entity.Entity
	switches  uint64
	class     viewer.Class
}

// of returns the plans of a request's operation.
func (c *planCache) of(oc *graphql.OperationContext, class viewer.Class) *operationPlans {
	shared, ok := c.operations.Get(oc.Operation)
	if !ok {
		shared = &operationPlans{sharedPlans: &sharedPlans{
			variables: switchVariables(oc.Doc, oc.Operation), plans: map[planKey]*plan{},
		}}
		c.operations.Add(oc.Operation, shared)
	}
	p := &operationPlans{sharedPlans: shared.sharedPlans, class: class, keep: len(shared.variables) <= 64}
	for i, name := range p.variables {
		if on, _ := oc.Variables[name].(bool); on {
			p.switches |= 1 << i
		}
	}
	return p
}

// get returns the plan of a selection, compiling it if need be. Plans with errors are
// not kept.
func (p *operationPlans) get(selection string, e *entity.Entity, compile func() (*plan, error)) (*plan, error) {
	if selection == "" || !p.keep {
		return compile()
	}
	key := planKey{selection, e, p.switches, p.class}
	p.mu.Lock()
	pl := p.plans[key]
	p.mu.Unlock()
	if pl != nil {
		return pl, nil
	}
	pl, err := compile()
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.plans) < maxPlans {
		p.plans[key] = pl
	}
	return pl, nil
}

// switchVariables lists the variables of the @include and @skip of an operation and of
// all fragments.
func switchVariables(doc *ast.QueryDocument, op *ast.OperationDefinition) []string {
	var names []string
	seen := map[string]bool{}
	var walk func(ast.SelectionSet)
	directives := func(list ast.DirectiveList) {
		for _, d := range list {
			for _, a := range d.Arguments {
				if a.Value.Kind == ast.Variable && !seen[a.Value.Raw] {
					seen[a.Value.Raw] = true
					names = append(names, a.Value.Raw)
				}
			}
		}
	}
	walk = func(set ast.SelectionSet) {
		for _, sel := range set {
			switch sel := sel.(type) {
			case *ast.Field:
				directives(sel.Directives)
				walk(sel.SelectionSet)
			case *ast.InlineFragment:
				directives(sel.Directives)
				walk(sel.SelectionSet)
			case *ast.FragmentSpread:
				directives(sel.Directives)
			}
		}
	}
	walk(op.SelectionSet)
	for _, f := range doc.Fragments {
		walk(f.SelectionSet)
	}
	return names
}
