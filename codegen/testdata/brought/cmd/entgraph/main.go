// Command entgraph is a shop that was there before: who asks is told by what is in front of it.
package main

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/codegen"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

var app = entgraph.App{
	Name: "shop",
	Ent:  ent.Engine, Migrations: migrate.Migrations, Graph: graph.Graph,
	Authenticate: authenticate,
	Commands:     codegen.Commands,
}

func authenticate(r *http.Request) (viewer.Viewer, error) {
	told, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return viewer.Viewer{}, nil
	}
	id, err := strconv.ParseInt(told, 10, 64)
	return viewer.Viewer{UserID: key.Int(id)}, err
}

func main() { entgraph.Main(app) }
