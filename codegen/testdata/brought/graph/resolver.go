// Package graph has nothing of its own.
package graph

import "github.com/entgraph/entgraph/api"

// Resolver answers the handwritten fields.
type Resolver struct{ Entities *api.Entities }

var computed map[string]api.ComputedFunc
