// Command entgraph is the sample: a blog with users, posts and tags.
package main

import (
	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/cmd/entgraph/seed"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/graph"
)

func main() {
	entgraph.Main(entgraph.App{
		Name: "entgraph",
		Ent:  ent.Engine, Migrations: migrate.Migrations, Graph: graph.Graph,
		Seed: seed.Write, Examples: graph.Examples,
	})
}
