// Package graph is the GraphQL API: it joins the generated entities with the
// handwritten fields to one executable schema.
//
// ent.graphql is generated from the Ent schemas and custom.graphql is written by hand.
// [Schema] answers the root fields of the first through the packages entity (writes)
// and planner (reads); every other field goes to gqlgen's generated executor, whose
// resolvers are in custom.resolvers.go. A query reads one snapshot; a mutation
// operation is one transaction. Every error leaves through the table in error.go.
package graph
