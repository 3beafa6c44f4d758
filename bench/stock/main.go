// Command stock is the stock path, the base line of the benchmark: Ent, entgql's
// pagination and filters, and gqlgen's whole generated executor, put together as their
// manuals show. It serves POST /graphql on the tables that entgraph's migrations make.
//
//go:generate go run ent/entc.go
//go:generate go tool gqlgen generate
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"net/http"
	"os"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/bench/stock/ent"
	"github.com/entgraph/entgraph/bench/stock/ent/post"
	_ "github.com/entgraph/entgraph/bench/stock/ent/runtime" // defaults and hooks
)

// cachedDocuments is as many as entgraph keeps.
const cachedDocuments = 1000

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	database := flag.String("database", "", "address of the database")
	pool := flag.Int("pool", 16, "connections to the database")
	published := flag.Bool("published", false, "hide drafts")
	flag.Parse()
	if err := serve(*addr, *database, *pool, *published); err != nil {
		fmt.Fprintln(os.Stderr, "stock:", err)
		os.Exit(1)
	}
}

func serve(addr, database string, pool int, published bool) error {
	db, err := sql.Open("pgx", database)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(pool)
	db.SetMaxIdleConns(pool)
	client := ent.NewClient(ent.Driver(entsql.OpenDB(dialect.Postgres, db)))
	if published {
		client.Post.Intercept(ent.TraverseFunc(hideDrafts))
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", newHandler(client))
	return http.ListenAndServe(addr, mux)
}

func newHandler(client *ent.Client) http.Handler {
	h := handler.New(NewExecutableSchema(Config{Resolvers: &Resolver{client: client}}))
	h.AddTransport(transport.POST{})
	h.SetQueryCache(lru.New[*ast.QueryDocument](cachedDocuments))
	return h
}

// hideDrafts is entgraph's rule for an anonymous viewer, in the way that Ent has for it.
func hideDrafts(_ context.Context, q ent.Query) error {
	if posts, ok := q.(*ent.PostQuery); ok {
		posts.Where(post.StatusEQ(post.StatusPublished))
	}
	return nil
}
