// Package command is the command line of an app: every subcommand, as methods over a
// [Program], and the app's HTTP handler for servers of its own.
//
// A Program is what the commands know of an app; nothing here knows a certain one. [Run]
// reads its arguments, the environment that it is given and the files of the working
// directory, and nothing else, so that tests run whole programs in their process. Several
// programs may run at once.
package command

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/auth"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/seed"
	"github.com/entgraph/entgraph/viewer"
)

// Program is an app as its commands need it. See entgraph.App.
type Program struct {
	// Name is the program in messages, and names what belongs to it: the database in the
	// private Postgres, the server's role there, application_name. Lower-case letters, digits,
	// - and _, at most 40.
	Name string
	// Ent is the generated Ent package.
	Ent entity.Engine
	// Migrations is the migration directory, with its functions in Go if it has any.
	Migrations fs.FS
	// Graph is the generated GraphQL package.
	Graph api.Graph
	// Auth is what the app says of its sign-in. Nil: nobody signs in here.
	Auth *auth.Options
	// Authenticate finds out who sends a request, in place of our sign-in.
	Authenticate func(*http.Request) (viewer.Viewer, error)
	// Examples are the operations that the playground opens with. Nil: some of the schema's.
	Examples fs.FS
	// Seed writes the app's sample data. Nil: believable rows of every entity.
	Seed seed.Func
	// Commands makes the app's own, beside ours: new ones for each run. Nil: there are none.
	Commands func() []*cobra.Command
	// Routes adds the app's own routes to those of the server.
	Routes func(*http.ServeMux)
}

// names are what a program may be called: the name becomes part of names in Postgres, which
// have at most 63 bytes, of a cookie and of Docker containers.
var names = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// check refuses a program that lacks something, which only its developers see.
func (p Program) check() error {
	switch {
	case !names.MatchString(p.Name):
		return fmt.Errorf("App.Name is %q: it must begin with a letter and have only a to z, 0 to 9, - and _, at most 40", p.Name)
	case p.Ent.Tables == nil || p.Ent.NewContext == nil:
		return errors.New("App.Ent is missing: set it to ent.Engine, of the generated package ent")
	case p.Migrations == nil:
		return errors.New("App.Migrations is missing: set it to migrate.Migrations, of the package ent/migrate")
	case p.Graph.New == nil:
		return errors.New("App.Graph is missing: set it to graph.Graph, of the package graph")
	case p.Auth != nil && p.Ent.Account == nil:
		return errors.New("App.Auth is set, but no entity signs in: embed kit.Account in the user entity and generate, or leave Auth out")
	case p.Auth != nil && p.Authenticate != nil:
		return errors.New("App.Auth and App.Authenticate are both set: users sign in here, or elsewhere")
	}
	return nil
}

// identifier is the name for what cannot have a hyphen without quotes.
func (p Program) identifier() string { return strings.ReplaceAll(p.Name, "-", "_") }

// databaseName is that of the database in the private Postgres.
func (p Program) databaseName() string { return p.identifier() }

// devRole is the server's role in the private Postgres.
func (p Program) devRole() string { return p.identifier() + "_server" }

// directory is a migration directory with the functions in Go of this program's.
func (p Program) directory(files fs.FS) fs.FS {
	own, ok := p.Migrations.(functions)
	if !ok {
		return files
	}
	return withFunctions{files, own}
}

// functions is the part of folder.Funcs that gives a migration in Go.
type functions interface {
	Func(name string) func(ctx context.Context, conn *sql.Conn) error
}

type withFunctions struct {
	fs.FS
	functions
}
