package entgraph_test

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/auth"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/graph"
)

// A program with sign-in and a command of its own.
func ExampleApp() {
	app := entgraph.App{
		Name:       "shop",
		Ent:        ent.Engine,
		Migrations: migrate.Migrations,
		Graph:      graph.Graph,
		Auth:       &auth.Options{},
		Commands: []*cobra.Command{{
			Use: "greet NAME", Short: "Greet somebody", Args: cobra.ExactArgs(1),
			Run: func(cmd *cobra.Command, args []string) { cmd.Println("hello", args[0]) },
		}},
	}
	// A main function says: entgraph.Main(app)
	app.Run(context.Background(), []string{"greet", "ada"}, os.Environ(), os.Stdin, os.Stdout, os.Stdout)
	// Output: hello ada
}
