// Command deployed is the sample as a project deploys its program: without the generator, of
// which a part makes a folder for its cache whenever a program starts.
package main

import (
	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/auth"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/graph"
)

func main() {
	entgraph.Main(entgraph.App{
		Name: "entgraph",
		Ent:  ent.Engine, Migrations: migrate.Migrations, Graph: graph.Graph,
		Auth: &auth.Options{},
	})
}
