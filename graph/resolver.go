package graph

import (
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/internal/entity"
)

// Resolver answers the handwritten fields of custom.graphql.
type Resolver struct {
	// Entities is the entity graph, with the generic writes and the ids.
	Entities *entity.Graph
	// Client is for queries. In a mutation, which holds a connection already, it refuses
	// every statement with postgres.ErrInTransaction: use ent.FromContext(ctx), which
	// works in both, and whose writes commit or roll back with the operation. A mutation may
	// be run again; see [postgres.Retry].
	Client *ent.Client
}
