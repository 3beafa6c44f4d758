package oracle_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/oracle"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

var (
	cases = flag.Int("oracle.cases", 2000, "random operations that are compared with the oracle")
	seed  = flag.Uint64("oracle.seed", 1, "seed of the random operations and data sets")
)

const (
	defaultPage = 6
	maxPage     = 100
	// casesPerWorld is how many operations one data set gets.
	casesPerWorld = 250
	// rollsPerOperation is how often one text is sent with other variables, because the
	// server keeps what it made of the text.
	rollsPerOperation = 2
	// mostDifferences ends a data set that is wrong everywhere.
	mostDifferences = 2
)

// sizes are the most rows of a table, one data set after another.
var sizes = []int{12, 60, 3, 30, 20, 45, 6, 60}

// computed says what the computed fields mean.
var computed = map[string]func([]any) any{
	"User.displayName": func(v []any) any {
		var names []string
		for _, name := range v[1:] {
			if name != nil {
				names = append(names, name.(string))
			}
		}
		if name := strings.TrimSpace(strings.Join(names, " ")); name != "" {
			return name
		}
		return v[0]
	},
}

// bench is an API with random data and a judge of its answers for each viewer.
type bench struct {
	api    *apitest.API
	world  *oracle.World
	views  []*view
	schema *ast.Schema
}

// view is what one viewer is to see.
type view struct {
	*oracle.Judge
	viewer    viewer.Viewer
	evaluator *oracle.Evaluator
}

// unlimited lets filters be as large as the generator makes them.
func unlimited(o *apitest.Options) {
	o.Graph.Read = planner.Options{DefaultPage: defaultPage, MaxPage: maxPage, MaxFilterDepth: 16, MaxFilterEdges: 200, MaxJoins: 200}
}

func newBench(t *testing.T, seed uint64, size int) *bench {
	t.Helper()
	api := apitest.New(t, unlimited)
	g, err := entity.New(ent.Engine.Entities, migrate.Tables, entity.Store{})
	if err != nil {
		t.Fatal(err)
	}
	schema := api.Schema.Schema()
	if err := oracle.Fill(t.Context(), api.DB.Write, g, schema, seed, size); err != nil {
		t.Fatal(err)
	}
	world, err := oracle.Load(t.Context(), api.DB.Write, g)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{api: api, world: world, schema: schema}
	for _, v := range viewers(t, api) {
		b.views = append(b.views, b.view(t.Context(), v))
	}
	return b
}

func (b *bench) view(ctx context.Context, v viewer.Viewer) *view {
	ev := &oracle.Evaluator{Schema: b.schema, World: b.world.As(v), DefaultPage: defaultPage, Computed: computed}
	return &view{oracle.NewJudge(ev, ask(ctx, b.api.As(v))), v, ev}
}

// viewers are one of each kind: the system, an anonymous one, an admin, a user who has
// gone, and the two who wrote most.
func viewers(t *testing.T, api *apitest.API) []viewer.Viewer {
	t.Helper()
	out := []viewer.Viewer{viewer.System(), {}, {UserID: key.UUID(uuid.New()), Role: "MEMBER"}, {UserID: key.UUID(uuid.New()), Role: "ADMIN"}}
	const writers = `SELECT u.id FROM public.users u LEFT JOIN public.posts p ON p.author_id = u.id GROUP BY u.id ORDER BY count(p.id) DESC, u.id LIMIT 2`
	rows, err := api.DB.Write.Query(t.Context(), writers)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		out = append(out, viewer.Viewer{UserID: key.UUID(id), Role: []string{"MEMBER", "ADMIN"}[i]})
	}
	return out
}

