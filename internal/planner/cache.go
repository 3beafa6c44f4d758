package planner

import (
	"math"
	"strings"
	"sync"
	"weak"

	"github.com/99designs/gqlgen/graphql"
	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/viewer"
)

const (
	// maxPlans is how many plans one operation has; what @include and @skip make beyond
	// that is compiled again for each request.
	maxPlans = 64
	// planShare is the part of the cache that a plan may take to be kept: one divided by
	// it. A larger one would push out many that are used.
	planShare = 8
)

// planCache keeps the plans that were used last, as many as fit a number of bytes. The
// operation of a document is the key as long as somebody else keeps the document: the
// cache holds neither. A weak pointer never comes to mean another operation.
type planCache struct {
	max int64

	mu         sync.Mutex
	size       int64 // bytes
	operations *simplelru.LRU[operationKey, *sharedPlans]
}

type operationKey = weak.Pointer[ast.OperationDefinition]

func newPlanCache(most int64) *planCache {
	c := &planCache{max: most}
	operations, err := simplelru.NewLRU(math.MaxInt, func(_ operationKey, s *sharedPlans) {
		c.size -= s.size
		s.gone = true
	})
	if err != nil {
		panic(err) // the size is a positive constant
	}
	c.operations = operations
	return c
}

// operationPlans are the plans of one operation. A request's view of them is bound to
// what its variables make of @include and @skip, and to the class of its viewer.
type operationPlans struct {
	*sharedPlans
	cache    *planCache
	switches uint64
	class    viewer.Class
	keep     bool
}

// sharedPlans are guarded by the cache's mutex, but for the variables, which stay.
type sharedPlans struct {
	variables []string // of @include and @skip
	plans     map[planKey]*plan
	size      int64
	gone      bool // from the cache
}

type planKey struct {
	selection string
	entity    *entity.Entity
	switches  uint64
	class     viewer.Class
}

// of returns the plans of a request's operation.
func (c *planCache) of(oc *graphql.OperationContext, class viewer.Class) *operationPlans {
	key := weak.Make(oc.Operation)
	c.mu.Lock()
	shared, ok := c.operations.Get(key)
	c.mu.Unlock()
	if !ok {
		shared = &sharedPlans{variables: switchVariables(oc.Doc, oc.Operation), plans: map[planKey]*plan{}}
		shared.size = shared.own()
		c.add(key, shared)
	}
	p := &operationPlans{sharedPlans: shared, cache: c, class: class, keep: len(shared.variables) <= 64}
	for i, name := range p.variables[:min(64, len(p.variables))] {
		if on, _ := oc.Variables[name].(bool); on {
			p.switches |= 1 << i
		}
	}
	return p
}

func (c *planCache) add(key operationKey, shared *sharedPlans) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if shared.size > c.max/planShare || c.operations.Contains(key) {
		shared.gone = true
		return
	}
	c.operations.Add(key, shared)
	c.grow(shared.size)
}

// grow counts bytes and removes what was not used for longest until all fits.
func (c *planCache) grow(bytes int64) {
	for c.size += bytes; c.size > c.max; {
		c.operations.RemoveOldest()
	}
}

// get returns the plan of a selection, compiling it if need be. Plans with errors and
// large ones are not kept.
func (p *operationPlans) get(selection string, e *entity.Entity, compile func() (*plan, error)) (*plan, error) {
	if selection == "" || !p.keep {
		return compile()
	}
	key := planKey{selection, e, p.switches, p.class}
	p.cache.mu.Lock()
	pl := p.plans[key]
	p.cache.mu.Unlock()
	if pl != nil {
		return pl, nil
	}
	pl, err := compile()
	if err != nil {
		return nil, err
	}
	key.selection = strings.Clone(selection) // a piece of the document's text
	p.put(key, pl)
	return pl, nil
}

// put keeps a plan.
func (p *operationPlans) put(key planKey, pl *plan) {
	size := pl.size() + int64(len(key.selection)) + entrySize
	p.cache.mu.Lock()
	defer p.cache.mu.Unlock()
	if p.gone || size > p.cache.max/planShare || len(p.plans) >= maxPlans || p.plans[key] != nil {
		return
	}
	p.plans[key] = pl
	p.size += size
	p.cache.grow(size)
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
					names = append(names, strings.Clone(a.Value.Raw)) // not a piece of the document's text
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
