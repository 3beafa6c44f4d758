// Package codegen makes the API from Ent's schemas, at build time only. Nothing that
// serves requests imports it.
//
// [Generate] runs three steps in the module root: Ent generates its client; from
// the same loaded graph this package writes graph/ent.graphql (the public contract),
// ent/entity.go (the table from which package entity and the planner work) and
// ent/migrate/schema.sql with its objects; then gqlgen generates an executor for the
// handwritten fields alone, because [plugin] hides the entity types from it. Each step
// writes deterministic output. Handwritten fields without a method get one that says so.
// When a step fails, or is stopped, the generated files are as they were before.
//
// One program, which is built in .dev/generate, prints all that the steps read of the schemas.
// A step that would read what it read the last time is left out, and a file whose bytes stay the
// same is not written; [memo] says how a run knows. Remove .dev/generate to have all done again.
package codegen
