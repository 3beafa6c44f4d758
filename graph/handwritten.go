// Code generated from the SDL by ./run.sh generate. DO NOT EDIT.

package graph

import (
	"embed"

	"github.com/99designs/gqlgen/graphql"

	"github.com/entgraph/entgraph/api"
	_ "github.com/entgraph/entgraph/ent/runtime" // the schemas' hooks, defaults and validators
)

// handwrittenSDL holds the handwritten SDL as it is when the program is built, which
// generated.go has as it was when it was generated.
//
//go:embed "auth.graphql" "custom.graphql"
var handwrittenSDL embed.FS

// Graph is this package as entgraph knows it; see entgraph.App.
var Graph = api.Graph{
	Schema:   api.Prepared(parsedSchema),
	Sources:  sources,
	SDL:      handwrittenSDL,
	Computed: computed,
	New: func(entities *api.Entities) graphql.ExecutableSchema {
		return NewExecutableSchema(Config{Schema: parsedSchema, Resolvers: &Resolver{Entities: entities}})
	},
	Handwritten: map[string]bool{
		"Mutation.changePassword":    true,
		"Mutation.createAccessToken": true,
		"Mutation.linkIdentity":      true,
		"Mutation.signIn":            true,
		"Mutation.signOut":           true,
		"Mutation.signUp":            true,
		"Query.relatedPosts":         true,
		"Query.viewer":               true,
	},
}
