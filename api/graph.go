package api

import (
	"io/fs"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/document"
)

// Graph is the generated GraphQL package of an app: the contract, and gqlgen's executor of
// the handwritten fields. The generator writes it as graph.Graph.
type Graph struct {
	// Schema is the whole contract; see [Prepared].
	Schema func() *ast.Schema
	// Sources are what it was generated from, and SDL the files of those written by hand as
	// they are in the program: both must be the same.
	Sources []*ast.Source
	SDL     fs.FS
	// Handwritten names the root fields that a resolver answers, as "Query.viewer".
	Handwritten map[string]bool
	// New makes the executor of the handwritten fields.
	New func(*Entities) graphql.ExecutableSchema
	// Computed holds the functions of computed fields, by "Entity.field".
	Computed map[string]ComputedFunc
}

// Prepared makes a schema that was parsed ready to be asked, when it is for the first time.
func Prepared(schema *ast.Schema) func() *ast.Schema {
	return sync.OnceValue(func() *ast.Schema {
		document.Prepare(schema)
		return schema
	})
}
