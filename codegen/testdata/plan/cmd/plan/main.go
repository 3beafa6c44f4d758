// Command plan writes a migration like entgraph migrate diff, but on given scratch
// databases and without Ent's client: a test need not compile that twice, because the
// migrations are embedded below it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/entgraph/entgraph/internal/migrate/plan"
)

func main() {
	name, databases := os.Args[1], os.Args[2:]
	schema, err := os.ReadFile("ent/migrate/schema.sql")
	if err != nil {
		fmt.Fprintln(os.Stderr, "plan:", err)
		os.Exit(1)
	}
	keep := func(context.Context) error { return nil }
	files, err := plan.Diff(context.Background(), plan.DiffOptions{
		Dir: "ent/migrate/migrations", Name: name,
		Desired: plan.Desired{Schema: string(schema), Objects: os.DirFS("ent/migrate/objects")},
		Scratch: func(context.Context) (string, func(context.Context) error, error) {
			url := databases[0]
			databases = databases[1:]
			return url, keep, nil
		},
	})
	if err != nil || len(files) == 0 {
		fmt.Fprintln(os.Stderr, "plan:", files, err)
		os.Exit(1)
	}
}
