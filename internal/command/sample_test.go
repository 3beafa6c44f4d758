package command_test

import (
	"context"
	"io"

	"github.com/entgraph/entgraph/ent"
	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/internal/command"
	"github.com/entgraph/entgraph/internal/entity"
)

// sample is the sample as its main.go has it.
func sample() command.Program {
	return command.Program{Name: "entgraph", Ent: withAccount(ent.Engine), Migrations: entmigrate.Migrations, Graph: graph.Graph}
}

// withAccount says who signs in, when the generator does not yet.
func withAccount(e entity.Engine) entity.Engine {
	if e.Account == nil || e.Account.Role == "" {
		e.Account = &entity.Account{Entity: "User", Table: "users", Username: "username", Email: "email", Role: "role", PasswordHash: "password_hash"}
	}
	return e
}

func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return command.Run(ctx, sample(), args, environ, stdin, stdout, stderr)
}