// ask posts to the API. The test's API has a log that is searched for every answer,
// which is too slow for thousands.
func ask(ctx context.Context, api *apitest.API) oracle.AskFunc {
	return func(query string, variables map[string]any) ([]byte, error) {
		body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
		if err != nil {
			return nil, err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, api.Endpoint, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/json")
		api.Sign(r)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		return io.ReadAll(resp.Body)
	}
}

// TestRandomQueries compares random operations over random data with the oracle. A
// difference is printed small, in the form that testdata keeps.
func TestRandomQueries(t *testing.T) {
	t.Parallel()
	var tried atomic.Int64
	t.Cleanup(func() { t.Logf("%d operations compared, seed %d", tried.Load(), *seed) })
	for world := 0; world*casesPerWorld < *cases; world++ {
		s, size := *seed*1_000_000+uint64(world), sizes[world%len(sizes)]
		n := min(casesPerWorld, *cases-world*casesPerWorld)
		t.Run(fmt.Sprintf("seed %d size %d", s, size), func(t *testing.T) {
			t.Parallel()
			tried.Add(int64(tryRandom(t, s, size, n)))
		})
	}
}

func tryRandom(t *testing.T, seed uint64, size, n int) (tried int) {
	b := newBench(t, seed, size)
	r := rand.New(rand.NewPCG(seed, 1))
	var generators []*oracle.Generator
	for i, v := range b.views {
		generators = append(generators, oracle.NewGenerator(v.evaluator, b.world, maxPage, seed+uint64(i)<<32))
	}
	for differences := 0; tried < n && differences < mostDifferences; {
		first := r.IntN(len(b.views))
		g := generators[first]
		o := g.Operation()
		for range rollsPerOperation {
			c := g.Roll(o)
			tried++
			// The same text for another viewer must not get what was made for the first. A
			// cursor may be of what the other does not see; then there is nothing to judge.
			second := b.views[r.IntN(len(b.views))]
			if b.views[first].judge(t, c, seed, size, nil) || second.judge(t, c, seed, size, oracle.ErrInvalid) {
				differences++
				break
			}
		}
	}
	return tried
}

// judge reports whether there is a difference; excused is the one error that may be.
func (v *view) judge(t *testing.T, c oracle.Case, seed uint64, size int, excused error) bool {
	t.Helper()
	d, err := v.Try(c)
	if err != nil && (excused == nil || !errors.Is(err, excused)) {
		t.Fatalf("%v\n%s", err, v.kept(c, seed, size))
	}
	if d != nil {
		v.report(t, c, d, seed, size)
	}
	return d != nil
}

func (v *view) report(t *testing.T, c oracle.Case, found *oracle.Difference, seed uint64, size int) {
	t.Helper()
	small := oracle.Shrink(c, func(c oracle.Case) bool {
		d, err := v.Try(c)
		return err == nil && d != nil && d.Refused == found.Refused
	})
	d, err := v.Try(small)
	if err != nil || d == nil {
		t.Errorf("fails only now and then: %v\n%s", err, v.kept(c, seed, size))
		return
	}
	variables, _ := json.Marshal(small.Variables)
	t.Errorf("%s\n%s\nvariables %s\ngot  %s\nwant %s\nkeep in testdata: %s", d.Where, small.Query, variables, d.Got, d.Want, v.kept(small, seed, size))
}

// keptCase is a case with its data set, as a file in testdata.
type keptCase struct {
	// Name says what was wrong.
	Name   string        `json:"name"`
	Seed   uint64        `json:"seed"`
	Size   int           `json:"size"`
	Viewer viewer.Viewer `json:"viewer"`
	oracle.Case
}

func (v *view) kept(c oracle.Case, seed uint64, size int) string {
	text, err := json.Marshal(keptCase{"", seed, size, v.viewer, c})
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// TestKeptCases replays what was wrong once.
func TestKeptCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no kept cases: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c keptCase
			if err := json.Unmarshal(text, &c); err != nil {
				t.Fatal(err)
			}
			d, err := newBench(t, c.Seed, c.Size).view(t.Context(), c.Viewer).Try(c.Case)
			if err != nil || d != nil {
				t.Errorf("%s: %v %+v", c.Name, err, d)
			}
		})
	}
}
