// Command entgraph is the sample, a blog, and what projects run as go tool entgraph.
package main

import (
	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/auth"
	"github.com/entgraph/entgraph/cmd/entgraph/seed"
	"github.com/entgraph/entgraph/codegen"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/graph"
)

var app = entgraph.App{
	Name: "entgraph",
	Ent:  ent.Engine, Migrations: migrate.Migrations, Graph: graph.Graph,
	Auth: &auth.Options{}, Seed: seed.Write, Examples: graph.Examples,
	Commands: codegen.Commands,
}

func main() { entgraph.Main(app) }
