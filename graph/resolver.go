package graph

import "github.com/entgraph/entgraph/api"

// Resolver answers the handwritten fields of custom.graphql. Ent's client is in the context
// of each: ent.FromContext(ctx).
type Resolver struct {
	// Entities are the ids and the generated writes of the entities.
	Entities *api.Entities
}
