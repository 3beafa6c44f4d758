package graph

import (
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/internal/entity"
)

// Resolver answers the handwritten fields of custom.graphql.
type Resolver struct {
	// Entities is the entity graph, with the generic writes and the ids.
	Entities *entity.Graph
	// Client reads and writes outside of a mutation's transaction. In a mutation use
	// ent.FromContext(ctx), whose writes commit or roll back with the operation.
	Client *ent.Client
}
