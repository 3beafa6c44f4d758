// Command entgraph is an app of random entities, that compares answers about random rows of its own
// with the oracle.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/oracle"
	"github.com/entgraph/entgraph/viewer"
)

func main() {
	entgraph.Main(entgraph.App{
		Name: "entgraph", Ent: ent.Engine, Migrations: migrate.Migrations, Graph: graph.Graph,
		Commands: func() []*cobra.Command {
			return []*cobra.Command{{Use: "compare ENDPOINT SEED CASES", Args: cobra.ExactArgs(3), RunE: func(cmd *cobra.Command, args []string) error {
				seed, err := strconv.ParseUint(args[1], 10, 64)
				if err != nil {
					return err
				}
				cases, err := strconv.Atoi(args[2])
				if err != nil {
					return err
				}
				return compareAll(cmd.Context(), args[0], seed, cases)
			}}}
		},
	})
}

const (
	rows        = 15
	defaultPage = 20 // of a server without settings
)

var cluster = regexp.MustCompile(`\d+$`)

// compareAll fills the tables of each cluster of entities, which have its number in their names, and
// compares random reads of it, so that a cluster alone has the same rows and reads as beside others.
func compareAll(ctx context.Context, endpoint string, seed uint64, cases int) error {
	db, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer db.Close()
	clusters := map[string][]entity.Entity{}
	for _, e := range ent.Engine.Entities {
		number := cluster.FindString(e.Name)
		clusters[number] = append(clusters[number], e)
	}
	differ := false
	for number, entities := range clusters {
		own, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			return err
		}
		if err := compare(ctx, db, entities, endpoint, seed<<32+own, cases); err != nil {
			fmt.Fprintf(os.Stderr, "cluster %s: %v\n", number, err)
			differ = true
		}
	}
	if differ {
		return fmt.Errorf("the oracle found differences")
	}
	return nil
}

func compare(ctx context.Context, db *pgxpool.Pool, entities []entity.Entity, endpoint string, seed uint64, cases int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v\n%s", p, debug.Stack())
		}
	}()
	g, err := entity.New(entities, migrate.Tables, entity.Store{})
	if err != nil {
		return err
	}
	schema := graph.Graph.Schema()
	if err := oracle.Fill(ctx, db, g, schema, seed, rows); err != nil {
		return err
	}
	world, err := oracle.Load(ctx, db, g)
	if err != nil {
		return err
	}
	ev := &oracle.Evaluator{Schema: schema, World: world.As(viewer.Viewer{}), DefaultPage: defaultPage}
	judge := oracle.NewJudge(ev, func(query string, variables map[string]any) ([]byte, error) {
		return ask(ctx, endpoint, query, variables)
	})
	generator := oracle.NewGenerator(ev, world, 100, seed)
	for range cases {
		c := generator.Roll(generator.Operation())
		d, err := judge.Try(c)
		if err != nil {
			return fmt.Errorf("%w\n%s\n%v", err, c.Query, c.Variables)
		}
		if d != nil {
			return fmt.Errorf("%s: got %s, want %s\n%s\n%v", d.Where, d.Got, d.Want, c.Query, c.Variables)
		}
	}
	return nil
}

func ask(ctx context.Context, endpoint, query string, variables map[string]any) ([]byte, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}
