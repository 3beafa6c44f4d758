// Package codegen makes the API from Ent's schemas, at build time only. Nothing that
// serves requests imports it.
//
// [Generate] runs three steps in the module root: Ent generates its client; from
// the same loaded graph this package writes graph/ent.graphql (the public contract)
// and ent/entity.go (the table from which package entity and the planner work); then
// gqlgen generates an executor for the handwritten fields alone, because [plugin]
// hides the entity types from it. Each step writes deterministic output.
package codegen
