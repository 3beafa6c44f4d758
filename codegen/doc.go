// Package codegen makes the API from Ent's schemas, at build time only:
//
//	go tool entgraph generate   // the same as ./run.sh generate
//	go tool entgraph upgrade    // after go get of another release
//
// A project has this command by the tool line in its go.mod. A program with other folders calls
// [Generate] itself:
//
//	func main() {
//		err := codegen.Generate(codegen.Config{
//			Schema: "./schema", Ent: "./ent", Package: "example.com/shop/ent",
//			SDL: "graph/ent.graphql", Gqlgen: "gqlgen.yml",
//		})
//		if err != nil {
//			log.Fatal(err)
//		}
//	}
//
// Nothing that serves requests imports the package.
//
// [Generate] runs three steps in the module root: Ent generates its client; from
// the same loaded graph this package writes graph/ent.graphql (the public contract),
// ent/entity.go (the table from which package entity and the planner work) and
// ent/migrate/schema.sql with its objects; then gqlgen generates an executor for the
// handwritten fields alone, because a plugin hides the entity types from it. Each step
// writes deterministic output. Handwritten fields without a method get one that says so.
// When a step fails, or is stopped, the generated files are as they were before.
//
// One program, which is built in .dev/generate, prints all that the steps read of the schemas.
// A step that would read what it read the last time is left out, and a file whose bytes stay the
// same is not written. Remove .dev/generate to have all done again.
package codegen
