//go:build ignore

// Command entc generates the stock server's client and SDL. Run it from the folder
// bench/stock: go generate.
package main

import (
	"fmt"
	"os"

	"entgo.io/contrib/entgql"
	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
	"github.com/vektah/gqlparser/v2/ast"
)

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate() error {
	ex, err := entgql.NewExtension(
		entgql.WithSchemaGenerator(),
		entgql.WithSchemaPath("ent.graphql"),
		entgql.WithConfigPath("gqlgen.yml"),
		entgql.WithWhereInputs(true),
		entgql.WithSchemaHook(withoutNode),
	)
	if err != nil {
		return err
	}
	return entc.Generate("./ent/schema", &gen.Config{
		Target:   "./ent",
		Package:  "github.com/entgraph/entgraph/bench/stock/ent",
		Features: []gen.Feature{gen.FeatureModifier},
	}, entc.Extensions(ex))
}

// withoutNode leaves out node and nodes: with ids that do not tell their type they
// would search every table.
func withoutNode(_ *gen.Graph, s *ast.Schema) error {
	var kept ast.FieldList
	for _, f := range s.Types["Query"].Fields {
		if f.Name != "node" && f.Name != "nodes" {
			kept = append(kept, f)
		}
	}
	s.Types["Query"].Fields = kept
	return nil
}
