// Package entgraph is what a program is made of: an [App] is a value, and [Main] is the whole
// program.
//
//	package main
//
//	import (
//		"github.com/entgraph/entgraph"
//
//		"example.com/shop/ent"
//		"example.com/shop/ent/migrate"
//		"example.com/shop/graph"
//	)
//
//	func main() {
//		entgraph.Main(entgraph.App{
//			Name:       "shop",
//			Ent:        ent.Engine,
//			Migrations: migrate.Migrations,
//			Graph:      graph.Graph,
//		})
//	}
//
// The entities are declared once, as Ent schemas in ent/schema. All else follows from them:
// tables and their migrations, a GraphQL API with filters, ordering, pages, aggregates and
// writes, the access rules. What stands in the three packages that main.go imports is
// generated, besides the schemas, the migrations and the resolvers that one writes.
//
// # Commands
//
// The program is a command line. A project has ./run.sh with the same words.
//
//	shop dev                 everything for development: a private Postgres, migrations,
//	                         sample rows, the API, a playground
//	shop serve               the API on the database of DATABASE_URL
//	shop migrate diff NAME   write the migration that the schemas need
//	shop migrate up          apply migrations; status, down, test, lint and more stand beside it
//	shop schema ...          print and compare schemas
//	shop seed                sample rows
//	shop explain QUERY       what a query costs: plan, SQL and buffers
//	shop user create         a first admin; user password and user role change them
//	shop doctor              what this machine lacks
//	shop reset               remove the private Postgres and its data
//	shop version
//
// Settings come from the environment. A command exits with 1 when something failed and with
// 2 when it was called wrongly. The first interrupt stops a program in order, the second at
// once. serve never migrates: on a database whose schema does not fit it refuses to start and
// names the command to run.
//
// # What may be added
//
// Hooks that use Ent's generated client, which schemas had better not import, stand in a package
// of their own: Ent: ent.Engine.With(ent.TypeProduct, limits.Products). Commands of one's own
// stand beside these, made by a function as cobra commands, and HTTP routes beside those of the
// server. An app whose users are signed in already, by a gateway or by code of its own, says by
// Authenticate who asks:
//
//	Authenticate: func(r *http.Request) (viewer.Viewer, error) {
//		header := r.Header.Get("Authorization")
//		if header == "" {
//			return viewer.Viewer{}, nil // nobody is signed in
//		}
//		claims, err := tokens.Verify(header)
//		if err != nil {
//			return viewer.Viewer{}, err // UNAUTHENTICATED
//		}
//		id, err := uuid.Parse(claims.Subject)
//		return viewer.Viewer{UserID: key.UUID(id), Role: claims.Role}, err
//	},
//
// # Below a router of one's own
//
// [App.Handler] is the API as an http.Handler, for a program that has an http.Server already:
//
//	api, err := app.Handler(ctx, entgraph.HandlerOptions{Environ: os.Environ()})
//	if err != nil {
//		return err
//	}
//	defer api.Close()
//	r := chi.NewRouter()
//	r.Get("/hello", hello)
//	r.Mount("/", api)
package entgraph
