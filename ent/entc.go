//go:build ignore

// Command entc generates everything that follows from the schemas. Run it from the
// module root: ./run.sh generate.
package main

import (
	"fmt"
	"os"

	"github.com/entgraph/entgraph/codegen"
)

func main() {
	err := codegen.Generate(codegen.Config{
		Schema:  "./ent/schema",
		Ent:     "./ent",
		Package: "github.com/entgraph/entgraph/ent",
		SDL:     "graph/ent.graphql",
		Gqlgen:  "gqlgen.yml",
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
