package command_test

import (
	"context"
	"io"

	"github.com/entgraph/entgraph/auth"
	"github.com/entgraph/entgraph/cmd/entgraph/seed"
	"github.com/entgraph/entgraph/ent"
	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/internal/command"
)

// sample is the sample as its main.go has it.
func sample() command.Program {
	return command.Program{
		Name: "entgraph", Ent: ent.Engine, Migrations: entmigrate.Migrations, Graph: graph.Graph,
		Auth: &auth.Options{}, Seed: seed.Write,
	}
}

func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return command.Run(ctx, sample(), args, environ, stdin, stdout, stderr)
}
